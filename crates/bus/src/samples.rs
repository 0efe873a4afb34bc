//! One of each thing that can be written, for the tests.

use std::time::Duration;

use appnet_core::{
    AskId, Event, SocketEvent, Success, TaskEvent, TaskId,
    event::{CallProfile, OpenedSocket, SocketEnd, SocketVerb},
};
use appnet_policy::{
    Api, Failure,
    exchange::{Answer, Data, Header, HttpVersion, Profile, Progress, ResponseHead, Span},
    failure::{AppFault, NetworkFault},
    files::FileName,
    prepare::Warning,
    socket::SocketMessage,
};
use bytes::Bytes;

/// Samples of a type, at least one for each pattern. A new variant does not compile until it stands here.
macro_rules! each {
    ($type:ty: $($pattern:pat => $samples:expr;)+) => {{
        const fn is_here(sample: &$type) {
            match sample { $($pattern => {})+ }
        }
        let mut all: Vec<$type> = Vec::new();
        $(
            let before = all.len();
            for sample in $samples {
                assert!(matches!(sample, $pattern), "{sample:?} stands in another variant's place");
                all.push(sample);
            }
            assert!(all.len() > before, "no sample of {}", stringify!($pattern));
        )+
        all.iter().for_each(is_here);
        all
    }};
}

/// Events in the order of `docs/bus.md`, which shows each of them.
pub(crate) fn events() -> Vec<Event> {
    each! { Event:
        Event { what: TaskEvent::Warning(Warning::HeaderDropped(_)), .. } =>
            [event(TaskEvent::Warning(Warning::HeaderDropped("Host".to_owned())))];
        Event { what: TaskEvent::Warning(Warning::OptionNotImplemented(_)), .. } =>
            [event(TaskEvent::Warning(Warning::OptionNotImplemented("enableCache")))];
        Event { what: TaskEvent::HeadersReceived(_), .. } => [event(TaskEvent::HeadersReceived(head_with_cookies()))];
        Event { what: TaskEvent::Chunk(_), .. } => [event(TaskEvent::Chunk(Bytes::from_static(b"\xe5\xb0")))];
        Event { what: TaskEvent::Sent(_), .. } => [sent(86_433, Some(204_800))];
        Event { what: TaskEvent::Written(_), .. } => [written(204_800, Some(204_800)), written(65_536, None)];
        Event { what: TaskEvent::Success(_), .. } => successes().into_iter().map(succeeded);
        Event { what: TaskEvent::Fail { .. }, .. } =>
            [fail(Failure::Network(NetworkFault::TimedOut)), fail(Failure::App(AppFault::Aborted))];
        Event { what: TaskEvent::Socket(SocketEvent::Accepted), .. } => [socket(SocketEvent::Accepted)];
        Event { what: TaskEvent::Socket(SocketEvent::Opened(_)), .. } => [opened(Some("mqtt"))];
        Event { what: TaskEvent::Socket(SocketEvent::Message(SocketMessage::Text(_))), .. } =>
            [socket(SocketEvent::Message(SocketMessage::Text("你好".into())))];
        Event { what: TaskEvent::Socket(SocketEvent::Message(SocketMessage::Binary(_))), .. } =>
            [socket(SocketEvent::Message(SocketMessage::Binary(Bytes::from_static(b"\x00\xff"))))];
        Event { what: TaskEvent::Socket(SocketEvent::Answered { .. }), .. } => [
            answered(SocketVerb::Send, Ok(())), answered(SocketVerb::Send, Err(Failure::App(AppFault::SocketNotOpen))),
            answered(SocketVerb::Close, Ok(())), answered(SocketVerb::Close, Err(Failure::App(AppFault::InvalidCloseCode))),
        ];
        Event { what: TaskEvent::Socket(SocketEvent::Error(_)), .. } =>
            [socket(SocketEvent::Error(Failure::Network(NetworkFault::ConnectionRefused)))];
        Event { what: TaskEvent::Socket(SocketEvent::Closed(SocketEnd::Broken(_))), .. } =>
            [socket(SocketEvent::Closed(SocketEnd::Broken(Failure::Network(NetworkFault::ConnectionRefused))))];
        Event { what: TaskEvent::Socket(SocketEvent::Closed(SocketEnd::Closed { .. })), .. } =>
            [socket(SocketEvent::Closed(SocketEnd::Closed { code: 1000, reason: "bye".to_owned() }))];
    }
}

