//! From the UI layer: what an app asks for.

use appnet_core::TaskId;
use appnet_policy::{Api, prepare::RequestOptions, rules::Refusal};
use serde_json::value::RawValue;

use crate::{
    Message,
    fields::{Fields, string, type_name},
    options::{self, OptionsError},
};

/// One command of an app.
#[derive(Debug, Clone)]
pub enum Command {
    /// `wx.request`
    Request {
        /// The task.
        task: TaskId,
        /// Its options.
        options: Box<RequestOptions>,
    },
    /// A call whose options have wrong types: it fails by R7.
    Unreadable {
        /// The task.
        task: TaskId,
        /// The call it would be.
        api: Api,
        /// The failure, with a clause for each wrong field.
        refusal: Box<Refusal>,
    },
    /// `task.abort()`
    Abort {
        /// The task.
        task: TaskId,
    },
}

impl Command {
    /// The task and API of a call; `None` for a command about a task that exists.
    #[must_use]
    pub const fn opens(&self) -> Option<(TaskId, Api)> {
        match self {
            Self::Request { task, .. } => Some((*task, Api::Request)),
            Self::Unreadable { task, api, .. } => Some((*task, *api)),
            Self::Abort { .. } => None,
        }
    }
}

/// A message that is no command. Nothing came of it; the app's bus goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} should be {expected} instead of {found}")]
pub struct Malformed {
    /// The task it spoke of, if that could be read.
    pub task: Option<TaskId>,
    /// Where: a path such as `options.data`; `message` for the whole.
    pub field: String,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
}

const CALL_FIELDS: [&str; 4] = ["type", "task", "api", "options"];
const ABORT_FIELDS: [&str; 2] = ["type", "task"];

/// Reads a command.
///
/// # Errors
/// [`Malformed`] names the field and what it should be: for text that is no JSON object, an unknown command, call, option or other
/// field, a wrong type outside an app's own options. (A wrong type of an app's option is the app's to hear: [`Command::Unreadable`].)
pub fn read(message: &Message) -> Result<Command, Malformed> {
    let fields = Fields::read(&message.json).ok_or_else(|| not_an_object(&message.json))?;
    let task = fields.get("task").and_then(task_id);
    read_fields(&fields, task, &message.attachments)
        .map_err(|malformed| Malformed { task, ..malformed })
}

fn read_fields(
    fields: &Fields<'_>,
    task: Option<TaskId>,
    attachments: &[bytes::Bytes],
) -> Result<Command, Malformed> {
    let kind = word(fields, "type", "\"call\" or \"abort\"")?;
    let known: &[&str] = match kind.as_str() {
        "call" => &CALL_FIELDS,
        "abort" => &ABORT_FIELDS,
        other => return Err(malformed("type", "\"call\" or \"abort\"", quoted(other))),
    };
    if let Some(unknown) = fields.unknown(known) {
        return Err(malformed(
            shortened(unknown),
            format!("one of {}", known.join(", ")),
            "a field of another name",
        ));
    }
    let task = task.ok_or_else(|| {
        malformed(
            "task",
            "a whole number from 1 to 9007199254740991",
            described(fields.get("task")),
        )
    })?;
    if kind == "abort" {
        Ok(Command::Abort { task })
    } else {
        read_call(fields, task, attachments)
    }
}

fn read_call(
    fields: &Fields<'_>,
    task: TaskId,
    attachments: &[bytes::Bytes],
) -> Result<Command, Malformed> {
    let api = word(fields, "api", "\"request\"")?;
    if api != Api::Request.name() {
        return Err(malformed("api", "\"request\"", quoted(&api)));
    }
    let options = fields
        .get("options")
        .and_then(|value| Fields::read(value.get()))
        .ok_or_else(|| malformed("options", "Object", type_name(fields.get("options"))))?;
    match options::read_request(&options, attachments) {
        Ok(options) => Ok(Command::Request {
            task,
            options: Box::new(options),
        }),
        Err(OptionsError::Parameters(wrong)) => Ok(Command::Unreadable {
            task,
            api: Api::Request,
            refusal: Box::new(options::refusal(wrong)),
        }),
        Err(OptionsError::Malformed(error)) => Err(error),
    }
}

fn word(fields: &Fields<'_>, name: &'static str, expected: &str) -> Result<String, Malformed> {
    let value = fields.get(name);
    value
        .and_then(string)
        .ok_or_else(|| malformed(name, expected, type_name(value)))
}

fn task_id(value: &RawValue) -> Option<TaskId> {
    serde_json::from_str(value.get()).ok().and_then(TaskId::new)
}

fn not_an_object(json: &str) -> Malformed {
    let found = match serde_json::from_str::<&RawValue>(json) {
        Ok(value) => type_name(Some(value)),
        Err(error) => format!(
            "text that is no JSON from line {} column {}",
            error.line(),
            error.column()
        ),
    };
    malformed("message", "a JSON object", found)
}

pub(crate) fn malformed(
    field: impl Into<String>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Malformed {
    Malformed {
        task: None,
        field: field.into(),
        expected: expected.into(),
        found: found.into(),
    }
}

/// A value in an error: a number as it is, anything else by its type.
fn described(value: Option<&RawValue>) -> String {
    match (type_name(value), value) {
        (kind, Some(value)) if kind == "Number" => shortened(value.get()),
        (kind, _) => kind,
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

/// Enough of a name that an app made up to recognise it.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN: usize = 64;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
