//! W4, J10: what is sent and received on an open socket.

use appnet_io::SocketEvent;
use appnet_policy::failure::ServerFault;
use appnet_policy::socket::SocketMessage;
use appnet_policy::{Failure, failure::Bound};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::{accept_async, tungstenite};

use crate::support::{App, Server, assert_failed, opened, read_frame, run, violate};

fn text(text: &str) -> SocketMessage {
    SocketMessage::Text(text.into())
}

fn binary(bytes: impl Into<Bytes>) -> SocketMessage {
    SocketMessage::Binary(bytes.into())
}

/// A server of another make, that echoes what it hears.
async fn echo(server: &Server) {
    let mut peer = accept_async(server.accept().await).await.unwrap();
    while let Some(Ok(message)) = peer.next().await {
        if message.is_text() || message.is_binary() {
            peer.send(message).await.unwrap();
        }
    }
}

#[test]
fn j10_text_and_binary_go_and_come_in_order() {
    run(async {
        let (app, server) = (App::plain(), Server::start().await);
        let client = async {
            let (mut socket, _) = app.open(&server.url()).await.unwrap();
            let sender = socket.sender();
            let messages = [
                text("héllo"),
                binary(vec![0, 255]),
                text(""),
                binary(Vec::new()),
                binary(vec![7; 3 << 20]),
                text(&"𝒳".repeat(40_000)),
            ];
            let sending: Vec<_> = messages
                .iter()
                .map(|message| sender.send(message.clone()))
                .collect();
            for message in messages {
                assert_eq!(socket.next().await, Some(SocketEvent::Message(message)));
            }
            for sent in sending {
                assert_eq!(sent.await, Ok(()));
            }
            sender.close(Some(1000), "done").unwrap();
            assert!(
                matches!(socket.next().await, Some(SocketEvent::Closed(closed)) if closed.clean)
            );
        };
        tokio::join!(client, echo(&server));
    });
}

#[test]
fn w4_every_frame_we_send_is_whole_and_masked() {
    run(async {
        let (socket, mut tcp) = opened().await;
        let sender = socket.sender();
        let lengths = [0, 125, 126, 65535, 65536, 200_001];
        for length in lengths {
            drop(sender.send(binary(vec![b'x'; length])));
        }
        for length in lengths {
            assert_eq!(read_frame(&mut tcp).await, (0x82, vec![b'x'; length]));
        }
        drop(sender.send(text("é")));
        assert_eq!(read_frame(&mut tcp).await, (0x81, "é".into()));
        drop(socket);
    });
}

#[test]
fn w4_a_ping_is_answered_with_its_bytes_in_the_middle_of_a_message_too() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        tcp.write_all(b"\x01\x02ab\x89\x04ping\x8a\x01?\x89\x00\x80\x01c")
            .await
            .unwrap();
        assert_eq!(socket.next().await, Some(SocketEvent::Message(text("abc"))));
        assert_eq!(read_frame(&mut tcp).await, (0x8a, b"ping".to_vec()));
        assert_eq!(read_frame(&mut tcp).await, (0x8a, Vec::new()));
    });
}

#[test]
fn of_very_many_pings_the_last_ones_are_answered() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        let pings: Vec<u8> = (0..200).flat_map(|i| [0x89, 1, i]).collect();
        tcp.write_all(&[&pings[..], b"\x81\x00"].concat())
            .await
            .unwrap();
        assert_eq!(socket.next().await, Some(SocketEvent::Message(text(""))));
        let mut last = read_frame(&mut tcp).await;
        while last.1 != [199] {
            assert_eq!(last.0, 0x8a);
            last = read_frame(&mut tcp).await;
        }
    });
}

