//! Where a call was made, as DevTools and the HAR files of Chrome have it.

use serde_json::{Value, json};

use crate::log::{CallFrame, Entry};

/// What caused the request: the program, at these places if they are known.
pub(crate) fn initiator(entry: &Entry) -> Value {
    let frames: Vec<Value> = entry.frames().iter().map(frame).collect();
    if frames.is_empty() {
        return json!({"type": "script"});
    }
    json!({"type": "script", "stack": {"callFrames": frames}})
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
