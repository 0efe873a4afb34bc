//! A call's record as JSON, for the host's observer.

use appnet::{CallRecord, CloseReport, RunningApp, TaskId};
use serde_json::{Value, json};

/// One object: `app`, `task`, `api`, `method`, `url` (without its query), `status` or `failure` with `errno`, `reason`, `rule`, `queuedMs`, `ranMs`.
pub(crate) fn of_call(record: &CallRecord) -> String {
    let mut object = json!({
        "app": record.app.as_str(),
        "task": record.task.number(),
        "api": record.api.to_string(),
        "method": record.method.map(|method| method.as_str()),
        "url": record.url,
        "queuedMs": milliseconds(record.queued),
        "ranMs": milliseconds(record.ran),
    });
    match &record.outcome {
        Ok(status) => object["status"] = Value::from(*status),
        Err(failure) => {
            let (text, errno) = failure.text_and_errno();
            object["failure"] = Value::from(text.as_ref());
            object["errno"] = errno.map_or(Value::Null, Value::from);
        }
    }
    let refusal = record.refusal.as_ref();
    let reason = record
        .reason
        .as_deref()
        .or(refusal.map(|refusal| refusal.reason.as_str()));
    if let Some(reason) = reason {
        object["reason"] = Value::from(reason);
    }
    if let Some(refusal) = refusal {
        object["rule"] = Value::from(refusal.rule.to_string());
    }
    object.to_string()
}

/// The tasks that a close ended.
pub(crate) fn of_close(report: &CloseReport) -> String {
    let numbers = |tasks: &[TaskId]| tasks.iter().map(|task| task.number()).collect::<Vec<_>>();
    json!({
        "running": numbers(&report.running),
        "queued": numbers(&report.queued),
        "sockets": numbers(&report.sockets),
    })
    .to_string()
}

/// The apps that run, with what each has.
pub(crate) fn of_apps(apps: &[RunningApp]) -> String {
    json!(apps).to_string()
}

fn milliseconds(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
