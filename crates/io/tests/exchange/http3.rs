//! HTTP/3 (RFC 9114), found by `Alt-Svc` (RFC 7838), beside HTTP/2 and HTTP/1.1.

use std::time::Duration;

use appnet_io::{ClientOptions, Exchanged};
use appnet_policy::{
    Failure, Policy,
    exchange::HttpVersion,
    failure::{Bound, NetworkFault, ServerFault},
    prepare::RequestOptions,
};
use appnet_testkit::{Ca, Gate, HttpOrigin, Reply, Request, http::filler};
use bytes::Bytes;

use crate::support::{App, HOST, answer, assert_fails, http2, method, options, post, run, text};

/// An origin that speaks everything and says so.
fn origin(ca: &Ca, handler: impl Fn(&Request<'_>) -> Reply + Send + Sync + 'static) -> HttpOrigin {
    let leaf = ca.issue(&[HOST]);
    HttpOrigin::tls(leaf.http2())
        .http3(leaf.http3())
        .start(move |request| handler(request).header("alt-svc", r#"h3=":443"; ma=600"#))
        .unwrap()
}

fn url(path: &str) -> String {
    format!("https://{HOST}{path}")
}

fn quic(call: RequestOptions) -> RequestOptions {
    RequestOptions {
        enable_quic: true,
        ..call
    }
}

fn get(path: &str) -> RequestOptions {
    quic(options(&url(path)))
}

fn protocol(exchanged: &Exchanged) -> &str {
    exchanged.profile.protocol.unwrap_or("none")
}

/// An app that knows already that its server speaks HTTP/3.
async fn told(ca: &Ca, origin: &HttpOrigin) -> App {
    told_with(ca, origin, Policy::seed()).await
}

async fn told_with(ca: &Ca, origin: &HttpOrigin, policy: Policy) -> App {
    let app = App::with(ca, origin.port(), policy, |_| {});
    let exchanged = app.call(get("/")).await;
    assert_eq!(protocol(&exchanged), "http/1.1");
    app
}

#[test]
fn r6_http3_is_spoken_when_asked_for_with_a_server_that_says_it_does() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |request| Reply::text(request.path().to_owned()));
        let app = told(&ca, &origin).await;
        let exchanged = app.call(get("/a")).await;
        assert_eq!(protocol(&exchanged), "h3");
        let profile = &exchanged.profile;
        assert_eq!(profile.peer, Some(origin.address()));
        assert_eq!(profile.tls_version, Some("TLSv1.3"));
        assert!(profile.connect.is_some() && profile.response.is_some() && !profile.socket_reused);
        assert!(profile.sent_bytes > 0 && profile.received_bytes > 0);
        assert_eq!(answer(exchanged).head.version, HttpVersion::Http3);
        let exchanged = app.call(get("/b")).await;
        assert_eq!(
            (protocol(&exchanged), exchanged.profile.socket_reused),
            ("h3", true)
        );
        assert_eq!(text(exchanged), "/b");
        // Who does not ask for it does not get it.
        assert_eq!(protocol(&app.call(options(&url("/"))).await), "http/1.1");
        assert_eq!(protocol(&app.call(http2(options(&url("/")))).await), "h2");
    });
}

#[test]
fn a_server_that_the_host_names_is_spoken_with_over_http3_from_the_first_call_on() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |_| Reply::text("ok"));
        let options = ClientOptions {
            http3_servers: vec![(HOST.to_owned(), 443)],
            ..ClientOptions::default()
        };
        let app = App::new(&ca, origin.port()).with_options(&ca, options);
        assert_eq!(protocol(&app.call(get("/")).await), "h3");
    });
}

#[test]
fn b7_a_client_that_is_gone_has_closed_its_connection() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |_| Reply::text("ok"));
        let app = told(&ca, &origin).await;
        assert_eq!(protocol(&app.call(get("/")).await), "h3");
        assert_eq!(origin.counts().open, 2);
        drop(app);
        origin.until(|counts| counts.open == 0).await;
    });
}

#[test]
fn k3_what_one_app_was_told_another_does_not_know() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |_| Reply::text("ok"));
        let first = told(&ca, &origin).await;
        let second = told(&ca, &origin).await;
        for app in [first, second] {
            assert_eq!(protocol(&app.call(get("/")).await), "h3");
        }
    });
}

#[test]
fn rfc7838_clear_and_an_age_that_is_over_end_it() {
    run(async {
        let ca = Ca::new();
        let leaf = ca.issue(&[HOST]);
        let origin = HttpOrigin::tls(leaf.http2())
            .http3(leaf.http3())
            .start(|request| {
                let said = match request.path() {
                    "/clear" => "clear",
                    "/over" => r#"h3=":443"; ma=0"#,
                    _ => r#"h3=":443"; ma=600"#,
                };
                Reply::text("ok").header("alt-svc", said)
            })
            .unwrap();
        let app = told(&ca, &origin).await;
        for end in ["/clear", "/over"] {
            assert_eq!(protocol(&app.call(get(end)).await), "h3");
            assert_eq!(protocol(&app.call(get("/")).await), "http/1.1");
        }
        assert_eq!(protocol(&app.call(get("/")).await), "h3");
    });
}

