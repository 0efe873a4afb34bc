//! The functions of the header. Each turns pointers into values, calls the [`facade`], and lets no panic out.
//!
//! What a caller promises is the same for all of them, and stands once here: a pointer with a length is NULL with a length of 0, or leads to so
//! many bytes that stay as they are while the call lasts; a pointer to a result is not NULL and may be written; a pointer to a text of an
//! error is NULL or may be written, and what it held is not freed.

use std::{
    ffi::{c_char, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    ptr,
    time::Duration,
};

use appnet::Message;

use crate::{
    buffers::{self, AppnetAttachment, AppnetEvent, AppnetText, OwnedEvent},
    facade::{self, Deliver, Next, NotSent, Observer},
    fault::{AppnetCode, Fault},
};

/// Is given each event of an app, in order, on one thread of the network for all callbacks: while it runs, other apps' events wait, and the network
/// does not. The event is there until the function returns. The last one is NULL: the app is closed, its handle is gone, and `context` is not used
/// any more. It may call any function. It must not throw.
pub type AppnetCallback =
    Option<unsafe extern "C" fn(context: *mut c_void, app: u64, event: *const AppnetEvent)>;

/// Is shown the record of each call when the call ends, as JSON, on a thread of the network or on the one that sent the call. It must not block
/// or throw, and must not call this library. `context` is used until the network is shut down.
pub type AppnetObserver =
    Option<unsafe extern "C" fn(context: *mut c_void, record: *const c_char, length: usize)>;

/// For `appnet_next_event`: wait without a limit.
pub const APPNET_FOREVER: u64 = u64::MAX;

/// The version of this library, with a NUL at its end. Never freed.
#[unsafe(no_mangle)]
pub extern "C" fn appnet_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Starts a network. `config` is JSON, or empty; see crates/ffi/README.md. `observer` may be NULL.
///
/// # Safety
/// As all functions here; `observer` may be called with `context` on any thread, by several at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_start(
    config: *const c_char,
    config_length: usize,
    observer: AppnetObserver,
    context: *mut c_void,
    network: *mut u64,
    error: *mut AppnetText,
) -> AppnetCode {
    let start = || {
        // SAFETY: the caller promises it.
        let config = unsafe { buffers::text("config", config, config_length) }?;
        let observer = observer.map(|observer| observing(observer, Context(context)));
        if network.is_null() {
            return Err(no_place("network")); // before anything runs that could not be named
        }
        let handle = facade::start(config, observer)?;
        // SAFETY: the caller promises it.
        unsafe { put("network", network, handle) }
    };
    // SAFETY: the caller promises it.
    unsafe { guarded(error, start) }
}

/// Launches an app in the foreground. Its files are in `directory`, which is made if need be; without one it has none. `callback` gets its events;
/// without one they are asked for by `appnet_next_event`. The callback may hear of the app before this returns.
///
/// # Safety
/// As all functions here; `callback` may be called with `context` on another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_launch(
    network: u64,
    config: *const c_char,
    config_length: usize,
    directory: *const c_char,
    directory_length: usize,
    callback: AppnetCallback,
    context: *mut c_void,
    app: *mut u64,
    error: *mut AppnetText,
) -> AppnetCode {
    let launch = || {
        // SAFETY: the caller promises it.
        let config = unsafe { buffers::text("config", config, config_length) }?;
        // SAFETY: the caller promises it.
        let directory = unsafe { buffers::text("directory", directory, directory_length) }?;
        let directory = (!directory.is_empty()).then(|| Path::new(directory));
        let deliver = callback.map_or(Deliver::Wait, |callback| {
            Deliver::Call(calling(callback, Context(context)))
        });
        if app.is_null() {
            return Err(no_place("app")); // before anything runs that could not be named
        }
        let handle = facade::launch(network, config, directory, deliver)?;
        // SAFETY: the caller promises it.
        unsafe { put("app", app, handle) }
    };
    // SAFETY: the caller promises it.
    unsafe { guarded(error, launch) }
}

