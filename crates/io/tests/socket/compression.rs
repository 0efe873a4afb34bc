//! W4, RFC 7692: permessage-deflate on the wire. What is decoded from what is proved byte by byte beside the code.

use appnet_io::SocketEvent;
use appnet_policy::failure::ServerFault;
use appnet_policy::socket::SocketMessage;
use appnet_policy::{Failure, failure::Bound};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::io::AsyncWriteExt as _;

use crate::support::{App, Server, assert_failed, opened_deflating, read_close, read_frame, run};

/// The server's compression: frames of whole messages.
struct Sends(Compress);

impl Sends {
    fn new() -> Self {
        Self(Compress::new(Compression::default(), false))
    }

    fn frame(&mut self, first: u8, message: &[u8]) -> Vec<u8> {
        let mut payload = Vec::with_capacity((message.len() + 1024).min(1 << 16));
        self.0
            .compress_vec(message, &mut payload, FlushCompress::Sync)
            .unwrap();
        payload.truncate(payload.len() - 4);
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        match payload.len() {
            0..126 => [&[first, length[1]], &payload[..]].concat(),
            _ => [&[first, 126], &length[..], &payload[..]].concat(),
        }
    }
}

/// The server's decompression.
struct Receives(Decompress);

impl Receives {
    fn new() -> Self {
        Self(Decompress::new(false))
    }

    fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(1 << 20);
        let input = [payload, &[0, 0, 0xff, 0xff]].concat();
        self.0
            .decompress_vec(&input, &mut message, FlushDecompress::Sync)
            .unwrap();
        message
    }
}

const TEXT: &str = "a text that says what a text says";

#[test]
fn w4_messages_are_compressed_both_ways_when_both_sides_agree() {
    run(async {
        let (mut socket, mut tcp) = opened_deflating("permessage-deflate").await;
        let (mut sends, mut receives) = (Sends::new(), Receives::new());
        let sender = socket.sender();
        let mut sizes = Vec::new();
        for _ in 0..3 {
            drop(sender.send(SocketMessage::Text(TEXT.into())));
            let (first, payload) = read_frame(&mut tcp).await;
            assert_eq!(
                (first, &receives.message(&payload)[..]),
                (0xc1, TEXT.as_bytes())
            );
            sizes.push(payload.len());
            tcp.write_all(&sends.frame(0xc1, TEXT.as_bytes()))
                .await
                .unwrap();
            let event = socket.next().await;
            assert_eq!(
                event,
                Some(SocketEvent::Message(SocketMessage::Text(TEXT.into())))
            );
        }
        assert!(sizes[1] < sizes[0], "the window is kept: {sizes:?}");
    });
}

#[test]
fn w4_the_parameters_of_the_server_are_kept_to() {
    run(async {
        let answer = "permessage-deflate; client_no_context_takeover; server_no_context_takeover; \
                      client_max_window_bits=9; server_max_window_bits=10";
        let (mut socket, mut tcp) = opened_deflating(answer).await;
        let sender = socket.sender();
        for _ in 0..2 {
            drop(sender.send(SocketMessage::Text(TEXT.into())));
            let (_, payload) = read_frame(&mut tcp).await;
            // Each message by itself.
            assert_eq!(Receives::new().message(&payload), TEXT.as_bytes());
            let frame = Sends::new().frame(0xc2, TEXT.as_bytes());
            tcp.write_all(&frame).await.unwrap();
            let event = socket.next().await;
            assert_eq!(
                event,
                Some(SocketEvent::Message(SocketMessage::Binary(TEXT.into())))
            );
        }
    });
}

#[test]
fn w4_with_a_window_too_small_to_compress_messages_go_as_they_are() {
    run(async {
        let (mut socket, mut tcp) =
            opened_deflating("permessage-deflate; client_max_window_bits=8").await;
        drop(socket.sender().send(SocketMessage::Text(TEXT.into())));
        assert_eq!(read_frame(&mut tcp).await, (0x81, TEXT.into()));
        let frame = Sends::new().frame(0xc1, TEXT.as_bytes());
        tcp.write_all(&frame).await.unwrap();
        let event = socket.next().await;
        assert_eq!(
            event,
            Some(SocketEvent::Message(SocketMessage::Text(TEXT.into())))
        );
    });
}

