//! An app that does not take its messages.

use appnet_policy::{
    Policy,
    socket::{SocketLimits, SocketMessage},
};

use super::{close, heard, open};
use crate::tests::harness::{World, settle, unhurried};

#[actix_rt::test]
async fn an_app_that_takes_no_messages_holds_up_its_own_socket_alone() {
    let mut world = World::with(Policy {
        socket: SocketLimits {
            untaken_bytes: 2 * (SocketMessage::OVERHEAD + 5),
            ..SocketLimits::seed()
        },
        ..unhurried()
    });
    let mut port = world.launch("wx1").await;
    let slow = open(&mut world, &mut port, 1).await;
    let mut other = world.launch("wx2").await;
    let quick = open(&mut world, &mut other, 1).await;
    for _ in 0..10 {
        slow.message("12345");
    }
    settle().await;
    assert_eq!(
        slow.read(),
        3,
        "two are with the app, the third waits for room"
    );
    for _ in 0..10 {
        quick.message("12345");
        assert_eq!(heard(&mut other).await, "message 1 12345");
    }
    for _ in 0..10 {
        assert_eq!(heard(&mut port).await, "message 1 12345");
    }
    settle().await;
    assert_eq!(slow.read(), 10);
}

#[actix_rt::test]
async fn a_message_larger_than_all_the_room_comes_alone() {
    let mut world = World::with(Policy {
        socket: SocketLimits {
            untaken_bytes: 200,
            ..SocketLimits::seed()
        },
        ..unhurried()
    });
    let mut port = world.launch("wx1").await;
    let socket = open(&mut world, &mut port, 1).await;
    let large = "x".repeat(1000);
    socket.message(large.clone());
    socket.message("small");
    assert_eq!(heard(&mut port).await, format!("message 1 {large}"));
    assert_eq!(heard(&mut port).await, "message 1 small");
}

#[actix_rt::test]
async fn w3_a_socket_whose_app_takes_no_messages_can_be_closed() {
    let mut world = World::with(Policy {
        socket: SocketLimits {
            untaken_bytes: 1,
            ..SocketLimits::seed()
        },
        ..unhurried()
    });
    let mut port = world.launch("wx1").await;
    let mut socket = open(&mut world, &mut port, 1).await;
    socket.message("taken");
    socket.message("waits for room");
    settle().await;
    port.send(close(1, 1)).unwrap();
    assert_eq!(socket.sent().await, "close 1000");
    socket.close(1000);
    socket.dropped().await;
    assert_eq!(heard(&mut port).await, "message 1 taken");
    assert_eq!(heard(&mut port).await, "done 1 1 SocketTask.close:ok");
    assert_eq!(heard(&mut port).await, "close 1 1000 bye");
}

#[actix_rt::test]
async fn i2_sockets_of_an_app_share_its_account_and_another_app_has_its_own() {
    let mut world = World::with(Policy {
        untaken_bytes: 2 * (SocketMessage::OVERHEAD + 5),
        ..unhurried()
    });
    let mut port = world.launch("wx1").await;
    let first = open(&mut world, &mut port, 1).await;
    let second = open(&mut world, &mut port, 2).await;
    let mut other = world.launch("wx2").await;
    let quick = open(&mut world, &mut other, 1).await;
    for _ in 0..5 {
        first.message("12345");
        second.message("12345");
    }
    settle().await;
    assert_eq!(
        first.read() + second.read(),
        4,
        "two are with the app, two wait for room"
    );
    quick.message("12345");
    assert_eq!(heard(&mut other).await, "message 1 12345");
    for _ in 0..10 {
        assert!(heard(&mut port).await.ends_with("12345"));
    }
    settle().await;
    assert_eq!((first.read(), second.read()), (5, 5));
}
