//! One task: what is known of it, and its two phases.

use std::time::Duration;

use appnet_policy::{
    Api,
    exchange::{Body, Profile, Progress, Receive},
    prepare::{Call, Prepared, PreparedCall},
    rules::Refusal,
    socket::SocketLimits,
};

use crate::{Instant, event::CallProfile, pool::Permit, record::without_secrets};

/// What its record will say.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) api: Api,
    pub(crate) invoked: Instant,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) would_refuse: Vec<Refusal>,
    pub(crate) wants_profile: bool,
}

/// A task that waits for a permit (C2).
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) about: About,
    pub(crate) prepared: PreparedCall,
}

/// A task with a permit.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) about: About,
    /// Held until the terminal event (C1).
    pub(crate) permit: Permit,
    /// When it left the queue.
    pub(crate) started: Instant,
    /// T2: one deadline for the whole task; in chunks, one for the next of them, or none while the app is waited for.
    pub(crate) deadline: Option<Instant>,
    /// What the deadline gives.
    pub(crate) timeout: Duration,
    pub(crate) flow: Flow,
    /// Whether the app was told of status and headers, which it is once (P8).
    pub(crate) headers_told: bool,
    /// What the app heard last of how far it is.
    pub(crate) progress: Option<Progress>,
}

/// What is heard of a task between its start and its end (P8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Status and headers alone.
    Whole,
    /// The body in chunks.
    Chunks,
    /// How much of a file was sent.
    Sends,
    /// How much of a file was written.
    Writes,
    /// Nothing: the handshake of a socket with these bounds.
    Handshake(SocketLimits),
}

impl Flow {
    /// That of a call.
    pub(crate) fn of(prepared: &PreparedCall) -> Self {
        match prepared {
            PreparedCall::Http(prepared) => Self::of_exchange(prepared),
            PreparedCall::Socket(prepared) => {
                Self::Handshake(prepared.request.target.rules().policy().socket)
            }
        }
    }

    fn of_exchange(prepared: &Prepared) -> Self {
        match (&prepared.request.body, &prepared.receive) {
            (_, Receive::Chunks) => Self::Chunks,
            (_, Receive::File(_)) => Self::Writes,
            (Body::Form(_), Receive::Whole(_)) => Self::Sends,
            (Body::Bytes(_), Receive::Whole(_)) => Self::Whole,
        }
    }
}

impl Running {
    /// The bounds of the socket whose handshake it is.
    pub(crate) const fn handshake(&self) -> Option<SocketLimits> {
        match self.flow {
            Flow::Handshake(limits) => Some(limits),
            Flow::Whole | Flow::Chunks | Flow::Sends | Flow::Writes => None,
        }
    }

    /// Whether a part of the body is for the app. Only behind the headers (P8).
    pub(crate) fn hears_chunks(&self) -> bool {
        self.flow == Flow::Chunks && self.headers_told
    }

    /// Whether the app hears of this progress, which is then its last (F5). What was written is told behind the headers; what was sent,
    /// also before them (P8).
    pub(crate) fn hears_progress(&mut self, progress: Progress) -> bool {
        let in_order = match self.flow {
            Flow::Whole | Flow::Chunks | Flow::Handshake(_) => false,
            Flow::Sends => true,
            Flow::Writes => self.headers_told,
        };
        let heard = in_order
            && self
                .progress
                .is_none_or(|last| !progress.is_less_than(last));
        if heard {
            self.progress = Some(progress);
        }
        heard
    }
}

impl About {
    /// Where its time went, as the app is told; `left_queue` is when it left the queue.
    pub(crate) fn profile(
        &self,
        left_queue: Instant,
        exchange: Profile,
        unix_zero: Duration,
    ) -> CallProfile {
        CallProfile {
            invoked: unix_zero + self.invoked.since_zero(),
            started: unix_zero + left_queue.since_zero(),
            exchange,
        }
    }

    /// What is known when the call is made.
    pub(crate) fn call(call: &Call, now: Instant) -> Self {
        Self {
            url: without_secrets(call.url()),
            wants_profile: call.wants_profile(),
            ..Self::unread(call.api(), now)
        }
    }

    /// A call that could not even be read.
    pub(crate) const fn unread(api: Api, now: Instant) -> Self {
        Self {
            api,
            invoked: now,
            method: "",
            url: String::new(),
            would_refuse: Vec::new(),
            wants_profile: false,
        }
    }

    /// The same with what policy has found out.
    pub(crate) fn prepared(self, prepared: &PreparedCall) -> Self {
        Self {
            method: prepared.method().as_str(),
            would_refuse: prepared
                .target()
                .would_refuse()
                .cloned()
                .into_iter()
                .collect(),
            ..self
        }
    }
}
