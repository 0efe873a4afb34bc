//! W1, C1, C3: a socket on its way.

use super::{close, connect, heard, open, send};
use crate::tests::harness::{World, call};

#[actix_rt::test]
async fn w1_a_socket_is_accepted_opens_speaks_and_closes() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let mut socket = open(&mut world, &mut port, 1).await;
    socket.message("hello");
    assert_eq!(heard(&mut port).await, "message 1 hello");
    port.send(send(1, 7, "hi")).unwrap();
    assert_eq!(socket.sent().await, "hi");
    assert_eq!(heard(&mut port).await, "done 1 7 SocketTask.send:ok");
    port.send(close(1, 8)).unwrap();
    assert_eq!(heard(&mut port).await, "done 1 8 SocketTask.close:ok");
    assert_eq!(socket.sent().await, "close 1000");
    socket.close(1000);
    assert_eq!(heard(&mut port).await, "close 1 1000 bye");
    socket.dropped().await;
    assert_eq!(world.records.lock().unwrap().len(), 1);
}

#[actix_rt::test]
async fn w1_a_handshake_that_fails_is_an_error_and_a_close() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(connect(1)).unwrap();
    assert_eq!(heard(&mut port).await, "success 1 connectSocket:ok");
    world.socket().await.fail();
    assert_eq!(
        heard(&mut port).await,
        "socketError 1 connectSocket:fail connection reset"
    );
    assert_eq!(heard(&mut port).await, "close 1 1006 connection reset");
}

#[actix_rt::test]
async fn w1_an_open_socket_that_breaks_is_an_error_and_a_close() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let socket = open(&mut world, &mut port, 1).await;
    socket.fail();
    assert_eq!(
        heard(&mut port).await,
        "socketError 1 connectSocket:fail connection reset"
    );
    assert_eq!(heard(&mut port).await, "close 1 1006 connection reset");
}

#[actix_rt::test]
async fn t3_a_handshake_that_is_never_answered_times_out_and_is_dropped() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(connect(1)).unwrap();
    assert_eq!(heard(&mut port).await, "success 1 connectSocket:ok");
    let socket = world.socket().await;
    assert_eq!(
        heard(&mut port).await,
        "socketError 1 connectSocket:fail timeout"
    );
    assert_eq!(heard(&mut port).await, "close 1 1006 timeout");
    socket.dropped().await;
}

#[actix_rt::test]
async fn c1_a_handshake_holds_a_permit_and_an_open_socket_none() {
    let mut world = World::new();
    let port = world.launch("wx1").await;
    port.send(connect(1)).unwrap();
    for task in 2..=11 {
        port.send(call(task)).unwrap();
    }
    let socket = world.socket().await;
    for _ in 2..=10 {
        world.exchange().await;
    }
    assert!(world.is_quiet().await, "nine calls and a handshake run");
    socket.open();
    assert_eq!(
        world.exchange().await.path,
        "/11",
        "the permit is free when the handshake is done"
    );
}

#[actix_rt::test]
async fn c3_the_sixth_socket_fails_at_once() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let mut sockets = Vec::new();
    for task in 1..=5 {
        sockets.push(open(&mut world, &mut port, task).await);
    }
    port.send(connect(6)).unwrap();
    let sixth = "fail 6 connectSocket:fail reach max websocket connect count 5";
    assert_eq!(heard(&mut port).await, sixth);
    sockets[2].close(1001);
    assert_eq!(heard(&mut port).await, "close 3 1001 bye");
    open(&mut world, &mut port, 7).await;
}
