/* appnet: the network subsystem of a mini-program host, for hosts in other languages.
 *
 * Made by cbindgen from crates/ffi/src; a test holds it against the code. What the messages of the bus are is in docs/bus.md, and a whole
 * program in crates/ffi/examples/c.
 *
 * Any thread may call any function. No function throws, and none ends the process. Every function that can fail gives an AppnetCode, and
 * writes what was wrong, and what would be right, into its last argument, which may be NULL. Such a text, and every other AppnetText, is
 * given back by appnet_text_free.
 *
 * What a caller promises ("Safety" below): a pointer with a length is NULL with a length of 0, or leads to so many bytes that stay as they are
 * while the call lasts; texts are UTF-8 and need no NUL; a pointer to a result is not NULL and may be written.
 */

#ifndef APPNET_H
#define APPNET_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// For `appnet_next_event`: wait without a limit.
#define APPNET_FOREVER UINT64_MAX

// What a function says of how it went.
enum AppnetCode
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // It is done.
  APPNET_CODE_OK = 0,
  // No event came in time.
  APPNET_CODE_TIMED_OUT = 1,
  // The app is closed and all its events were taken; its handle is gone.
  APPNET_CODE_ENDED = 2,
  // An argument cannot be used: a null pointer, a text that is not UTF-8, a length that no memory has.
  APPNET_CODE_INVALID_ARGUMENT = 10,
  // A configuration that cannot be read, or that is refused (D7).
  APPNET_CODE_INVALID_CONFIG = 11,
  // No network or app has this handle: it was closed, or there never was one.
  APPNET_CODE_UNKNOWN_HANDLE = 12,
  // The network did not start.
  APPNET_CODE_NOT_STARTED = 13,
  // An app of this id runs already.
  APPNET_CODE_ALREADY_RUNNING = 14,
  // The app's directory cannot be used.
  APPNET_CODE_DIRECTORY_UNUSABLE = 15,
  // The app's events go to its callback, or another thread waits for them.
  APPNET_CODE_EVENTS_TAKEN = 16,
  // The app is closed.
  APPNET_CODE_CLOSED = 20,
  // The app sends faster than it is served, or its events are not taken.
  APPNET_CODE_BUSY = 21,
  // The app's calls hold together more bytes than they may (I2).
  APPNET_CODE_FULL = 22,
  // The app's actor crashed and is being restarted (P8).
  APPNET_CODE_RESTARTING = 23,
  // A part of this library panicked. It is a bug; the process goes on.
  APPNET_CODE_PANICKED = 90,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AppnetCode AppnetCode;
#else
typedef int32_t AppnetCode;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Is shown the record of each call when the call ends, as JSON, on a thread of the network or on the one that sent the call. It must not block
// or throw, and must not call this library. `context` is used until the network is shut down.
typedef void (*AppnetObserver)(void *context, const char *record, size_t length);

// A text of the library, in UTF-8; behind its last byte stands a NUL that `length` does not count. `{NULL, 0}` is no text. Given back by
// `appnet_text_free`.
typedef struct {
  // The first byte.
  char *data;
  // How many.
  size_t length;
} AppnetText;

// Bytes that belong to an event.
typedef struct {
  // The first byte.
  const uint8_t *data;
  // How many.
  size_t length;
} AppnetBytes;

// One event of the bus: its JSON in UTF-8, and the bytes that it refers to by index.
typedef struct {
  // The first byte of the JSON.
  const char *json;
  // How many.
  size_t json_length;
  // The attachments.
  const AppnetBytes *attachments;
  // How many.
  size_t attachment_count;
} AppnetEvent;

// Is given each event of an app, in order, on one thread of the network for all callbacks: while it runs, other apps' events wait, and the network
// does not. The event is there until the function returns. The last one is NULL: the app is closed, its handle is gone, and `context` is not used
// any more. It may call any function. It must not throw.
typedef void (*AppnetCallback)(void *context, uint64_t app, const AppnetEvent *event);

// One attachment of a message that is sent (`{"bytes": N}` in its JSON).
typedef struct {
  // The first byte; may be NULL if there is none.
  const uint8_t *data;
  // How many.
  size_t length;
  // NULL: the bytes are copied before the call returns. Else they are used where they are, and stay as they are until this function is called with
  // `context`: once, on any thread, also when the message is not taken.
  void (*release)(void *context);
  // For `release`.
  void *context;
} AppnetAttachment;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of this library, with a NUL at its end. Never freed.
const char *appnet_version(void);