#[test]
fn w4_a_character_may_be_split_over_fragments_and_packets() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        let frames = b"\x01\x02a\xe2\x00\x01\x82\x80\x02\xacb";
        let send = async {
            for byte in frames {
                tcp.write_all(&[*byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let (event, ()) = tokio::join!(socket.next(), send);
        assert_eq!(event, Some(SocketEvent::Message(text("a€b"))));
    });
}

#[test]
fn w4_a_masked_frame_from_the_server_fails_the_connection() {
    run(async {
        let (event, code) = violate(b"\x81\x82\x01\x02\x03\x04ab").await;
        assert_failed(
            event,
            &Failure::Server(ServerFault::MalformedResponse),
            "the server sent a masked frame",
        );
        assert_eq!(code, 1002);
    });
}

#[test]
fn w4_text_that_is_no_utf8_fails_the_connection_before_its_frame_is_whole() {
    run(async {
        let reason = "a text message is not UTF-8";
        let (event, code) = violate(b"\x81\x7e\x10\x00abc\xff").await;
        assert_failed(
            event,
            &Failure::Server(ServerFault::MalformedResponse),
            reason,
        );
        assert_eq!(code, 1007);
        let (event, code) = violate(b"\x01\x01\xe2\x00\x01\x82\x80\x01a").await;
        assert_failed(
            event,
            &Failure::Server(ServerFault::MalformedResponse),
            reason,
        );
        assert_eq!(code, 1007);
    });
}

#[test]
fn p6_a_frame_that_announces_a_gigabyte_fails_the_connection_at_its_header() {
    run(async {
        let (event, code) = violate(b"\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00").await;
        assert_failed(
            event,
            &Failure::Server(ServerFault::ResponseTooLarge(Bound::Body)),
            "over the bound Body",
        );
        assert_eq!(code, 1009);
    });
}

#[test]
fn messages_before_a_violation_are_delivered_and_answers_to_them_go_out() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        tcp.write_all(b"\x81\x01a\x83\x00").await.unwrap();
        assert_eq!(socket.next().await, Some(SocketEvent::Message(text("a"))));
        let answer = socket.sender().send(text("b"));
        let server = async {
            assert_eq!(read_frame(&mut tcp).await, (0x81, b"b".to_vec()));
            let close = read_frame(&mut tcp).await;
            drop(tcp);
            close
        };
        let (event, close) = tokio::join!(socket.next(), server);
        assert_failed(
            event,
            &Failure::Server(ServerFault::MalformedResponse),
            "a frame of a kind that does not exist",
        );
        assert_eq!(close, (0x88, 1002u16.to_be_bytes().to_vec()));
        assert_eq!(answer.await, Ok(()));
        assert_eq!(socket.next().await, None);
    });
}

#[test]
fn next_may_be_given_up_and_called_again_without_losing_anything() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        for piece in [&b"\x81"[..], b"\x03a", b"b"] {
            tcp.write_all(piece).await.unwrap();
            // Something that comes after the piece on this thread, so that `next` has been polled with it.
            let given_up =
                tokio::time::timeout(std::time::Duration::from_millis(20), socket.next());
            assert!(given_up.await.is_err());
        }
        tcp.write_all(b"c").await.unwrap();
        assert_eq!(socket.next().await, Some(SocketEvent::Message(text("abc"))));
    });
}

#[test]
fn a_server_of_another_make_hears_close_code_and_reason() {
    run(async {
        let (app, server) = (App::plain(), Server::start().await);
        let client = async {
            let (mut socket, _) = app.open(&server.url()).await.unwrap();
            socket.sender().close(Some(3001), "bye é").unwrap();
            socket.next().await
        };
        let serve = async {
            let mut peer = accept_async(server.accept().await).await.unwrap();
            let Some(Ok(tungstenite::Message::Close(Some(frame)))) = peer.next().await else {
                panic!("no close frame");
            };
            // The reply is sent by reading on.
            assert!(peer.next().await.is_none());
            (u16::from(frame.code), frame.reason.to_string())
        };
        let (event, heard) = tokio::join!(client, serve);
        assert_eq!(heard, (3001, "bye é".to_owned()));
        assert!(
            matches!(event, Some(SocketEvent::Closed(closed)) if closed.clean && closed.code == 3001)
        );
    });
}

#[test]
fn a_socket_that_is_dropped_says_nothing_more_and_is_gone() {
    run(async {
        let (socket, mut tcp) = opened().await;
        drop(socket);
        let mut rest = Vec::new();
        tcp.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"");
    });
}
