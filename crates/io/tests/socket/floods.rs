//! I1: a server that sends without end gives the thread back to others. What is counted is turns of the thread, not time.

use std::{cell::Cell, future::Future as _, pin::pin};

use appnet_io::{Socket, SocketEvent};
use appnet_policy::socket::SocketLimits;
use flate2::{Compress, Compression, FlushCompress};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::{App, Server, limits, opened, read_close, run};

/// So many frames are read in one turn, with those that it takes to notice.
const FRAMES_IN_A_TURN: usize = 256 + 1;

/// Receives all messages of a server that sends these bytes again and again, and closes: how many came in each turn.
async fn turns(mut socket: Socket, mut tcp: TcpStream, bytes: &[u8], times: usize) -> Vec<usize> {
    let flood = async {
        for _ in 0..times {
            tcp.write_all(bytes).await.unwrap();
        }
        tcp.write_all(b"\x88\x00").await.unwrap();
        tcp.shutdown().await.unwrap();
    };
    let count = Cell::new(0);
    let mut receive = pin!(async {
        while let Some(SocketEvent::Message(_)) = socket.next().await {
            count.set(count.get() + 1);
        }
    });
    let mut turns = Vec::new();
    let counted = std::future::poll_fn(|cx| {
        let polled = receive.as_mut().poll(cx);
        turns.push(count.take());
        polled
    });
    tokio::join!(counted, flood);
    turns
}

#[test]
fn i1_one_byte_messages_come_a_few_at_a_time() {
    run(async {
        let (socket, tcp) = opened().await;
        let turns = turns(socket, tcp, &b"\x81\x01x".repeat(1000), 50).await;
        assert_eq!(turns.iter().sum::<usize>(), 50_000);
        assert!(turns.iter().max() <= Some(&FRAMES_IN_A_TURN), "{turns:?}");
    });
}

#[test]
fn i1_pings_and_empty_fragments_are_read_a_few_at_a_time() {
    run(async {
        for frame in [b"\x89\x00", b"\x8a\x00", b"\x00\x00"] {
            let (socket, mut tcp) = opened().await;
            tcp.write_all(b"\x01\x00").await.unwrap();
            let turns = turns(socket, tcp, &frame.repeat(1000), 50).await;
            assert!(turns.len() >= 50_000 / FRAMES_IN_A_TURN, "{}", turns.len());
        }
    });
}

/// A compressed message of so many zeros.
fn bomb(count: usize) -> Vec<u8> {
    let mut stream = Compress::new(Compression::best(), false);
    let mut payload = Vec::with_capacity(1 << 16);
    stream
        .compress_vec(&vec![0; count], &mut payload, FlushCompress::Sync)
        .unwrap();
    payload.truncate(payload.len() - 4);
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0xc2, 126], &length[..], &payload].concat()
}

#[test]
fn i1_a_deflate_bomb_is_unpacked_a_piece_at_a_time() {
    run(async {
        const SIZE: usize = 16 << 20;
        let (app, server) = (App::plain(), Server::start().await);
        let mut request = app.request(&server.url());
        request.per_message_deflate = true;
        let more = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        let bounds = SocketLimits {
            decompression_ratio: 2000,
            ..limits()
        };
        let (opened, tcp) = tokio::join!(
            app.client.connect_socket(request, bounds),
            server.upgrade(more, b"")
        );
        let turns = turns(opened.unwrap().0, tcp, &bomb(SIZE), 1).await;
        assert_eq!(turns.iter().sum::<usize>(), 1);
        assert!(turns.len() >= SIZE / (80 << 10), "{}", turns.len());
    });
}

#[test]
fn i1_what_nobody_reads_any_more_is_thrown_away_a_few_reads_at_a_time() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        tcp.write_all(b"\x88\x00").await.unwrap();
        let flood = async {
            read_close(&mut tcp).await;
            for _ in 0..64 {
                tcp.write_all(&[0; 64 << 10]).await.unwrap();
            }
            drop(tcp);
        };
        let mut polls = 0;
        let mut next = pin!(socket.next());
        let counted = std::future::poll_fn(|cx| {
            polls += 1;
            next.as_mut().poll(cx)
        });
        let (event, ()) = tokio::join!(counted, flood);
        assert!(matches!(event, Some(SocketEvent::Closed(_))), "{event:?}");
        assert!(polls >= 64, "{polls}");
    });
}
