//! One task: what is known of it, and its two phases.

use appnet_policy::{
    Api,
    prepare::{Prepared, RequestOptions},
    rules::Refusal,
};

use crate::{Instant, pool::Permit, record::without_secrets};

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
    pub(crate) prepared: Prepared,
}

/// A task with a permit.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) about: About,
    /// Held until the terminal event (C1).
    pub(crate) permit: Permit,
    /// When it left the queue.
    pub(crate) started: Instant,
    /// T2: one deadline for the whole task.
    pub(crate) deadline: Instant,
    /// Whether the app was told of status and headers, which it is once (P8).
    pub(crate) headers_told: bool,
}

impl About {
    /// What is known when the call is made.
    pub(crate) fn request(options: &RequestOptions, now: Instant) -> Self {
        Self {
            url: without_secrets(&options.url),
            wants_profile: options.enable_profile,
            ..Self::unread(Api::Request, now)
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
    pub(crate) fn prepared(self, prepared: &Prepared) -> Self {
        Self {
            method: prepared.request.method.as_str(),
            would_refuse: prepared
                .request
                .target
                .would_refuse()
                .cloned()
                .into_iter()
                .collect(),
            ..self
        }
    }
}
