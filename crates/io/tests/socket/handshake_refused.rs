//! W1, W4, RFC 6455 §4.1: which answers open no socket.

use appnet_policy::{
    Failure, Policy,
    failure::{Bound, NetworkFault, ServerFault},
    socket::SocketRequest,
};
use appnet_testkit::{RawOrigin, Script};

use crate::{
    handshake::{Connected, answered},
    support::{App, assert_failure, run, switching},
};

#[track_caller]
fn assert_refused(connected: Connected, reason: &str) {
    assert_failure(
        &connected.unwrap_err(),
        &Failure::Server(ServerFault::MalformedResponse),
        reason,
    );
}

#[test]
fn w1_any_status_but_101_is_a_failure_and_no_redirect_is_followed() {
    run(async {
        let elsewhere = RawOrigin::plain().script(Script::new()).start();
        for (status, reason) in [
            (200, "answered the handshake with 200, not 101"),
            (301, "with 301, not 101; a handshake follows no redirect"),
            (401, "with 401, not 101"),
            (426, "with 426, not 101"),
            (503, "with 503, not 101"),
        ] {
            let location = format!("Location: ws://{}/\r\n", elsewhere.address());
            let answer =
                |_: &str| format!("HTTP/1.1 {status} X\r\n{location}Content-Length: 0\r\n\r\n");
            let failure = answered(|_| {}, answer).await.unwrap_err();
            assert_failure(
                &failure,
                &Failure::Server(ServerFault::HandshakeRefused(status)),
                reason,
            );
        }
        assert_eq!(elsewhere.connections(), 0);
    });
}

#[test]
fn w4_an_answer_that_is_not_to_this_request_is_refused() {
    run(async {
        for (from, to, reason) in [
            (
                "Upgrade: websocket\r\n",
                "",
                "something else than a WebSocket",
            ),
            (
                "Upgrade: websocket",
                "Upgrade: h2c",
                "something else than a WebSocket",
            ),
            ("Connection: Upgrade\r\n", "", "without Connection: Upgrade"),
            (
                "Sec-WebSocket-Accept: ",
                "Sec-WebSocket-Accept: x",
                "Sec-WebSocket-Accept is wrong",
            ),
            (
                "Sec-WebSocket-Accept",
                "X-Accept",
                "Sec-WebSocket-Accept is wrong",
            ),
            ("HTTP/1.1", "HTTP/2.0", "does not start with HTTP/1."),
        ] {
            let answer = |head: &str| format!("{}\r\n", switching(head).replace(from, to));
            assert_refused(answered(|_| {}, answer).await, reason);
        }
        let twice = |head: &str| {
            let right = switching(head);
            let accept = right.lines().last().unwrap();
            format!("{right}{accept}\r\n\r\n")
        };
        assert_refused(
            answered(|_| {}, twice).await,
            "Sec-WebSocket-Accept is wrong",
        );
    });
}

#[test]
fn w4_a_protocol_or_extension_that_was_not_asked_for_is_refused() {
    run(async {
        let with =
            |more: &'static str| move |head: &str| format!("{}{more}\r\n\r\n", switching(head));
        let ask = |request: &mut SocketRequest| request.protocols = vec!["a".to_owned()];
        let protocol = "chose a protocol that was not asked for";
        assert_refused(
            answered(|_| {}, with("Sec-WebSocket-Protocol: a")).await,
            protocol,
        );
        assert_refused(
            answered(ask, with("Sec-WebSocket-Protocol: A")).await,
            protocol,
        );
        assert_refused(
            answered(ask, with("Sec-WebSocket-Protocol: ")).await,
            protocol,
        );
        let twice = with("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a");
        assert_refused(answered(ask, twice).await, protocol);
        let extension = "an extension that was not asked for";
        let deflate = "Sec-WebSocket-Extensions: permessage-deflate";
        assert_refused(answered(|_| {}, with(deflate)).await, extension);
        let asked = |request: &mut SocketRequest| request.per_message_deflate = true;
        let other = with("Sec-WebSocket-Extensions: x-other");
        assert_refused(answered(asked, other).await, extension);
        let wrong = with("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=16");
        assert_refused(
            answered(asked, wrong).await,
            "a window size that does not exist",
        );
    });
}

#[test]
fn a_server_that_ends_the_handshake_is_told_apart_by_how_far_it_came() {
    run(async {
        let failing = async |script: Script| {
            let origin = RawOrigin::plain().script(script).start();
            let connected = App::plain()
                .open(&format!("ws://{}/", origin.address()))
                .await;
            connected.unwrap_err().failure
        };
        let empty = failing(Script::new().read_head().close()).await;
        assert_eq!(empty, Failure::Server(ServerFault::EmptyResponse));
        let cut = failing(Script::new().read_head().send("HTTP/1.1 101 Swi").close()).await;
        assert_eq!(cut, Failure::Network(NetworkFault::ConnectionReset));
        assert_eq!(
            failing(Script::new().read_head().reset()).await,
            Failure::Network(NetworkFault::ConnectionReset)
        );
        // Refused at once, though the line never ends.
        let other = failing(Script::new().read_head().send("SSH-2.0-OpenSSH")).await;
        assert_eq!(other, Failure::Server(ServerFault::MalformedResponse));
    });
}

#[test]
fn p6_the_head_of_the_answer_is_bounded() {
    run(async {
        let mut policy = Policy::seed();
        policy.limits.header_bytes = 4 << 10;
        policy.limits.header_count = 20;
        let app = App::plain_with(policy);
        let failing = async |head: String| {
            let origin = RawOrigin::plain()
                .script(Script::new().read_head().send(head))
                .start();
            let connected = app.open(&format!("ws://{}/", origin.address())).await;
            connected.unwrap_err().failure
        };
        let long = failing(format!("HTTP/1.1 101 x\r\nA: {}", "b".repeat(4 << 10))).await;
        assert_eq!(
            long,
            Failure::Server(ServerFault::ResponseTooLarge(Bound::HeaderBlock))
        );
        let many = failing(format!("HTTP/1.1 101 x\r\n{}", "A: b\r\n".repeat(21))).await;
        assert_eq!(
            many,
            Failure::Server(ServerFault::ResponseTooLarge(Bound::HeaderCount))
        );
    });
}
