//! One task: what is known of it, and its two phases.

use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Api,
    exchange::{Body, Profile, Progress, Receive},
    prepare::{Prepared, PreparedCall},
    quality::Estimates,
    rules::Refusal,
    socket::SocketLimits,
};

use crate::{
    Instant,
    call::CallFacts,
    event::{CallProfile, TaskEvent},
    pool::Permit,
};

/// What its record will say.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) facts: Arc<CallFacts>,
    pub(crate) invoked: Instant,
    /// What a release would have refused on the way (U8), beside what the call's own check found.
    pub(crate) noted: Vec<Refusal>,
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
    pub(crate) work: Work,
}

/// What a running task is at, and what was heard of it (P8).
#[derive(Debug)]
pub(crate) enum Work {
    /// An exchange.
    Exchange {
        /// What is heard of it.
        hears: Hears,
        /// Whether the app was told of status and headers, which it is once.
        headers_told: bool,
        /// What the app heard last of how far it is.
        progress: Option<Progress>,
    },
    /// The handshake of a socket with these bounds.
    Handshake(SocketLimits),
}

/// What is heard of an exchange between its start and its end (P8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hears {
    /// Status and headers alone.
    Headers,
    /// The body in chunks.
    Chunks,
    /// How much of a file was sent.
    Sent,
    /// How much of a file was written.
    Written,
}

impl Work {
    /// That of a call.
    pub(crate) fn of(prepared: &PreparedCall) -> Self {
        match prepared {
            PreparedCall::Http(prepared) => Self::Exchange {
                hears: Hears::of(prepared),
                headers_told: false,
                progress: None,
            },
            PreparedCall::Socket(prepared) => {
                Self::Handshake(prepared.request.target.rules().policy().socket)
            }
        }
    }
}

impl Hears {
    fn of(prepared: &Prepared) -> Self {
        match (&prepared.request.body, &prepared.receive) {
            (_, Receive::Chunks) => Self::Chunks,
            (_, Receive::File(_)) => Self::Written,
            (Body::Form(_), Receive::Whole(_)) => Self::Sent,
            (Body::Bytes(_), Receive::Whole(_)) => Self::Headers,
        }
    }
}

impl Running {
    /// The bounds of the socket whose handshake it is.
    pub(crate) const fn handshake(&self) -> Option<SocketLimits> {
        match self.work {
            Work::Handshake(limits) => Some(limits),
            Work::Exchange { .. } => None,
        }
    }

    /// Whether the app hears of status and headers, which are then told.
    pub(crate) const fn hears_headers(&mut self) -> bool {
        match &mut self.work {
            Work::Exchange { headers_told, .. } => !std::mem::replace(headers_told, true),
            Work::Handshake(_) => false,
        }
    }

    /// Whether a part of the body is for the app. Only behind the headers (P8).
    pub(crate) fn hears_chunks(&self) -> bool {
        match self.work {
            Work::Exchange {
                hears,
                headers_told,
                ..
            } => hears == Hears::Chunks && headers_told,
            Work::Handshake(_) => false,
        }
    }

    /// What the app hears of this progress, which is then its last (F5). What was written is told behind the headers; what was sent,
    /// also before them (P8).
    pub(crate) fn hears_progress(&mut self, now: Progress) -> Option<TaskEvent> {
        let Work::Exchange {
            hears,
            headers_told,
            progress,
        } = &mut self.work
        else {
            return None;
        };
        let event = match hears {
            Hears::Headers | Hears::Chunks => return None,
            Hears::Sent => TaskEvent::Sent(now),
            Hears::Written if *headers_told => TaskEvent::Written(now),
            Hears::Written => return None,
        };
        if progress.is_some_and(|last| now.is_less_than(last)) {
            return None;
        }
        *progress = Some(now);
        Some(event)
    }
}

impl About {
    pub(crate) const fn new(facts: Arc<CallFacts>, invoked: Instant) -> Self {
        Self {
            facts,
            invoked,
            noted: Vec::new(),
        }
    }

    pub(crate) fn api(&self) -> Api {
        self.facts.api
    }

    /// Where its time went, as the app is told; `left_queue` is when it left the queue.
    pub(crate) fn profile(
        &self,
        left_queue: Instant,
        exchange: Arc<Profile>,
        unix_zero: Duration,
    ) -> CallProfile {
        CallProfile {
            invoked: unix_zero + self.invoked.since_zero(),
            started: unix_zero + left_queue.since_zero(),
            exchange,
            estimates: Estimates::default(),
        }
    }
}
