//! W4, RFC 6455 §4.1: what is asked, and which answers open a socket.

use appnet_policy::{
    Policy,
    failure::{AppFault, HostFault},
    identity::Env,
    preset::{CookieLimits, CookieRule},
    rules::Rule,
};
use std::future::poll_fn;

use appnet_io::{IoFailure, Opened, Socket, SocketEvent};
use appnet_policy::socket::SocketMessage;
use appnet_policy::{Failure, exchange::Header, socket::SocketRequest};
use appnet_testkit::{Ca, RawOrigin, Script};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{App, Server, assert_failure, field, limits, read_head, run, switching};

pub(crate) type Connected = Result<(Socket, Opened), IoFailure>;

/// Connects to a server that makes its answer of the request's head.
pub(crate) async fn answered(
    change: impl FnOnce(&mut SocketRequest),
    answer: impl FnOnce(&str) -> String,
) -> Connected {
    let (app, server) = (App::plain(), Server::start().await);
    let mut request = app.request(&server.url());
    change(&mut request);
    let serve = async {
        let mut tcp = server.accept().await;
        let head = read_head(&mut tcp).await;
        tcp.write_all(answer(&head).as_bytes()).await.unwrap();
        tcp
    };
    tokio::join!(app.connect(request), serve).0
}

#[test]
fn w4_a_handshake_says_what_rfc_6455_wants_and_what_policy_has_built() {
    run(async {
        let origin = RawOrigin::plain().script(Script::new().read_head()).start();
        let app = App::plain();
        let mut request = app.request(&format!("ws://{}/chat?room=1", origin.address()));
        request.protocols = vec!["v2.chat".to_owned(), "v1.chat".to_owned()];
        request.per_message_deflate = true;
        request.headers = [
            "Referer: https://servicewechat.com/",
            "Origin: https://a",
            "X-Token: ä",
        ]
        .into_iter()
        .map(header)
        .collect();
        let connect = app.connect(request);
        let head = tokio::select! {
            _ = connect => panic!("nobody has answered"),
            request = origin.request(0) => request,
        };
        assert_eq!(
            (&head.method[..], &head.target[..]),
            ("GET", "/chat?room=1")
        );
        let text = String::from_utf8(head.head).unwrap();
        let key = field(&text, "Sec-WebSocket-Key").to_owned();
        assert_eq!((key.len(), &key[22..]), (24, "==")); // 16 bytes in base64
        let lines: Vec<_> = text
            .lines()
            .skip(1)
            .filter(|line| !line.contains(&key))
            .collect();
        let host = format!("Host: {}", origin.address());
        let expected = [
            &host,
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: v2.chat, v1.chat",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            "Referer: https://servicewechat.com/",
            "Origin: https://a",
            "X-Token: ä",
            "",
        ];
        assert_eq!(lines, expected);
    });
}

