//! What an app hears of its sockets (W1, W2).

#[cfg(test)]
mod tests;

use appnet_core::{
    SocketEvent,
    event::{SocketEnd, SocketVerb},
};
use appnet_policy::{Api, Failure, response, socket::SocketMessage};
use bytes::Bytes;
use serde::Serialize;

use super::{DataJson, FailJson, HeaderMap};
use crate::{Message, profile::ProfileJson};

/// Writes one event of a socket.
pub(super) fn write(task: u64, event: &SocketEvent) -> Message {
    let (json, attachments) = match event {
        SocketEvent::Accepted => (
            SocketJson::Success {
                task,
                result: OutcomeJson::ok(Api::ConnectSocket.name()),
            },
            Vec::new(),
        ),
        SocketEvent::Opened(opened) => (
            SocketJson::Open {
                task,
                header: HeaderMap(response::joined_headers(
                    &opened.head.headers,
                    opened.head.version,
                )),
                protocol: opened.protocol.as_deref(),
                profile: Box::new(ProfileJson::of(&opened.profile)),
            },
            Vec::new(),
        ),
        SocketEvent::Message(message) => received(task, message),
        SocketEvent::Answered { ask, verb, outcome } => (
            SocketJson::Done {
                task,
                id: ask.number(),
                ok: outcome.is_ok(),
                result: OutcomeJson::of(*verb, outcome),
            },
            Vec::new(),
        ),
        SocketEvent::Error(failure) => (
            SocketJson::SocketError {
                task,
                error: FailJson::of(Api::ConnectSocket, failure),
            },
            Vec::new(),
        ),
        SocketEvent::Closed(end) => (closed(task, end), Vec::new()),
    };
    let json = serde_json::to_string(&json).expect("an event has string keys and no failing part");
    Message { json, attachments }
}

fn received(task: u64, message: &SocketMessage) -> (SocketJson<'_>, Vec<Bytes>) {
    let (data, attachments) = match message {
        SocketMessage::Text(text) => (DataJson::Text(text.as_str()), Vec::new()),
        SocketMessage::Binary(bytes) => (DataJson::Bytes(0), vec![bytes.clone()]),
    };
    (SocketJson::Message { task, data }, attachments)
}

/// RFC 6455 §7.1.5: a socket that ended without a close frame has the code 1006.
fn closed(task: u64, end: &SocketEnd) -> SocketJson<'_> {
    const ABNORMAL: u16 = 1006;
    let (code, reason) = match end {
        SocketEnd::Closed { code, reason } => (*code, reason.as_str().into()),
        SocketEnd::Broken(failure) => (ABNORMAL, failure.text_and_errno().0),
    };
    SocketJson::Close { task, code, reason }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum SocketJson<'a> {
    Success {
        task: u64,
        result: OutcomeJson,
    },
    Open {
        task: u64,
        header: HeaderMap<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        protocol: Option<&'a str>,
        profile: Box<ProfileJson>,
    },
    Message {
        task: u64,
        data: DataJson<'a>,
    },
    Done {
        task: u64,
        id: u64,
        ok: bool,
        result: OutcomeJson,
    },
    SocketError {
        task: u64,
        #[serde(flatten)]
        error: FailJson,
    },
    Close {
        task: u64,
        code: u16,
        reason: std::borrow::Cow<'a, str>,
    },
}

/// `errMsg`, and `errno` where something failed.
#[derive(Serialize)]
#[serde(untagged)]
enum OutcomeJson {
    Ok {
        #[serde(rename = "errMsg")]
        err_msg: String,
    },
    Failed(FailJson),
}

impl OutcomeJson {
    fn ok(name: &str) -> Self {
        Self::Ok {
            err_msg: format!("{name}:ok"),
        }
    }

    fn of(verb: SocketVerb, outcome: &Result<(), Failure>) -> Self {
        match outcome {
            Ok(()) => Self::ok(verb.name()),
            Err(failure) => Self::Failed(FailJson::of_ask(verb, failure)),
        }
    }
}