// Starts a network. `config` is JSON, or empty; see crates/ffi/README.md. `observer` may be NULL.
//
// # Safety
// As all functions here; `observer` may be called with `context` on any thread, by several at once.
AppnetCode appnet_start(const char *config,
                        size_t config_length,
                        AppnetObserver observer,
                        void *context,
                        uint64_t *network,
                        AppnetText *error);

// Launches an app in the foreground. Its files are in `directory`, which is made if need be; without one it has none. `callback` gets its events;
// without one they are asked for by `appnet_next_event`. The callback may hear of the app before this returns.
//
// # Safety
// As all functions here; `callback` may be called with `context` on another thread.
AppnetCode appnet_launch(uint64_t network,
                         const char *config,
                         size_t config_length,
                         const char *directory,
                         size_t directory_length,
                         AppnetCallback callback,
                         void *context,
                         uint64_t *app,
                         AppnetText *error);

// Hands over one message of the bus (docs/bus.md) and returns at once. If it is not taken, the code says why, and `answer`, if it is not NULL, gets the
// event that the app should get in its place, for `appnet_event_free`; else it gets NULL.
//
// # Safety
// As all functions here; attachments are as their fields say.
AppnetCode appnet_send(uint64_t app,
                       const char *json,
                       size_t json_length,
                       const AppnetAttachment *attachments,
                       size_t attachment_count,
                       AppnetEvent **answer,
                       AppnetText *error);

// Waits for the next event of an app without a callback, for `milliseconds` (0: asks once; APPNET_FOREVER: no limit). APPNET_CODE_OK: `event` has it, for
// `appnet_event_free`. APPNET_CODE_TIMED_OUT: none came. APPNET_CODE_ENDED: the app is closed and all was taken; its handle is gone.
//
// # Safety
// As all functions here.
AppnetCode appnet_next_event(uint64_t app,
                             uint64_t milliseconds,
                             AppnetEvent **event,
                             AppnetText *error);

// Gives back an event of `appnet_next_event` or `appnet_send`. NULL is nothing.
//
// # Safety
// It came from there, and was not given back.
void appnet_event_free(AppnetEvent *event);

// Gives back a text, and leaves none in its place. NULL is nothing.
//
// # Safety
// It is as this library made it.
void appnet_text_free(AppnetText *text);

// Tells that an app left the screen, and whether it is pinned.
//
// # Safety
// As all functions here.
AppnetCode appnet_enter_background(uint64_t app, bool pinned, AppnetText *error);

// Tells that an app is on the screen again.
//
// # Safety
// As all functions here.
AppnetCode appnet_enter_foreground(uint64_t app, AppnetText *error);

// Changes a running app's configuration, for every call after this.
//
// # Safety
// As all functions here.
AppnetCode appnet_configure(uint64_t app, const char *config, size_t config_length, AppnetText *error);

// Says what the host knows of the device's network, as JSON; see crates/ffi/README.md.
//
// # Safety
// As all functions here.
AppnetCode appnet_set_connectivity(uint64_t network,
                                   const char *connectivity,
                                   size_t connectivity_length,
                                   AppnetText *error);

// The apps that run, with what each has, as JSON; see crates/ffi/README.md. It waits for nobody.
//
// # Safety
// As all functions here.
AppnetCode appnet_apps(uint64_t network, AppnetText *apps, AppnetText *error);

// Ends an app and everything it has, and returns when nothing of it is left. `report`, if it is not NULL, gets the numbers of the tasks that this ended,
// as JSON: {"running": [], "queued": [], "sockets": []}. Events that were not taken can still be taken, to APPNET_CODE_ENDED.
//
// # Safety
// As all functions here.
AppnetCode appnet_close(uint64_t app,
                        AppnetText *report,
                        AppnetText *error);

// Closes every app of a network and ends its threads; returns when all has ended and every callback has heard its end. In a callback it does not wait
// for the callbacks, and in an observer it must not be called.
//
// # Safety
// As all functions here.
AppnetCode appnet_shut_down(uint64_t network,
                            AppnetText *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* APPNET_H */
