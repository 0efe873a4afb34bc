//! What an app hears.

use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Api, Failure,
    exchange::{Answer, Profile, Progress, ResponseHead},
    prepare::Warning,
    quality::Estimates,
    socket::SocketMessage,
};
use bytes::Bytes;

use crate::{AskId, CallRecord, TaskId};

/// One event of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The task it belongs to.
    pub task: TaskId,
    /// What happened.
    pub what: TaskEvent,
}

/// What an app hears of a task. For each task (P8): warnings, then at most one `HeadersReceived`, behind it `Chunk`s or `Written`, then
/// exactly one of `Success` and `Fail`, then nothing. `Sent` comes before `HeadersReceived` too, which a server sends when it has
/// read what it wants to read. A socket that was accepted has `Socket` events instead, see [`SocketEvent`].
#[derive(Debug, Clone, PartialEq)]
pub enum TaskEvent {
    /// Something was done differently from what was asked.
    Warning(Warning),
    /// Status and headers came.
    HeadersReceived(Arc<ResponseHead>),
    /// A part of the body came (`enableChunked`): the bytes after content-decoding, cut anywhere.
    Chunk(Bytes),
    /// More of an upload was sent (F1); never less than before.
    Sent(Progress),
    /// More of a download was written (F5); never less than before.
    Written(Progress),
    /// A response came, whatever its status (P1).
    Success(Box<Success>),
    /// The call failed.
    Fail {
        /// The call it was.
        api: Api,
        /// Why.
        failure: Failure,
        /// What happened on the way, if it left.
        exception: Option<Box<Exception>>,
        /// Whether it went to an address that HttpDNS found.
        http_dns: bool,
    },
    /// Something about a socket that was accepted (W1).
    Socket(SocketEvent),
}

/// The response to a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Success {
    /// The call it was.
    pub api: Api,
    /// The response.
    pub answer: Answer,
    /// Where the time went, if the app wanted it.
    pub profile: Option<CallProfile>,
    /// What went wrong before the response came.
    pub exception: Option<Box<Exception>>,
    /// Whether the server is at an address that HttpDNS found.
    pub http_dns: bool,
}

/// What went wrong below a call: `exception` of its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Each failure, in order.
    pub reasons: Vec<Failure>,
    /// How often the request was sent once more (H4).
    pub retries: u32,
}

impl Exception {
    /// Of an exchange that was answered; `None` if nothing went wrong.
    #[must_use]
    pub fn of(profile: &Profile) -> Option<Self> {
        let Profile {
            resent,
            resent_after,
            http_dns_failure,
            ..
        } = profile;
        let reasons = || http_dns_failure.iter().chain(resent_after);
        (*resent || reasons().next().is_some()).then(|| Self {
            reasons: reasons().cloned().collect(),
            retries: u32::from(*resent),
        })
    }

    /// Of an exchange that failed in the end.
    #[must_use]
    pub fn of_failed(profile: &Profile, failure: &Failure) -> Self {
        let earlier = Self::of(profile);
        let (mut reasons, retries) =
            earlier.map_or_else(Default::default, |it| (it.reasons, it.retries));
        reasons.push(failure.clone());
        Self { reasons, retries }
    }
}

/// An event for the app, and with the last one of a task the record for the host: there is one for each (P8).
#[derive(Debug)]
pub struct Notice {
    /// What the app hears.
    pub event: Event,
    /// What the host sees of the call that this event ends.
    pub record: Option<Box<CallRecord>>,
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
    pub exchange: Arc<Profile>,
    /// What the app's calls of late say of the network, this one among them. The link puts it in as the event passes.
    pub estimates: Estimates,
}

impl Event {
    /// Whether it is the last one of its task.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        match &self.what {
            TaskEvent::Success(_) | TaskEvent::Fail { .. } => true,
            TaskEvent::Socket(event) => matches!(event, SocketEvent::Closed(_)),
            TaskEvent::Warning(_)
            | TaskEvent::HeadersReceived(_)
            | TaskEvent::Chunk(_)
            | TaskEvent::Sent(_)
            | TaskEvent::Written(_) => false,
        }
    }

    /// An event of a socket.
    #[must_use]
    pub const fn socket(task: TaskId, event: SocketEvent) -> Self {
        Self {
            task,
            what: TaskEvent::Socket(event),
        }
    }

    /// The answer to something asked of a socket that will not be done.
    #[must_use]
    pub const fn not_done(task: TaskId, ask: AskId, verb: SocketVerb, failure: Failure) -> Self {
        let outcome = Err(failure);
        Self::socket(task, SocketEvent::Answered { ask, verb, outcome })
    }
}

impl From<Event> for Notice {
    /// An event that ends nothing.
    fn from(event: Event) -> Self {
        Self {
            event,
            record: None,
        }
    }
}
