//! What an app asks of a socket, from JSON to types (W2, W3, R7).

#[cfg(test)]
mod tests;

use appnet_core::{AskId, Malformed, SocketAsk, TaskId};
use appnet_policy::{
    Failure,
    failure::AppFault,
    socket::{self, SocketMessage},
};
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    fields::{Fields, given, tagged_type},
    options::{self, Attached, OptionsError, Reader},
    strings,
};

const FORM: &str = "Object with one of text, bytes";
const NAMES: &str = "text, bytes";

/// Reads a `send` of a text as most are written: `{"type":"send","task":1,"id":1,"data":{"text":"…"}}`, without spaces and in this order. A long text is
/// looked at once then, not once for each object around it. `None`: it is written in some other way; [`read_send`] says what it is.
pub(crate) fn read_text(json: &str) -> Option<(TaskId, AskId, SocketMessage)> {
    let fields = json.strip_prefix(r#"{"type":"send","task":"#)?;
    let (numbers, text) = fields.split_once(r#","data":{"text":""#)?;
    let (task, id) = numbers.split_once(r#","id":"#)?;
    let text = strings::unescape(text.strip_suffix(r#""}}"#)?)?;
    Some((
        TaskId::new(serde_json::from_str(task).ok()?)?,
        AskId::new(serde_json::from_str(id).ok()?)?,
        SocketMessage::Text(text.into()),
    ))
}

/// Reads `{"type": "send", …, "data": {"text": "…"}}`; `data` may be `{"bytes": 0}` too.
pub(crate) fn read_send(
    fields: &Fields<'_>,
    attachments: &[Bytes],
) -> Result<SocketAsk, Malformed> {
    apps_own(message(fields, attachments)).map(SocketAsk::Send)
}

/// Reads `{"type": "closeSocket", …, "code": 1000, "reason": "…"}`, of which the last two may be absent.
pub(crate) fn read_close(fields: &Fields<'_>) -> Result<SocketAsk, Malformed> {
    let mut reader = Reader::new(fields);
    let (code, reason) = (reader.checked_number("code"), reader.string("reason"));
    let read = apps_own(reader.finish((code, reason)))?;
    Ok(SocketAsk::Close(read.and_then(|(code, reason)| {
        socket::close(code, reason) // W3
    })))
}

/// An app's wrong types are the app's to hear (R7).
fn apps_own<T>(read: Result<T, OptionsError>) -> Result<Result<T, Failure>, Malformed> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(OptionsError::Parameters(wrong)) => Ok(Err(AppFault::Parameters(wrong).into())),
        Err(OptionsError::Malformed(malformed)) => Err(malformed),
    }
}

fn message(fields: &Fields<'_>, attachments: &[Bytes]) -> Result<SocketMessage, OptionsError> {
    let value = fields.get("data");
    match given(value).filter(|value| tagged_type(value).is_none()) {
        Some(value) => Ok(untagged(value, attachments)?),
        None => Err(options::wrong_type("data", "String/ArrayBuffer", value)),
    }
}

fn untagged(value: &RawValue, attachments: &[Bytes]) -> Result<SocketMessage, Malformed> {
    let attached = Attached::read("data", FORM, value)?;
    match attached.form() {
        "text" => Ok(SocketMessage::Text(attached.text()?.into())),
        "bytes" => Ok(SocketMessage::Binary(attached.bytes(attachments)?)),
        _ => Err(attached.unknown(NAMES)),
    }
}
