//! H5: what a server of HTTP/2 may do to us, and how calls share its streams.

use std::time::Duration;

use appnet_io::Listener;
use appnet_policy::{
    Failure,
    exchange::ReceivedBody,
    failure::{NetworkFault, ServerFault},
    prepare::RequestOptions,
};
use bytes::Bytes;
use futures_util::future::join_all;

use crate::{
    raw_http2::{
        DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, OK, PING, RESET, RawHttp2Origin, SETTINGS,
        frame,
    },
    support::{HOST, answer, assert_fails, get_http2, http2, post, run, text},
};

const MAX_CONCURRENT_STREAMS: u16 = 3;

/// The frame to send again and again, for the stream of a call.
type Flood = fn(u32) -> Vec<u8>;

#[test]
fn h5_calls_wait_for_a_stream_however_few_there_are_and_use_one_connection() {
    run(async {
        for most in [1, 2] {
            let origin = RawHttp2Origin::listen().await;
            let app = origin.app();
            let serve = async {
                let mut server = origin.accept(&[(MAX_CONCURRENT_STREAMS, most)]).await;
                let mut open = Vec::new();
                let mut served = 0;
                while served < 12 {
                    open.push(server.request().await);
                    assert!(open.len() <= most as usize);
                    if open.len() == most as usize {
                        for stream in open.drain(..) {
                            server.answer(stream, "ok").await;
                            served += 1;
                        }
                    }
                }
                server
            };
            let (exchanged, _server) =
                tokio::join!(join_all((0..12).map(|_| app.call(get_http2()))), serve);
            for exchanged in exchanged {
                assert_eq!(text(exchanged), "ok");
            }
        }
    });
}

#[test]
fn h5_a_call_that_waits_for_a_stream_can_be_given_up() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app();
        let (gone, is_gone) = tokio::sync::oneshot::channel();
        let serve = async {
            let mut server = origin.accept(&[(MAX_CONCURRENT_STREAMS, 1)]).await;
            let first = server.request().await;
            is_gone.await.unwrap();
            server.answer(first, "first").await;
            let last = server.request().await;
            server.answer(last, "last").await;
            server
        };
        let calls = async {
            let first = app.call(get_http2());
            let waiting = async {
                let given_up =
                    tokio::time::timeout(Duration::from_millis(50), app.call(get_http2())).await;
                assert!(given_up.is_err());
                gone.send(()).unwrap();
            };
            let (first, ()) = tokio::join!(first, waiting);
            (first, app.call(get_http2()).await)
        };
        let ((first, last), _server) = tokio::join!(calls, serve);
        assert_eq!(
            (text(first).as_str(), text(last).as_str()),
            ("first", "last")
        );
    });
}

#[test]
fn h5_floods_end_the_connection() {
    run(async {
        let empty_data = |stream| frame(DATA, 0, stream, b"");
        let floods: [(&str, Flood); 5] = [
            ("ping", |_| frame(PING, 0, 0, b"12345678")),
            ("settings", |_| frame(SETTINGS, 0, 0, b"")),
            ("reset", |_| frame(RESET, 0, 99, &[0; 4])),
            ("data", empty_data),
            ("interim", |stream| {
                frame(HEADERS, END_HEADERS, stream, b"\x48\x03103")
            }),
        ];
        for (name, flood) in floods {
            let origin = RawHttp2Origin::listen().await;
            let app = origin.app();
            let serve = async {
                let mut server = origin.accept(&[]).await;
                let stream = server.request().await;
                if name == "data" {
                    server.send(HEADERS, END_HEADERS, stream, OK).await;
                }
                let frames = flood(stream).repeat(100);
                while server.try_send(&frames).await {}
            };
            let (exchanged, ()) = tokio::join!(app.call(get_http2()), serve);
            assert_fails(
                exchanged,
                Failure::Server(ServerFault::MalformedResponse),
                "",
            );
        }
    });
}

#[test]
fn h5_an_idle_connection_that_talks_is_closed() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app();
        let serve = async {
            let mut server = origin.accept(&[]).await;
            let stream = server.request().await;
            server.answer(stream, "ok").await;
            // A keep-alive or two is nothing, but this one goes on.
            while server.try_send(&frame(PING, 0, 0, b"12345678")).await {
                tokio::task::yield_now().await;
            }
        };
        let (exchanged, ()) = tokio::join!(app.call(get_http2()), serve);
        assert_eq!(text(exchanged), "ok");
    });
}

