/* Three apps with their own lists, files and ways of hearing: what docs/embedding.md does in Rust, through the C ABI.
 *
 *     cc -I ../../include three_apps.c -L LIBRARY_FOLDER -lappnet_ffi -lpthread -o three_apps
 *     LD_LIBRARY_PATH=LIBRARY_FOLDER ./three_apps PORT CA_FILE DATA_FOLDER
 *
 * The server api.example.com is at 127.0.0.1:PORT, with a certificate of the CA in CA_FILE. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appnet.h"

/* Ends the program with the library's own words unless the code is the one that is expected. */
static void expect(AppnetCode expected, AppnetCode code, AppnetText *error, const char *what) {
  if (code != expected) {
    fprintf(stderr, "%s: code %d: %s\n", what, (int)code, error->data ? error->data : "");
    exit(1);
  }
  appnet_text_free(error);
}

/* The PEM of the host's own root, as a JSON string needs it: line ends are escaped, and nothing else is in a PEM. */
static char *pem_as_json(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(1); }
  char *text = calloc(1, 65536);
  size_t length = 0;
  for (int c; (c = fgetc(file)) != EOF && length < 65000;) {
    if (c == '\n') { text[length++] = '\\'; text[length++] = 'n'; }
    else if (c != '\r') text[length++] = (char)c;
  }
  fclose(file);
  return text;
}

/* The observer: it is shown the record of each call, on a thread of the network. */
static void observe(void *context, const char *record, size_t length) {
  (void)record;
  (void)length;
  atomic_fetch_add((atomic_int *)context, 1);
}

/* What the app with a callback has heard. */
struct heard {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  char last[4096];
  int events;
  int ended;
};

static void hear(void *context, uint64_t app, const AppnetEvent *event) {
  (void)app;
  struct heard *heard = context;
  pthread_mutex_lock(&heard->lock);
  if (!event) {
    heard->ended = 1;
  } else if (event->json_length < sizeof heard->last && strncmp(event->json, "{\"type\":\"success\"", 17) == 0) {
    memcpy(heard->last, event->json, event->json_length); /* the event is there until this function returns */
    heard->last[event->json_length] = 0;
    heard->events++;
  }
  pthread_cond_signal(&heard->changed);
  pthread_mutex_unlock(&heard->lock);
}

static uint64_t launch(uint64_t network, const char *config, const char *directory, AppnetCallback callback, void *context) {
  AppnetText error = {0};
  uint64_t app = 0;
  AppnetCode code = appnet_launch(network, config, strlen(config), directory, strlen(directory), callback, context, &app, &error);
  expect(APPNET_CODE_OK, code, &error, "appnet_launch");
  return app;
}

static void send_json(uint64_t app, const char *json) {
  AppnetText error = {0};
  expect(APPNET_CODE_OK, appnet_send(app, json, strlen(json), NULL, 0, NULL, &error), &error, "appnet_send");
}

/* Waits for an event that has this text in its JSON; it is to be given back. */
static AppnetEvent *wait_for(uint64_t app, const char *wanted) {
  for (;;) {
    AppnetText error = {0};
    AppnetEvent *event = NULL;
    expect(APPNET_CODE_OK, appnet_next_event(app, 10000, &event, &error), &error, wanted);
    /* The JSON has no NUL at its end. */
    char *json = calloc(1, event->json_length + 1);
    memcpy(json, event->json, event->json_length);
    int found = strstr(json, wanted) != NULL;
    if (!found && strstr(json, "\"type\":\"fail\"")) { fprintf(stderr, "wanted %s, not %s\n", wanted, json); exit(1); }
    free(json);
    if (found) return event;
    appnet_event_free(event);
  }
}

static void release(void *context) { atomic_fetch_add((atomic_int *)context, 1); }

