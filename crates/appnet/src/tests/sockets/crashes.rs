//! P8: a socket ends once, also when something crashes; the others live on.

use std::sync::atomic::Ordering;

use super::{connect, heard, open, send};
use crate::tests::harness::{World, call, settle};

#[actix_rt::test]
async fn p8_a_socket_that_panics_fails_alone() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let first = open(&mut world, &mut port, 1).await;
    let second = open(&mut world, &mut port, 2).await;
    port.send(call(3)).unwrap();
    let exchange = world.exchange().await;
    port.send(send(1, 1, "never sent")).unwrap();
    settle().await;
    first.panic();
    assert_eq!(
        heard(&mut port).await,
        "done 1 1 SocketTask.send:fail network logic error"
    );
    assert_eq!(
        heard(&mut port).await,
        "socketError 1 connectSocket:fail network logic error"
    );
    assert_eq!(heard(&mut port).await, "close 1 1006 network logic error");
    second.message("hello");
    assert_eq!(heard(&mut port).await, "message 2 hello");
    exchange.answer();
    assert_eq!(heard(&mut port).await, "success 3 request:ok");
}

#[actix_rt::test]
async fn p8_a_socket_worker_that_panics_at_its_start_fails_its_socket_alone() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let first = open(&mut world, &mut port, 1).await;
    world.transports.panic.store(true, Ordering::SeqCst);
    port.send(connect(2)).unwrap();
    assert_eq!(heard(&mut port).await, "success 2 connectSocket:ok");
    assert_eq!(
        heard(&mut port).await,
        "socketError 2 connectSocket:fail network logic error"
    );
    assert_eq!(heard(&mut port).await, "close 2 1006 network logic error");
    first.message("hello");
    assert_eq!(heard(&mut port).await, "message 1 hello");
}

#[actix_rt::test]
async fn p8_sockets_live_on_when_the_worker_of_exchanges_panics() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let first = open(&mut world, &mut port, 1).await;
    port.send(connect(2)).unwrap();
    assert_eq!(heard(&mut port).await, "success 2 connectSocket:ok");
    let second = world.socket().await;
    world.transports.panic.store(true, Ordering::SeqCst);
    port.send(call(3)).unwrap();
    assert_eq!(
        heard(&mut port).await,
        "fail 3 request:fail network logic error"
    );
    second.open();
    assert_eq!(heard(&mut port).await, "open 2");
    first.message("hello");
    assert_eq!(heard(&mut port).await, "message 1 hello");
}

#[actix_rt::test]
async fn p8_an_app_whose_actor_panics_ends_its_sockets_and_answers_what_was_asked_of_them() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let opened = open(&mut world, &mut port, 1).await;
    port.send(connect(2)).unwrap();
    assert_eq!(heard(&mut port).await, "success 2 connectSocket:ok");
    let connecting = world.socket().await;
    port.send(send(1, 1, "never sent")).unwrap();
    settle().await;
    world.clock.panic_after(1);
    port.send(connect(3)).unwrap(); // the actor dies of this one
    port.send(send(1, 2, "in the mailbox")).unwrap();
    let crashed = "fail network logic error";
    for id in [1, 2] {
        let answer = format!("done 1 {id} SocketTask.send:{crashed}");
        assert_eq!(heard(&mut port).await, answer);
    }
    for task in [1, 2] {
        let error = format!("socketError {task} connectSocket:{crashed}");
        assert_eq!(heard(&mut port).await, error);
        let end = format!("close {task} 1006 network logic error");
        assert_eq!(heard(&mut port).await, end);
    }
    assert_eq!(
        heard(&mut port).await,
        format!("fail 3 connectSocket:{crashed}")
    );
    opened.dropped().await;
    connecting.dropped().await;
    settle().await;
    open(&mut world, &mut port, 4).await;
}
