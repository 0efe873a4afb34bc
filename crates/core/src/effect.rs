//! What the core asks of I/O, and what I/O answers.

use std::sync::Arc;

use appnet_policy::{
    Failure,
    exchange::{Answer, OutgoingRequest, Profile, Progress, Receive, ResponseHead},
    rules::Refusal,
    socket::{CloseFrame, SocketLimits, SocketMessage, SocketRequest},
};
use bytes::Bytes;

use crate::{AskId, JobId, TaskId};

/// Something to be carried out, in order.
#[derive(Debug)]
pub enum Effect {
    /// Start an exchange. Its permit is held by the core until the task ends.
    StartHttp(HttpJob),
    /// Stop an exchange: read nothing more, do not reuse its connection (C4). Its answer is not awaited.
    CancelHttp(JobId),
    /// Connect a socket. Its permit is held by the core until the handshake is done.
    StartSocket(Box<SocketJob>),
    /// Send on a socket that is open, behind what was given before.
    SendSocket {
        /// The socket.
        job: JobId,
        /// What to name when it is sent.
        ask: AskId,
        /// What to send.
        message: SocketMessage,
    },
    /// Close a socket that is open, behind what was given to send.
    CloseSocket {
        /// The socket.
        job: JobId,
        /// What the close frame says.
        frame: CloseFrame,
    },
    /// Drop a socket, whatever it is at: its connection is closed without a word, and nothing of it is awaited.
    CancelSocket(JobId),
    /// Close the app's idle connections and give up what they were made with: it has not been used for a while. The next job makes it anew.
    ReleaseTransport,
}

impl Effect {
    /// The task that it is for; `None`: it is for the app.
    #[must_use]
    pub const fn task(&self) -> Option<TaskId> {
        let job = match self {
            Self::StartHttp(job) => job.id,
            Self::StartSocket(job) => job.id,
            Self::CancelHttp(job)
            | Self::CancelSocket(job)
            | Self::SendSocket { job, .. }
            | Self::CloseSocket { job, .. } => *job,
            Self::ReleaseTransport => return None,
        };
        Some(job.task)
    }
}

/// One socket to be connected.
#[derive(Debug)]
pub struct SocketJob {
    /// What to name when answering.
    pub id: JobId,
    /// What to connect; the proof of the policy's check is in it.
    pub request: Box<SocketRequest>,
    /// Its bounds.
    pub limits: SocketLimits,
}

/// One exchange to be made.
#[derive(Debug)]
pub struct HttpJob {
    /// What to name when answering.
    pub id: JobId,
    /// What to send; the proof of the policy's check is in it.
    pub request: Box<OutgoingRequest>,
    /// What becomes of the answer's body.
    pub receive: Receive,
}

/// What happened to an exchange or a socket.
#[derive(Debug)]
pub enum IoEvent {
    /// A redirect is followed. It is told where somebody looks on, and decides nothing.
    Redirected(Box<Redirected>),
    /// A file got these bytes of an answer. It is told where somebody looks on, and decides nothing.
    Written(Bytes),
    /// Status and headers of the final response are here.
    HeadersReceived(Arc<ResponseHead>),
    /// A file went some way further; already thinned out (F5).
    Progress(Progress),
    /// Bytes of a body that is given as it comes, never none. They may give room back to I/O when they are dropped, so nothing here
    /// keeps or copies them beyond their event.
    Chunk(Bytes),
    /// The app has not taken its chunks, and I/O waits with the next one in its hand: that one follows as soon as there is room. Until then
    /// time does not count, for it is not the server's (T2).
    AwaitsApp,
    /// It ended.
    Finished(Box<Finished>),
    /// Something happened to a socket.
    Socket(SocketIo),
    /// The worker that had the exchange or the socket crashed (P8).
    Crashed,
}

/// What happened to a socket. After `Failed`, `Closed` and [`IoEvent::Crashed`] there is nothing more.
#[derive(Debug)]
pub enum SocketIo {
    /// The handshake is done.
    Opened(Box<Opened>),
    /// A whole message came. It may give room back to I/O when it is dropped, so nothing here keeps or copies it beyond its event.
    Message(SocketMessage),
    /// A message is with the transport (W2).
    Sent(AskId),
    /// A message will not be sent, because the socket was closing when it arrived there.
    NotSent(AskId, Failure),
    /// Both sides have said goodbye, or the peer did not answer ours in time.
    Closed {
        /// The peer's code; 1005 if it gave none, 1006 if it said nothing.
        code: u16,
        /// The peer's reason.
        reason: String,
    },
    /// It could not be connected, or broke.
    Failed(IoFailure),
}

/// What the handshake brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The answer: 101 and its headers.
    pub head: ResponseHead,
    /// The protocol that the server chose from those asked for.
    pub protocol: Option<String>,
    /// Where the time of the handshake went.
    pub profile: Arc<Profile>,
    /// Why a release would have refused the connection (U8).
    pub would_refuse: Vec<Refusal>,
}

/// A redirect that is followed.
#[derive(Debug)]
pub struct Redirected {
    /// Status and headers of the answer that asked for it.
    pub head: ResponseHead,
    /// Where the time of this hop went, as far as its head.
    pub profile: Profile,
    /// The request that follows, permitted like a first call (U6).
    pub next: OutgoingRequest,
}

/// The end of an exchange.
#[derive(Debug)]
pub struct Finished {
    /// The whole response, or why there is none.
    pub outcome: Result<Answer, IoFailure>,
    /// Where its time went.
    pub profile: Arc<Profile>,
    /// Why a release would have refused a redirect or a certificate that a developer's session let pass (U8).
    pub would_refuse: Vec<Refusal>,
}

/// An exchange that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IoFailure {
    /// What the app hears.
    pub failure: Failure,
    /// The exact reason, for the host's log.
    pub reason: String,
    /// The rule that refused a redirect or all addresses.
    pub refusal: Option<Refusal>,
}
