//! Which connections serve again, and what happens when one does not.

use appnet_policy::failure::{NetworkFault, ServerFault};
use std::{net::SocketAddr, time::Duration};

use appnet_io::{ClientOptions, ConnectionLimits, DeviceNetwork};
use appnet_policy::{Failure, Policy, preset::Resend};
use appnet_testkit::{Ca, Gate, RawOrigin, Script};
use futures_util::future::select;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::{App, answer, assert_fails, method, post, run, text, url};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn a_stale_connection_is_replaced_once_for_a_request_that_may_be_repeated() {
    run(async {
        // The second request reaches the old connection, which dies of it without an answer.
        let stale = Script::reply(OK).read_head().reset();
        let origin = RawOrigin::plain()
            .script(stale)
            .script(Script::reply(OK))
            .start();
        let app = App::plain();
        assert_eq!(text(app.get(&url(&origin, "/")).await), "ok");
        let second = app.get(&url(&origin, "/")).await;
        assert!(!second.profile.socket_reused);
        assert_eq!(text(second), "ok");
        assert_eq!((origin.connections(), origin.requests().len()), (2, 3));
    });
}

#[test]
fn h4_a_post_is_sent_again_too_unless_the_policy_says_otherwise() {
    run(async {
        for (resend, connections) in [(Resend::Any, 2), (Resend::Idempotent, 1)] {
            let stale = Script::reply(OK).read_head().close();
            let origin = RawOrigin::plain()
                .script(stale)
                .script(Script::reply(OK))
                .start();
            let app = App::plain_with(Policy {
                resend,
                ..Policy::seed()
            });
            assert!(!app.get(&url(&origin, "/")).await.profile.resent);
            let exchanged = app.call(post(&url(&origin, "/"), "twice?")).await;
            match resend {
                Resend::Any => {
                    assert!(exchanged.profile.resent && !exchanged.profile.socket_reused);
                    assert!(exchanged.profile.resent_after.is_some());
                    assert_eq!(text(exchanged), "ok");
                }
                Resend::Idempotent => assert_fails(
                    exchanged,
                    Failure::Server(ServerFault::EmptyResponse),
                    "without an answer",
                ),
            }
            assert_eq!(origin.connections(), connections);
        }
    });
}

/// A server that closes after each answer, and says nothing of it.
async fn closes_after_each() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            tokio::task::spawn_local(async move {
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && tcp.read_exact(&mut byte).await.is_ok() {
                    head.push(byte[0]);
                }
                if tcp.read_exact(&mut byte).await.is_ok() {
                    tcp.write_all(OK.as_bytes()).await.unwrap();
                }
            });
        }
    });
    address
}

#[test]
fn h4_a_server_that_closes_after_each_answer_costs_no_call() {
    run(async {
        let address = closes_after_each().await;
        let app = App::plain();
        for _ in 0..500 {
            let exchanged = app.call(post(&format!("http://{address}/"), "x")).await;
            assert_eq!(text(exchanged), "ok");
        }
    });
}

#[test]
fn h4_a_misdirected_request_goes_over_another_connection_once() {
    run(async {
        let misdirected = "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 4\r\n\r\nelse";
        let again = RawOrigin::plain()
            .script(Script::reply(misdirected).read_request().send(OK))
            .script(Script::reply(OK))
            .start();
        let exchanged = App::plain().call(post(&url(&again, "/"), "x")).await;
        assert!(exchanged.profile.resent);
        assert_eq!(exchanged.profile.resent_after, None, "nothing failed");
        assert_eq!((text(exchanged).as_str(), again.connections()), ("ok", 2));
        let always = RawOrigin::plain()
            .script(Script::reply(misdirected))
            .script(Script::reply(misdirected))
            .start();
        let exchanged = App::plain().get(&url(&always, "/")).await;
        assert_eq!(exchanged.outcome.as_ref().unwrap().head.status, 421);
        assert_eq!(
            (text(exchanged).as_str(), always.connections()),
            ("else", 2)
        );
    });
}

