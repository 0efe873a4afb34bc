//! One of each thing that can be written, for the tests.

use std::{sync::Arc, time::Duration};

use appnet_core::{
    AskId, Event, SocketEvent, Success, TaskEvent, TaskId,
    event::{CallProfile, Exception, OpenedSocket, SocketEnd, SocketVerb},
    surroundings::{NetworkNews, QueryAnswer},
};
use appnet_policy::{
    Api, Failure,
    connectivity::{Connectivity, LocalAddress, NetworkType},
    exchange::{
        Answer, DataType, Header, HttpVersion, Profile, Progress, Reading, ReceivedBody,
        ResponseHead, ResponseType, Span,
    },
    failure::{AppFault, NetworkFault, ServerFault},
    files::FileName,
    prepare::Warning,
    quality::{EffectiveType, Estimates},
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
            [event(TaskEvent::Warning(Warning::OptionNotImplemented("enableQuic")))];
        Event { what: TaskEvent::HeadersReceived(_), .. } => [event(TaskEvent::HeadersReceived(head_with_cookies().into()))];
        Event { what: TaskEvent::Chunk(_), .. } => [event(TaskEvent::Chunk(Bytes::from_static(b"\xe5\xb0")))];
        Event { what: TaskEvent::Sent(_), .. } => [sent(86_433, Some(204_800))];
        Event { what: TaskEvent::Written(_), .. } => [written(204_800, Some(204_800)), written(65_536, None)];
        Event { what: TaskEvent::Success(_), .. } => successes().into_iter().map(succeeded);
        Event { what: TaskEvent::Fail { .. }, .. } =>
            [fail(Failure::Network(NetworkFault::TimedOut)), fail(Failure::App(AppFault::Aborted)), failed_twice()];
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
        Success { answer: Answer { body: ReceivedBody::Whole(_, JSON), .. }, .. } => [answer(
            Api::Request,
            head(HttpVersion::Http1, &[("content-type", "application/json")]),
            json(r#"{"id":42}"#),
        )];
        Success { answer: Answer { body: ReceivedBody::Whole(_, TEXT), .. }, .. } => [answer(
            Api::Request,
            ResponseHead { status: 404, ..head(HttpVersion::Http2, &[("Server", "a")]) },
            text("not found"),
        )];
        Success { answer: Answer { body: ReceivedBody::Whole(_, Reading { response_type: ResponseType::ArrayBuffer, .. }), .. }, .. } => [answer(
            Api::Request,
            head(HttpVersion::Http1, &[]),
            bytes(b"\x00\xff"),
        )];
        Success { answer: Answer { body: ReceivedBody::Chunked, .. }, .. } =>
            [answer(Api::Request, head(HttpVersion::Http1, &[]), ReceivedBody::Chunked)];
        Success { answer: Answer { body: ReceivedBody::File(FileName::Temporary(_)), .. }, .. } =>
            [saved(FileName::Temporary("tmp_5f1c.png".to_owned()))];
        Success { answer: Answer { body: ReceivedBody::File(FileName::User(_)), .. }, .. } =>
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
            exchange: Arc::new(Profile {
                protocol: Some("http/1.1"),
                ..whole_exchange()
            }),
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
fn saved(name: FileName) -> Success {
    let head = head(HttpVersion::Http1, &[("content-type", "image/png")]);
    answer(Api::DownloadFile, head, ReceivedBody::File(name))
}

fn answer(api: Api, head: ResponseHead, body: ReceivedBody) -> Success {
    Success {
        api,
        answer: Answer {
            head: head.into(),
            body,
        },
        profile: None,
        exception: None,
        http_dns: false,
    }
}

fn succeeded(success: Success) -> Event {
    event(TaskEvent::Success(Box::new(success)))
}

pub(crate) fn success(head: ResponseHead, body: ReceivedBody) -> Event {
    success_of(Api::Request, head, body)
}

pub(crate) fn success_of(api: Api, head: ResponseHead, body: ReceivedBody) -> Event {
    succeeded(answer(api, head, body))
}

/// A success with this profile and nothing else to look at.
pub(crate) fn profiled(profile: CallProfile) -> Event {
    let head = head(HttpVersion::Http2, &[]);
    succeeded(Success {
        profile: Some(profile),
        ..answer(Api::Request, head, text(""))
    })
}

pub(crate) fn fail(failure: Failure) -> Event {
    fail_of(Api::Request, failure)
}

pub(crate) fn fail_of(api: Api, failure: Failure) -> Event {
    event(TaskEvent::Fail {
        api,
        failure,
        exception: None,
        http_dns: false,
    })
}

/// A call that was sent once more and failed again.
fn failed_twice() -> Event {
    let failure = Failure::Server(ServerFault::EmptyResponse);
    event(TaskEvent::Fail {
        api: Api::Request,
        failure: failure.clone(),
        exception: Some(Box::new(Exception {
            reasons: vec![Failure::Network(NetworkFault::ConnectionReset), failure],
            retries: 1,
        })),
        http_dns: true,
    })
}

/// An answer to each question.
pub(crate) fn answers() -> [QueryAnswer; 3] {
    [
        QueryAnswer::NetworkType {
            connectivity: Connectivity {
                network_type: NetworkType::Wifi,
                signal_strength: Some(-55),
                system_proxy: Some(false),
                ..Connectivity::default()
            },
            weak: false,
        },
        QueryAnswer::LocalAddress(Some(LocalAddress {
            ip: [192, 0, 2, 7].into(),
            netmask: [255, 255, 255, 0].into(),
        })),
        QueryAnswer::RandomValues(Ok(Bytes::from_static(b"\x07\xff"))),
    ]
}

pub(crate) const fn news() -> [NetworkNews; 2] {
    [
        NetworkNews::Status(NetworkType::Cellular4G),
        NetworkNews::Weak {
            weak: true,
            network_type: NetworkType::Cellular4G,
        },
    ]
}

/// A call with a redirect, every phase of which took a while.
pub(crate) fn whole_profile() -> CallProfile {
    CallProfile {
        invoked: Duration::from_millis(1_700_000_000_000),
        started: Duration::from_millis(1_700_000_000_003),
        exchange: Arc::new(whole_exchange()),
        estimates: Estimates {
            effective_type: EffectiveType::Type4G,
            http_rtt: Some(Duration::from_millis(21)),
            transport_rtt: Some(Duration::from_micros(18_400)),
            downstream_kbps: Some(9_800),
        },
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
        http_dns_lookup: None,
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
        resent: false,
        http_dns: false,
        high_performance: true,
        from_cache: false,
        resent_after: None,
        http_dns_failure: None,
        rtt: Some(Duration::from_micros(17_900)),
        lost_packets: false,
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
