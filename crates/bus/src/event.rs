//! To the UI layer: what an app hears (P5, P7).

mod socket;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use appnet_core::{Event, Success, TaskEvent, event::SocketVerb};
use appnet_policy::{
    Api, Failure,
    exchange::{Data, ResponseHead},
    files::FileName,
    prepare::Warning,
    response,
};
use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

use crate::{Malformed, Message, errors, profile::ProfileJson, progress::ProgressJson};

/// Writes one event.
#[must_use]
pub fn write(event: &Event) -> Message {
    let task = event.task.number();
    match &event.what {
        TaskEvent::Warning(warning) => {
            let (code, detail) = warning_words(warning);
            message(&EventJson::Warning { task, code, detail }, Vec::new())
        }
        TaskEvent::HeadersReceived(head) => message(
            &EventJson::HeadersReceived {
                task,
                head: HeadJson::of(head),
            },
            Vec::new(),
        ),
        TaskEvent::Chunk(data) => message(
            &EventJson::ChunkReceived {
                task,
                data: DataJson::Bytes(0),
            },
            vec![data.clone()],
        ),
        TaskEvent::Sent(progress) => write_progress(task, ProgressJson::sent(*progress)),
        TaskEvent::Written(progress) => write_progress(task, ProgressJson::written(*progress)),
        TaskEvent::Success(success) => write_success(task, success),
        TaskEvent::Fail { api, failure } => message(
            &EventJson::Fail {
                task,
                result: FailJson::of(*api, failure),
            },
            Vec::new(),
        ),
        TaskEvent::Socket(event) => socket::write(task, event),
    }
}

/// Writes the answer to a message that was not a command.
#[must_use]
pub fn write_error(error: &Malformed) -> Message {
    let json = EventJson::Error {
        task: error.task.map(appnet_core::TaskId::number),
        field: &error.field,
        expected: &error.expected,
        message: error.to_string(),
    };
    message(&json, Vec::new())
}

fn write_progress(task: u64, progress: ProgressJson) -> Message {
    message(&EventJson::ProgressUpdate { task, progress }, Vec::new())
}

/// Here, on the taker's thread, the body becomes what the app asked for (P2–P4, I1).
fn write_success(task: u64, success: &Success) -> Message {
    let Success {
        api,
        answer,
        profile,
    } = success;
    let data = answer.data();
    let (body, attachments) = match &data {
        Data::Json(json) => (BodyJson::Data(DataJson::Json(json)), Vec::new()),
        Data::Text(text) => (BodyJson::text(text), Vec::new()),
        Data::Bytes(bytes) => (
            BodyJson::Data(DataJson::Bytes(0)),
            vec![Bytes::clone(bytes)],
        ),
        Data::Chunked => (BodyJson::text(""), Vec::new()),
        Data::File(name) => (BodyJson::file(name), Vec::new()),
    };
    let result = SuccessJson {
        body,
        head: HeadJson::of(&answer.head),
        profile: profile.as_ref().map(ProfileJson::of),
        err_msg: format!("{api}:ok"),
    };
    message(&EventJson::Success { task, result }, attachments)
}

const fn warning_words(warning: &Warning) -> (&'static str, &str) {
    match warning {
        Warning::HeaderDropped(name) => ("headerDropped", name.as_str()),
        Warning::OptionNotImplemented(option) => ("optionNotImplemented", option),
    }
}

fn message(event: &EventJson<'_>, attachments: Vec<Bytes>) -> Message {
    let json = serde_json::to_string(event).expect("an event has string keys and no failing part");
    Message { json, attachments }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, on the stack, written at once"
)]
enum EventJson<'a> {
    Warning {
        task: u64,
        code: &'static str,
        detail: &'a str,
    },
    HeadersReceived {
        task: u64,
        #[serde(flatten)]
        head: HeadJson<'a>,
    },
    ChunkReceived {
        task: u64,
        data: DataJson<'a>,
    },
    ProgressUpdate {
        task: u64,
        progress: ProgressJson,
    },
    Success {
        task: u64,
        result: SuccessJson<'a>,
    },
    Fail {
        task: u64,
        result: FailJson,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        task: Option<u64>,
        field: &'a str,
        expected: &'a str,
        message: String,
    },
}

#[derive(Serialize)]
struct SuccessJson<'a> {
    #[serde(flatten)]
    body: BodyJson<'a>,
    #[serde(flatten)]
    head: HeadJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<ProfileJson>,
    #[serde(rename = "errMsg")]
    err_msg: String,
}

/// Where the body is: under the name that the platform has for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum BodyJson<'a> {
    Data(DataJson<'a>),
    TempFilePath(String),
    FilePath(String),
}

impl<'a> BodyJson<'a> {
    const fn text(text: &'a str) -> Self {
        Self::Data(DataJson::Text(text))
    }

    /// F3: exactly one of the two.
    fn file(name: &FileName) -> Self {
        match name {
            FileName::Temporary(_) => Self::TempFilePath(name.to_string()),
            FileName::User(_) => Self::FilePath(name.to_string()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum DataJson<'a> {
    Json(&'a RawValue),
    Text(&'a str),
    Bytes(usize),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeadJson<'a> {
    status_code: u16,
    header: HeaderMap<'a>,
    cookies: Vec<&'a str>,
}

impl<'a> HeadJson<'a> {
    fn of(head: &'a ResponseHead) -> Self {
        Self {
            status_code: head.status,
            header: HeaderMap(response::joined_headers(&head.headers, head.version)),
            cookies: response::cookies(&head.headers),
        }
    }
}

/// Headers as one flat object (J8).
struct HeaderMap<'a>(Vec<(String, Cow<'a, str>)>);

impl Serialize for HeaderMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct FailJson {
    #[serde(rename = "errMsg")]
    err_msg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<u32>,
}

impl FailJson {
    /// Of a call.
    fn of(api: Api, failure: &Failure) -> Self {
        Self {
            err_msg: errors::err_msg(api, failure),
            errno: errors::errno(api, failure),
        }
    }

    /// Of something asked of a socket.
    fn of_ask(verb: SocketVerb, failure: &Failure) -> Self {
        Self {
            err_msg: errors::failed(verb.name(), failure),
            errno: failure.text_and_errno().1,
        }
    }
}