/// Hands over one message of the bus (docs/bus.md) and returns at once. If it is not taken, the code says why, and `answer`, if it is not NULL, gets the
/// event that the app should get in its place, for `appnet_event_free`; else it gets NULL.
///
/// # Safety
/// As all functions here; attachments are as their fields say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_send(
    app: u64,
    json: *const c_char,
    json_length: usize,
    attachments: *const AppnetAttachment,
    attachment_count: usize,
    answer: *mut *mut AppnetEvent,
    error: *mut AppnetText,
) -> AppnetCode {
    let send = || {
        if !answer.is_null() {
            // SAFETY: it is not null, and the caller promises the rest.
            unsafe { answer.write(ptr::null_mut()) };
        }
        // SAFETY: the caller promises it. First of all, so that what is given is released whatever comes.
        let attachments = unsafe { buffers::attachments(attachments, attachment_count) }?;
        // SAFETY: the caller promises it.
        let json = unsafe { buffers::text("json", json, json_length) }?.to_owned();
        let sent = facade::send(app, Message { json, attachments });
        sent.map_err(
            |NotSent {
                 fault,
                 answer: event,
             }| {
                if let Some(event) = event.filter(|_| !answer.is_null()) {
                    // SAFETY: it is not null, and the caller promises the rest.
                    unsafe { answer.write(OwnedEvent::give(event)) };
                }
                fault
            },
        )?;
        Ok(AppnetCode::Ok)
    };
    // SAFETY: the caller promises it.
    unsafe { guarded(error, send) }
}

/// Waits for the next event of an app without a callback, for `milliseconds` (0: asks once; APPNET_FOREVER: no limit). APPNET_CODE_OK: `event` has it, for
/// `appnet_event_free`. APPNET_CODE_TIMED_OUT: none came. APPNET_CODE_ENDED: the app is closed and all was taken; its handle is gone.
///
/// # Safety
/// As all functions here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_next_event(
    app: u64,
    milliseconds: u64,
    event: *mut *mut AppnetEvent,
    error: *mut AppnetText,
) -> AppnetCode {
    let next = || {
        // SAFETY: the caller promises it.
        unsafe { put("event", event, ptr::null_mut()) }?;
        let limit = (milliseconds != APPNET_FOREVER).then(|| Duration::from_millis(milliseconds));
        match facade::next_event(app, limit)? {
            Next::TimedOut => Ok(AppnetCode::TimedOut),
            Next::Ended => Ok(AppnetCode::Ended),
            // SAFETY: it was written to a moment ago.
            Next::Event(message) => unsafe { put("event", event, OwnedEvent::give(message)) },
        }
    };
    // SAFETY: the caller promises it.
    unsafe { guarded(error, next) }
}

/// Gives back an event of `appnet_next_event` or `appnet_send`. NULL is nothing.
///
/// # Safety
/// It came from there, and was not given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_event_free(event: *mut AppnetEvent) {
    // SAFETY: the caller promises it.
    let free = || unsafe { OwnedEvent::free(event) };
    drop(catch_unwind(AssertUnwindSafe(free)));
}

/// Gives back a text, and leaves none in its place. NULL is nothing.
///
/// # Safety
/// It is as this library made it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_text_free(text: *mut AppnetText) {
    // SAFETY: the caller promises that it is NULL or a text.
    if let Some(text) = unsafe { text.as_mut() } {
        // SAFETY: the caller promises it.
        unsafe { text.free() };
    }
}

/// Tells that an app left the screen, and whether it is pinned.
///
/// # Safety
/// As all functions here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_enter_background(
    app: u64,
    pinned: bool,
    error: *mut AppnetText,
) -> AppnetCode {
    let enter = || facade::enter_background(app, pinned).map(|()| AppnetCode::Ok);
    // SAFETY: the caller promises it.
    unsafe { guarded(error, enter) }
}

