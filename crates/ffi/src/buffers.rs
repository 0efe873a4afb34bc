//! What crosses the border by pointer, and who owns it.
//!
//! Three kinds: what the caller lends for the time of a call (read here at once), what the caller gives (an attachment with a `release`), and
//! what this library gives and the caller gives back ([`AppnetText`], [`AppnetEvent`]). Bytes are copied only where an attachment is lent.

use std::{
    ffi::{c_char, c_void},
    ptr, slice,
};

use appnet::Message;
use bytes::Bytes;

use crate::fault::{AppnetCode, Fault};

/// A text of the library, in UTF-8; behind its last byte stands a NUL that `length` does not count. `{NULL, 0}` is no text. Given back by
/// `appnet_text_free`.
#[repr(C)]
#[derive(Debug)]
pub struct AppnetText {
    /// The first byte.
    pub data: *mut c_char,
    /// How many.
    pub length: usize,
}

/// One attachment of a message that is sent (`{"bytes": N}` in its JSON).
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AppnetAttachment {
    /// The first byte; may be NULL if there is none.
    pub data: *const u8,
    /// How many.
    pub length: usize,
    /// NULL: the bytes are copied before the call returns. Else they are used where they are, and stay as they are until this function is called with
    /// `context`: once, on any thread, also when the message is not taken.
    pub release: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// For `release`.
    pub context: *mut c_void,
}

/// Bytes that belong to an event.
#[repr(C)]
#[derive(Debug)]
pub struct AppnetBytes {
    /// The first byte.
    pub data: *const u8,
    /// How many.
    pub length: usize,
}

/// One event of the bus: its JSON in UTF-8, and the bytes that it refers to by index.
#[repr(C)]
#[derive(Debug)]
pub struct AppnetEvent {
    /// The first byte of the JSON.
    pub json: *const c_char,
    /// How many.
    pub json_length: usize,
    /// The attachments.
    pub attachments: *const AppnetBytes,
    /// How many.
    pub attachment_count: usize,
}

/// An event and what it points into. The view comes first, so that a pointer to it is one to the whole.
#[repr(C)]
pub(crate) struct OwnedEvent {
    pub(crate) view: AppnetEvent,
    message: Message,
    attachments: Vec<AppnetBytes>,
}

impl AppnetText {
    /// No text.
    pub(crate) const NONE: Self = Self {
        data: ptr::null_mut(),
        length: 0,
    };

    pub(crate) fn new(text: String) -> Self {
        let length = text.len();
        let mut bytes = text.into_bytes();
        bytes.push(0);
        Self {
            data: Box::into_raw(bytes.into_boxed_slice()).cast(),
            length,
        }
    }

    /// Frees it, and leaves none.
    ///
    /// # Safety
    /// It is as this library made it, and was not freed.
    pub(crate) unsafe fn free(&mut self) {
        let Self { data, length } = std::mem::replace(self, Self::NONE);
        if data.is_null() {
            return;
        }
        let bytes = ptr::slice_from_raw_parts_mut(data.cast::<u8>(), length + 1);
        // SAFETY: `new` made it of a box of so many bytes, and the caller promises that nobody freed it.
        drop(unsafe { Box::from_raw(bytes) });
    }
}

impl OwnedEvent {
    pub(crate) fn new(message: Message) -> Box<Self> {
        let view = |bytes: &Bytes| AppnetBytes {
            data: bytes.as_ptr(),
            length: bytes.len(),
        };
        // The heap memory of a String, of Bytes and of a Vec stays where it is when they are moved into the box.
        let attachments: Vec<_> = message.attachments.iter().map(view).collect();
        let view = AppnetEvent {
            json: message.json.as_ptr().cast(),
            json_length: message.json.len(),
            attachments: attachments.as_ptr(),
            attachment_count: attachments.len(),
        };
        Box::new(Self {
            view,
            message,
            attachments,
        })
    }

    /// For the caller to keep, until [`free`](Self::free).
    pub(crate) fn give(message: Message) -> *mut AppnetEvent {
        Box::into_raw(Self::new(message)).cast()
    }

    /// # Safety
    /// It is null, or `give` made it and it was not freed.
    pub(crate) unsafe fn free(event: *mut AppnetEvent) {
        if event.is_null() {
            return;
        }
        // SAFETY: `give` made it of such a box, whose first field the view is, and the caller promises that nobody freed it.
        let event = unsafe { Box::from_raw(event.cast::<Self>()) };
        let Self {
            view: _,
            message,
            attachments,
        } = *event;
        drop((message, attachments));
    }
}

