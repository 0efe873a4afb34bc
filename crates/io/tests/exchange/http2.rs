//! R6: HTTP/2, when it is asked for and the server has it.

use appnet_policy::failure::{NetworkFault, ServerFault};
use appnet_policy::{
    Failure, Policy, exchange::HttpVersion, failure::Bound, prepare::RequestOptions,
};
use appnet_testkit::{Ca, Gate, HttpOrigin, RawOrigin, Reply, Request, Script};
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::support::{
    App, HOST, answer, assert_fails, http2, method, options, post, run, text, text_of,
};

fn origin(ca: &Ca, handler: impl Fn(&Request<'_>) -> Reply + Send + Sync + 'static) -> HttpOrigin {
    HttpOrigin::tls(ca.issue(&[HOST]).http2())
        .start(handler)
        .unwrap()
}

fn get() -> RequestOptions {
    http2(options(&format!("https://{HOST}/x?y=1")))
}

#[test]
fn r6_a_call_over_http2_brings_its_answer() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |request| {
            Reply::json(format!("\"{} {}\"", request.method, request.target))
                .header("Set-Cookie", "a=1")
                .header("Set-Cookie", "b=2")
        });
        let app = App::new(&ca, origin.port());
        let exchanged = app.call(get()).await;
        assert_eq!(
            (exchanged.profile.protocol, exchanged.profile.hops),
            (Some("h2"), 0)
        );
        assert!(exchanged.profile.request.is_some() && exchanged.profile.response.is_some());
        assert!(exchanged.profile.sent_bytes > 0 && exchanged.profile.received_bytes > 0);
        let answer = answer(exchanged);
        assert_eq!(answer.head.version, HttpVersion::Http2);
        let cookies: Vec<_> = answer
            .head
            .headers
            .iter()
            .filter(|header| header.name == "set-cookie")
            .collect();
        assert_eq!(
            (cookies[0].value.as_str(), cookies[1].value.as_str()),
            ("a=1", "b=2")
        );
        assert_eq!(text_of(&answer), "\"GET /x?y=1\"");
    });
}

#[test]
fn ten_cold_calls_share_one_connection() {
    run(async {
        let ca = Ca::new();
        let gate = Gate::new();
        let held = gate.clone();
        let origin = origin(&ca, move |_| Reply::text("ok").hold(&held));
        let app = App::new(&ca, origin.port());
        let calls = join_all((0..10).map(|_| app.call(get())));
        let open = async {
            origin.until(|counts| counts.in_flight == 10).await;
            gate.open();
        };
        let (exchanged, ()) = tokio::join!(calls, open);
        let cold = exchanged
            .iter()
            .filter(|exchanged| !exchanged.profile.socket_reused)
            .count();
        assert_eq!((cold, origin.counts().connections), (1, 1));
        exchanged
            .into_iter()
            .for_each(|exchanged| assert_eq!(text(exchanged), "ok"));
    });
}

#[test]
fn cold_calls_to_a_server_without_http2_wait_for_one_handshake_and_then_connect_at_once() {
    run(async {
        let ca = Ca::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app = App::new(&ca, listener.local_addr().unwrap().port());
        let acceptor = TlsAcceptor::from(ca.issue(&[HOST]).http1());
        let serve = async {
            let (first, _) = listener.accept().await.unwrap();
            let first = acceptor.accept(first).await.unwrap();
            // None of the others gets its handshake before all of them are here.
            let mut others = Vec::new();
            while others.len() < 9 {
                others.push(listener.accept().await.unwrap().0);
            }
            answer_all(first, &acceptor, others).await
        };
        let (exchanged, _connections) =
            tokio::join!(join_all((0..10).map(|_| app.call(get()))), serve);
        for exchanged in exchanged {
            assert_eq!(exchanged.profile.protocol, Some("http/1.1"));
            assert_eq!(text(exchanged), "ok");
        }
    });
}

async fn answer_all(
    first: TlsStream<TcpStream>,
    acceptor: &TlsAcceptor,
    others: Vec<TcpStream>,
) -> Vec<TlsStream<TcpStream>> {
    let handshakes = join_all(others.into_iter().map(|tcp| acceptor.accept(tcp))).await;
    let mut connections: Vec<_> = handshakes
        .into_iter()
        .map(Result::unwrap)
        .chain([first])
        .collect();
    for connection in &mut connections {
        let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        connection.read_u8().await.unwrap();
        connection.write_all(reply).await.unwrap();
        connection.flush().await.unwrap();
    }
    connections
}

