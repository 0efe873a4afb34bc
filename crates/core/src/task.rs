//! One task: what is known of it, and its phase.

use appnet_policy::{
    Api,
    prepare::{Prepared, RequestOptions},
    rules::Refusal,
};

use crate::{Instant, pool::Permit, record::without_secrets};

/// A task that has not ended.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) about: About,
    pub(crate) phase: Phase,
}

/// What its record will say.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) api: Api,
    pub(crate) invoked: Instant,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) would_refuse: Option<Refusal>,
    pub(crate) wants_profile: bool,
}

/// How far it is.
#[derive(Debug)]
pub(crate) enum Phase {
    /// It waits for a permit (C2).
    Queued(Box<Prepared>),
    /// It runs.
    Running(Running),
}

/// A task with a permit.
#[derive(Debug)]
pub(crate) struct Running {
    /// Held until the terminal event (C1).
    pub(crate) permit: Permit,
    /// When it left the queue.
    pub(crate) started: Instant,
    /// T2: one deadline for the whole task.
    pub(crate) deadline: Instant,
}

impl About {
    /// What is known when the call is made.
    pub(crate) fn request(options: &RequestOptions, now: Instant) -> Self {
        Self {
            api: Api::Request,
            invoked: now,
            method: "",
            url: without_secrets(&options.url),
            would_refuse: None,
            wants_profile: options.enable_profile,
        }
    }

    /// A call that could not even be read.
    pub(crate) const fn unread(api: Api, now: Instant) -> Self {
        Self {
            api,
            invoked: now,
            method: "",
            url: String::new(),
            would_refuse: None,
            wants_profile: false,
        }
    }

    /// The same with what policy has found out.
    pub(crate) fn prepared(self, prepared: &Prepared) -> Self {
        Self {
            method: prepared.request.method.as_str(),
            would_refuse: prepared.request.target.would_refuse().cloned(),
            ..self
        }
    }
}
