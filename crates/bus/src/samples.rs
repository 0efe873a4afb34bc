//! One of each thing that can be written, for the tests.

use appnet_policy::failure::{AppFault, NetworkFault};
use std::time::Duration;

use appnet_core::{
    AskId, Event, SocketEvent, TaskId,
    event::{CallProfile, OpenedSocket, SocketEnd, SocketVerb},
};
use appnet_policy::{
    Api, Failure,
    exchange::{
        Answer, DataType, Header, HttpVersion, Profile, Progress, Reading, ReceivedBody,
        ResponseHead, ResponseType, Span,
    },
    files::FileName,
    prepare::Warning,
    socket::SocketMessage,
};
use bytes::Bytes;

/// Samples of an enum, at least one for each pattern. A new variant does not compile until it stands here.
macro_rules! each {
    ($type:ty: $($pattern:pat => $($sample:expr),+;)+) => {{
        const fn is_here(sample: &$type) {
            match sample { $($pattern => {})+ }
        }
        let samples: Vec<$type> = vec![$($({
            let sample = $sample;
            assert!(matches!(sample, $pattern), "{sample:?} stands in another variant's place");
            sample
        }),+),+];
        samples.iter().for_each(is_here);
        samples
    }};
}

/// Events in the order of `docs/bus.md`, which shows each of them.
pub(crate) fn events() -> Vec<Event> {
    each! { Event:
        Event::Warning { warning: Warning::HeaderDropped(_), .. } => Event::Warning {
            task: task(),
            warning: Warning::HeaderDropped("Host".to_owned()),
        };
        Event::Warning { warning: Warning::OptionNotImplemented(_), .. } => Event::Warning {
            task: task(),
            warning: Warning::OptionNotImplemented("enableCache"),
        };
        Event::HeadersReceived { .. } => Event::HeadersReceived {
            task: task(),
            head: head_with_cookies(),
        };
        Event::Chunk { .. } => Event::Chunk {
            task: task(),
            data: Bytes::from_static(b"\xe5\xb0"),
        };
        Event::Progress { api: Api::UploadFile, .. } =>
            progress(Api::UploadFile, 86_433, Some(204_800));
        Event::Progress { .. } =>
            progress(Api::DownloadFile, 204_800, Some(204_800)), progress(Api::DownloadFile, 65_536, None);
        Event::Success { answer: Answer { body: ReceivedBody::Whole(_, JSON), .. }, .. } =>
            success(head(HttpVersion::Http1, &[("content-type", "application/json")]), json(r#"{"id":42}"#));
        Event::Success { answer: Answer { body: ReceivedBody::Whole(_, TEXT), .. }, .. } =>
            success(ResponseHead { status: 404, ..head(HttpVersion::Http2, &[("Server", "a")]) }, text("not found"));
        Event::Success { answer: Answer { body: ReceivedBody::Whole(_, Reading { response_type: ResponseType::ArrayBuffer, .. }), .. }, .. } =>
            success(head(HttpVersion::Http1, &[]), bytes(b"\x00\xff"));
        Event::Success { answer: Answer { body: ReceivedBody::Chunked, .. }, .. } =>
            success(head(HttpVersion::Http1, &[]), ReceivedBody::Chunked);
        Event::Success { answer: Answer { body: ReceivedBody::File(FileName::Temporary(_)), .. }, .. } =>
            saved(FileName::Temporary("tmp_5f1c.png".to_owned()));
        Event::Success { answer: Answer { body: ReceivedBody::File(FileName::User(_)), .. }, .. } =>
            saved(FileName::User(vec!["images".to_owned(), "图.png".to_owned()]));
        Event::Fail { .. } => fail(Failure::Network(NetworkFault::TimedOut)), fail(Failure::App(AppFault::Aborted));
        Event::Socket { event: SocketEvent::Accepted, .. } => socket(SocketEvent::Accepted);
        Event::Socket { event: SocketEvent::Opened(_), .. } => opened(Some("mqtt"));
        Event::Socket { event: SocketEvent::Message(SocketMessage::Text(_)), .. } =>
            socket(SocketEvent::Message(SocketMessage::Text("你好".into())));
        Event::Socket { event: SocketEvent::Message(SocketMessage::Binary(_)), .. } =>
            socket(SocketEvent::Message(SocketMessage::Binary(Bytes::from_static(b"\x00\xff"))));
        Event::Socket { event: SocketEvent::Answered { .. }, .. } =>
            answered(SocketVerb::Send, Ok(())), answered(SocketVerb::Send, Err(Failure::App(AppFault::SocketNotOpen))),
            answered(SocketVerb::Close, Ok(())), answered(SocketVerb::Close, Err(Failure::App(AppFault::InvalidCloseCode)));
        Event::Socket { event: SocketEvent::Error(_), .. } => socket(SocketEvent::Error(Failure::Network(NetworkFault::ConnectionRefused)));
        Event::Socket { event: SocketEvent::Closed(SocketEnd::Broken(_)), .. } =>
            socket(SocketEvent::Closed(SocketEnd::Broken(Failure::Network(NetworkFault::ConnectionRefused))));
        Event::Socket { event: SocketEvent::Closed(SocketEnd::Closed { .. }), .. } =>
            socket(SocketEvent::Closed(SocketEnd::Closed { code: 1000, reason: "bye".to_owned() }));
    }
}

pub(crate) fn socket(event: SocketEvent) -> Event {
    Event::Socket {
        task: task(),
        event,
    }
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

pub(crate) fn progress(api: Api, done: u64, total: Option<u64>) -> Event {
    Event::Progress {
        task: task(),
        api,
        progress: Progress { done, total },
    }
}

/// `dataType` json, the default.
pub(crate) const JSON: Reading = Reading {
    data_type: DataType::Json,
    response_type: ResponseType::Text,
};

/// Any other `dataType`.
pub(crate) const TEXT: Reading = Reading {
    data_type: DataType::Other,
    response_type: ResponseType::Text,
};

/// `responseType` arraybuffer.
pub(crate) const BYTES: Reading = Reading {
    data_type: DataType::Json,
    response_type: ResponseType::ArrayBuffer,
};

/// A body of a call that asked for JSON.
pub(crate) fn json(body: &str) -> ReceivedBody {
    ReceivedBody::Whole(Bytes::copy_from_slice(body.as_bytes()), JSON)
}

/// A body of a call that asked for text.
pub(crate) fn text(body: &str) -> ReceivedBody {
    ReceivedBody::Whole(Bytes::copy_from_slice(body.as_bytes()), TEXT)
}

/// A body of a call that asked for bytes.
pub(crate) fn bytes(body: &'static [u8]) -> ReceivedBody {
    ReceivedBody::Whole(Bytes::from_static(body), BYTES)
}

/// A download that has ended.
fn saved(name: FileName) -> Event {
    let head = head(HttpVersion::Http1, &[("content-type", "image/png")]);
    success_of(Api::DownloadFile, head, ReceivedBody::File(name))
}

pub(crate) fn success(head: ResponseHead, body: ReceivedBody) -> Event {
    success_of(Api::Request, head, body)
}

pub(crate) fn success_of(api: Api, head: ResponseHead, body: ReceivedBody) -> Event {
    Event::Success {
        task: task(),
        api,
        answer: Answer { head, body },
        profile: None,
    }
}

/// A success with this profile and nothing else to look at.
pub(crate) fn profiled(profile: CallProfile) -> Event {
    Event::Success {
        task: task(),
        api: Api::Request,
        answer: Answer {
            head: head(HttpVersion::Http2, &[]),
            body: text(""),
        },
        profile: Some(Box::new(profile)),
    }
}

pub(crate) fn fail(failure: Failure) -> Event {
    Event::Fail {
        task: task(),
        api: Api::Request,
        failure,
    }
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