#[test]
fn a_server_that_declines_gets_and_sends_messages_as_they_are() {
    run(async {
        let (app, server) = (App::plain(), Server::start().await);
        let mut request = app.request(&server.url());
        request.per_message_deflate = true;
        let (opened, mut tcp) = tokio::join!(app.connect(request), server.upgrade("", b""));
        let (mut socket, _) = opened.unwrap();
        drop(socket.sender().send(SocketMessage::Text(TEXT.into())));
        assert_eq!(read_frame(&mut tcp).await, (0x81, TEXT.into()));
        let frame = Sends::new().frame(0xc1, TEXT.as_bytes());
        tcp.write_all(&frame).await.unwrap();
        let (event, close) = tokio::join!(socket.next(), async {
            let close = read_close(&mut tcp).await;
            drop(tcp);
            close
        });
        assert_failed(
            event,
            &Failure::Server(ServerFault::MalformedResponse),
            "a reserved bit set",
        );
        assert_eq!(close.0, 1002);
    });
}

#[test]
fn an_uncompressed_message_between_compressed_ones_is_read_as_it_is() {
    run(async {
        let (mut socket, mut tcp) = opened_deflating("permessage-deflate").await;
        let mut sends = Sends::new();
        let frames = [
            sends.frame(0xc1, b"one"),
            b"\x81\x03two".to_vec(),
            sends.frame(0xc1, b"one"),
        ];
        tcp.write_all(&frames.concat()).await.unwrap();
        for expected in ["one", "two", "one"] {
            let event = socket.next().await;
            assert_eq!(
                event,
                Some(SocketEvent::Message(SocketMessage::Text(expected.into())))
            );
        }
    });
}

#[test]
fn empty_messages_survive_compression() {
    run(async {
        let (socket, mut tcp) = opened_deflating("permessage-deflate").await;
        let sender = socket.sender();
        drop(sender.send(SocketMessage::Text("".into())));
        drop(sender.send(SocketMessage::Text(TEXT.into())));
        assert_eq!(read_frame(&mut tcp).await, (0x81, Vec::new()));
        let (first, payload) = read_frame(&mut tcp).await;
        assert_eq!(
            (first, &Receives::new().message(&payload)[..]),
            (0xc1, TEXT.as_bytes())
        );
    });
}

#[test]
fn p6_a_message_that_unpacks_too_far_fails_the_connection() {
    run(async {
        let (mut socket, mut tcp) = opened_deflating("permessage-deflate").await;
        // 1,028 times as much as is sent.
        let frame =
            Sends(Compress::new(Compression::best(), false)).frame(0xc2, &vec![0; 60 << 20]);
        tcp.write_all(&frame).await.unwrap();
        let (event, close) = tokio::join!(socket.next(), async {
            let close = read_close(&mut tcp).await;
            drop(tcp);
            close
        });
        let failure = Failure::Server(ServerFault::ResponseTooLarge(Bound::DecompressionRatio));
        assert_failed(event, &failure, "over the bound DecompressionRatio");
        assert_eq!(close.0, 1009);
    });
}

#[test]
fn data_that_is_not_compressed_as_it_says_fails_the_connection() {
    run(async {
        let (mut socket, mut tcp) = opened_deflating("permessage-deflate").await;
        tcp.write_all(b"\xc1\x03\xff\xff\xff").await.unwrap();
        let (event, close) = tokio::join!(socket.next(), async {
            let close = read_close(&mut tcp).await;
            drop(tcp);
            close
        });
        assert_failed(
            event,
            &Failure::Server(ServerFault::MalformedResponse),
            "cannot be decoded",
        );
        assert_eq!(close.0, 1007);
    });
}
