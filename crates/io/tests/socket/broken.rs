//! Connections that end without a close handshake.

use appnet_policy::failure::{NetworkFault, ServerFault};
use std::time::Duration;

use appnet_io::{SendError, SocketEvent};
use appnet_policy::socket::SocketMessage;
use appnet_policy::{Failure, socket::SocketLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{assert_failed, limits, opened, opened_with, read_frame, run};

#[test]
fn w1_a_server_that_just_closes_is_a_broken_connection() {
    run(async {
        let (mut socket, tcp) = opened().await;
        drop(tcp);
        let event = socket.next().await;
        assert_failed(
            event,
            &Failure::Network(NetworkFault::ConnectionReset),
            "without a close frame",
        );
        assert_eq!(socket.next().await, None);
        assert!(!socket.sender().is_open());
    });
}

#[test]
fn w1_a_connection_cut_in_the_middle_of_a_message_is_told_as_such() {
    run(async {
        for part in [&b"\x81"[..], b"\x81\x05Hel", b"\x01\x03Hel"] {
            let (mut socket, mut tcp) = opened().await;
            tcp.write_all(part).await.unwrap();
            drop(tcp);
            let event = socket.next().await;
            assert_failed(
                event,
                &Failure::Network(NetworkFault::ConnectionReset),
                "in the middle of a message",
            );
        }
    });
}

#[test]
fn w1_a_reset_in_the_middle_of_a_frame_is_a_broken_connection() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        tcp.write_all(b"\x81\x01a\x81\x7e\x10\x00abc")
            .await
            .unwrap();
        assert_eq!(
            socket.next().await,
            Some(SocketEvent::Message(SocketMessage::Text("a".into())))
        );
        tcp.set_zero_linger().unwrap();
        drop(tcp);
        assert_failed(
            socket.next().await,
            &Failure::Network(NetworkFault::ConnectionReset),
            "reset by the server",
        );
    });
}

#[test]
fn w2_what_waits_to_be_sent_when_the_connection_breaks_is_told_so() {
    run(async {
        let (mut socket, tcp) = opened().await;
        let sender = socket.sender();
        let big = sender.send(SocketMessage::Binary(vec![0; 16 << 20].into()));
        let behind = sender.send(SocketMessage::Text("b".into()));
        let breaks = async {
            tcp.readable().await.unwrap();
            tcp.set_zero_linger().unwrap();
            drop(tcp);
        };
        let (event, ()) = tokio::join!(socket.next(), breaks);
        assert_failed(event, &Failure::Network(NetworkFault::ConnectionReset), "");
        assert_eq!(
            (big.await, behind.await),
            (Err(SendError::NotOpen), Err(SendError::NotOpen))
        );
        assert_eq!(
            sender.send(SocketMessage::Text("c".into())).await,
            Err(SendError::NotOpen)
        );
    });
}

#[test]
fn what_the_server_sent_before_it_stopped_reading_still_arrives() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        tcp.write_all(b"\x81\x04last\x88\x02\x03\xe9")
            .await
            .unwrap();
        // Unread bytes make this a reset: our writes fail, and what came before it is still here to read.
        let sent = socket
            .sender()
            .send(SocketMessage::Text("x".repeat(100).into()));
        sent.await.unwrap();
        tcp.readable().await.unwrap();
        drop(tcp);
        drop(
            socket
                .sender()
                .send(SocketMessage::Text("into the void".into())),
        );
        let event = socket.next().await;
        let last = SocketEvent::Message(SocketMessage::Text("last".into()));
        assert_eq!(event, Some(last));
        let closed = socket.next().await;
        assert!(
            matches!(&closed, Some(SocketEvent::Closed(closed)) if closed.code == 1001),
            "{closed:?}"
        );
    });
}

#[test]
fn c4_a_dropped_socket_is_closed_at_once_whoever_still_holds_a_sender() {
    run(async {
        let (socket, mut tcp) = opened().await;
        let sender = socket.sender();
        let big = sender.send(SocketMessage::Binary(vec![0; 16 << 20].into()));
        tcp.readable().await.unwrap();
        drop(socket);
        assert!(!sender.is_open());
        assert_eq!(big.await, Err(SendError::NotOpen));
        let mut received = Vec::new();
        drop(tcp.read_to_end(&mut received).await);
        assert!(received.len() < 16 << 20, "no part of it was given up");
    });
}

/// Asks a silent server after so many milliseconds.
fn asking_after(milliseconds: u64) -> SocketLimits {
    SocketLimits {
        ping_interval: Some(Duration::from_millis(milliseconds)),
        ..limits()
    }
}

#[test]
fn a_silent_server_is_asked_for_a_sign_of_life_and_left_without_one() {
    run(async {
        let (mut socket, mut tcp) = opened_with(asking_after(50)).await;
        let event = socket.next().await;
        assert_failed(
            event,
            &Failure::Network(NetworkFault::ConnectionReset),
            "does not answer pings",
        );
        assert_eq!(read_frame(&mut tcp).await, (0x89, Vec::new()));
        assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn a_silent_server_that_answers_when_asked_is_kept() {
    run(async {
        let (mut socket, mut tcp) = opened_with(asking_after(300)).await;
        let server = async {
            for _ in 0..2 {
                assert_eq!(read_frame(&mut tcp).await, (0x89, Vec::new()));
                tcp.write_all(b"\x8a\x00").await.unwrap();
            }
            tcp.write_all(b"\x81\x00").await.unwrap();
            tcp
        };
        let (event, _tcp) = tokio::join!(socket.next(), server);
        assert_eq!(
            event,
            Some(SocketEvent::Message(SocketMessage::Text("".into())))
        );
    });
}

#[test]
fn w4_an_answer_to_a_message_goes_out_though_a_violation_stands_right_behind_it() {
    run(async {
        let patient = SocketLimits {
            answer_wait: Duration::from_millis(200),
            ..limits()
        };
        let (mut socket, mut tcp) = opened_with(patient).await;
        tcp.write_all(b"\x81\x01a\xf1\x01b").await.unwrap();
        let message = SocketMessage::Text("a".into());
        assert_eq!(
            socket.next().await,
            Some(SocketEvent::Message(message.clone()))
        );
        let sender = socket.sender();
        let answer = async { sender.send(message).await };
        let serve = async {
            let echo = read_frame(&mut tcp).await;
            let goodbye = read_frame(&mut tcp).await;
            drop(tcp);
            (echo, goodbye)
        };
        // The socket looks on first, and finds the violation.
        let (event, sent, (echo, goodbye)) = tokio::join!(biased; socket.next(), answer, serve);
        assert_eq!(sent, Ok(()));
        assert_eq!(echo.1, b"a");
        assert_eq!(goodbye.1, 1002_u16.to_be_bytes());
        assert_failed(event, &Failure::Server(ServerFault::MalformedResponse), "");
    });
}
