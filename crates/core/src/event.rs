//! What an app hears.

use std::time::Duration;

use appnet_policy::{
    Api, Failure,
    exchange::{Answer, Profile, Progress, ResponseHead},
    prepare::Warning,
};
use bytes::Bytes;

use crate::TaskId;

/// One event of a task. For each task (P8): warnings, then at most one `HeadersReceived`, behind it `Chunk`s or `Progress`, then exactly one
/// of `Success` and `Fail`, then nothing. An upload's `Progress` comes before `HeadersReceived` too, which a server sends when it has
/// read what it wants to read.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Something was done differently from what was asked.
    Warning {
        /// The task.
        task: TaskId,
        /// What.
        warning: Warning,
    },
    /// Status and headers came.
    HeadersReceived {
        /// The task.
        task: TaskId,
        /// Status and headers.
        head: ResponseHead,
    },
    /// A part of the body came (`enableChunked`).
    Chunk {
        /// The task.
        task: TaskId,
        /// The bytes after content-decoding, cut anywhere.
        data: Bytes,
    },
    /// A file went some way further (F1, F5).
    Progress {
        /// The task.
        task: TaskId,
        /// The call it was: what the numbers count.
        api: Api,
        /// How far; never less than before.
        progress: Progress,
    },
    /// A response came, whatever its status (P1).
    Success {
        /// The task.
        task: TaskId,
        /// The call it was.
        api: Api,
        /// The response.
        answer: Answer,
        /// Where the time went, if the app wanted it.
        profile: Option<Box<CallProfile>>,
    },
    /// The call failed.
    Fail {
        /// The task.
        task: TaskId,
        /// The call it was.
        api: Api,
        /// Why.
        failure: Failure,
    },
}

/// Where a call's time went (C2). Points in time are counted from the Unix epoch, as the platform's are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallProfile {
    /// When the app called; the queue began then too.
    pub invoked: Duration,
    /// When it left the queue; the exchange's own times count from here.
    pub started: Duration,
    /// The exchange's phases.
    pub exchange: Profile,
}

impl Event {
    /// The task it belongs to.
    #[must_use]
    pub const fn task(&self) -> TaskId {
        match self {
            Self::Warning { task, .. }
            | Self::HeadersReceived { task, .. }
            | Self::Chunk { task, .. }
            | Self::Progress { task, .. }
            | Self::Success { task, .. }
            | Self::Fail { task, .. } => *task,
        }
    }

    /// Whether it is the last one of its task.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        match self {
            Self::Success { .. } | Self::Fail { .. } => true,
            Self::Warning { .. }
            | Self::HeadersReceived { .. }
            | Self::Chunk { .. }
            | Self::Progress { .. } => false,
        }
    }
}
