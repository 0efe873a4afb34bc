//! Where a call was made, as DevTools and the HAR files of Chrome have it.

use serde_json::{Value, json};

use crate::log::{CallFrame, Entry};

/// What caused the request: the program.
pub(crate) fn initiator(entry: &Entry) -> Value {
    placed(entry).unwrap_or_else(|| json!({"type": "script"}))
}

/// The same with the places, if they are known.
pub(crate) fn placed(entry: &Entry) -> Option<Value> {
    let frames: Vec<Value> = entry.frames().iter().map(frame).collect();
    (!frames.is_empty()).then(|| json!({"type": "script", "stack": {"callFrames": frames}}))
}

/// The protocol counts lines and columns from 0. A script has its file's name for an id.
fn frame(frame: &CallFrame) -> Value {
    json!({
        "functionName": frame.function,
        "scriptId": frame.file,
        "url": frame.file,
        "lineNumber": frame.line.saturating_sub(1),
        "columnNumber": frame.column.saturating_sub(1),
    })
}
