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
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    fields::{Fields, given, tagged_type},
    options::{self, Attached, OptionsError, Reader},
};

const FORM: &str = "Object with one of text, bytes";
const NAMES: &str = "text, bytes";

/// Reads a `send` of a text as most are written, in one pass: a long text is looked at once, not once for each object around it. `None`: it is written
/// in some other way, or is none; [`read_send`] says what it is.
pub(crate) fn read_text(json: &str) -> Option<(TaskId, AskId, SocketMessage)> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Send {
        #[serde(rename = "type")]
        _kind: IgnoredAny,
        task: u64,
        id: u64,
        data: Content,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Content {
        text: String,
    }
    if !json.starts_with(r#"{"type":"send","#) {
        return None;
    }
    let Send { task, id, data, .. } = serde_json::from_str(json).ok()?;
    Some((
        TaskId::new(task)?,
        AskId::new(id)?,
        SocketMessage::Text(data.text.into()),
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
