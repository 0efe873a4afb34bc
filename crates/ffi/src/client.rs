//! A caller of the header's functions, for tests and benches: pointers, lengths, texts and frees as a program in C has them.

use std::{ptr, slice};

use crate::{
    buffers::{self, AppnetAttachment, AppnetEvent, AppnetText},
    c_abi::{
        appnet_close, appnet_event_free, appnet_launch, appnet_next_event, appnet_send,
        appnet_shut_down, appnet_start, appnet_text_free,
    },
    fault::{AppnetCode, Fault},
};

/// See `appnet_start`.
///
/// # Errors
/// What it says.
pub fn start(config: &str) -> Result<u64, Fault> {
    let mut network = 0;
    called(|error| {
        // SAFETY: all pointers are of values that live longer than the call.
        unsafe {
            appnet_start(
                config.as_ptr().cast(),
                config.len(),
                None,
                ptr::null_mut(),
                &raw mut network,
                error,
            )
        }
    })?;
    Ok(network)
}

/// See `appnet_launch`, without a callback.
///
/// # Errors
/// What it says.
pub fn launch(network: u64, config: &str, directory: &str) -> Result<u64, Fault> {
    let mut app = 0;
    called(|error| {
        // SAFETY: all pointers are of values that live longer than the call.
        unsafe {
            appnet_launch(
                network,
                config.as_ptr().cast(),
                config.len(),
                directory.as_ptr().cast(),
                directory.len(),
                None,
                ptr::null_mut(),
                &raw mut app,
                error,
            )
        }
    })?;
    Ok(app)
}

/// See `appnet_send`.
///
/// # Errors
/// What it says, and the JSON of the event that came in place of what was sent.
pub fn send(app: u64, json: &str, attachments: &[&[u8]]) -> Result<(), (Fault, Option<String>)> {
    let lent: Vec<_> = attachments
        .iter()
        .map(|bytes| AppnetAttachment {
            data: bytes.as_ptr(),
            length: bytes.len(),
            release: None,
            context: ptr::null_mut(),
        })
        .collect();
    let mut answer = ptr::null_mut();
    let sent = called(|error| {
        // SAFETY: all pointers are of values that live longer than the call.
        unsafe {
            appnet_send(
                app,
                json.as_ptr().cast(),
                json.len(),
                lent.as_ptr(),
                lent.len(),
                &raw mut answer,
                error,
            )
        }
    });
    let answer = (!answer.is_null()).then(|| read(answer, |json, _| json.to_owned()));
    match sent {
        Ok(_) => Ok(()),
        Err(fault) => Err((fault, answer)),
    }
}

/// See `appnet_next_event`: what `look` makes of the event, where it is.
///
/// # Errors
/// What it says; so too [`AppnetCode::TimedOut`] and [`AppnetCode::Ended`].
pub fn next_event<T>(
    app: u64,
    milliseconds: u64,
    look: impl FnOnce(&str, &[&[u8]]) -> T,
) -> Result<T, Fault> {
    let mut event = ptr::null_mut();
    let code = called(|error| {
        // SAFETY: all pointers are of values that live longer than the call.
        unsafe { appnet_next_event(app, milliseconds, &raw mut event, error) }
    })?;
    if event.is_null() {
        return Err(Fault::new(code, "no event"));
    }
    Ok(read(event, look))
}

/// See `appnet_close`.
///
/// # Errors
/// What it says.
pub fn close(app: u64) -> Result<String, Fault> {
    let mut report = AppnetText::NONE;
    // SAFETY: both texts live longer than the call.
    called(|error| unsafe { appnet_close(app, &raw mut report, error) })?;
    Ok(text_of(&mut report))
}

/// See `appnet_shut_down`.
///
/// # Errors
/// What it says.
pub fn shut_down(network: u64) -> Result<(), Fault> {
    // SAFETY: the text lives longer than the call.
    called(|error| unsafe { appnet_shut_down(network, error) }).map(drop)
}

/// Calls a function, and makes a failure of its code and text.
fn called(call: impl FnOnce(*mut AppnetText) -> AppnetCode) -> Result<AppnetCode, Fault> {
    let mut error = AppnetText::NONE;
    match call(&raw mut error) {
        code @ (AppnetCode::Ok | AppnetCode::TimedOut | AppnetCode::Ended) => Ok(code),
        code => Err(Fault::new(code, text_of(&mut error))),
    }
}

fn text_of(text: &mut AppnetText) -> String {
    // SAFETY: the library has written it.
    let read = unsafe { buffers::text("a text", text.data, text.length) };
    let copy = read.map_or_else(|fault| fault.text, str::to_owned);
    // SAFETY: it is as it was written.
    unsafe { appnet_text_free(text) };
    copy
}

/// Looks at an event and gives it back.
fn read<T>(event: *mut AppnetEvent, look: impl FnOnce(&str, &[&[u8]]) -> T) -> T {
    // SAFETY: the library has given it just now, and it is not null.
    let view = unsafe { &*event };
    // SAFETY: the view says so.
    let json = unsafe { buffers::text("an event", view.json, view.json_length) };
    // SAFETY: the view says so.
    let parts = unsafe { slice::from_raw_parts(view.attachments, view.attachment_count) };
    let parts: Vec<&[u8]> = parts
        .iter()
        // SAFETY: the view says so.
        .map(|part| unsafe { slice::from_raw_parts(part.data, part.length) })
        .collect();
    let seen = look(json.unwrap_or("not UTF-8"), &parts);
    // SAFETY: it is given back once, and nothing of it is used any more.
    unsafe { appnet_event_free(event) };
    seen
}
