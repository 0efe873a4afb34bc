//! How much may wait between an app and its core (I2).

use appnet_policy::{
    Failure, Policy,
    failure::{AppFault, HostFault, InternalFault},
};

use super::RejectReason;

/// The bounds of one app.
#[derive(Debug)]
pub(super) struct Bounds {
    /// Commands and answers together.
    backlog: usize,
    /// Bytes that calls and asks hold together.
    bytes: usize,
}

impl Bounds {
    pub(super) const fn of(policy: &Policy) -> Self {
        Self {
            backlog: policy.port_backlog,
            bytes: policy.waiting_bytes,
        }
    }

    /// Whether one more thing may wait beside so many.
    pub(super) const fn one_more(&self, waiting: usize) -> Result<(), RejectReason> {
        if waiting < self.backlog {
            Ok(())
        } else {
            Err(RejectReason::Busy)
        }
    }

    /// Whether there is room beside what is held. Something larger than all the room gets it alone.
    pub(super) const fn room_for(&self, cost: usize, held: usize) -> Result<(), RejectReason> {
        if held == 0 || held.saturating_add(cost) <= self.bytes {
            Ok(())
        } else {
            Err(RejectReason::Full)
        }
    }

    /// What a call fails with that did not get through.
    pub(super) const fn call_failure(&self, why: RejectReason) -> Failure {
        match why {
            RejectReason::Closed => Failure::Host(HostFault::AppClosed),
            RejectReason::Busy => Failure::App(AppFault::TooManyTasks),
            RejectReason::Full => Failure::App(AppFault::TooMuchWaiting),
            RejectReason::Down => Failure::Internal(InternalFault::Crashed),
        }
    }

    /// What an ask is answered with that did not get through.
    pub(super) const fn ask_failure(&self, why: RejectReason) -> Failure {
        match why {
            RejectReason::Busy | RejectReason::Full => Failure::App(AppFault::TooMuchUnsent),
            RejectReason::Closed | RejectReason::Down => self.call_failure(why),
        }
    }
}

impl RejectReason {
    /// For the host's record.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Closed => "the app is closed",
            Self::Busy => "the app sends faster than it is served, or does not take its events",
            Self::Full => "the app's calls hold more bytes than they may",
            Self::Down => "the app's actor crashed and is being restarted",
        }
    }
}