/// A success with each kind of data.
fn successes() -> Vec<Success> {
    each! { Success:
        Success { answer: Answer { data: Data::Json(_), .. }, .. } => [answer(
            Api::Request,
            head(HttpVersion::Http1, &[("content-type", "application/json")]),
            Data::Json(r#"{"id":42}"#.to_owned()),
        )];
        Success { answer: Answer { data: Data::Text(_), .. }, .. } => [answer(
            Api::Request,
            ResponseHead { status: 404, ..head(HttpVersion::Http2, &[("Server", "a")]) },
            Data::Text("not found".to_owned()),
        )];
        Success { answer: Answer { data: Data::Bytes(_), .. }, .. } => [answer(
            Api::Request,
            head(HttpVersion::Http1, &[]),
            Data::Bytes(Bytes::from_static(b"\x00\xff")),
        )];
        Success { answer: Answer { data: Data::Chunked, .. }, .. } =>
            [answer(Api::Request, head(HttpVersion::Http1, &[]), Data::Chunked)];
        Success { answer: Answer { data: Data::File(FileName::Temporary(_)), .. }, .. } =>
            [saved(FileName::Temporary("tmp_5f1c.png".to_owned()))];
        Success { answer: Answer { data: Data::File(FileName::User(_)), .. }, .. } =>
            [saved(FileName::User(vec!["images".to_owned(), "图.png".to_owned()]))];
    }
}

/// An event of the one task.
pub(crate) fn event(what: TaskEvent) -> Event {
    Event { task: task(), what }
}

pub(crate) fn socket(event: SocketEvent) -> Event {
    Event::socket(task(), event)
}

pub(crate) fn opened(protocol: Option<&str>) -> Event {
    let head = ResponseHead {
        status: 101,
        ..head(HttpVersion::Http1, &[("upgrade", "websocket")])
    };
    socket(SocketEvent::Opened(Box::new(OpenedSocket {
        head,
        protocol: protocol.map(str::to_owned),
        profile: CallProfile {
            exchange: Profile {
                protocol: Some("http/1.1"),
                ..whole_exchange()
            },
            ..whole_profile()
        },
    })))
}

pub(crate) fn answered(verb: SocketVerb, outcome: Result<(), Failure>) -> Event {
    let ask = AskId::new(7).expect("an ask's id");
    socket(SocketEvent::Answered { ask, verb, outcome })
}

pub(crate) fn sent(done: u64, total: Option<u64>) -> Event {
    event(TaskEvent::Sent(Progress { done, total }))
}

pub(crate) fn written(done: u64, total: Option<u64>) -> Event {
    event(TaskEvent::Written(Progress { done, total }))
}

/// A download that has ended.
fn saved(name: FileName) -> Success {
    let head = head(HttpVersion::Http1, &[("content-type", "image/png")]);
    answer(Api::DownloadFile, head, Data::File(name))
}

fn answer(api: Api, head: ResponseHead, data: Data) -> Success {
    Success {
        api,
        answer: Answer { head, data },
        profile: None,
    }
}

fn succeeded(success: Success) -> Event {
    event(TaskEvent::Success(Box::new(success)))
}

pub(crate) fn success(head: ResponseHead, data: Data) -> Event {
    success_of(Api::Request, head, data)
}

pub(crate) fn success_of(api: Api, head: ResponseHead, data: Data) -> Event {
    succeeded(answer(api, head, data))
}

/// A success with this profile and nothing else to look at.
pub(crate) fn profiled(profile: CallProfile) -> Event {
    let head = head(HttpVersion::Http2, &[]);
    succeeded(Success {
        profile: Some(profile),
        ..answer(Api::Request, head, Data::Text(String::new()))
    })
}

pub(crate) fn fail(failure: Failure) -> Event {
    fail_of(Api::Request, failure)
}

pub(crate) fn fail_of(api: Api, failure: Failure) -> Event {
    event(TaskEvent::Fail { api, failure })
}

/// A call with a redirect, every phase of which took a while.
pub(crate) fn whole_profile() -> CallProfile {
    CallProfile {
        invoked: Duration::from_millis(1_700_000_000_000),
        started: Duration::from_millis(1_700_000_000_003),
        exchange: whole_exchange(),
    }
}

fn whole_exchange() -> Profile {
    let span = |start, end| {
        Some(Span {
            start: Duration::from_millis(start),
            end: Duration::from_millis(end),
        })
    };
    Profile {
        redirect: span(20, 40),
        fetch_start: Duration::from_millis(40),
        domain_lookup: span(41, 45),
        connect: span(45, 70),
        ssl: span(50, 70),
        request: span(70, 71),
        response: span(90, 95),
        peer: Some(([203, 0, 113, 7], 443).into()),
        socket_reused: false,
        sent_bytes: 310,
        received_bytes: 1205,
        protocol: Some("h2"),
        tls_version: Some("TLSv1.3"),
        hops: 1,
    }
}

pub(crate) fn head(version: HttpVersion, headers: &[(&str, &str)]) -> ResponseHead {
    let headers = headers.iter().map(|(name, value)| Header {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    });
    ResponseHead {
        status: 200,
        version,
        headers: headers.collect(),
    }
}

fn head_with_cookies() -> ResponseHead {
    head(
        HttpVersion::Http1,
        &[
            ("content-type", "application/json"),
            ("Set-Cookie", "a=1; Path=/"),
            ("set-cookie", "b=2"),
        ],
    )
}

pub(crate) fn task() -> TaskId {
    TaskId::new(1).expect("a task id")
}
