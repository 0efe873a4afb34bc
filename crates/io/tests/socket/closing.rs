//! W3, RFC 6455 §7: how a socket ends when a side asks for it.

use std::{future::Future, pin::pin, task::Poll, time::Duration};

use appnet_io::{Closed, SendError, Socket, SocketEvent};
use appnet_policy::socket::SocketLimits;
use appnet_policy::socket::SocketMessage;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{limits, opened, opened_with, read_close, read_frame, run};

fn closed(code: u16, reason: &str, clean: bool) -> Option<SocketEvent> {
    Some(SocketEvent::Closed(Closed {
        code,
        reason: reason.to_owned(),
        clean,
    }))
}

fn text(text: &str) -> SocketMessage {
    SocketMessage::Text(text.into())
}

/// What the socket says when the server sends this close frame, reads the answer and closes.
async fn closed_by_server(frame: &[u8]) -> (Option<SocketEvent>, (u16, String)) {
    let (mut socket, mut tcp) = opened().await;
    tcp.write_all(frame).await.unwrap();
    let server = async {
        let close = read_close(&mut tcp).await;
        drop(tcp);
        close
    };
    tokio::join!(socket.next(), server)
}

#[test]
fn w3_the_app_closes_and_the_server_agrees() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        socket.sender().close(Some(4000), "dönе").unwrap();
        let server = async {
            assert_eq!(read_close(&mut tcp).await, (4000, "dönе".to_owned()));
            tcp.write_all(b"\x88\x04\x0f\xa0ok").await.unwrap();
            drop(tcp);
        };
        let (event, ()) = tokio::join!(socket.next(), server);
        assert_eq!(event, closed(4000, "ok", true));
        assert_eq!(socket.next().await, None);
    });
}

#[test]
fn w3_the_server_closes_and_hears_its_code_back() {
    run(async {
        let (event, answer) = closed_by_server(b"\x88\x05\x03\xe9bye").await;
        assert_eq!(event, closed(1001, "bye", true));
        assert_eq!(answer, (1001, String::new()));
    });
}

#[test]
fn a_close_frame_without_a_code_is_told_as_1005_and_answered_without_one() {
    run(async {
        let (event, answer) = closed_by_server(b"\x88\x00").await;
        assert_eq!(event, closed(1005, "", true));
        assert_eq!(answer, (0, String::new()));
    });
}

#[test]
fn the_app_may_close_without_a_code() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        socket.sender().close(None, "").unwrap();
        let server = async {
            assert_eq!(read_frame(&mut tcp).await, (0x88, Vec::new()));
            tcp.write_all(b"\x88\x00").await.unwrap();
            drop(tcp);
        };
        let (event, ()) = tokio::join!(socket.next(), server);
        assert_eq!(event, closed(1005, "", true));
    });
}

#[test]
fn the_server_is_answered_though_it_closes_without_waiting_for_it() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        tcp.write_all(b"\x88\x02\x03\xe8").await.unwrap();
        tcp.shutdown().await.unwrap();
        assert_eq!(socket.next().await, closed(1000, "", true));
        assert_eq!(read_close(&mut tcp).await, (1000, String::new()));
        assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn w3_a_close_that_cannot_be_sent_leaves_the_socket_as_it_was() {
    run(async {
        let (socket, mut tcp) = opened().await;
        let sender = socket.sender();
        for (code, reason) in [
            (Some(999), "".to_owned()),
            (Some(1005), "".to_owned()),
            (Some(1006), "".to_owned()),
            (Some(5000), "".to_owned()),
            (Some(1000), "x".repeat(124)),
            (None, "x".to_owned()),
        ] {
            assert_eq!(
                sender.close(code, &reason),
                Err(SendError::UnsendableClose),
                "{code:?}"
            );
        }
        assert!(sender.is_open());
        assert_eq!(sender.send(text("still open")).await, Ok(()));
        assert_eq!(read_frame(&mut tcp).await, (0x81, b"still open".to_vec()));
        assert_eq!(sender.close(Some(1000), &"x".repeat(123)), Ok(()));
        assert_eq!(read_close(&mut tcp).await, (1000, "x".repeat(123)));
    });
}