int main(int count, char **arguments) {
  if (count != 4) { fprintf(stderr, "usage: three_apps PORT CA_FILE DATA_FOLDER\n"); return 2; }
  const char *port = arguments[1], *folder = arguments[3];
  AppnetText error = {0};

  /* The network: our own root beside none of the system's, and an observer. */
  char *pem = pem_as_json(arguments[2]);
  char *config = malloc(strlen(pem) + 256);
  sprintf(config, "{\"threads\": 2, \"systemRoots\": false, \"extraRootsPem\": \"%s\"}", pem);
  atomic_int records = 0;
  uint64_t network = 0;
  expect(APPNET_CODE_OK, appnet_start(config, strlen(config), observe, &records, &network, &error), &error, "appnet_start");
  const char *wifi = "{\"networkType\": \"wifi\"}";
  expect(APPNET_CODE_OK, appnet_set_connectivity(network, wifi, strlen(wifi), &error), &error, "appnet_set_connectivity");

  /* A configuration that is refused says what is wrong with it. */
  uint64_t nothing = 0;
  const char *wrong = "{\"appId\": \"wx0\", \"domains\": {\"request\": [\"http://api.example.com\"]}}";
  AppnetCode code = appnet_launch(network, wrong, strlen(wrong), NULL, 0, NULL, NULL, &nothing, &error);
  if (code != APPNET_CODE_INVALID_CONFIG || !strstr(error.data, "https")) return 1;
  printf("refused: %s\n", error.data);
  appnet_text_free(&error);

  /* Three apps: one that reads, one that has files, one that hears by a callback. */
  char reader[512], keeper[512], listener[512], files[512];
  const char *shape = "{\"appId\": \"%s\", \"domains\": {%s}, \"connectTo\": [\"api.example.com::127.0.0.1:%s\"]}";
  sprintf(reader, shape, "wx1", "\"request\": [\"https://api.example.com\"]", port);
  sprintf(keeper, shape, "wx2", "\"downloadFile\": [\"https://api.example.com\"], \"uploadFile\": [\"https://api.example.com\"]", port);
  sprintf(listener, shape, "wx3", "\"request\": [\"https://api.example.com\"]", port);
  snprintf(files, sizeof files, "%s/wx2", folder);
  static struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  uint64_t first = launch(network, reader, "", NULL, NULL);
  uint64_t second = launch(network, keeper, files, NULL, NULL);
  uint64_t third = launch(network, listener, "", hear, &heard);

  /* A call, and bytes that are sent where they are: the library says when it is done with them. */
  static const uint8_t body[] = {0, 1, 2, 3};
  atomic_int released = 0;
  AppnetAttachment attachment = {.data = body, .length = sizeof body, .release = release, .context = &released};
  const char *post = "{\"type\": \"call\", \"task\": 1, \"api\": \"request\", \"options\": {\"url\": \"https://api.example.com/echo\","
                     " \"method\": \"POST\", \"data\": {\"bytes\": 0}}}";
  expect(APPNET_CODE_OK, appnet_send(first, post, strlen(post), &attachment, 1, NULL, &error), &error, "appnet_send");
  appnet_event_free(wait_for(first, "\"type\":\"success\",\"task\":1"));

  /* Bytes that come are beside the JSON. */
  send_json(first, "{\"type\": \"call\", \"task\": 2, \"api\": \"request\", \"options\": {\"url\": \"https://api.example.com/bytes/5\","
                   " \"responseType\": \"arraybuffer\"}}");
  AppnetEvent *event = wait_for(first, "\"type\":\"success\",\"task\":2");
  if (event->attachment_count != 1 || event->attachments[0].length != 5 || event->attachments[0].data[4] != 4) return 1;
  appnet_event_free(event);
  if (atomic_load(&released) != 1) return 1;

  /* Each app has its own lists: the second may download and not call. */
  send_json(second, "{\"type\": \"call\", \"task\": 1, \"api\": \"downloadFile\", \"options\": {\"url\": \"https://api.example.com/bytes/1000\","
                    " \"filePath\": \"wxfile://usr/a.bin\"}}");
  appnet_event_free(wait_for(second, "\"filePath\":\"wxfile://usr/a.bin\""));
  send_json(second, "{\"type\": \"call\", \"task\": 2, \"api\": \"request\", \"options\": {\"url\": \"https://api.example.com/json\"}}");
  appnet_event_free(wait_for(second, "url not in domain list"));

  /* The third hears on the library's thread. */
  send_json(third, "{\"type\": \"call\", \"task\": 1, \"api\": \"request\", \"options\": {\"url\": \"https://api.example.com/json\"}}");
  pthread_mutex_lock(&heard.lock);
  while (heard.events == 0) pthread_cond_wait(&heard.changed, &heard.lock);
  printf("heard: %.60s...\n", heard.last);
  pthread_mutex_unlock(&heard.lock);

  /* Away from the screen calls fail at once; back on it they work. A new configuration counts from the next call on. */
  expect(APPNET_CODE_OK, appnet_enter_background(first, false, &error), &error, "appnet_enter_background");
  send_json(first, "{\"type\": \"call\", \"task\": 3, \"api\": \"request\", \"options\": {\"url\": \"https://api.example.com/json\"}}");
  appnet_event_free(wait_for(first, "request:fail interrupted"));
  expect(APPNET_CODE_OK, appnet_enter_foreground(first, &error), &error, "appnet_enter_foreground");
  char narrower[512];
  sprintf(narrower, shape, "wx1", "", port);
  expect(APPNET_CODE_OK, appnet_configure(first, narrower, strlen(narrower), &error), &error, "appnet_configure");
  send_json(first, "{\"type\": \"call\", \"task\": 4, \"api\": \"request\", \"options\": {\"url\": \"https://api.example.com/json\"}}");
  appnet_event_free(wait_for(first, "url not in domain list"));

  /* What runs, and what each has. */
  AppnetText running = {0};
  expect(APPNET_CODE_OK, appnet_apps(network, &running, &error), &error, "appnet_apps");
  if (!strstr(running.data, "\"appId\":\"wx2\"") || !strstr(running.data, "\"state\":\"foreground\"")) return 1;
  printf("running: %s\n", running.data);
  appnet_text_free(&running);

  /* A close ends what runs, says what that was, and leaves nothing. */
  send_json(third, "{\"type\": \"call\", \"task\": 2, \"api\": \"request\", \"options\": {\"url\": \"https://api.example.com/never\"}}");
  AppnetText report = {0};
  expect(APPNET_CODE_OK, appnet_close(third, &report, &error), &error, "appnet_close");
  printf("closed: %s\n", report.data);
  appnet_text_free(&report);
  expect(APPNET_CODE_OK, appnet_close(first, NULL, &error), &error, "appnet_close");
  AppnetEvent *last = NULL;
  while ((code = appnet_next_event(first, APPNET_FOREVER, &last, &error)) == APPNET_CODE_OK) appnet_event_free(last);
  expect(APPNET_CODE_ENDED, code, &error, "appnet_next_event");
  if (appnet_close(first, NULL, NULL) != APPNET_CODE_UNKNOWN_HANDLE) return 1;

  /* The second is closed with the network; when this returns, no callback and no thread is left. */
  expect(APPNET_CODE_OK, appnet_shut_down(network, &error), &error, "appnet_shut_down");
  if (!heard.ended) return 1;
  printf("calls on record: %d\n", atomic_load(&records));
  free(config);
  free(pem);
  return 0;
}
