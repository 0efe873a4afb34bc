//! What an app hears in the background (section 4).

use crate::failure::HostFault;

/// Whether calls made in the background start (B3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackgroundCalls {
    /// They fail at once.
    Refused,
    /// They start while the grace lasts.
    DuringGrace,
}

/// The words in which an app hears of the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterruptionWords {
    /// For a call that may not start (B3).
    pub call: Interruption,
    /// For a task or a message that the end of the grace has ended (B2).
    pub task: Interruption,
}

/// One of the texts that platforms have for it; the words themselves are in the table of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// `interrupted`
    Interrupted,
    /// `app in background`
    AppInBackground,
}

impl Interruption {
    /// The row of the table of errors.
    #[must_use]
    pub const fn fault(self) -> HostFault {
        match self {
            Self::Interrupted => HostFault::Interrupted,
            Self::AppInBackground => HostFault::AppInBackground,
        }
    }
}