/// A text of the caller's, for the time of the call.
///
/// # Safety
/// `data` is null, or so many bytes are there and stay as they are while the text is used.
pub(crate) unsafe fn text<'a>(
    what: &str,
    data: *const c_char,
    length: usize,
) -> Result<&'a str, Fault> {
    // SAFETY: the caller promises it.
    let bytes = unsafe { bytes(what, data.cast(), length) }?;
    std::str::from_utf8(bytes).map_err(|error| invalid(format!("{what} should be UTF-8: {error}")))
}

/// # Safety
/// As [`text`].
unsafe fn bytes<'a>(what: &str, data: *const u8, length: usize) -> Result<&'a [u8], Fault> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(invalid(format!(
            "{what} should be a pointer to {length} bytes instead of NULL"
        )));
    }
    check_length(what, length)?;
    // SAFETY: it is not null, no longer than any memory, and the caller promises the rest.
    Ok(unsafe { slice::from_raw_parts(data, length) })
}

fn check_length(what: &str, length: usize) -> Result<(), Fault> {
    match isize::try_from(length) {
        Ok(_) => Ok(()),
        Err(_) => Err(invalid(format!("{what} cannot have {length} bytes"))),
    }
}

fn invalid(text: String) -> Fault {
    Fault::new(AppnetCode::InvalidArgument, text)
}

/// The attachments of a message. Those that are given are released in every case.
///
/// # Safety
/// `attachments` is null, or so many are there, each as its fields say.
pub(crate) unsafe fn attachments(
    attachments: *const AppnetAttachment,
    count: usize,
) -> Result<Vec<Bytes>, Fault> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if attachments.is_null() {
        return Err(invalid(format!(
            "attachments should be a pointer to {count} of them instead of NULL"
        )));
    }
    check_length(
        "attachments",
        count.saturating_mul(size_of::<AppnetAttachment>()),
    )?;
    // SAFETY: it is not null, no longer than any memory, and the caller promises the rest.
    let attachments = unsafe { slice::from_raw_parts(attachments, count) };
    // All of them are taken over before one of them can be refused.
    let taken: Vec<_> = attachments
        .iter()
        // SAFETY: the caller promises that each is as its fields say.
        .map(|attachment| unsafe { taken(attachment) })
        .collect();
    taken.into_iter().collect()
}

/// # Safety
/// As [`attachments`].
unsafe fn taken(attachment: &AppnetAttachment) -> Result<Bytes, Fault> {
    let &AppnetAttachment {
        data,
        length,
        release,
        context,
    } = attachment;
    let what = "an attachment";
    let Some(release) = release else {
        // SAFETY: the caller promises that the bytes are there for the time of the call.
        let lent = unsafe { bytes(what, data, length) }?;
        return Ok(Bytes::copy_from_slice(lent));
    };
    let given = Given {
        data,
        length,
        release,
        context,
    };
    // SAFETY: as above. Only whether they can be read is asked here.
    unsafe { bytes(what, data, length) }?; // what is refused is released as `given` is dropped
    Ok(Bytes::from_owner(given))
}

/// Bytes of the caller's that are ours until they are released.
struct Given {
    data: *const u8,
    length: usize,
    release: unsafe extern "C" fn(context: *mut c_void),
    context: *mut c_void,
}

// SAFETY: the header asks that the bytes do not change before their release, and that `release` may be called on any thread.
unsafe impl Send for Given {}

