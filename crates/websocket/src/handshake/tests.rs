//! W4: what is asked for, and which answers open a socket. More of both is proved on the wire (`crates/io/tests/socket/handshake.rs`).

use std::sync::Arc;

use appnet_policy::{
    Api, Policy, Rules,
    domains::DomainLists,
    exchange::{Header, HttpVersion},
    identity::{AppId, Env, Identity},
    rules::AppConfig,
};
use tungstenite::handshake::derive_accept_key;

use super::*;

/// A permitted request with nothing special.
fn request(url: &str) -> SocketRequest {
    let identity = Identity {
        app_id: AppId::new("wx1"),
        version: "7".to_owned(),
        env: Env::Release,
    };
    let domains = DomainLists {
        socket: vec!["wss://a.test".to_owned()],
        ..DomainLists::default()
    };
    let config = AppConfig::new(identity, domains);
    let rules = Arc::new(Rules::new(Arc::new(Policy::seed()), config, None).unwrap());
    SocketRequest {
        target: rules.permit(Api::ConnectSocket, url).unwrap(),
        headers: Vec::new(),
        protocols: Vec::new(),
        tcp_no_delay: false,
        per_message_deflate: false,
        force_cellular: false,
    }
}

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

/// What is sent, with the key taken out.
fn sent(request: &SocketRequest) -> String {
    let handshake = Handshake::new(request).unwrap();
    let text = String::from_utf8(handshake.request().to_vec()).unwrap();
    text.replace(&handshake.key, "KEY")
}

#[test]
fn u1_the_request_is_made_of_the_checked_urls_parts() {
    let plain = sent(&request("wss://A.test/%61?q=1"));
    assert_eq!(
        plain,
        "GET /%61?q=1 HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\n\r\n"
    );
}

#[test]
fn w1_protocols_compression_and_headers_are_asked_for() {
    let mut request = request("wss://a.test/");
    request.protocols = vec!["a".to_owned(), "b".to_owned()];
    request.per_message_deflate = true;
    request.headers = vec![header("X-A", "1"), header("x-b", "")];
    let sent = sent(&request);
    let (_, after_key) = sent.split_once("KEY\r\n").unwrap();
    let offer = crate::extension::OFFER;
    assert_eq!(
        after_key,
        format!(
            "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: {offer}\r\nX-A: 1\r\nx-b: \r\n\r\n"
        )
    );
}

#[test]
fn r2_a_header_that_would_speak_for_us_is_left_out() {
    let mut request = request("wss://a.test/");
    let plain = sent(&request);
    request.headers = [
        "Host",
        "connection",
        "Upgrade",
        "Content-Length",
        "Transfer-Encoding",
        "TE",
        "Trailer",
        "Expect",
        "Sec-WebSocket-Key",
        "sec-websocket-anything",
    ]
    .map(|name| header(name, "x"))
    .into();
    assert_eq!(sent(&request), plain);
}

#[test]
fn r2_nothing_that_breaks_the_request_apart_is_sent() {
    let unsendable = |change: &dyn Fn(&mut SocketRequest)| {
        let mut request = request("wss://a.test/");
        change(&mut request);
        match Handshake::new(&request) {
            Err(HandshakeError::UnsendableHeader(name)) => name,
            other => panic!("{other:?}"),
        }
    };
    for (name, value) in [
        ("X-A", "1\r\nHost: b.test"),
        ("X-A\r\nHost", "b.test"),
        ("X A", "1"),
        ("", "1"),
    ] {
        let found = unsendable(&|request| request.headers.push(header(name, value)));
        assert_eq!(found, name);
    }
    let found = unsendable(&|request| request.protocols = vec!["ok".to_owned(), "a b".to_owned()]);
    assert_eq!(found, "Sec-WebSocket-Protocol");
}

/// One that asked for a protocol and for compression.
fn handshake() -> Handshake {
    Handshake {
        key: "dGhlIHNhbXBsZSBub25jZQ==".to_owned(),
        request: Vec::new(),
        protocols: vec!["chat".to_owned()],
        deflate_offered: true,
    }
}

fn head(status: u16, lines: &[&str]) -> ResponseHead {
    let header = |line: &&str| {
        let (name, value) = line.split_once(": ").unwrap();
        header(name, value)
    };
    ResponseHead {
        status,
        version: HttpVersion::Http1,
        headers: lines.iter().map(header).collect(),
    }
}

/// The key and answer that RFC 6455 §1.3 shows.
const RIGHT: [&str; 3] = [
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

#[test]
fn w1_the_bytes_to_send_are_those_that_were_made() {
    let handshake = Handshake {
        request: b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        ..handshake()
    };
    assert_eq!(handshake.request(), b"GET / HTTP/1.1\r\n\r\n");
}

#[test]
fn w4_the_answer_of_the_rfc_opens_a_socket() {
    assert_eq!(
        derive_accept_key(handshake().key.as_bytes()),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    let agreed = handshake().handle_reply(&head(101, &RIGHT)).unwrap();
    assert_eq!((agreed.protocol, agreed.deflate), (None, None));
    let more = [
        "sec-websocket-protocol: chat",
        "Sec-WebSocket-Extensions: permessage-deflate",
    ];
    let agreed = handshake().handle_reply(&head(101, &[&RIGHT[..], &more].concat()));
    let agreed = agreed.unwrap();
    assert_eq!(agreed.protocol.as_deref(), Some("chat"));
    assert!(agreed.deflate.is_some());
}

#[test]
fn w4_every_other_answer_opens_none() {
    let refused = handshake().handle_reply(&head(200, &RIGHT));
    assert_eq!(refused, Err(HandshakeError::Refused { status: 200 }));
    let mismatch = |lines: &[&str]| match handshake().handle_reply(&head(101, lines)) {
        Err(HandshakeError::Mismatch(what)) => what,
        other => panic!("{lines:?} gave {other:?}"),
    };
    for missing in 0..3 {
        let mut lines = RIGHT.to_vec();
        lines.remove(missing);
        mismatch(&lines);
    }
    for wrong in [
        ["Upgrade: h2c", RIGHT[1], RIGHT[2]],
        [RIGHT[0], "Connection: close", RIGHT[2]],
        [
            RIGHT[0],
            RIGHT[1],
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOP=",
        ],
    ] {
        mismatch(&wrong);
    }
    for more in [
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: other",
        "Sec-WebSocket-Protocol: chat, chat",
        "Sec-WebSocket-Extensions: other",
        "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate",
    ] {
        mismatch(&[&RIGHT[..], &[more]].concat());
    }
}