/// Tells that an app is on the screen again.
///
/// # Safety
/// As all functions here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_enter_foreground(app: u64, error: *mut AppnetText) -> AppnetCode {
    let enter = || facade::enter_foreground(app).map(|()| AppnetCode::Ok);
    // SAFETY: the caller promises it.
    unsafe { guarded(error, enter) }
}

/// Changes a running app's configuration, for every call after this.
///
/// # Safety
/// As all functions here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_configure(
    app: u64,
    config: *const c_char,
    config_length: usize,
    error: *mut AppnetText,
) -> AppnetCode {
    let configure = || {
        // SAFETY: the caller promises it.
        let config = unsafe { buffers::text("config", config, config_length) }?;
        facade::configure(app, config).map(|()| AppnetCode::Ok)
    };
    // SAFETY: the caller promises it.
    unsafe { guarded(error, configure) }
}

/// Says what the host knows of the device's network, as JSON; see crates/ffi/README.md.
///
/// # Safety
/// As all functions here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_set_connectivity(
    network: u64,
    connectivity: *const c_char,
    connectivity_length: usize,
    error: *mut AppnetText,
) -> AppnetCode {
    let set = || {
        // SAFETY: the caller promises it.
        let text = unsafe { buffers::text("connectivity", connectivity, connectivity_length) }?;
        facade::set_connectivity(network, text).map(|()| AppnetCode::Ok)
    };
    // SAFETY: the caller promises it.
    unsafe { guarded(error, set) }
}

/// The apps that run, with what each has, as JSON; see crates/ffi/README.md. It waits for nobody.
///
/// # Safety
/// As all functions here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_apps(
    network: u64,
    apps: *mut AppnetText,
    error: *mut AppnetText,
) -> AppnetCode {
    let list = || {
        if apps.is_null() {
            return Err(no_place("apps")); // before there is a text that nobody could give back
        }
        let text = facade::apps(network)?;
        // SAFETY: the caller promises it.
        unsafe { put("apps", apps, AppnetText::new(text)) }
    };
    // SAFETY: the caller promises it.
    unsafe { guarded(error, list) }
}

/// Ends an app and everything it has, and returns when nothing of it is left. `report`, if it is not NULL, gets the numbers of the tasks that this ended,
/// as JSON: {"running": [], "queued": [], "sockets": []}. Events that were not taken can still be taken, to APPNET_CODE_ENDED.
///
/// # Safety
/// As all functions here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_close(
    app: u64,
    report: *mut AppnetText,
    error: *mut AppnetText,
) -> AppnetCode {
    let close = || {
        let text = facade::close(app)?;
        if !report.is_null() {
            // SAFETY: it is not null, and the caller promises the rest.
            unsafe { report.write(AppnetText::new(text)) };
        }
        Ok(AppnetCode::Ok)
    };
    // SAFETY: the caller promises it.
    unsafe { guarded(error, close) }
}

/// Closes every app of a network and ends its threads; returns when all has ended and every callback has heard its end. In a callback it does not wait
/// for the callbacks, and in an observer it must not be called.
///
/// # Safety
/// As all functions here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn appnet_shut_down(network: u64, error: *mut AppnetText) -> AppnetCode {
    let shut_down = || facade::shut_down(network).map(|()| AppnetCode::Ok);
    // SAFETY: the caller promises it.
    unsafe { guarded(error, shut_down) }
}

/// The host's own pointer, which it gets back in its functions.
#[derive(Clone, Copy)]
struct Context(*mut c_void);

// SAFETY: the header says on which threads it is used, and nothing here looks behind it.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// A method, so that closures hold the whole and not the pointer in it.
    const fn pointer(self) -> *mut c_void {
        self.0
    }
}

