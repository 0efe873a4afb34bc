//! What the host gets to see of each call: a record to its observer, a line in its log.

use std::{panic, sync::Arc};

use appnet_core::CallRecord;

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
        method,
        url,
        outcome,
        reason,
        refusal,
        would_refuse,
        queued,
        ran,
        profile: _,
    } = record;
    if let Some(refusal) = refusal {
        tracing::warn!(%app, %task, %api, url, rule = %refusal.rule, nearest = refusal.nearest, "refused: {}", refusal.reason);
        return;
    }
    for would in would_refuse {
        tracing::warn!(%app, %task, %api, url, rule = %would.rule, nearest = would.nearest, "a release would refuse: {}", would.reason);
    }
    match outcome {
        Ok(status) => {
            tracing::info!(%app, %task, %api, method, url, status, ?queued, ?ran, "answered")
        }
        Err(failure) => {
            tracing::info!(%app, %task, %api, method, url, ?failure, reason, ?queued, ?ran, "failed")
        }
    }
}
