//! W2: who waits for whom.

use std::{
    cell::Cell,
    future::Future,
    pin::{Pin, pin},
    task::{Context, Waker},
};

use appnet_io::{SendError, SocketEvent};
use appnet_policy::socket::SocketLimits;
use appnet_policy::socket::SocketMessage;
use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;

use crate::support::{limits, opened, opened_with, read_close, read_frame, run};

fn zeros(count: usize) -> SocketMessage {
    SocketMessage::Binary(Bytes::from(vec![0; count]))
}

fn is_pending(future: Pin<&mut impl Future>) -> bool {
    future
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_pending()
}

#[test]
fn w2_a_peer_that_does_not_read_holds_up_the_sender_alone() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        let sender = socket.sender();
        let mut big = pin!(sender.send(zeros(16 << 20)));
        for i in 0..100u8 {
            tcp.write_all(&[0x82, 1, i]).await.unwrap();
            let message = SocketMessage::Binary(Bytes::copy_from_slice(&[i]));
            assert_eq!(socket.next().await, Some(SocketEvent::Message(message)));
        }
        // Still not through: 16 MiB fit in no buffer on the way.
        assert!(is_pending(big.as_mut()));
        let (sent, frame) = tokio::join!(big, read_frame(&mut tcp));
        assert_eq!((sent, frame.1.len()), (Ok(()), 16 << 20));
    });
}

#[test]
fn a_ping_is_answered_behind_the_message_under_way_and_before_those_that_wait() {
    run(async {
        let (mut socket, mut tcp) = opened().await;
        let sender = socket.sender();
        drop(sender.send(zeros(16 << 20)));
        tcp.readable().await.unwrap(); // it is under way
        drop(sender.send(SocketMessage::Text("waits".into())));
        tcp.write_all(b"\x89\x01p\x81\x00").await.unwrap();
        assert!(matches!(socket.next().await, Some(SocketEvent::Message(_))));
        assert_eq!(read_frame(&mut tcp).await.1.len(), 16 << 20);
        assert_eq!(read_frame(&mut tcp).await, (0x8a, b"p".to_vec()));
        assert_eq!(read_frame(&mut tcp).await, (0x81, b"waits".to_vec()));
    });
}

#[test]
fn w2_what_waits_is_bounded_and_what_is_over_the_bound_is_refused_not_dropped() {
    run(async {
        let (socket, mut tcp) = opened_with(SocketLimits {
            unsent_bytes: 24 << 20,
            ..limits()
        })
        .await;
        let sender = socket.sender();
        let first = sender.send(zeros(16 << 20));
        assert_eq!(
            sender.send(zeros(9 << 20)).await,
            Err(SendError::TooMuchUnsent)
        );
        let second = sender.send(zeros(7 << 20));
        assert!(sender.is_open());
        let received = async {
            let first = read_frame(&mut tcp).await.1.len();
            (first, read_frame(&mut tcp).await.1.len())
        };
        let (first, second, received) = tokio::join!(first, second, received);
        assert_eq!(
            (first, second, received),
            (Ok(()), Ok(()), (16 << 20, 7 << 20))
        );
        // What is sent makes room.
        let again = sender.send(zeros(16 << 20));
        let (again, _) = tokio::join!(again, read_frame(&mut tcp));
        assert_eq!(again, Ok(()));
    });
}

#[test]
fn w2_empty_messages_are_bounded_too() {
    run(async {
        let (socket, _tcp) = opened_with(SocketLimits {
            unsent_bytes: 1000,
            ..limits()
        })
        .await;
        let sender = socket.sender();
        let mut accepted = 0;
        while is_pending(pin!(sender.send(zeros(0)))) {
            accepted += 1;
            assert!(accepted < 1000);
        }
        assert_eq!(sender.send(zeros(0)).await, Err(SendError::TooMuchUnsent));
    });
}

#[test]
fn who_does_not_receive_holds_up_the_server_and_keeps_nothing() {
    run(async {
        const FRAMES: usize = 32;
        let (mut socket, mut tcp) = opened().await;
        let frame = [
            &b"\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x00"[..],
            &vec![0; 1 << 20],
        ]
        .concat();
        let written = Cell::new(0);
        let mut serve = pin!(async {
            for i in 0..FRAMES {
                tcp.write_all(&frame).await.unwrap();
                written.set(i + 1);
            }
            tcp.write_all(b"\x88\x00").await.unwrap();
            read_close(&mut tcp).await;
            drop(tcp);
        });
        // Other sockets of the app go on meanwhile, so the server has had its time.
        let others = async {
            for _ in 0..20 {
                let (mut other, mut tcp) = opened().await;
                tcp.write_all(b"\x81\x00").await.unwrap();
                assert!(matches!(other.next().await, Some(SocketEvent::Message(_))));
            }
        };
        tokio::select! {
            () = &mut serve => panic!("32 MiB went to nobody"),
            () = others => {}
        }
        assert!(written.get() < FRAMES);
        let receive = async {
            let mut count = 0;
            while let Some(SocketEvent::Message(message)) = socket.next().await {
                assert_eq!(message, zeros(1 << 20));
                count += 1;
            }
            count
        };
        let ((), count) = tokio::join!(serve, receive);
        assert_eq!(count, FRAMES);
    });
}