fn observing(
    observer: unsafe extern "C" fn(*mut c_void, *const c_char, usize),
    context: Context,
) -> Observer {
    Box::new(move |record| {
        // SAFETY: the header says how it is called; the text is there for that time.
        unsafe { observer(context.pointer(), record.as_ptr().cast(), record.len()) };
    })
}

fn calling(
    callback: unsafe extern "C" fn(*mut c_void, u64, *const AppnetEvent),
    context: Context,
) -> Box<dyn FnMut(u64, Option<Message>) + Send> {
    Box::new(move |app, message| {
        let event = message.map(OwnedEvent::new);
        let view = event
            .as_deref()
            .map_or(ptr::null(), |event| ptr::from_ref(&event.view));
        // SAFETY: the header says how it is called; the event is there for that time.
        unsafe { callback(context.pointer(), app, view) };
    })
}

/// Writes a result.
///
/// # Safety
/// `place` is null, or may be written to.
unsafe fn put<T>(what: &str, place: *mut T, value: T) -> Result<AppnetCode, Fault> {
    if place.is_null() {
        return Err(no_place(what));
    }
    // SAFETY: it is not null, and the caller promises the rest.
    unsafe { place.write(value) };
    Ok(AppnetCode::Ok)
}

fn no_place(what: &str) -> Fault {
    Fault::new(
        AppnetCode::InvalidArgument,
        format!("{what} should be a pointer to where the result goes instead of NULL"),
    )
}

/// Does it, and lets no panic out. The text of a failure, or none, goes to `error`.
///
/// # Safety
/// `error` is null, or may be written to.
unsafe fn guarded(
    error: *mut AppnetText,
    work: impl FnOnce() -> Result<AppnetCode, Fault>,
) -> AppnetCode {
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let fault = Fault::of_panic(&*panic);
        std::mem::forget(panic); // dropping it could panic again
        Err(fault)
    });
    let (code, text) = match done {
        Ok(code) => (code, AppnetText::NONE),
        Err(Fault { code, text }) => (code, AppnetText::new(text)),
    };
    if error.is_null() {
        let mut text = text;
        // SAFETY: it was made above.
        unsafe { text.free() };
    } else {
        // SAFETY: it is not null, and the caller promises the rest.
        unsafe { error.write(text) };
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_code_and_a_text() {
        let mut error = AppnetText::NONE;
        // SAFETY: the text may be written to.
        let code = unsafe { guarded(&raw mut error, || panic!("the {}", "reason")) };
        assert_eq!(code, AppnetCode::Panicked);
        // SAFETY: it was written.
        let text = unsafe { buffers::text("error", error.data, error.length) };
        assert_eq!(
            text,
            Ok("the library panicked, which is a bug of it: the reason")
        );
        // SAFETY: it is as it was made.
        unsafe { appnet_text_free(&raw mut error) };
        // SAFETY: null is allowed.
        let code = unsafe { guarded(ptr::null_mut(), || panic!("without a place for a text")) };
        assert_eq!(code, AppnetCode::Panicked);
    }

    #[test]
    fn success_leaves_no_text_of_an_earlier_error() {
        let mut error = AppnetText {
            data: ptr::dangling_mut(),
            length: 9,
        };
        // SAFETY: the text may be written to, and nothing is freed.
        let code = unsafe { guarded(&raw mut error, || Ok(AppnetCode::TimedOut)) };
        assert_eq!(code, AppnetCode::TimedOut);
        assert!(error.data.is_null());
    }

    #[test]
    fn a_handle_that_nothing_has_is_an_error() {
        let mut error = AppnetText::NONE;
        // SAFETY: the text may be written to.
        let code = unsafe { appnet_enter_foreground(u64::MAX, &raw mut error) };
        assert_eq!(code, AppnetCode::UnknownHandle);
        // SAFETY: it is as it was made.
        unsafe { appnet_text_free(&raw mut error) };
        // SAFETY: null is allowed.
        unsafe { appnet_text_free(ptr::null_mut()) };
    }
}