#[test]
fn an_answer_that_has_begun_is_not_asked_for_again() {
    run(async {
        let stale = Script::reply(OK).read_head().send("HTTP/1.1 2").close();
        let origin = RawOrigin::plain()
            .script(stale)
            .script(Script::reply(OK))
            .start();
        let app = App::plain();
        answer(app.get(&url(&origin, "/")).await);
        assert_fails(
            app.get(&url(&origin, "/")).await,
            Failure::Network(NetworkFault::ConnectionReset),
            "the headers",
        );
        assert_eq!(origin.connections(), 1);
    });
}

#[test]
fn a_new_connection_that_fails_is_not_replaced() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::new().read_head().close())
            .start();
        let exchanged = App::plain().get(&url(&origin, "/")).await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::EmptyResponse),
            "without an answer",
        );
        assert_eq!(origin.connections(), 1);
    });
}

#[test]
fn the_replacement_of_a_stale_connection_is_the_last_attempt() {
    run(async {
        let stale = Script::reply(OK).read_head().close();
        let origin = RawOrigin::plain()
            .script(stale)
            .script(Script::new().read_head().close())
            .start();
        let app = App::plain();
        answer(app.get(&url(&origin, "/")).await);
        assert_fails(
            app.get(&url(&origin, "/")).await,
            Failure::Server(ServerFault::EmptyResponse),
            "without an answer",
        );
        assert_eq!(origin.connections(), 2);
    });
}

#[test]
fn a_connection_that_the_server_has_ended_is_not_used_even_for_a_post() {
    run(async {
        let gate = Gate::new();
        let origin = RawOrigin::plain()
            .script(Script::reply(OK).wait(&gate).reset())
            .script(Script::reply(OK))
            .start();
        let app = App::plain();
        answer(app.get(&url(&origin, "/")).await);
        gate.open();
        origin.closed(0).await;
        assert_eq!(text(app.call(post(&url(&origin, "/"), "x")).await), "ok");
        assert_eq!(origin.connections(), 2);
    });
}

#[test]
fn bytes_after_an_answer_end_the_connection() {
    run(async {
        for extra in ["x", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"] {
            let origin = RawOrigin::plain()
                .script(Script::reply(format!("{OK}{extra}")).repeat())
                .start();
            let app = App::plain();
            assert_eq!(text(app.get(&url(&origin, "/")).await), "ok");
            origin.closed(0).await;
            assert_eq!(text(app.get(&url(&origin, "/")).await), "ok");
            assert_eq!(origin.connections(), 2, "{extra}");
        }
    });
}

#[test]
fn a_connection_that_the_server_means_to_close_is_closed() {
    run(async {
        let reply = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
        let origin = RawOrigin::plain().script(Script::reply(reply)).start();
        let app = App::plain();
        answer(app.get(&url(&origin, "/")).await);
        origin.closed(0).await;
    });
}

#[test]
fn a_connection_is_free_again_after_every_kind_of_answer() {
    run(async {
        for (reply, verb) in [
            (OK, "GET"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "GET",
            ),
            ("HTTP/1.1 204 No Content\r\n\r\n", "DELETE"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "GET"),
            (
                "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
                "PUT",
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "POST",
            ),
        ] {
            let origin = RawOrigin::plain()
                .script(Script::reply(reply).repeat())
                .start();
            let app = App::plain();
            for _ in 0..3 {
                answer(app.call(method(verb, &url(&origin, "/"))).await);
            }
            assert_eq!(origin.connections(), 1, "{reply}");
        }
    });
}

