//! Proof that a call was checked.

use std::{ops::Deref, sync::Arc};

use super::{Refusal, Rules};

/// A value that the rules let through. Only [`Rules`] makes one, and I/O opens no connection without it (invariant 3).
#[derive(Debug, Clone)]
pub struct Permitted<T> {
    value: T,
    rules: Arc<Rules>,
    would_refuse: Option<Refusal>,
}

impl<T> Permitted<T> {
    /// To be called by [`Rules`] alone, after its checks.
    pub(in crate::rules) const fn new(
        value: T,
        rules: Arc<Rules>,
        would_refuse: Option<Refusal>,
    ) -> Self {
        Self {
            value,
            rules,
            would_refuse,
        }
    }

    /// The same permit for what is made of the value by a step that changes nothing the rules looked at.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Permitted<U> {
        Permitted {
            value: change(self.value),
            rules: self.rules,
            would_refuse: self.would_refuse,
        }
    }

    /// The same permit, with the words of a redirect for what a release would refuse (U6, U8).
    pub(crate) fn on_redirect_to(self, host: &str) -> Self {
        Self {
            would_refuse: self
                .would_refuse
                .map(|refusal| refusal.on_redirect_to(host)),
            ..self
        }
    }

    /// The rules it was checked against; those in force when the call was made, also for its redirects (U6).
    #[must_use]
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Why a release would have refused it: only ever set where a developer's session skips the checks (U8).
    #[must_use]
    pub const fn would_refuse(&self) -> Option<&Refusal> {
        self.would_refuse.as_ref()
    }
}

impl<T> Deref for Permitted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
