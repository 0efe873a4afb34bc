//! W2: what is asked of a socket, and its answers.

use appnet_policy::Policy;
use serde_json::{Value, json};

use super::{close, connect, heard, open, send};
use crate::{
    tests::harness::{World, call, unhurried},
    tests::script::Did,
};

#[actix_rt::test]
async fn w2_what_is_sent_is_confirmed_in_order_when_the_transport_has_it() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let mut socket = open(&mut world, &mut port, 1).await;
    for id in 1..=3 {
        port.send(send(1, id, &format!("message {id}"))).unwrap();
    }
    assert_eq!(socket.sent().await, "message 1");
    assert_eq!(heard(&mut port).await, "done 1 1 SocketTask.send:ok");
    let Did::Sent { hand_over, .. } = socket.did().await else {
        panic!("not a message");
    };
    assert_eq!(socket.sent().await, "message 3");
    hand_over.send(()).unwrap();
    assert_eq!(heard(&mut port).await, "done 1 2 SocketTask.send:ok");
    assert_eq!(heard(&mut port).await, "done 1 3 SocketTask.send:ok");
}

#[actix_rt::test]
async fn w2_what_was_sent_is_told_before_the_end_and_what_was_not_too() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let mut socket = open(&mut world, &mut port, 1).await;
    port.send(send(1, 1, "sent")).unwrap();
    port.send(send(1, 2, "not sent")).unwrap();
    let (Did::Sent { hand_over, .. }, unsent) = (socket.did().await, socket.did().await) else {
        panic!("not a message");
    };
    socket.close(1000);
    hand_over.send(()).unwrap();
    drop(unsent);
    assert_eq!(heard(&mut port).await, "done 1 1 SocketTask.send:ok");
    let not_open = "done 1 2 SocketTask.send:fail SocketTask.readyState is not OPEN";
    assert_eq!(heard(&mut port).await, not_open);
    assert_eq!(heard(&mut port).await, "close 1 1000 bye");
}

#[actix_rt::test]
async fn w2_what_is_asked_of_a_socket_that_is_not_open_is_answered_so() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(send(1, 1, "to nobody")).unwrap();
    let not_open = "SocketTask.send:fail SocketTask.readyState is not OPEN";
    assert_eq!(heard(&mut port).await, format!("done 1 1 {not_open}"));
    port.send(connect(2)).unwrap();
    port.send(send(2, 1, "too early")).unwrap();
    assert_eq!(heard(&mut port).await, "success 2 connectSocket:ok");
    assert_eq!(heard(&mut port).await, format!("done 2 1 {not_open}"));
    let socket = world.socket().await;
    socket.open();
    socket.close(1000);
    assert_eq!(heard(&mut port).await, "open 2");
    assert_eq!(heard(&mut port).await, "close 2 1000 bye");
    port.send(send(2, 2, "too late")).unwrap();
    port.send(close(2, 3)).unwrap();
    port.send(call(4)).unwrap();
    port.send(send(4, 1, "to a request")).unwrap();
    assert_eq!(heard(&mut port).await, format!("done 2 2 {not_open}"));
    let not_open_to_close = "SocketTask.close:fail SocketTask.readyState is not OPEN";
    assert_eq!(
        heard(&mut port).await,
        format!("done 2 3 {not_open_to_close}")
    );
    assert_eq!(heard(&mut port).await, format!("done 4 1 {not_open}"));
}

#[actix_rt::test]
async fn w2_an_ask_with_the_number_of_one_that_waits_is_refused_and_the_other_is_answered_once() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let mut socket = open(&mut world, &mut port, 1).await;
    port.send(send(1, 5, "first")).unwrap();
    port.send(send(1, 5, "second")).unwrap();
    let twice = heard(&mut port).await;
    assert!(
        twice.starts_with("error 1") && twice.contains("id"),
        "{twice}"
    );
    assert_eq!(socket.sent().await, "first");
    assert_eq!(heard(&mut port).await, "done 1 5 SocketTask.send:ok");
    port.send(send(1, 5, "third")).unwrap();
    assert_eq!(socket.sent().await, "third");
    assert_eq!(heard(&mut port).await, "done 1 5 SocketTask.send:ok");
}

#[actix_rt::test]
async fn w2_more_sends_than_the_backlog_are_refused_with_their_own_failure_and_a_close_gets_through()
 {
    let mut world = World::with(Policy {
        port_backlog: 10,
        ..unhurried()
    });
    let mut port = world.launch("wx1").await;
    let mut socket = open(&mut world, &mut port, 1).await;
    let mut refused = Vec::new();
    for id in 1..=20 {
        if let Err(not_sent) = port.send(send(1, id, "x")) {
            refused.push(not_sent.answer.json);
        }
    }
    assert!(!refused.is_empty(), "the mailbox holds 10");
    for answer in &refused {
        let answer: Value = serde_json::from_str(answer).unwrap();
        let result = json!({"errMsg": "SocketTask.send:fail native buffer exceed size limit", "errno": 602_300});
        assert_eq!((&answer["ok"], &answer["result"]), (&json!(false), &result));
    }
    port.send(close(1, 21)).unwrap();
    assert_eq!(heard(&mut port).await, "done 1 21 SocketTask.close:ok");
    for id in 1..=20 - refused.len() {
        assert_eq!(socket.sent().await, "x");
        assert_eq!(
            heard(&mut port).await,
            format!("done 1 {id} SocketTask.send:ok")
        );
    }
    assert_eq!(socket.sent().await, "close 1000");
}
