//! How long an app keeps its idle connections.

use std::time::Duration;

use crate::Instant;

/// How long they are kept without a task: longer than servers keep a connection, shorter than a user's pause.
const KEPT: Duration = Duration::from_secs(30);

/// Whether an app's transport is in use, and since when it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Idle {
    /// There is none.
    #[default]
    Absent,
    /// A task uses it.
    Used,
    /// No task has used it since then.
    Since(Instant),
}

impl Idle {
    /// A task begins to use it.
    pub(crate) const fn used(&mut self) {
        *self = Self::Used;
    }

    /// There is no task.
    pub(crate) fn rests(&mut self, now: Instant) {
        if *self == Self::Used {
            *self = Self::Since(now);
        }
    }

    /// When it is given up, if nothing uses it before.
    pub(crate) fn ends(self) -> Option<Instant> {
        match self {
            Self::Since(since) => Some(since + KEPT),
            Self::Absent | Self::Used => None,
        }
    }
}
