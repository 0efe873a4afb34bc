//! A connection of HTTP/2 on which nothing comes any more, and nobody says so.

use std::time::Duration;

use appnet_io::{ConnectionLimits, Exchanged, SilenceLimits};
use appnet_policy::{Failure, Policy, failure::NetworkFault, preset::Resend};

use crate::{
    raw_http2::{ACK, DATA, END_HEADERS, END_STREAM, HEADERS, OK, PING, RawHttp2, RawHttp2Origin},
    support::{App, HOST, answer, assert_fails, get_http2, http2, post, run, text},
};

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        silence: SilenceLimits {
            ask_after: Duration::from_millis(200),
            answer_within: Duration::from_millis(800),
        },
        ..ConnectionLimits::default()
    }
}

const SILENT: &str = "the connection fell silent: no answer to a PING within 800ms";

/// An app, and the first connection of it, which has served a call.
async fn served(origin: &RawHttp2Origin, policy: Policy) -> (App, RawHttp2) {
    let app = origin.app_limited(policy, limits());
    let serve = async {
        let mut server = origin.accept(&[]).await;
        ok(&mut server).await;
        server
    };
    let (exchanged, server) = tokio::join!(app.call(get_http2()), serve);
    answer(exchanged);
    (app, server)
}

/// Answers the next request.
async fn ok(server: &mut RawHttp2) {
    let stream = server.request().await;
    server.send(HEADERS, END_HEADERS, stream, OK).await;
    server.send(DATA, END_STREAM, stream, b"ok").await;
}

#[test]
fn h4_calls_on_a_connection_that_fell_silent_are_sent_again_on_another() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let (app, mut silent) = served(&origin, Policy::seed()).await;
        let serve = async {
            silent.request().await;
            silent.request().await;
            let mut server = origin.accept(&[]).await;
            for _ in 0..3 {
                ok(&mut server).await;
            }
            server
        };
        let calls = async {
            let post = http2(post(&format!("https://{HOST}/"), "x"));
            let (get, post) = tokio::join!(app.call(get_http2()), app.call(post));
            for exchanged in [get, post] {
                assert!(exchanged.profile.resent);
                assert_eq!(text(exchanged), "ok");
            }
            let later = app.call(get_http2()).await;
            assert!(later.profile.socket_reused && !later.profile.resent);
            assert_eq!(text(later), "ok");
        };
        tokio::join!(calls, serve);
    });
}

/// Nobody has seen the second call, which waits for its stream: it is sent again whatever it is.
#[test]
fn h4_h5_a_call_that_waits_for_a_stream_leaves_a_connection_that_fell_silent() {
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app_limited(Policy::seed(), limits());
        let serve = async {
            let mut silent = origin.accept(&[(MAX_CONCURRENT_STREAMS, 1)]).await;
            silent.request().await;
            ok(&mut origin.accept(&[]).await).await;
            silent
        };
        let post = http2(post(&format!("https://{HOST}/"), "x"));
        let (first, second, _silent) = tokio::join!(app.call(get_http2()), app.call(post), serve);
        assert_silent(first);
        assert!(second.profile.resent);
        assert_eq!(text(second), "ok");
    });
}

#[test]
fn h4_a_post_on_a_connection_that_fell_silent_fails_where_the_policy_says_so() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let policy = Policy {
            resend: Resend::Idempotent,
            ..Policy::seed()
        };
        let (app, mut silent) = served(&origin, policy).await;
        let call = app.call(http2(post(&format!("https://{HOST}/"), "x")));
        let (exchanged, ()) = tokio::join!(call, silent.closed());
        assert_silent(exchanged);
    });
}

#[test]
fn h4_a_call_that_has_some_of_its_answer_fails_when_its_connection_falls_silent() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let (app, mut silent) = served(&origin, Policy::seed()).await;
        let some = async {
            let stream = silent.request().await;
            silent.send(HEADERS, END_HEADERS, stream, OK).await;
            silent.send(DATA, 0, stream, b"o").await;
            silent.closed().await;
        };
        let (exchanged, ()) = tokio::join!(app.call(get_http2()), some);
        assert_silent(exchanged);
    });
}

#[test]
fn h4_a_call_on_a_connection_that_was_silent_from_the_first_fails() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app_limited(Policy::seed(), limits());
        let silent = async { origin.accept(&[]).await.closed().await };
        let (exchanged, ()) = tokio::join!(app.call(get_http2()), silent);
        assert_silent(exchanged);
    });
}

/// Half of an upload is out, and the server gives no window for the rest.
#[test]
fn an_upload_whose_server_fell_silent_fails_too() {
    const INITIAL_WINDOW_SIZE: u16 = 4;
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app_limited(Policy::seed(), limits());
        let silent = async {
            let mut server = origin.accept(&[(INITIAL_WINDOW_SIZE, 1000)]).await;
            server.request().await;
            server.until(DATA).await;
            server.until(PING).await;
            server.closed().await;
        };
        let upload = http2(post(&format!("https://{HOST}/"), "x".repeat(2000)));
        let (exchanged, ()) = tokio::join!(app.call(upload), silent);
        assert_silent(exchanged);
    });
}

/// A long poll: the server has nothing to say for longer than a silent one is waited for.
#[test]
fn a_server_that_answers_pings_is_waited_for() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let (app, mut server) = served(&origin, Policy::seed()).await;
        let wait = async {
            let stream = server.request().await;
            // 200 ms, twice and four times as long.
            for _ in 0..3 {
                let ping = server.until(PING).await;
                server.send(PING, ACK, 0, &ping.payload).await;
            }
            server.send(HEADERS, END_HEADERS, stream, OK).await;
            server.send(DATA, END_STREAM, stream, b"late").await;
        };
        let (exchanged, ()) = tokio::join!(app.call(get_http2()), wait);
        assert!(!exchanged.profile.resent);
        assert_eq!(text(exchanged), "late");
    });
}

/// It breaks RFC 9113 §6.7. What it says is a sign of life all the same; when it says nothing, it is left as any other.
#[test]
fn a_server_that_answers_no_ping_is_kept_as_long_as_it_says_something() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let (app, mut server) = served(&origin, Policy::seed()).await;
        let serve = async {
            let stream = server.request().await;
            server.send(HEADERS, END_HEADERS, stream, OK).await;
            server.until(PING).await;
            server.send(DATA, END_STREAM, stream, b"late").await;
            ok(&mut server).await;
            server.closed().await;
            ok(&mut origin.accept(&[]).await).await;
        };
        let calls = async {
            for (expected, resent) in [("late", false), ("ok", false), ("ok", true)] {
                let exchanged = app.call(get_http2()).await;
                assert_eq!(exchanged.profile.resent, resent);
                assert_eq!(text(exchanged), expected);
            }
        };
        tokio::join!(calls, serve);
    });
}

#[track_caller]
fn assert_silent(exchanged: Exchanged) {
    let failure = Failure::Network(NetworkFault::ConnectionReset);
    assert_fails(exchanged, failure, SILENT);
}