fn header(line: &str) -> Header {
    let (name, value) = line.split_once(": ").unwrap();
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

#[test]
fn r2_headers_of_the_handshake_itself_are_never_an_apps() {
    run(async {
        let origin = RawOrigin::plain().script(Script::new().read_head()).start();
        let app = App::plain();
        let mut request = app.request(&format!("ws://{}/", origin.address()));
        request.headers = [
            "host: evil",
            "Upgrade: h2c",
            "sec-websocket-key: x",
            "Sec-WebSocket-Extensions: y",
        ]
        .into_iter()
        .map(header)
        .collect();
        let head = tokio::select! {
            _ = app.connect(request) => panic!("nobody has answered"),
            request = origin.request(0) => request,
        };
        let names: Vec<_> = head.headers.iter().map(|(name, _)| &name[..]).collect();
        assert_eq!(
            names,
            [
                "Host",
                "Connection",
                "Upgrade",
                "Sec-WebSocket-Version",
                "Sec-WebSocket-Key"
            ]
        );
    });
}

#[test]
fn r2_what_would_break_the_handshake_is_refused_before_anything_is_opened() {
    run(async {
        let origin = RawOrigin::plain().script(Script::new()).start();
        let app = App::plain();
        let request = || app.request(&format!("ws://{}/", origin.address()));
        for line in ["X: a\r\nHost: evil", "X y: a", ": a", "X: a\0"] {
            let mut request = request();
            request.headers = vec![header(line)];
            let failure = app.connect(request).await.unwrap_err();
            assert_failure(
                &failure,
                &Failure::App(AppFault::InvalidHeader),
                "a header cannot be sent",
            );
        }
        let mut request = request();
        request.protocols = vec!["a\r\nX: y".to_owned()];
        let failure = app.connect(request).await.unwrap_err();
        assert_failure(
            &failure,
            &Failure::App(AppFault::InvalidHeader),
            "Sec-WebSocket-Protocol",
        );
        assert_eq!(origin.connections(), 0);
    });
}

#[test]
fn w4_the_right_answer_opens_the_socket_and_tells_protocol_head_and_profile() {
    run(async {
        let offer =
            |request: &mut SocketRequest| request.protocols = vec!["a".to_owned(), "b".to_owned()];
        let answer = |head: &str| {
            format!(
                "{}Sec-WebSocket-Protocol: b\r\nX-Seen: 1\r\n\r\n",
                switching(head)
            )
        };
        let (_socket, opened) = answered(offer, answer).await.unwrap();
        assert_eq!(opened.protocol.as_deref(), Some("b"));
        assert_eq!(
            (opened.head.status, opened.head.header("x-seen")),
            (101, Some("1"))
        );
        let profile = opened.profile;
        assert_eq!(profile.protocol, Some("http/1.1"));
        assert!(
            profile.connect.is_some() && profile.peer.is_some(),
            "{profile:?}"
        );
        let (request, response) = (profile.request.unwrap(), profile.response.unwrap());
        assert!(request.start <= response.start && response.start <= response.end);
        assert!(
            profile.sent_bytes > 100 && profile.received_bytes > 100,
            "{profile:?}"
        );
        // U8: this app is a developer's, and its server is on loopback.
        let rules: Vec<_> = opened
            .would_refuse
            .iter()
            .map(|refusal| refusal.rule)
            .collect();
        assert_eq!(rules, [Rule::U7]);
    });
}

/// What a plain app with such a jar sends as its cookies on two handshakes, the first of which is answered with these.
async fn cookies_of_the_second(cookies: CookieRule, set: &str) -> (String, String) {
    let server = Server::start().await;
    let policy = Policy {
        cookies,
        ..Policy::seed()
    };
    let app = App::with(&Ca::new(), policy, |config| {
        config.identity.env = Env::Devtools;
        config.url_check = false;
        config.cookies = true;
    });
    let mut heads = Vec::new();
    for more in [set, ""] {
        let mut request = app.request(&server.url());
        request.headers = vec![header("X-Mine: 1")];
        let serve = async {
            let mut tcp = server.accept().await;
            let head = read_head(&mut tcp).await;
            let answer = format!("{}{more}\r\n", switching(&head));
            tcp.write_all(answer.as_bytes()).await.unwrap();
            head
        };
        let (connected, head) = tokio::join!(app.connect(request), serve);
        connected.unwrap();
        heads.push(head);
    }
    let cookie = |head: &str| {
        let lines = head.lines();
        lines
            .filter(|line| line.starts_with("Cookie"))
            .collect::<String>()
    };
    (cookie(&heads[0]), cookie(&heads[1]))
}

#[test]
fn p5_a_handshake_has_the_apps_cookies_and_may_set_some_where_it_has_a_jar() {
    run(async {
        let set = "Set-Cookie: a=1\r\nSet-Cookie: b=2; Secure\r\n";
        let jar = CookieRule::WhenEnabled(CookieLimits::seed());
        let (first, second) = cookies_of_the_second(jar, set).await;
        // Loopback is secure enough for the second one.
        assert_eq!((&first[..], &second[..]), ("", "Cookie: a=1; b=2"));
        let (first, second) = cookies_of_the_second(CookieRule::Never, set).await;
        assert_eq!((&first[..], &second[..]), ("", ""));
    });
}

#[test]
fn w4_a_socket_that_must_go_over_the_cellular_network_fails_without_one() {
    run(async {
        let (app, server) = (App::plain(), Server::start().await);
        let mut request = app.request(&server.url());
        request.force_cellular = true;
        let failure = app.connect(request).await.unwrap_err();
        let expected = Failure::Host(HostFault::NoCellularNetwork);
        assert_failure(&failure, &expected, "the host names no interface");
    });
}

#[test]
fn a_server_may_spell_its_answer_as_http_allows_and_choose_no_protocol() {
    run(async {
        let offer = |request: &mut SocketRequest| request.protocols = vec!["a".to_owned()];
        let answer = |head: &str| {
            let upper = switching(head).replace("Upgrade: websocket", "UPGRADE:WebSocket");
            let spelled = upper.replace("Connection: Upgrade", "connection: keep-alive,\tUPGRADE");
            format!("HTTP/1.1 103 Early Hints\r\n\r\n{spelled}\r\n")
        };
        let (_socket, opened) = answered(offer, answer).await.unwrap();
        assert_eq!(opened.protocol, None);
    });
}

#[test]
fn h1_the_head_is_read_as_those_of_http_answers_are() {
    run(async {
        for (from, to) in [
            ("HTTP/1.1", "\r\nHTTP/1.1"),
            ("HTTP/1.1", "HTTP/1.0"),
            (" Switching Protocols", ""),
            (" Switching Protocols", " g\u{e9}n\u{e9}ral"),
            ("Upgrade: websocket", "Upgrade:\r\n websocket"),
            ("Upgrade: websocket", "no field\r\nUpgrade: websocket"),
        ] {
            let answer = |head: &str| format!("{}\r\n", switching(head).replacen(from, to, 1));
            let opened = answered(|_| {}, answer).await;
            assert!(opened.is_ok(), "{to:?}: {opened:?}");
        }
    });
}

#[test]
fn t2_a_handshake_that_is_given_up_closes_its_connection() {
    run(async {
        let origin = RawOrigin::plain().script(Script::new().read_head()).start();
        let app = App::plain();
        let url = format!("ws://{}/", origin.address());
        tokio::select! {
            _ = app.open(&url) => panic!("nobody has answered"),
            _ = origin.request(0) => {}
        }
        origin.closed(0).await;
    });
}

#[test]
fn frames_that_come_with_the_answer_are_read() {
    run(async {
        let (app, server) = (App::plain(), Server::start().await);
        let url = server.url();
        let (opened, _tcp) = tokio::join!(app.open(&url), server.upgrade("", b"\x81\x02hi\x81"));
        let (mut socket, _) = opened.unwrap();
        let event = socket.next().await;
        assert_eq!(
            event,
            Some(SocketEvent::Message(SocketMessage::Text("hi".into())))
        );
    });
}

#[test]
fn a_handshake_that_is_never_polled_opens_nothing() {
    run(async {
        let (app, server) = (App::plain(), Server::start().await);
        let url = server.url();
        drop(app.client.connect_socket(app.request(&url), limits()));
        let (opened, mut tcp) = tokio::join!(app.open(&url), server.upgrade("", b""));
        drop(opened.unwrap());
        assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0);
        let another = poll_fn(|cx| std::task::Poll::Ready(server.poll_accept(cx).is_ready())).await;
        assert!(!another);
    });
}
