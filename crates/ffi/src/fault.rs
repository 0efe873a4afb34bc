//! Why something was not done: a code for programs, a text for people.

use std::any::Any;

/// What a function says of how it went.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppnetCode {
    /// It is done.
    Ok = 0,
    /// No event came in time.
    TimedOut = 1,
    /// The app is closed and all its events were taken; its handle is gone.
    Ended = 2,
    /// An argument cannot be used: a null pointer, a text that is not UTF-8, a length that no memory has.
    InvalidArgument = 10,
    /// A configuration that cannot be read, or that is refused (D7).
    InvalidConfig = 11,
    /// No network or app has this handle: it was closed, or there never was one.
    UnknownHandle = 12,
    /// The network did not start.
    NotStarted = 13,
    /// An app of this id runs already.
    AlreadyRunning = 14,
    /// The app's directory cannot be used.
    DirectoryUnusable = 15,
    /// The app's events go to its callback, or another thread waits for them.
    EventsTaken = 16,
    /// The app is closed.
    Closed = 20,
    /// The app sends faster than it is served, or its events are not taken.
    Busy = 21,
    /// The app's calls hold together more bytes than they may (I2).
    Full = 22,
    /// The app's actor crashed and is being restarted (P8).
    Restarting = 23,
    /// A part of this library panicked. It is a bug; the process goes on.
    Panicked = 90,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// For programs.
    pub code: AppnetCode,
    /// For people: what was wrong, where, and what would be right.
    pub text: String,
}

impl Fault {
    pub(crate) fn new(code: AppnetCode, text: impl ToString) -> Self {
        Self {
            code,
            text: text.to_string(),
        }
    }

    /// What a panic says of itself.
    pub(crate) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let said = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("something that is no text");
        Self::new(
            AppnetCode::Panicked,
            format!("the library panicked, which is a bug of it: {said}"),
        )
    }
}
