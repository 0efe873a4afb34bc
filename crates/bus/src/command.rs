//! From the UI layer: what an app asks for.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use appnet_core::{AskId, Malformed, SocketAsk, TaskId, surroundings::Query};
use appnet_policy::{Api, prepare::Call, rules::Refusal};
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    Message, ask, event,
    fields::{Fields, JsonType, json_type, shortened, text, type_name},
    malformed,
    options::{self, OptionsError},
};

/// One command of an app.
#[derive(Debug, Clone)]
pub struct Command {
    /// The task that it begins or is about.
    pub task: TaskId,
    /// What is to be done.
    pub what: CommandKind,
}

/// What an app asks for.
#[derive(Debug, Clone)]
pub enum CommandKind {
    /// `wx.request`, `wx.uploadFile`, `wx.downloadFile`, `wx.connectSocket`, with its options.
    Call(Box<Call>),
    /// A call whose options have wrong types: it fails by R7.
    Unreadable {
        /// The call it would be.
        api: Api,
        /// The failure, with a clause for each wrong field.
        refusal: Box<Refusal>,
    },
    /// `wx.getNetworkType` and what else needs no server. The number of the task names the answer and nothing else.
    Query(Query),
    /// `task.abort()`
    Abort,
    /// `SocketTask.send` or `SocketTask.close`
    Ask {
        /// What the answer names.
        ask: AskId,
        /// What is asked, or why it cannot be asked like that (R7, W3).
        what: SocketAsk,
    },
}

