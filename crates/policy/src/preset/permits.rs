//! How many tasks run at once, and whose turn is next (C1, C2).

use std::num::{NonZeroU32, NonZeroUsize};

use crate::api::PerApi;

/// How many tasks run at once (C1). A pool without a permit cannot be written: its tasks would wait for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permits {
    /// One pool for all APIs of an app.
    Shared(NonZeroUsize),
    /// A pool for each API; a socket's handshake counts with `request`.
    PerApi {
        /// `wx.request` and handshakes
        request: NonZeroUsize,
        /// `wx.uploadFile`
        upload_file: NonZeroUsize,
        /// `wx.downloadFile`
        download_file: NonZeroUsize,
    },
}

/// How many tasks of one API run at once to one host, which is that of the call's URL; `None`: as many as there are permits. A task that
/// waits for its host lets those to other hosts pass.
pub type HostPermits = PerApi<Option<NonZeroUsize>>;

/// In which order tasks that wait get their turn (C2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueOrder {
    /// First in, first out.
    Fifo,
    /// By the priority of the API, within bounds: nobody starves.
    ByPriority {
        /// The priority of each API.
        of: PerApi<Priority>,
        /// A task overtakes those of the next lower priority that joined its queue at most so many places before it. So a task is overtaken at
        /// most so often for each level that is above its own.
        head_start: NonZeroU32,
    },
}

/// How urgent a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Before all others.
    High,
    /// In between.
    Normal,
    /// After all others.
    Low,
}

impl QueueOrder {
    /// How many places behind its own a task of this API stands in its queue.
    #[must_use]
    pub fn places_behind(&self, api: crate::Api) -> u64 {
        match self {
            Self::Fifo => 0,
            Self::ByPriority { of, head_start } => {
                let levels = match of.of(api) {
                    Priority::High => 0,
                    Priority::Normal => 1,
                    Priority::Low => 2,
                };
                levels * u64::from(head_start.get())
            }
        }
    }
}