#[test]
fn w2_what_was_sent_before_close_goes_out_before_it_and_nothing_after_it() {
    run(async {
        let (socket, mut tcp) = opened().await;
        let sender = socket.sender();
        let (first, second) = (sender.send(text("a")), sender.send(text("b")));
        sender.close(Some(1000), "").unwrap();
        assert!(!sender.is_open());
        assert_eq!(sender.send(text("c")).await, Err(SendError::NotOpen));
        assert_eq!(sender.close(Some(1000), ""), Err(SendError::NotOpen));
        assert_eq!((first.await, second.await), (Ok(()), Ok(())));
        assert_eq!(read_frame(&mut tcp).await, (0x81, b"a".to_vec()));
        assert_eq!(read_frame(&mut tcp).await, (0x81, b"b".to_vec()));
        assert_eq!(read_close(&mut tcp).await, (1000, String::new()));
        drop(socket);
        assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn whoever_has_closed_hears_no_more_messages() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        socket.sender().close(Some(1000), "").unwrap();
        tcp.write_all(b"\x81\x04late\x88\x02\x03\xe8")
            .await
            .unwrap();
        tcp.shutdown().await.unwrap();
        assert_eq!(socket.next().await, closed(1000, "", true));
    });
}

/// Waits that end soon, where a test is about their end.
fn short(close_wait: u64, end_wait: u64) -> SocketLimits {
    SocketLimits {
        close_wait: Duration::from_millis(close_wait),
        end_wait: Duration::from_millis(end_wait),
        ..limits()
    }
}

#[test]
fn a_server_that_does_not_answer_our_close_frame_is_left() {
    run(async {
        let (mut socket, mut tcp) = opened_with(short(200, 60_000)).await;
        socket.sender().close(Some(1000), "").unwrap();
        assert_eq!(socket.next().await, closed(1006, "", false));
        read_close(&mut tcp).await;
        assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn a_server_that_does_not_even_read_our_close_frame_is_left() {
    run(async {
        let (mut socket, tcp) = opened_with(short(200, 60_000)).await;
        let sender = socket.sender();
        let unsent = sender.send(SocketMessage::Binary(vec![0; 16 << 20].into()));
        sender.close(Some(1000), "").unwrap();
        assert_eq!(socket.next().await, closed(1006, "", false));
        assert_eq!(unsent.await, Err(SendError::NotOpen));
        drop(tcp);
    });
}

#[test]
fn a_server_that_talks_on_and_on_is_left_too() {
    run(async {
        let (mut socket, tcp) = opened_with(short(200, 60_000)).await;
        socket.sender().close(Some(1000), "").unwrap();
        assert_eq!(
            while_talking(&mut socket, tcp).await,
            closed(1006, "", false)
        );
        let (mut socket, mut tcp) = opened_with(short(60_000, 200)).await;
        tcp.write_all(b"\x88\x00").await.unwrap();
        assert_eq!(
            while_talking(&mut socket, tcp).await,
            closed(1005, "", true)
        );
    });
}

/// The socket's event while the server sends pings as fast as it can.
async fn while_talking(socket: &mut Socket, mut tcp: TcpStream) -> Option<SocketEvent> {
    let pings = b"\x89\x00".repeat(10_000);
    let talk = async {
        while tcp.write_all(&pings).await.is_ok() {}
        std::future::pending::<()>().await;
    };
    tokio::select! {
        event = socket.next() => event,
        () = talk => None,
    }
}

#[test]
fn a_server_that_never_ends_the_connection_is_left_after_both_close_frames() {
    run(async {
        let (mut socket, mut tcp) = opened_with(short(60_000, 200)).await;
        tcp.write_all(b"\x88\x02\x03\xe8").await.unwrap();
        assert_eq!(socket.next().await, closed(1000, "", true));
        assert_eq!(read_close(&mut tcp).await, (1000, String::new()));
        assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn a_connection_that_ends_instead_of_a_close_frame_makes_the_close_unclean() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        socket.sender().close(Some(1000), "").unwrap();
        let server = async {
            read_close(&mut tcp).await;
            drop(tcp);
        };
        let (event, ()) = tokio::join!(socket.next(), server);
        assert_eq!(event, closed(1006, "", false));
    });
}

#[test]
fn the_client_waits_for_the_server_to_end_the_connection() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        tcp.write_all(b"\x88\x02\x03\xe8").await.unwrap();
        let mut event = pin!(socket.next());
        let answer = async {
            let answer = read_close(&mut tcp).await;
            // Nothing follows while the server keeps the connection open.
            (answer, tcp)
        };
        let ((code, _), tcp) = tokio::select! {
            answer = answer => answer,
            event = &mut event => panic!("too early: {event:?}"),
        };
        assert_eq!(code, 1000);
        let pending = std::future::poll_fn(|cx| Poll::Ready(event.as_mut().poll(cx).is_pending()));
        assert!(pending.await);
        drop(tcp);
        assert_eq!(event.await, closed(1000, "", true));
    });
}