/// Reads the options of one API.
type ReadOptions = fn(&Fields<'_>, &[Bytes]) -> Result<Call, OptionsError>;

const TYPES: &str = r#""call", "abort", "send", "closeSocket" or "query""#;
const QUERIES: &str = r#""getNetworkType", "getLocalIPAddress" or "getRandomValues""#;
const APIS: &str = r#""request", "uploadFile", "downloadFile" or "connectSocket""#;
const CALLS: [(Api, ReadOptions); 4] = [
    (Api::Request, options::read_request),
    (Api::UploadFile, options::read_upload),
    (Api::DownloadFile, options::read_download),
    (Api::ConnectSocket, options::read_socket),
];
const CALL_FIELDS: [&str; 4] = ["type", "task", "api", "options"];
const QUERY_FIELDS: [&str; 4] = ["type", "task", "name", "length"];
const ABORT_FIELDS: [&str; 2] = ["type", "task"];
const SEND_FIELDS: [&str; 4] = ["type", "task", "id", "data"];
const CLOSE_FIELDS: [&str; 5] = ["type", "task", "id", "code", "reason"];

/// Reads a command.
///
/// # Errors
/// [`Malformed`] names the field and what it should be: for text that is not JSON object, an unknown command, call, option or other
/// field, a wrong type outside an app's own options. (A wrong type of an app's option is the app's to hear: [`CommandKind::Unreadable`].)
pub fn read(message: &Message) -> Result<Command, Malformed> {
    if let Some((task, ask, message)) = ask::read_text(&message.json) {
        let what = SocketAsk::Send(Ok(message));
        let what = CommandKind::Ask { ask, what };
        return Ok(Command { task, what });
    }
    let fields = Fields::read(&message.json).ok_or_else(|| not_an_object(&message.json))?;
    let task = fields.get("task").and_then(task_id);
    read_fields(&fields, task, &message.attachments)
        .map(|(task, what)| Command { task, what })
        .map_err(|malformed| Malformed { task, ..malformed })
}

fn read_fields(
    fields: &Fields<'_>,
    task: Option<TaskId>,
    attachments: &[Bytes],
) -> Result<(TaskId, CommandKind), Malformed> {
    match word(fields, "type", TYPES)?.as_ref() {
        "call" => {
            let task = only(fields, &CALL_FIELDS).and_then(|()| required(task, fields))?;
            Ok((task, read_call(fields, attachments)?))
        }
        "query" => {
            let task = only(fields, &QUERY_FIELDS).and_then(|()| required(task, fields))?;
            Ok((task, CommandKind::Query(read_query(fields)?)))
        }
        "abort" => {
            let task = only(fields, &ABORT_FIELDS).and_then(|()| required(task, fields))?;
            Ok((task, CommandKind::Abort))
        }
        "send" => {
            let task = only(fields, &SEND_FIELDS).and_then(|()| required(task, fields))?;
            let ask = ask_id(fields)?;
            let what = ask::read_send(fields, attachments)?;
            Ok((task, CommandKind::Ask { ask, what }))
        }
        "closeSocket" => {
            let task = only(fields, &CLOSE_FIELDS).and_then(|()| required(task, fields))?;
            let ask = ask_id(fields)?;
            let what = ask::read_close(fields)?;
            Ok((task, CommandKind::Ask { ask, what }))
        }
        other => Err(malformed::unknown_word("type", TYPES, other)),
    }
}

fn read_call(fields: &Fields<'_>, attachments: &[Bytes]) -> Result<CommandKind, Malformed> {
    let (api, read_options) = called(fields)?;
    let options = fields.get("options");
    let options = options
        .and_then(|value| Fields::read(value.get()))
        .ok_or_else(|| malformed::wrong_type("options", "Object", options))?;
    match read_options(&options, attachments) {
        Ok(call) => Ok(CommandKind::Call(Box::new(call))),
        Err(OptionsError::Parameters(wrong)) => Ok(CommandKind::Unreadable {
            api,
            refusal: Box::new(options::refusal(wrong)),
        }),
        Err(OptionsError::Malformed(error)) => Err(error),
    }
}

fn called(fields: &Fields<'_>) -> Result<(Api, ReadOptions), Malformed> {
    let name = word(fields, "api", APIS)?;
    let known = CALLS.into_iter().find(|(api, _)| api.name() == name);
    known.ok_or_else(|| malformed::unknown_word("api", APIS, &name))
}

fn read_query(fields: &Fields<'_>) -> Result<Query, Malformed> {
    let name = word(fields, "name", QUERIES)?;
    match name.as_ref() {
        event::NETWORK_TYPE => Ok(Query::NetworkType),
        event::LOCAL_ADDRESS => Ok(Query::LocalAddress),
        event::RANDOM_VALUES => Ok(Query::RandomValues(options::random_length(fields))),
        _ => Err(malformed::unknown_word("name", QUERIES, &name)),
    }
}

fn only(fields: &Fields<'_>, names: &[&str]) -> Result<(), Malformed> {
    match fields.unknown(names) {
        Some(name) => Err(malformed::unknown_name("", name, &names.join(", "))),
        None => Ok(()),
    }
}

fn required(task: Option<TaskId>, fields: &Fields<'_>) -> Result<TaskId, Malformed> {
    task.ok_or_else(|| no_id("task", fields))
}

fn ask_id(fields: &Fields<'_>) -> Result<AskId, Malformed> {
    let number = fields.get("id").map(RawValue::get);
    let id = number.and_then(|number| serde_json::from_str(number).ok());
    id.and_then(AskId::new).ok_or_else(|| no_id("id", fields))
}

fn no_id(name: &str, fields: &Fields<'_>) -> Malformed {
    let expected = format!("a whole number from 1 to {}", TaskId::MAX);
    malformed::new(name, expected, number_or_type(fields.get(name)))
}

fn word<'a>(
    fields: &Fields<'a>,
    name: &'static str,
    expected: &str,
) -> Result<Cow<'a, str>, Malformed> {
    let value = fields.get(name);
    value
        .and_then(text)
        .ok_or_else(|| malformed::wrong_type(name, expected, value))
}

fn task_id(value: &RawValue) -> Option<TaskId> {
    serde_json::from_str(value.get()).ok().and_then(TaskId::new)
}

fn not_an_object(json: &str) -> Malformed {
    let found = match serde_json::from_str::<&RawValue>(json) {
        Ok(value) => type_name(Some(value)),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            format!("text that is not JSON from line {line} column {column}").into()
        }
    };
    malformed::new("message", "a JSON object", found)
}

/// A number as it is, anything else by its type.
fn number_or_type(value: Option<&RawValue>) -> Cow<'static, str> {
    let number = value.filter(|value| json_type(value) == JsonType::Number);
    number.map_or_else(|| type_name(value), |number| shortened(number.get()).into())
}
