//! What an app hears of its sockets (W1, W2).

#[cfg(test)]
mod tests;

use appnet_core::{
    SocketEvent, TaskId,
    event::{SocketEnd, SocketVerb},
};
use appnet_policy::{Api, Failure, socket::SocketMessage};

use super::{AROUND_BODY, SMALL, first, message, with, write_failure, write_headers};
use crate::{Message, errors, json::Object, profile::write_socket_profile};

/// RFC 6455 §7.1.5: the code of a socket that ended without a close frame.
const ABNORMAL: u16 = 1006;

/// Writes one event of a socket.
pub(super) fn write(task: TaskId, event: &SocketEvent) -> Message {
    match event {
        SocketEvent::Accepted => message("success", task, SMALL, |it| {
            it.object("result", |it| {
                it.text("errMsg", &errors::ok(Api::ConnectSocket.name()))
            });
        }),
        SocketEvent::Opened(opened) => message("open", task, AROUND_BODY, |it| {
            write_headers(it, &opened.head);
            if let Some(protocol) = &opened.protocol {
                it.text("protocol", protocol);
            }
            it.object("profile", |it| write_socket_profile(it, &opened.profile));
        }),
        SocketEvent::Message(SocketMessage::Text(text)) => {
            let text = text.as_str();
            message("message", task, SMALL + text.len(), |it| {
                it.object("data", |it| it.text("text", text));
            })
        }
        SocketEvent::Message(SocketMessage::Binary(bytes)) => {
            let json = message("message", task, SMALL, |it| it.object("data", first));
            with(json, bytes)
        }
        SocketEvent::Answered { ask, verb, outcome } => message("done", task, SMALL, |it| {
            it.number("id", ask.number());
            it.boolean("ok", outcome.is_ok());
            it.object("result", |it| write_outcome(it, *verb, outcome));
        }),
        SocketEvent::Error(failure) => message("socketError", task, SMALL, |it| {
            write_failure(it, Api::ConnectSocket, failure);
        }),
        SocketEvent::Closed(end) => message("close", task, SMALL, |it| write_end(it, end)),
    }
}

fn write_end(it: &mut Object<'_>, end: &SocketEnd) {
    let (code, reason) = match end {
        SocketEnd::Closed { code, reason } => (*code, reason.as_str().into()),
        SocketEnd::Broken(failure) => (ABNORMAL, failure.text_and_errno().0),
    };
    it.number("code", code);
    it.text("reason", &reason);
}

/// `errMsg`, and `errno` where something failed.
fn write_outcome(it: &mut Object<'_>, verb: SocketVerb, outcome: &Result<(), Failure>) {
    match outcome {
        Ok(()) => it.text("errMsg", &errors::ok(verb.name())),
        Err(failure) => {
            it.text("errMsg", &errors::failed(verb.name(), failure));
            if let Some(errno) = failure.text_and_errno().1 {
                it.number("errno", errno);
            }
        }
    }
}
