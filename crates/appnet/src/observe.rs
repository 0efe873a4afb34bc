//! What the host gets to see of each call: a record to its observer, a line in its log.

use std::{panic, sync::Arc};

use appnet_core::CallRecord;
use appnet_policy::{Failure, exchange::Method, failure::ServerFault};

/// Is given every call's record when it ends.
pub(crate) type Observer = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// Logs a record and shows it to the observer. An observer that panics loses that one record and harms no app.
pub(crate) fn observe(observer: Option<&Observer>, record: &CallRecord) {
    log(record);
    if let Some(observer) = observer
        && panic::catch_unwind(panic::AssertUnwindSafe(|| observer(record))).is_err()
    {
        tracing::error!(app = %record.app, task = %record.task, "the observer of call records panicked");
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
