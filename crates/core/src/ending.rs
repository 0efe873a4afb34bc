//! How a call ends: what the app hears of it, and what the host's record says. Every end of a task is told here, those that the core decides and
//! those that the ledger decides when the core is gone.

mod socket;

use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Api, Failure,
    exchange::{Answer, Profile},
    failure::{AppFault, InternalFault},
    identity::AppId,
    rules::Refusal,
};

use crate::{
    CallRecord, Event, Instant, TaskId,
    effect::{Finished, IoFailure},
    event::{CallProfile, Exception, Notice, Success, TaskEvent},
    record::without_secrets,
    task::About,
};

pub(crate) use socket::{GoneSocket, SocketEnding};

/// Why a call ends.
pub(crate) enum Ending {
    /// A response came.
    Answered(Answer, Arc<Profile>),
    /// It failed, in its exchange (then with a profile) or before it had one.
    Failed(Cause, Option<Arc<Profile>>),
}

/// Why a call fails: what the app hears, and what only the host sees.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub(crate) failure: Failure,
    reason: Option<String>,
    refusal: Option<Refusal>,
}

/// A call that has ended.
pub(crate) struct EndedCall {
    pub(crate) task: TaskId,
    pub(crate) about: About,
    /// When it left the queue, if it did.
    pub(crate) started: Option<Instant>,
    pub(crate) ended: Instant,
}

/// The part of a record that depends on the ending.
struct Verdict {
    outcome: Result<u16, Failure>,
    reason: Option<String>,
    refusal: Option<Refusal>,
    exchange: Option<Arc<Profile>>,
}

impl EndedCall {
    /// Its terminal event and its record. `unix_zero` is the wall-clock time of [`Instant`]'s zero.
    pub(crate) fn notice(self, ending: Ending, app: AppId, unix_zero: Duration) -> Notice {
        match ending {
            Ending::Answered(answer, exchange) => self.answered(answer, exchange, app, unix_zero),
            Ending::Failed(cause, exchange) => self.failed(cause, exchange, app),
        }
    }

    fn answered(
        self,
        answer: Answer,
        exchange: Arc<Profile>,
        app: AppId,
        unix_zero: Duration,
    ) -> Notice {
        let verdict = Verdict::answered(answer.head.status, Some(Arc::clone(&exchange)));
        let success = Success {
            api: self.about.api(),
            answer,
            exception: self
                .has_exception()
                .then(|| Exception::of(&exchange))
                .flatten()
                .map(Box::new),
            http_dns: exchange.http_dns,
            profile: self.profile(exchange, unix_zero),
        };
        let what = TaskEvent::Success(Box::new(success));
        self.ends_with(what, verdict, app)
    }

    /// Fails the call.
    pub(crate) fn failed(self, cause: Cause, exchange: Option<Arc<Profile>>, app: AppId) -> Notice {
        let api = self.about.api();
        let failure = cause.failure.clone();
        let exception = exchange
            .as_ref()
            .filter(|_| self.has_exception())
            .map(|exchange| Exception::of_failed(exchange, &failure));
        let what = TaskEvent::Fail {
            api,
            failure,
            exception: exception.map(Box::new),
            http_dns: exchange.as_ref().is_some_and(|exchange| exchange.http_dns),
        };
        self.ends_with(what, Verdict::failed(cause, exchange), app)
    }

    /// Of the four APIs the platform tells it of one.
    fn has_exception(&self) -> bool {
        self.about.api() == Api::Request
    }

    fn ends_with(self, what: TaskEvent, verdict: Verdict, app: AppId) -> Notice {
        let task = self.task;
        Notice {
            event: Event { task, what },
            record: Some(Box::new(self.record(verdict, app))),
        }
    }

    fn profile(&self, exchange: Arc<Profile>, unix_zero: Duration) -> Option<CallProfile> {
        let profile = || self.about.profile(self.left_queue(), exchange, unix_zero);
        self.about.facts.wants_profile.then(profile)
    }

    fn record(self, verdict: Verdict, app: AppId) -> CallRecord {
        let left_queue = self.left_queue();
        let facts = &self.about.facts;
        let would_refuse = facts.would_refuse.iter().cloned();
        CallRecord {
            app,
            task: self.task,
            api: facts.api,
            method: facts.method,
            url: facts.url.clone(),
            outcome: verdict.outcome,
            reason: verdict.reason,
            refusal: verdict.refusal,
            would_refuse: would_refuse.chain(self.about.noted).collect(),
            queued: left_queue - self.about.invoked,
            ran: self.ended - left_queue,
            profile: verdict.exchange,
        }
    }

    /// When its time in the queue was over; a call that never left it was in it to the end (C2).
    fn left_queue(&self) -> Instant {
        self.started.unwrap_or(self.ended)
    }
}

impl Verdict {
    const fn answered(status: u16, exchange: Option<Arc<Profile>>) -> Self {
        Self {
            outcome: Ok(status), // P1: any status
            reason: None,
            refusal: None,
            exchange,
        }
    }

    fn failed(cause: Cause, exchange: Option<Arc<Profile>>) -> Self {
        Self {
            outcome: Err(recorded(cause.failure)),
            reason: cause.reason,
            refusal: cause.refusal.map(|refusal| Refusal {
                failure: recorded(refusal.failure),
                ..refusal
            }),
            exchange,
        }
    }
}

/// A failure as a record keeps it: the app hears its own URL whole (U2), a log should not.
fn recorded(failure: Failure) -> Failure {
    if let Failure::App(AppFault::InvalidUrl(url)) = failure {
        Failure::App(AppFault::InvalidUrl(without_secrets(&url)))
    } else {
        failure
    }
}

impl From<Finished> for Ending {
    fn from(finished: Finished) -> Self {
        match finished.outcome {
            Ok(answer) => Self::Answered(answer, finished.profile),
            Err(failure) => Self::Failed(failure.into(), Some(finished.profile)),
        }
    }
}

impl From<Cause> for Ending {
    fn from(cause: Cause) -> Self {
        Self::Failed(cause, None)
    }
}

impl Cause {
    /// P8: the worker that had the exchange is gone.
    pub(crate) fn worker_crashed() -> Self {
        let failure = Failure::Internal(InternalFault::Crashed);
        Self::new(failure, "the worker that had it crashed")
    }

    /// A failure with a reason for the host.
    pub(crate) fn new(failure: Failure, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..failure.into()
        }
    }
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            reason: None,
            refusal: None,
        }
    }
}

impl From<Refusal> for Cause {
    fn from(refusal: Refusal) -> Self {
        Self {
            failure: refusal.failure.clone(),
            reason: Some(refusal.reason.clone()),
            refusal: Some(refusal),
        }
    }
}

impl From<IoFailure> for Cause {
    fn from(io: IoFailure) -> Self {
        Self {
            failure: io.failure,
            reason: Some(io.reason),
            refusal: io.refusal,
        }
    }
}
