//! W4: which answers open a socket. What the request says is proved on the wire (`crates/io/tests/socket/handshake.rs`).

use appnet_policy::exchange::{Header, HttpVersion};
use tungstenite::handshake::derive_accept_key;

use super::*;

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
        Header {
            name: name.to_owned(),
            value: value.to_owned(),
        }
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
