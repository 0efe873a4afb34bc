//! Who looks on: the host's observer, its inspector, and its log.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use appnet_core::{CallRecord, Sight, TaskId};
use appnet_policy::{
    Failure,
    exchange::Method,
    failure::{HostFault, NetworkFault},
    identity::AppId,
};

#[cfg(feature = "metrics")]
use crate::meter::Meter;

/// Is given every call's record when it ends.
pub(crate) type Observer = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// Sees what happens to the calls of all apps, while it happens and in its order for each call: what DevTools and recordings are made of.
///
/// It is called on the threads of the network and of the apps' ports. It must not block, and must not call the network. One that panics loses
/// what it was shown and harms no app.
pub trait Inspector: Send + Sync {
    /// Something happened to a task of an app.
    fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>);
}

/// All of them.
#[derive(Clone, Default)]
pub(crate) struct Onlookers {
    pub(crate) observer: Option<Observer>,
    pub(crate) inspector: Option<Arc<dyn Inspector>>,
    #[cfg(feature = "metrics")]
    pub(crate) meter: Option<Arc<Meter>>,
}

impl Onlookers {
    /// A call has ended.
    pub(crate) fn ended(&self, record: &CallRecord) {
        #[cfg(feature = "metrics")]
        let span = self.measured(record);
        #[cfg(feature = "metrics")]
        let _in_span = span.as_ref().map(tracing::Span::enter);
        log(record);
        if let Some(observer) = &self.observer {
            guarded(&record.app, record.task, || observer(record));
        }
        self.see(&record.app, record.task, Sight::Ended(record));
    }

    pub(crate) fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        #[cfg(feature = "metrics")]
        if let Some(meter) = &self.meter {
            guarded(app, task, || meter.see(app, task, sight));
        }
        if let Some(inspector) = &self.inspector {
            guarded(app, task, || inspector.see(app, task, sight));
        }
    }

    /// The call's span, if calls are measured. What counts is the host's, as its observer is.
    #[cfg(feature = "metrics")]
    fn measured(&self, record: &CallRecord) -> Option<tracing::Span> {
        let meter = self.meter.as_ref()?;
        let mut span = None;
        guarded(&record.app, record.task, || span = meter.ended(record));
        span
    }

    /// Whether anybody is to be shown what happens.
    pub(crate) const fn watch(&self) -> bool {
        #[cfg(feature = "metrics")]
        if self.meter.is_some() {
            return true;
        }
        self.inspector.is_some()
    }
}

fn guarded(app: &AppId, task: TaskId, show: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(show)).is_err() {
        tracing::error!(%app, %task, "the host's observer, inspector or recorder of calls panicked");
    }
}

/// The target of what is logged of calls that need nobody's help: a host that wants a line for each call turns it to `debug`.
const CALLS: &str = "appnet::calls";

fn log(record: &CallRecord) {
    let CallRecord {
        app,
        task,
        api,
        url,
        queued,
        ran,
        ..
    } = record;
    let method = record.method.map(Method::as_str);
    if let Some(refusal) = &record.refusal {
        tracing::warn!(%app, %task, %api, url, rule = %refusal.rule, nearest = refusal.nearest, "refused: {}", refusal.reason);
        return;
    }
    for would in &record.would_refuse {
        tracing::warn!(%app, %task, %api, url, rule = %would.rule, nearest = would.nearest, "a release would refuse: {}", would.reason);
    }
    match &record.outcome {
        Ok(status) => {
            let profile = record.profile.as_ref();
            let resent = profile.is_some_and(|profile| profile.resent);
            let from_cache = profile.is_some_and(|profile| profile.from_cache);
            tracing::debug!(target: CALLS, %app, %task, %api, method, url, status, ?queued, ?ran, resent, from_cache, "answered");
        }
        // K4, and no less for what is not TLS: somebody has to mend it, and the reason says how.
        Err(failure) if is_to_be_mended(failure) => {
            let reason = reason(record, failure);
            tracing::warn!(%app, %task, %api, method, url, ?queued, ?ran, "failed: {reason}");
        }
        Err(failure) => {
            let reason = record.reason.as_deref();
            tracing::debug!(target: CALLS, %app, %task, %api, method, url, ?failure, reason, ?queued, ?ran, "failed");
        }
    }
}

/// Whether it is the server, the network or the host that failed. What an app did wrong or ended itself it hears itself, and that it is in the
/// background is as it should be.
const fn is_to_be_mended(failure: &Failure) -> bool {
    match failure {
        Failure::App(_) => false,
        Failure::Host(fault) => matches!(
            fault,
            HostFault::FileNotSaved | HostFault::Proxy | HostFault::NoCellularNetwork
        ),
        _ => true,
    }
}

/// A deadline knows only that it is over.
fn reason<'a>(record: &'a CallRecord, failure: &Failure) -> Cow<'a, str> {
    match (&record.reason, failure) {
        (Some(reason), _) => Cow::Borrowed(reason),
        (None, Failure::Network(NetworkFault::TimedOut)) => Cow::Borrowed(
            "the call's time was over; to mend it: let the server answer sooner, or give the call more by `timeout` or `networkTimeout`",
        ),
        (None, failure) => failure.text_and_errno().0,
    }
}