#[test]
fn ten_calls_at_once_use_ten_connections_and_then_the_same_ones() {
    run(async {
        let gate = Gate::new();
        let script = Script::new().read_request().wait(&gate).send(OK).repeat();
        let origin = RawOrigin::plain().script(script).start();
        let app = App::plain();
        let address = url(&origin, "/");
        let all_are_here = async {
            origin.request(9).await;
            gate.open();
        };
        let calls = futures_util::future::join_all((0..10).map(|_| app.get(&address)));
        tokio::join!(calls, all_are_here)
            .0
            .into_iter()
            .for_each(|exchanged| assert_eq!(text(exchanged), "ok"));
        let calls = futures_util::future::join_all((0..10).map(|_| app.get(&address)));
        calls
            .await
            .into_iter()
            .for_each(|exchanged| assert_eq!(text(exchanged), "ok"));
        assert_eq!(origin.connections(), 10);
    });
}

#[test]
fn b7_a_client_that_is_dropped_closes_its_idle_connections() {
    run(async {
        let origin = RawOrigin::plain().script(Script::reply(OK)).start();
        let app = App::plain();
        answer(app.get(&url(&origin, "/")).await);
        assert!(origin.connection(0).unwrap().closed.is_none());
        drop(app);
        origin.closed(0).await;
    });
}

fn limited(limits: ConnectionLimits) -> App {
    let options = ClientOptions {
        limits,
        ..ClientOptions::default()
    };
    App::plain().with_options(&Ca::new(), options)
}

#[test]
fn a_connection_that_was_idle_too_long_is_closed_at_the_next_call() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(OK).repeat())
            .start();
        let app = limited(ConnectionLimits {
            idle_timeout: Duration::ZERO,
            ..ConnectionLimits::default()
        });
        answer(app.get(&url(&origin, "/")).await);
        answer(app.get(&url(&origin, "/")).await);
        origin.closed(0).await;
        assert_eq!(origin.connections(), 2);
    });
}

#[test]
fn after_the_device_has_moved_no_connection_of_before_serves_again() {
    run(async {
        let gate = Gate::new();
        let held = Script::new().read_request().wait(&gate).send(OK).repeat();
        let origin = RawOrigin::plain()
            .script(held)
            .script(Script::reply(OK).repeat())
            .start();
        let network = DeviceNetwork::default();
        let options = ClientOptions {
            network: network.clone(),
            ..ClientOptions::default()
        };
        let app = App::plain().with_options(&Ca::new(), options);
        let address = url(&origin, "/");
        let moves = async {
            origin.request(0).await;
            network.moved();
            assert_eq!(text(app.get(&address).await), "ok");
            assert_eq!(origin.connections(), 2);
            gate.open();
        };
        // What is under way goes on.
        let (under_way, ()) = tokio::join!(app.get(&address), moves);
        assert_eq!(text(under_way), "ok");
        origin.closed(0).await;
        assert_eq!(text(app.get(&address).await), "ok");
        assert_eq!(origin.connections(), 2);
        network.moved();
        assert_eq!(text(app.get(&address).await), "ok");
        origin.closed(1).await;
        assert_eq!(origin.connections(), 3);
    });
}

#[test]
fn idle_connections_over_the_limit_are_closed() {
    run(async {
        let gate = Gate::new();
        let script = Script::new().read_request().wait(&gate).send(OK).repeat();
        let origin = RawOrigin::plain().script(script).start();
        let app = limited(ConnectionLimits {
            idle_per_origin: 1,
            ..ConnectionLimits::default()
        });
        let address = url(&origin, "/");
        let both_are_here = async {
            origin.request(1).await;
            gate.open();
        };
        let (first, second, ()) = tokio::join!(app.get(&address), app.get(&address), both_are_here);
        assert_eq!(
            (text(first), text(second)),
            ("ok".to_owned(), "ok".to_owned())
        );
        select(Box::pin(origin.closed(0)), Box::pin(origin.closed(1))).await;
        assert_eq!(text(app.get(&address).await), "ok");
        assert_eq!(origin.connections(), 2);
    });
}
