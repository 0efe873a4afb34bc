//! How a command ended, and its exit status.

use std::{io, io::Write as _};

/// Every way a command ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing was left to do.
    Done,
    /// Nothing was left to do, but callbacks had thrown; they were printed when they did.
    DoneWithErrors,
    /// `host.exit(code)`.
    Exited(u8),
    /// Uncaught; the text is whole.
    Failed(String),
    /// Wrong usage or configuration; the text says what, where, and what would be right.
    Misused(String),
    /// `--max-time` was over; the text says what was still open, if that is known.
    TimedOut(String),
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// SIGHUP.
    HungUp,
    /// Nobody reads standard output any more. As with Node, where printing to nobody is no error.
    Unread,
    /// A part of this program panicked; the panic was printed when it did.
    Crashed,
}

impl Ending {
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::Done | Self::Unread => 0,
            Self::Exited(code) => *code,
            Self::DoneWithErrors | Self::Failed(_) => 1,
            Self::Misused(_) => 2,
            Self::Crashed => 101,
            Self::TimedOut(_) => 124,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Says on standard error what a person would otherwise not know.
    pub(crate) fn tell(&self) {
        match self {
            Self::Failed(text) => error_line(text),
            Self::Misused(text) => error_line(&format!("appnet: {text}")),
            Self::TimedOut(open) => {
                error_line(&format!("appnet: stopped: --max-time is over{open}"));
            }
            Self::Done
            | Self::DoneWithErrors
            | Self::Exited(_)
            | Self::Interrupted
            | Self::Terminated
            | Self::HungUp
            | Self::Unread
            | Self::Crashed => {}
        }
    }
}

/// A line on standard error. Where that is closed nobody can be told.
pub(crate) fn error_line(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// A line on standard output, at once: who reads the other end of a pipe waits for it.
///
/// # Errors
/// Nobody reads it any more.
pub(crate) fn print_line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
