//! What the core asks of I/O, and what I/O answers.

use appnet_policy::{
    Failure,
    exchange::{Answer, OutgoingRequest, Profile, Progress, Receive, ResponseHead},
    rules::Refusal,
};
use bytes::Bytes;

use crate::JobId;

/// Something to be carried out, in order.
#[derive(Debug)]
pub enum Effect {
    /// Start an exchange. Its permit is held by the core until the task ends.
    StartHttp(Box<HttpJob>),
    /// Stop an exchange: read nothing more, do not reuse its connection (C4). Its answer is not awaited.
    CancelHttp(JobId),
}

/// One exchange to be made.
#[derive(Debug)]
pub struct HttpJob {
    /// What to name when answering.
    pub id: JobId,
    /// What to send; the proof of the policy's check is in it.
    pub request: OutgoingRequest,
    /// What becomes of the answer's body.
    pub receive: Receive,
}

/// What happened to an exchange.
#[derive(Debug)]
pub enum IoEvent {
    /// Status and headers of the final response are here.
    HeadersReceived(ResponseHead),
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
    /// The one who had it crashed (P8).
    Crashed,
}

/// The end of an exchange.
#[derive(Debug)]
pub struct Finished {
    /// The whole response, or why there is none.
    pub outcome: Result<Answer, IoFailure>,
    /// Where its time went.
    pub profile: Profile,
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