#[test]
fn a_server_without_http2_is_spoken_to_in_http1() {
    run(async {
        let ca = Ca::new();
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(ok).repeat())
            .start();
        let app = App::new(&ca, origin.port());
        for _ in 0..2 {
            let exchanged = app.call(get()).await;
            assert_eq!(exchanged.profile.protocol, Some("http/1.1"));
            assert_eq!(text(exchanged), "ok");
        }
        assert_eq!(origin.connections(), 1);
    });
}

#[test]
fn a_connection_of_http2_serves_no_call_that_did_not_ask_for_it() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |_| Reply::text("ok"));
        let app = App::new(&ca, origin.port());
        assert_eq!(app.call(get()).await.profile.protocol, Some("h2"));
        assert_eq!(
            app.call(options(&format!("https://{HOST}/")))
                .await
                .profile
                .protocol,
            Some("http/1.1")
        );
        assert_eq!(app.call(get()).await.profile.protocol, Some("h2"));
        assert_eq!(origin.counts().connections, 2);
    });
}

#[test]
fn bodies_pass_both_ways_over_http2() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |request| Reply::text(request.body.to_vec()));
        let app = App::new(&ca, origin.port());
        let body = "0123456789".repeat(300_000);
        let exchanged = app
            .call(http2(post(&format!("https://{HOST}/"), body.clone())))
            .await;
        assert!(text(exchanged) == body);
    });
}

#[test]
fn the_answer_to_head_over_http2_has_no_body() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |_| Reply::text("never seen"));
        let call = http2(method("HEAD", &format!("https://{HOST}/")));
        assert_eq!(text(App::new(&ca, origin.port()).call(call).await), "");
    });
}

#[test]
fn a_body_cut_short_over_http2_is_a_failure() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |_| Reply::text("x".repeat(1000)).cut_after(10));
        let exchanged = App::new(&ca, origin.port()).call(get()).await;
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::ConnectionReset),
            "",
        );
    });
}

#[test]
fn p6_the_headers_of_http2_are_bounded_too() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |_| {
            (0..20).fold(Reply::status(200), |reply, n| {
                reply.header(format!("x-{n}"), "y".repeat(100))
            })
        });
        for (count, bytes, bound) in [
            (10, 100_000, Bound::HeaderCount),
            (100, 1000, Bound::HeaderBlock),
        ] {
            let mut policy = Policy::seed();
            policy.limits.header_count = count;
            policy.limits.header_bytes = bytes;
            let exchanged = App::with(&ca, origin.port(), policy, |_| {})
                .call(get())
                .await;
            assert_fails(
                exchanged,
                Failure::Server(ServerFault::ResponseTooLarge(bound)),
                "over the bound",
            );
        }
    });
}

#[test]
fn c4_a_call_over_http2_that_is_given_up_leaves_the_others_alone() {
    run(async {
        let ca = Ca::new();
        let gate = Gate::new();
        let held = gate.clone();
        let origin = origin(&ca, move |request| match request.path() {
            "/held" => Reply::text("held").hold(&held),
            _ => Reply::text("ok"),
        });
        let app = App::new(&ca, origin.port());
        let url = |path: &str| http2(options(&format!("https://{HOST}{path}")));
        answer(app.call(url("/")).await);
        let given_up = app.call(url("/held"));
        let kept = app.call(url("/held"));
        let (_, kept) = tokio::join!(
            async {
                let both_are_here = origin.until(|counts| counts.in_flight == 2);
                let waiting =
                    futures_util::future::select(Box::pin(given_up), Box::pin(both_are_here)).await;
                assert!(matches!(waiting, futures_util::future::Either::Right(_)));
                drop(waiting);
                gate.open();
            },
            kept
        );
        assert_eq!(text(kept), "held");
        assert_eq!(text(app.call(url("/")).await), "ok");
    });
}

#[test]
fn b7_a_client_that_is_dropped_closes_its_http2_connection() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca, |_| Reply::text("ok"));
        let app = App::new(&ca, origin.port());
        answer(app.call(get()).await);
        drop(app);
        origin.until(|counts| counts.open == 0).await;
        assert_eq!(origin.counts().requests, 1);
    });
}
