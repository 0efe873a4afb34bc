//! To the UI layer: what an app hears (P5, P7).

mod query;
mod socket;

#[cfg(test)]
mod tests;

use appnet_core::{Event, Success, TaskEvent, TaskId, event::Exception};
use appnet_policy::{
    Api, Failure,
    exchange::{Data, ResponseHead},
    files::FileName,
    prepare::Warning,
    response,
};
use bytes::Bytes;

pub(crate) use self::query::{LOCAL_ADDRESS, NETWORK_TYPE, RANDOM_VALUES};
pub use self::query::{write_answer, write_news, write_unanswered};
use crate::{
    Malformed, Message, errors,
    json::{self, Object},
    profile::write_profile,
    progress,
};

/// What most events have room in.
const SMALL: usize = 256;

/// What a whole answer has beside its body: its headers, its profile.
const AROUND_BODY: usize = 1 << 10;

/// Writes one event.
#[must_use]
pub fn write(event: &Event) -> Message {
    let task = event.task;
    match &event.what {
        TaskEvent::Warning(warning) => {
            let (code, detail) = warning_words(warning);
            message("warning", task, SMALL, |it| {
                it.text("code", code);
                it.text("detail", detail);
            })
        }
        TaskEvent::HeadersReceived(head) => {
            message("headersReceived", task, SMALL, |it| write_head(it, head))
        }
        TaskEvent::Chunk(data) => {
            let json = message("chunkReceived", task, SMALL, |it| it.object("data", first));
            with(json, data)
        }
        TaskEvent::Sent(done) => write_progress(task, |it| progress::write_sent(it, *done)),
        TaskEvent::Written(done) => write_progress(task, |it| progress::write_written(it, *done)),
        TaskEvent::Success(success) => write_success(task, success),
        TaskEvent::Fail {
            api,
            failure,
            exception,
            http_dns,
        } => message("fail", task, SMALL, |it| {
            it.object("result", |it| {
                write_failure(it, *api, failure);
                write_exception(it, *api, exception.as_deref());
                write_http_dns(it, *http_dns);
            });
        }),
        TaskEvent::Socket(event) => socket::write(task, event),
    }
}

/// Writes the answer to a message that was not a command.
#[must_use]
pub fn write_error(error: &Malformed) -> Message {
    Message::new(json::object(SMALL, |it| {
        it.text("type", "error");
        if let Some(task) = error.task {
            it.number("task", task.number());
        }
        it.text("field", &error.field);
        it.text("expected", &error.expected);
        it.text("message", &error.to_string());
    }))
}

fn message(
    kind: &'static str,
    task: TaskId,
    room: usize,
    write: impl FnOnce(&mut Object<'_>),
) -> Message {
    Message::new(json::object(room, |it| {
        it.text("type", kind);
        it.number("task", task.number());
        write(it);
    }))
}

/// The message with the attachment that it refers to as its [`first`].
fn with(message: Message, attachment: &Bytes) -> Message {
    Message {
        attachments: vec![attachment.clone()],
        ..message
    }
}

/// `{"bytes":0}`
fn first(it: &mut Object<'_>) {
    it.number("bytes", 0_u64);
}

fn write_progress(task: TaskId, write: impl FnOnce(&mut Object<'_>)) -> Message {
    message("progressUpdate", task, SMALL, |it| {
        it.object("progress", write);
    })
}

/// Here, on the taker's thread, the body becomes what the app asked for (P2–P4, I1).
fn write_success(task: TaskId, success: &Success) -> Message {
    let Success {
        api,
        answer,
        profile,
        exception,
        http_dns,
    } = success;
    let data = answer.data();
    let room = AROUND_BODY
        + match &data {
            Data::Json(json) => json.get().len(),
            Data::Text(text) => text.len(),
            Data::Bytes(_) | Data::Chunked | Data::File(_) => 0,
        };
    let message = message("success", task, room, |it| {
        it.object("result", |it| {
            write_data(it, &data);
            write_head(it, &answer.head);
            if let Some(profile) = profile {
                it.object("profile", |it| write_profile(it, profile));
            }
            write_exception(it, *api, exception.as_deref());
            write_http_dns(it, *http_dns);
            it.text("errMsg", &errors::ok(api.name()));
        });
    });
    match &data {
        Data::Bytes(bytes) => with(message, bytes),
        Data::Json(_) | Data::Text(_) | Data::Chunked | Data::File(_) => message,
    }
}

/// Where the body is: under the name that the platform has for it.
fn write_data(it: &mut Object<'_>, data: &Data<'_>) {
    match data {
        Data::Json(json) => it.object("data", |it| it.json("json", json)),
        Data::Text(text) => it.object("data", |it| it.text("text", text)),
        Data::Bytes(_) => it.object("data", first),
        Data::Chunked => it.object("data", |it| it.text("text", "")),
        // F3: exactly one of the two.
        Data::File(name @ FileName::Temporary(_)) => it.text("tempFilePath", &name.to_string()),
        Data::File(name @ FileName::User(_)) => it.text("filePath", &name.to_string()),
    }
}

fn write_head(it: &mut Object<'_>, head: &ResponseHead) {
    it.number("statusCode", head.status);
    write_headers(it, head);
    it.texts("cookies", response::cookies(&head.headers));
}

/// Headers as one flat object (J8).
fn write_headers(it: &mut Object<'_>, head: &ResponseHead) {
    it.object("header", |it| {
        for (name, value) in response::joined_headers(&head.headers, head.version) {
            it.entry(&name, &value);
        }
    });
}

/// `errMsg`, and `errno` if it has one: of a call.
fn write_failure(it: &mut Object<'_>, api: Api, failure: &Failure) {
    it.text("errMsg", &errors::err_msg(api, failure));
    if let Some(errno) = errors::errno(api, failure) {
        it.number("errno", errno);
    }
}

fn write_http_dns(it: &mut Object<'_>, used: bool) {
    if used {
        it.boolean("useHttpDNS", true);
    }
}

/// What went wrong below the call. A number is a text here, as in the platform's typings.
fn write_exception(it: &mut Object<'_>, api: Api, exception: Option<&Exception>) {
    let Some(Exception { reasons, retries }) = exception else {
        return;
    };
    it.object("exception", |it| {
        it.objects("reasons", reasons, |it, failure| {
            it.text("errMsg", &errors::err_msg(api, failure));
            let errno = errors::errno(api, failure);
            it.text(
                "errno",
                &errno.map_or_else(String::new, |errno| errno.to_string()),
            );
        });
        it.number("retryCount", *retries);
    });
}

const fn warning_words(warning: &Warning) -> (&'static str, &str) {
    match warning {
        Warning::HeaderDropped(name) => ("headerDropped", name.as_str()),
        Warning::OptionNotImplemented(option) => ("optionNotImplemented", option),
    }
}
