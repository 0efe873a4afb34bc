//! How a connection of HTTP/2 ends, and which calls may be sent again.

use appnet_policy::failure::NetworkFault;
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::SeqCst},
};

use appnet_policy::{Failure, Policy, preset::Resend};
use appnet_testkit::Ca;
use bytes::Bytes;
use h2::{Reason, RecvStream, server::SendResponse};
use http::{Request, Response};
use rustls::ServerConfig;
use tokio::{net::TcpListener, sync::oneshot};
use tokio_rustls::TlsAcceptor;

use crate::files::{FilesApp, Odd};
use crate::support::{App, HOST, answer, assert_fails, get_http2, http2, post, run, text};

/// What a server does with its first connection; every other one answers `ok`.
#[derive(Clone, Copy, PartialEq)]
enum First {
    /// Answers one request and says GOAWAY after it.
    GoesAway,
    /// Answers one request and closes on the second.
    ClosesOnTheSecond,
    /// Answers one request and refuses the second unprocessed.
    RefusesTheSecond,
    /// Refuses every request unprocessed.
    RefusesAll,
}

/// The server's address, and a word when its first connection is over.
async fn serve(config: Arc<ServerConfig>, first: First) -> (SocketAddr, oneshot::Receiver<()>) {
    let (over, is_over) = oneshot::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut over = Some(over);
    tokio::task::spawn_local(async move {
        for number in 0.. {
            let (tcp, _) = listener.accept().await.unwrap();
            let tls = TlsAcceptor::from(Arc::clone(&config))
                .accept(tcp)
                .await
                .unwrap();
            let connection = h2::server::handshake(tls).await.unwrap();
            let first = (number == 0 || first == First::RefusesAll).then_some(first);
            let over = over.take();
            tokio::task::spawn_local(async move {
                play(connection, first).await;
                drop(over);
            });
        }
    });
    (address, is_over)
}

type Connection =
    h2::server::Connection<tokio_rustls::server::TlsStream<tokio::net::TcpStream>, Bytes>;

async fn play(mut connection: Connection, first: Option<First>) {
    let mut served = 0;
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        match (first, served) {
            (Some(First::RefusesAll), _) | (Some(First::RefusesTheSecond), 1) => {
                respond.send_reset(Reason::REFUSED_STREAM)
            }
            (Some(First::GoesAway), _) => {
                read_and_answer(request, respond);
                connection.graceful_shutdown();
            }
            (Some(First::ClosesOnTheSecond), 1) => return,
            _ => read_and_answer(request, respond),
        }
        served += 1;
    }
}

fn read_and_answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    tokio::task::spawn_local(async move {
        let mut body = request.into_body();
        while let Some(Ok(data)) = body.data().await {
            body.flow_control().release_capacity(data.len()).unwrap();
        }
        ok(&mut respond);
    });
}

fn ok(respond: &mut SendResponse<Bytes>) {
    let response = Response::builder().header("x", "y").body(()).unwrap();
    let mut body = respond.send_response(response, false).unwrap();
    body.send_data(Bytes::from_static(b"ok"), true).unwrap();
}

async fn app(first: First) -> (App, oneshot::Receiver<()>) {
    let ca = Ca::new();
    let (address, is_over) = serve(ca.issue(&[HOST]).http2(), first).await;
    (App::new(&ca, address.port()), is_over)
}

#[test]
fn a_connection_that_the_server_ends_is_replaced() {
    run(async {
        for first in [First::GoesAway, First::ClosesOnTheSecond] {
            let (app, _) = app(first).await;
            for _ in 0..3 {
                assert_eq!(text(app.call(get_http2()).await), "ok");
            }
        }
    });
}

#[test]
fn a_connection_that_the_server_has_ended_is_not_used_even_for_a_post() {
    run(async {
        let (app, is_over) = app(First::GoesAway).await;
        answer(app.call(get_http2()).await);
        // Both sides are done with it when the server has seen our close.
        is_over.await.unwrap_err();
        let exchanged = app
            .call(http2(post(&format!("https://{HOST}/"), "x")))
            .await;
        assert!(!exchanged.profile.socket_reused);
        assert_eq!(text(exchanged), "ok");
    });
}

#[test]
fn h4_a_post_whose_connection_ends_without_a_word_is_sent_again_if_the_policy_lets_it() {
    run(async {
        for resend in [Resend::Any, Resend::Idempotent] {
            let ca = Ca::new();
            let (address, _) = serve(ca.issue(&[HOST]).http2(), First::ClosesOnTheSecond).await;
            let policy = Policy {
                resend,
                ..Policy::seed()
            };
            let app = App::with(&ca, address.port(), policy, |_| {});
            answer(app.call(get_http2()).await);
            let post = http2(post(&format!("https://{HOST}/"), "x"));
            let exchanged = app.call(post).await;
            match resend {
                Resend::Any => {
                    assert!(exchanged.profile.resent);
                    assert_eq!(text(exchanged), "ok");
                }
                Resend::Idempotent => assert_fails(
                    exchanged,
                    Failure::Network(NetworkFault::ConnectionReset),
                    "",
                ),
            }
        }
    });
}

#[test]
fn a_request_that_the_server_refuses_unprocessed_is_sent_again_whatever_it_is() {
    run(async {
        let (app, _) = app(First::RefusesTheSecond).await;
        answer(app.call(get_http2()).await);
        assert_eq!(
            text(
                app.call(http2(post(&format!("https://{HOST}/"), "x")))
                    .await
            ),
            "ok"
        );
    });
}

#[test]
fn an_upload_that_is_refused_unprocessed_is_read_again_from_its_start() {
    run(async {
        let ca = Ca::new();
        let (address, _) = serve(ca.issue(&[HOST]).http2(), First::RefusesTheSecond).await;
        let file = Arc::new(Odd::file(|| Box::new(&b"content"[..]), 7));
        let app = FilesApp::tls(&ca, address.port()).with_files_and_trust(&ca, file.clone());
        for opened in [1, 3] {
            let mut call = app.upload_call(&format!("https://{HOST}/"), "wxfile://usr/a");
            call.request.http2 = true;
            let (exchanged, seen) = app.run(call).await;
            assert_eq!(text(exchanged), "ok");
            assert!(seen.progress.last().unwrap().is_complete());
            assert_eq!(file.opened.load(SeqCst), opened);
        }
    });
}

#[test]
fn a_server_that_refuses_again_has_the_last_word() {
    run(async {
        assert_fails(
            app(First::RefusesAll).await.0.call(get_http2()).await,
            Failure::Network(NetworkFault::ConnectionReset),
            "",
        );
    });
}