/// Takes nothing until it is told to.
#[derive(Default)]
struct Busy {
    chunks: Vec<Bytes>,
    waits: bool,
}

impl Listener for Busy {
    fn chunk(&mut self, data: Bytes) {
        self.chunks.push(data);
    }

    fn awaits_app(&mut self) {
        self.waits = true;
        self.chunks.clear(); // it takes what it was given, at last
    }
}

#[test]
fn h5_a_body_in_frames_of_one_byte_arrives_and_its_server_waits_for_the_app() {
    run(async {
        const LENGTH: usize = 200_000;
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app();
        let serve = async {
            let mut server = origin.accept(&[]).await;
            let stream = server.request().await;
            server.send(HEADERS, END_HEADERS, stream, OK).await;
            let frames = frame(DATA, 0, stream, b"x").repeat(1000);
            for _ in 0..LENGTH / 1000 {
                server.send_bytes(&frames).await;
            }
            server.send(DATA, END_STREAM, stream, b"").await;
            server
        };
        let (request, receive) = app.prepare(RequestOptions {
            enable_chunked: true,
            ..get_http2()
        });
        let mut busy = Busy::default();
        let call = app.client.exchange(request, receive, &mut busy);
        let (exchanged, _server) = tokio::join!(call, serve);
        assert_eq!(
            exchanged.profile.received_bytes,
            10 + 10 * LENGTH as u64 + 9
        );
        assert_eq!(answer(exchanged).body, ReceivedBody::Chunked);
        assert!(busy.waits);
    });
}

#[test]
fn h4_calls_above_the_last_stream_of_a_goaway_are_sent_again() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app();
        let serve = async {
            let mut server = origin.accept(&[]).await;
            let first = server.request().await;
            server.request().await;
            server
                .send(GOAWAY, 0, 0, &[first.to_be_bytes(), [0; 4]].concat())
                .await;
            server.answer(first, "old").await;
            let mut next = origin.accept(&[]).await;
            let again = next.request().await;
            next.answer(again, "new").await;
            server.closed().await;
            next
        };
        let second = http2(post(&format!("https://{HOST}/"), "x"));
        let calls = async {
            let exchanged = tokio::join!(app.call(get_http2()), app.call(second));
            drop(app);
            exchanged
        };
        let ((first, second), _server) = tokio::join!(calls, serve);
        assert!(!first.profile.resent && second.profile.resent);
        assert_eq!(
            (text(first).as_str(), text(second).as_str()),
            ("old", "new")
        );
    });
}

#[test]
fn h4_a_call_up_to_the_last_stream_of_a_goaway_may_have_been_acted_on() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app();
        let serve = async {
            let mut server = origin.accept(&[]).await;
            let first = server.request().await;
            server
                .send(
                    GOAWAY,
                    0,
                    0,
                    &[first.to_be_bytes(), 2_u32.to_be_bytes()].concat(),
                )
                .await;
        };
        // The connection had not served before, so nothing says that the request came too late.
        let (exchanged, ()) = tokio::join!(app.call(get_http2()), serve);
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::ConnectionReset),
            "",
        );
    });
}

#[test]
fn h4_a_server_that_wants_http1_gets_it_from_then_on() {
    run(async {
        const HTTP_1_1_REQUIRED: u32 = 0xd;
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app();
        let serve = async {
            let mut server = origin.accept(&[]).await;
            let stream = server.request().await;
            server
                .send(RESET, 0, stream, &HTTP_1_1_REQUIRED.to_be_bytes())
                .await;
            let mut tls = origin.accept_http1().await;
            for _ in 0..2 {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(tokio::io::AsyncReadExt::read_u8(&mut tls).await.unwrap());
                }
                let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold";
                tokio::io::AsyncWriteExt::write_all(&mut tls, reply)
                    .await
                    .unwrap();
            }
            (server, tls)
        };
        let calls = async { [app.call(get_http2()).await, app.call(get_http2()).await] };
        let ([first, second], _server) = tokio::join!(calls, serve);
        assert_eq!(
            (first.profile.protocol, first.profile.resent),
            (Some("http/1.1"), true)
        );
        assert_eq!(
            (second.profile.socket_reused, second.profile.resent),
            (true, false)
        );
        assert_eq!(
            (text(first).as_str(), text(second).as_str()),
            ("old", "old")
        );
    });
}