#[test]
fn without_an_answer_by_udp_tcp_serves_the_call_and_quic_rests() {
    run(async {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&[HOST]).http2())
            .start(|_| Reply::text("ok").header("alt-svc", r#"h3=":443""#))
            .unwrap();
        // Nobody reads what comes there.
        let _silent = std::net::UdpSocket::bind(origin.address()).unwrap();
        let app = told(&ca, &origin).await;
        let exchanged = app.call(http2(get("/"))).await;
        assert_eq!(protocol(&exchanged), "h2");
        assert_eq!(text(exchanged), "ok");
        let exchanged = app.call(get("/")).await;
        assert_eq!(protocol(&exchanged), "http/1.1");
        assert!(exchanged.profile.socket_reused); // QUIC was not tried again
    });
}

#[test]
fn k1_a_certificate_that_is_not_trusted_is_not_trusted_over_quic_either() {
    run(async {
        let ca = Ca::new();
        let forged = Ca::new().issue(&[HOST]).http3();
        let origin = HttpOrigin::tls(ca.issue(&[HOST]).http2())
            .http3(forged)
            .start(|_| Reply::text("ok").header("alt-svc", r#"h3=":443""#))
            .unwrap();
        let app = told(&ca, &origin).await;
        let exchanged = app.call(get("/")).await;
        assert_eq!(protocol(&exchanged), "http/1.1");
        assert_eq!(text(exchanged), "ok");
    });
}

#[test]
fn bodies_go_both_ways_whole() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |request| {
            Reply::ok("application/octet-stream", request.body.to_vec())
        });
        let app = told(&ca, &origin).await;
        let body = Bytes::from(filler::bytes(5 << 20));
        let mut call = quic(post(&url("/"), body.clone()));
        call.response_type = appnet_policy::exchange::ResponseType::ArrayBuffer;
        let exchanged = app.call(call).await;
        assert_eq!(protocol(&exchanged), "h3");
        let received = answer(exchanged);
        let appnet_policy::exchange::Data::Bytes(received) = received.data() else {
            panic!("bytes were asked for");
        };
        assert!(*received == body);
        let exchanged = app.call(quic(method("HEAD", &url("/")))).await;
        assert_eq!(text(exchanged), "");
    });
}

#[test]
fn c4_a_call_that_is_given_up_loses_its_stream_and_not_the_connection() {
    run(async {
        let ca = Ca::new();
        let gate = Gate::new();
        let held = gate.clone();
        let origin = origin(&ca, move |request| match request.path() {
            "/held" => Reply::text("late").hold(&held),
            _ => Reply::text("ok"),
        });
        let app = told(&ca, &origin).await;
        assert_eq!(protocol(&app.call(get("/")).await), "h3");
        let call = app.call(get("/held"));
        let given_up = tokio::time::timeout(Duration::from_millis(50), call).await;
        assert!(given_up.is_err());
        let exchanged = app.call(get("/")).await;
        assert_eq!(
            (protocol(&exchanged), exchanged.profile.socket_reused),
            ("h3", true)
        );
    });
}

#[test]
fn p6_heads_and_bodies_have_the_bounds_of_the_policy() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |request| match request.path() {
            "/long" => Reply::text("ok").header("x-long", "x".repeat(10_400)),
            "/many" => (0..40).fold(Reply::text("ok"), |reply, n| {
                reply.header(format!("x-{n}"), "1")
            }),
            "/body" => Reply::text("").filler(1 << 20),
            _ => Reply::text("ok"),
        });
        let mut policy = Policy::seed();
        policy.limits.header_bytes = 10_000;
        policy.limits.header_count = 30;
        policy.limits.body_bytes = 1 << 16;
        let app = told_with(&ca, &origin, policy).await;
        for (path, bound) in [
            ("/long", Bound::HeaderBlock),
            ("/many", Bound::HeaderCount),
            ("/body", Bound::Body),
        ] {
            // What is wrong with an answer lets HTTP/3 rest: each bound has an app of its own.
            let app_ = told_with(&ca, &origin, app.rules.policy().as_ref().clone()).await;
            let exchanged = app_.call(get(path)).await;
            assert_eq!(protocol(&exchanged), "h3", "{path}");
            let failure = Failure::Server(ServerFault::ResponseTooLarge(bound));
            assert_fails(exchanged, failure, "bound");
        }
    });
}

#[test]
fn an_answer_that_breaks_off_is_not_whole() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |request| match request.path() {
            "/cut" => Reply::text("").filler(1 << 20).cut_after(1000),
            _ => Reply::text("ok"),
        });
        let app = told(&ca, &origin).await;
        let exchanged = app.call(get("/cut")).await;
        assert_eq!(protocol(&exchanged), "h3");
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::ConnectionReset),
            "",
        );
    });
}

#[test]
fn h4_a_server_that_takes_no_more_requests_over_quic_is_asked_over_tcp() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |request| match request.path() {
            "/leave" => Reply::text("bye").close(),
            path => Reply::text(path.to_owned()),
        });
        let app = told(&ca, &origin).await;
        let exchanged = app.call(get("/leave")).await;
        assert_eq!(protocol(&exchanged), "h3");
        assert_eq!(text(exchanged), "bye");
        let exchanged = app.call(quic(post(&url("/again"), "x"))).await;
        assert_eq!(protocol(&exchanged), "http/1.1");
        assert!(exchanged.profile.resent);
        assert_eq!(text(exchanged), "/again");
    });
}
