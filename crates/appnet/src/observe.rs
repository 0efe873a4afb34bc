//! Who looks on: the host's observer, its inspector, and its log.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use appnet_core::{CallRecord, Sight, TaskId};
use appnet_policy::{Failure, exchange::Method, failure::ServerFault, identity::AppId};

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
}

impl Onlookers {
    /// A call has ended.
    pub(crate) fn ended(&self, record: &CallRecord) {
        log(record);
        if let Some(observer) = &self.observer {
            guarded(&record.app, record.task, || observer(record));
        }
        self.see(&record.app, record.task, Sight::Ended(record));
    }

    pub(crate) fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        if let Some(inspector) = &self.inspector {
            guarded(app, task, || inspector.see(app, task, sight));
        }
    }
}

fn guarded(app: &AppId, task: TaskId, show: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(show)).is_err() {
        tracing::error!(%app, %task, "the host's observer or inspector of calls panicked");
    }
}

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
            tracing::info!(%app, %task, %api, method, url, status, ?queued, ?ran, resent, from_cache, "answered");
        }
        // K4: a server that nobody can speak to securely has to be mended, and its reason says how.
        Err(Failure::Server(ServerFault::TlsHandshake)) => {
            let reason = record.reason.as_deref().unwrap_or_default();
            tracing::warn!(%app, %task, %api, method, url, ?queued, ?ran, "failed: {reason}");
        }
        Err(failure) => {
            let reason = record.reason.as_deref();
            tracing::info!(%app, %task, %api, method, url, ?failure, reason, ?queued, ?ran, "failed");
        }
    }
}