impl AsRef<[u8]> for Given {
    fn as_ref(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: `taken` has looked at pointer and length, and the bytes stay until the release, which is when this is dropped.
        unsafe { slice::from_raw_parts(self.data, self.length) }
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // SAFETY: the header asks that it may be called once with this context; this is the only place, and a drop comes once.
        unsafe { (self.release)(self.context) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    unsafe extern "C" fn count(context: *mut c_void) {
        // SAFETY: the tests give a counter that outlives the attachment.
        let counter = unsafe { &*context.cast::<AtomicUsize>() };
        counter.fetch_add(1, Ordering::SeqCst);
    }

    fn attachment(data: &[u8], counter: Option<&AtomicUsize>) -> AppnetAttachment {
        AppnetAttachment {
            data: data.as_ptr(),
            length: data.len(),
            release: counter.map(|_| count as unsafe extern "C" fn(*mut c_void)),
            context: counter.map_or(ptr::null_mut(), |counter| {
                ptr::from_ref(counter).cast_mut().cast()
            }),
        }
    }

    fn taken_all(all: &[AppnetAttachment]) -> Result<Vec<Bytes>, Fault> {
        // SAFETY: the slice is there.
        unsafe { attachments(all.as_ptr(), all.len()) }
    }

    #[test]
    fn an_attachment_without_a_release_is_copied() {
        let data = vec![1, 2, 3];
        let taken = taken_all(&[attachment(&data, None)]).expect("it can be read");
        assert_ne!(taken[0].as_ptr(), data.as_ptr());
        drop(data);
        assert_eq!(taken[0], [1, 2, 3].as_slice());
    }

    #[test]
    fn an_attachment_with_a_release_stays_where_it_is_until_its_last_copy_is_dropped() {
        let (data, released) = (vec![1, 2, 3], AtomicUsize::new(0));
        let taken = taken_all(&[attachment(&data, Some(&released))]).expect("it can be read");
        assert_eq!(taken[0].as_ptr(), data.as_ptr());
        let part = taken[0].slice(1..2);
        drop(taken);
        assert_eq!(released.load(Ordering::SeqCst), 0);
        assert_eq!(part, [2].as_slice());
        drop(part);
        assert_eq!(released.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn attachments_that_are_refused_are_released_all_the_same() {
        let released = AtomicUsize::new(0);
        let good = attachment(&[1], Some(&released));
        let nowhere = AppnetAttachment {
            data: ptr::null(),
            ..good
        };
        let endless = AppnetAttachment {
            length: usize::MAX,
            ..good
        };
        for bad in [nowhere, endless] {
            released.store(0, Ordering::SeqCst);
            let fault = taken_all(&[bad, good]).expect_err("it is no memory");
            assert_eq!(fault.code, AppnetCode::InvalidArgument);
            assert_eq!(released.load(Ordering::SeqCst), 2, "{}", fault.text);
        }
    }

    #[test]
    fn nothing_needs_no_pointer() {
        let none = AppnetAttachment {
            data: ptr::null(),
            length: 0,
            release: None,
            context: ptr::null_mut(),
        };
        assert_eq!(taken_all(&[none]), Ok(vec![Bytes::new()]));
        // SAFETY: null is allowed.
        assert_eq!(unsafe { attachments(ptr::null(), 0) }, Ok(Vec::new()));
        // SAFETY: null is allowed.
        let fault = unsafe { attachments(ptr::null(), 1) }.expect_err("one should be there");
        assert_eq!(
            fault.text,
            "attachments should be a pointer to 1 of them instead of NULL"
        );
        // SAFETY: null is allowed.
        assert_eq!(unsafe { text("json", ptr::null(), 0) }, Ok(""));
    }

    #[test]
    fn a_text_that_is_no_utf8_is_refused_with_its_place() {
        let data = b"ab\xff";
        // SAFETY: the bytes are there.
        let read = unsafe { text("json", data.as_ptr().cast(), data.len()) };
        let text = read.expect_err("0xff is never UTF-8").text;
        assert!(
            text.starts_with("json should be UTF-8: invalid utf-8"),
            "{text}"
        );
        assert!(text.contains("index 2"), "{text}");
    }

    #[test]
    fn an_event_is_read_through_its_view_and_given_back() {
        let message = Message {
            json: "{}".to_owned(),
            attachments: vec![Bytes::from_static(b"abc"), Bytes::new()],
        };
        let event = OwnedEvent::give(message);
        // SAFETY: it was given just now.
        let view = unsafe { &*event };
        // SAFETY: the JSON is where the view says.
        let json = unsafe { text("json", view.json, view.json_length) };
        assert_eq!(json, Ok("{}"));
        // SAFETY: the attachments are where the view says.
        let parts = unsafe { slice::from_raw_parts(view.attachments, view.attachment_count) };
        // SAFETY: and so are their bytes.
        let first = unsafe { slice::from_raw_parts(parts[0].data, parts[0].length) };
        assert_eq!((first, parts[1].length), (b"abc".as_slice(), 0));
        // SAFETY: it is freed once.
        unsafe { OwnedEvent::free(event) };
        // SAFETY: null is allowed.
        unsafe { OwnedEvent::free(ptr::null_mut()) };
    }

    #[test]
    fn a_text_ends_with_a_nul_and_can_be_freed_twice() {
        let mut text = AppnetText::new("wörter".to_owned());
        assert_eq!(text.length, 7);
        // SAFETY: the NUL makes it one.
        let read = unsafe { std::ffi::CStr::from_ptr(text.data) };
        assert_eq!(read.to_str(), Ok("wörter"));
        // SAFETY: it is as it was made.
        unsafe { text.free() };
        // SAFETY: there is none now.
        unsafe { text.free() };
        assert!(text.data.is_null());
    }
}
