//! What an app asks of a socket, from JSON to types (W2, W3, R7).

#[cfg(test)]
mod tests;

use appnet_core::{AskId, TaskId, event::SocketVerb};
use appnet_policy::failure::AppFault;
use appnet_policy::{Failure, socket::SocketMessage};
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    Command, Malformed,
    fields::{Fields, given, tagged_type},
    options::{self, Attached, OptionsError, Reader},
};

const FORM: &str = "Object with one of text, bytes";
const NAMES: &str = "text, bytes";

/// Reads `{"type": "send", …, "data": {"text": "…"}}`; `data` may be `{"bytes": 0}` too.
pub(crate) fn read_send(
    fields: &Fields<'_>,
    task: TaskId,
    ask: AskId,
    attachments: &[Bytes],
) -> Result<Command, Malformed> {
    let read = message(fields, attachments).map(|message| Command::Send { task, ask, message });
    or_unreadable(read, task, ask, SocketVerb::Send)
}

/// Reads `{"type": "closeSocket", …, "code": 1000, "reason": "…"}`, of which the last two may be absent.
pub(crate) fn read_close(
    fields: &Fields<'_>,
    task: TaskId,
    ask: AskId,
) -> Result<Command, Malformed> {
    let mut reader = Reader::new(fields);
    let command = Command::CloseSocket {
        task,
        ask,
        code: reader.checked_number("code"),
        reason: reader.string("reason"),
    };
    or_unreadable(reader.finish(command), task, ask, SocketVerb::Close)
}

/// An app's wrong types are the app's to hear (R7).
fn or_unreadable(
    read: Result<Command, OptionsError>,
    task: TaskId,
    ask: AskId,
    verb: SocketVerb,
) -> Result<Command, Malformed> {
    read.or_else(|error| match error {
        OptionsError::Parameters(wrong) => Ok(Command::UnreadableAsk {
            task,
            ask,
            verb,
            failure: Failure::App(AppFault::Parameters(wrong)),
        }),
        OptionsError::Malformed(malformed) => Err(malformed),
    })
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
