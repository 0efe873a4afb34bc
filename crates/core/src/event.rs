//! What an app hears.

use std::time::Duration;

use appnet_policy::{
    Api, Failure,
    exchange::{Answer, Profile, Progress, ResponseHead},
    prepare::Warning,
    socket::SocketMessage,
};
use bytes::Bytes;

use crate::{AskId, TaskId};

/// One event of a task. For each task (P8): warnings, then at most one `HeadersReceived`, behind it `Chunk`s or `Progress`, then exactly one
/// of `Success` and `Fail`, then nothing. An upload's `Progress` comes before `HeadersReceived` too, which a server sends when it has
/// read what it wants to read. A socket that was accepted has `Socket` events instead, see [`SocketEvent`].
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
    /// Something about a socket that was accepted (W1).
    Socket {
        /// The task.
        task: TaskId,
        /// What.
        event: SocketEvent,
    },
}

/// What an app hears of a socket that was accepted (W1): `Accepted`, then, if it opens, `Opened` and its `Message`s, then exactly one
/// `Closed`, with an `Error` before it if something went wrong. Each ask is `Answered` exactly once, before `Closed` or, if it was made after
/// that, behind it.
#[derive(Debug, Clone, PartialEq)]
pub enum SocketEvent {
    /// The call was accepted: `success` of `wx.connectSocket`.
    Accepted,
    /// The handshake is done.
    Opened(Box<OpenedSocket>),
    /// A whole message came.
    Message(SocketMessage),
    /// It was sent, or is being closed; or why not.
    Answered {
        /// The ask.
        ask: AskId,
        /// What was asked.
        verb: SocketVerb,
        /// The answer.
        outcome: Result<(), Failure>,
    },
    /// It could not be connected, or broke; `Closed` follows.
    Error(Failure),
    /// It is closed.
    Closed(SocketEnd),
}

/// An open socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedSocket {
    /// The answer to the handshake: 101 and its headers.
    pub head: ResponseHead,
    /// The protocol that the server chose.
    pub protocol: Option<String>,
    /// Where the time of the handshake went.
    pub profile: CallProfile,
}

/// What an app asks of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SocketVerb {
    /// `SocketTask.send`
    Send,
    /// `SocketTask.close`
    Close,
}

impl SocketVerb {
    /// The name as it stands in `errMsg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "SocketTask.send",
            Self::Close => "SocketTask.close",
        }
    }
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEnd {
    /// By close frames, or the peer did not answer ours.
    Closed {
        /// The peer's code; 1005 if it gave none, 1006 if it said nothing.
        code: u16,
        /// The peer's reason.
        reason: String,
    },
    /// Without: the app hears code 1006, and why as the reason.
    Broken(Failure),
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
            | Self::Fail { task, .. }
            | Self::Socket { task, .. } => *task,
        }
    }

    /// Whether it is the last one of its task.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        match self {
            Self::Success { .. } | Self::Fail { .. } => true,
            Self::Socket { event, .. } => matches!(event, SocketEvent::Closed(_)),
            Self::Warning { .. }
            | Self::HeadersReceived { .. }
            | Self::Chunk { .. }
            | Self::Progress { .. } => false,
        }
    }
}
