use crate::failure::AppFault;
use crate::rules::Rule;
use std::time::Duration;

use super::*;
use crate::{
    prepare::Warning,
    testing::{self, headers, pairs},
};

const REFERER: &str = "https://servicewechat.com/wx1234567890abcdef/42/page-frame.html";
const ORIGIN: &str = "https://servicewechat.com";
const AGENT: &str = concat!("appnet/", env!("CARGO_PKG_VERSION"));

/// An app that may connect to `wss://a.com` and request `https://b.com`.
fn rules() -> Arc<Rules> {
    let mut config = testing::config(&["https://b.com"]);
    config.domains.socket = vec!["wss://a.com".to_owned()];
    config.network_timeout.connect_socket = Some(3000.0);
    testing::checked(config)
}

fn options(url: &str) -> SocketOptions {
    SocketOptions {
        url: url.to_owned(),
        ..SocketOptions::default()
    }
}

fn prepared(options: SocketOptions) -> PreparedSocket {
    socket(&rules(), options).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn refused(options: SocketOptions) -> (Failure, Rule) {
    let refusal = socket(&rules(), options).expect_err("it is wrong");
    (refusal.failure, refusal.rule)
}

fn with_protocols(protocols: &[&str]) -> SocketOptions {
    SocketOptions {
        protocols: protocols
            .iter()
            .map(|&protocol| protocol.to_owned())
            .collect(),
        ..options("wss://a.com")
    }
}

#[test]
fn w4_r1_a_call_with_nothing_but_a_url_has_the_hosts_headers_and_no_content_type() {
    let call = prepared(options("wss://a.com/chat?x"));
    let expected = [
        ("Referer", REFERER),
        ("User-Agent", AGENT),
        ("Origin", ORIGIN),
    ];
    assert_eq!(pairs(&call.request.headers), expected);
    assert_eq!(call.request.target.url().as_str(), "wss://a.com/chat?x");
    assert_eq!(call.request.target.api(), Api::ConnectSocket);
    assert!(call.request.protocols.is_empty() && call.warnings.is_empty());
    assert!(!call.request.tcp_no_delay && !call.request.per_message_deflate);
}

#[test]
fn w4_r2_neither_origin_nor_what_belongs_to_the_handshake_is_the_apps() {
    let call = prepared(SocketOptions {
        header: headers(&[
            ("oRIGIN", "https://evil.com"),
            ("Sec-WebSocket-Key", "AAAA"),
            ("Upgrade", "h2c"),
            ("referer", "https://evil.com"),
            ("Cookie", "a=1"),
        ]),
        ..options("wss://a.com")
    });
    let expected = [
        ("Cookie", "a=1"),
        ("Referer", REFERER),
        ("User-Agent", AGENT),
        ("Origin", ORIGIN),
    ];
    assert_eq!(pairs(&call.request.headers), expected);
    let dropped = ["Sec-WebSocket-Key", "Upgrade", "referer", "oRIGIN"];
    let dropped = dropped.map(|name| Warning::HeaderDropped(name.to_owned()));
    assert_eq!(call.warnings, dropped);
}

#[test]
fn r2_a_header_that_could_end_a_line_is_refused() {
    let call = SocketOptions {
        header: headers(&[("Origin", "a\r\nX: y")]),
        ..options("wss://a.com")
    };
    assert_eq!(
        refused(call),
        (Failure::App(AppFault::InvalidHeader), Rule::R2)
    );
}

#[test]
fn w4_what_the_app_asks_for_is_passed_on() {
    let call = prepared(SocketOptions {
        tcp_no_delay: true,
        per_message_deflate: true,
        timeout: Some(1500.0),
        ..with_protocols(&["mqtt", "mqttv3.1"])
    });
    assert!(call.request.tcp_no_delay && call.request.per_message_deflate);
    assert_eq!(call.request.protocols, ["mqtt", "mqttv3.1"]);
    assert_eq!(call.timeout, Duration::from_millis(1500));
}

#[test]
fn t1_the_timeout_of_a_socket_is_its_own_in_the_apps_configuration() {
    assert_eq!(
        prepared(options("wss://a.com")).timeout,
        Duration::from_secs(3)
    );
}

#[test]
fn w4_a_protocol_is_a_token_and_stands_there_once() {
    for protocols in [
        &[""][..],
        &["a b"],
        &["a,b"],
        &["a\r\n"],
        &["é"],
        &["mqtt", "mqtt"],
        &["a", "b", "a"],
        &["a", "("],
    ] {
        assert_eq!(
            refused(with_protocols(protocols)),
            (Failure::App(AppFault::InvalidProtocols), Rule::W4),
            "{protocols:?}"
        );
    }
    // They are compared letter for letter.
    assert_eq!(
        prepared(with_protocols(&["a", "A"]))
            .request
            .protocols
            .len(),
        2
    );
}

#[test]
fn u2_a_socket_needs_a_ws_url_without_a_fragment() {
    for url in [
        "https://a.com",
        "http://a.com",
        "wss://a.com/#x",
        "wss://a.com#",
        "wss://u@a.com",
        "ws:",
        "a.com",
    ] {
        assert_eq!(
            refused(options(url)),
            (Failure::App(AppFault::InvalidUrl(url.to_owned())), Rule::U2),
            "{url}"
        );
    }
}

#[test]
fn u3_d1_a_socket_goes_only_where_its_own_list_lets_it() {
    for (url, rule) in [
        ("wss://b.com", Rule::U3),
        ("ws://a.com", Rule::U3),
        ("wss://a.com:443", Rule::U3),
        ("wss://x.a.com", Rule::U4),
    ] {
        let refused = refused(options(url));
        assert_eq!(
            refused,
            (Failure::App(AppFault::NotInDomainList), rule),
            "{url}"
        );
    }
}

#[test]
fn u5_of_several_mistakes_the_url_is_named_first() {
    let call = |url: &str, header: &str| SocketOptions {
        header: headers(&[(header, "v")]),
        url: url.to_owned(),
        ..with_protocols(&["a b"])
    };
    assert_eq!(refused(call("wss://c.com", "a b")).1, Rule::U3);
    assert_eq!(refused(call("wss://a.com", "a b")).1, Rule::R2);
    assert_eq!(refused(call("wss://a.com", "a")).1, Rule::W4);
}
