//! Section 8 of the contract, as far as actors decide it.

use std::{sync::atomic::Ordering, time::Duration};

use appnet_bus::Message;
use appnet_core::TaskId;
use appnet_policy::{Policy, identity::AppId, socket::SocketLimits};
use serde_json::{Value, json};

use super::{
    harness::{World, abort, call, settle},
    script::{Did, ScriptedSocket},
};
use crate::{Port, messages::CloseApp};

/// A call of `wss://a.test/<task>`.
fn connect(task: u64) -> Message {
    let options = json!({"url": format!("wss://a.test/{task}")});
    command(&json!({"type": "call", "task": task, "api": "connectSocket", "options": options}))
}

fn send(task: u64, id: u64, text: &str) -> Message {
    command(&json!({"type": "send", "task": task, "id": id, "data": {"text": text}}))
}

fn close(task: u64, id: u64) -> Message {
    command(&json!({"type": "closeSocket", "task": task, "id": id}))
}

fn command(json: &Value) -> Message {
    Message::new(json.to_string())
}

/// The next event in a few words.
async fn heard(port: &mut Port) -> String {
    let Some(message) = port.next().await else {
        return "end".to_owned();
    };
    let event: Value = serde_json::from_str(&message.json).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let words = match event["type"].as_str().unwrap() {
        "success" | "fail" => text(&event["result"]["errMsg"]),
        "done" => format!("{} {}", event["id"], text(&event["result"]["errMsg"])),
        "message" => text(&event["data"]["text"]),
        "socketError" => text(&event["errMsg"]),
        "close" => format!("{} {}", event["code"], text(&event["reason"])),
        "error" => text(&event["message"]),
        _ => String::new(),
    };
    let words = format!("{} {} {words}", text(&event["type"]), event["task"]);
    words.trim_end().to_owned()
}

/// Opens a socket as this task.
async fn open(world: &mut World, port: &mut Port, task: u64) -> ScriptedSocket {
    port.send(connect(task)).unwrap();
    assert_eq!(
        heard(port).await,
        format!("success {task} connectSocket:ok"),
        "W1: accepted"
    );
    let socket = world.socket().await;
    assert_eq!(socket.path, format!("/{task}"));
    socket.open();
    assert_eq!(heard(port).await, format!("open {task}"));
    socket
}

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
        ..Policy::seed()
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
        let result = json!({"errMsg": "SocketTask.send:fail too much data waits to be sent", "errno": 602_300});
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

#[actix_rt::test]
async fn an_app_that_takes_no_messages_holds_up_its_own_socket_alone() {
    let mut world = World::with(Policy {
        socket: SocketLimits {
            untaken_bytes: 2 * (128 + 5),
            ..SocketLimits::seed()
        },
        ..Policy::seed()
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
        ..Policy::seed()
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
        ..Policy::seed()
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
async fn b2_open_and_connecting_sockets_are_interrupted_and_their_connections_closed() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let opened = open(&mut world, &mut port, 1).await;
    port.send(connect(2)).unwrap();
    assert_eq!(heard(&mut port).await, "success 2 connectSocket:ok");
    let connecting = world.socket().await;
    let began = tokio::time::Instant::now();
    world.background("wx1");
    assert_eq!(heard(&mut port).await, "close 1 1006 interrupted");
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(5) && took < Duration::from_millis(5_010),
        "{took:?}"
    );
    assert_eq!(
        heard(&mut port).await,
        "socketError 2 connectSocket:fail interrupted"
    );
    assert_eq!(heard(&mut port).await, "close 2 1006 interrupted");
    opened.dropped().await;
    connecting.dropped().await;
}

#[actix_rt::test]
async fn b3_a_send_in_the_background_fails_and_b4_one_after_the_return_works() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let mut socket = open(&mut world, &mut port, 1).await;
    world.background("wx1");
    port.send(send(1, 1, "too late")).unwrap();
    socket.message("still heard");
    assert_eq!(
        heard(&mut port).await,
        "done 1 1 SocketTask.send:fail interrupted"
    );
    assert_eq!(heard(&mut port).await, "message 1 still heard");
    world.foreground("wx1");
    port.send(send(1, 2, "hello again")).unwrap();
    assert_eq!(socket.sent().await, "hello again");
}

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
    world.clock.panic_next();
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

#[actix_rt::test]
async fn b7_closing_an_app_closes_its_sockets_and_waits_until_they_are_gone() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let opened = open(&mut world, &mut port, 1).await;
    let closing = open(&mut world, &mut port, 2).await;
    port.send(close(2, 1)).unwrap();
    assert_eq!(heard(&mut port).await, "done 2 1 SocketTask.close:ok");
    port.send(connect(3)).unwrap();
    assert_eq!(heard(&mut port).await, "success 3 connectSocket:ok");
    let connecting = world.socket().await;
    let closed = world.supervisor.send(CloseApp(AppId::new("wx1")));
    let report = closed.await.unwrap().unwrap();
    let numbers = |tasks: &[TaskId]| tasks.iter().map(|task| task.number()).collect::<Vec<_>>();
    assert_eq!(numbers(&report.sockets), [1, 2]);
    assert_eq!(numbers(&report.running), [3]);
    for socket in [opened, closing, connecting] {
        let gone = tokio::time::timeout(Duration::ZERO, socket.dropped());
        assert!(gone.await.is_ok(), "closed before the report came");
    }
    assert_eq!(world.transports.alive.load(Ordering::SeqCst), 0);
    assert_eq!(heard(&mut port).await, "close 1 1006 app is closed");
    assert_eq!(heard(&mut port).await, "close 2 1006 app is closed");
    assert_eq!(
        heard(&mut port).await,
        "socketError 3 connectSocket:fail app is closed"
    );
    assert_eq!(heard(&mut port).await, "close 3 1006 app is closed");
    assert_eq!(heard(&mut port).await, "end");
    let refused = port.send(send(1, 2, "too late")).unwrap_err();
    assert!(
        refused
            .answer
            .json
            .contains("SocketTask.send:fail app is closed"),
        "{}",
        refused.answer.json
    );
}

#[actix_rt::test]
async fn c4_an_aborted_socket_is_dropped_without_a_word() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let socket = open(&mut world, &mut port, 1).await;
    port.send(abort(1)).unwrap();
    assert_eq!(heard(&mut port).await, "close 1 1006 abort");
    socket.dropped().await;
}

#[actix_rt::test]
async fn b2_many_sockets_of_many_apps_are_dropped_each_in_its_turn() {
    let mut world = World::new();
    let mut apps = Vec::new();
    for number in 0..20 {
        let name = format!("wx{number}");
        let mut port = world.launch(&name).await;
        let mut sockets = Vec::new();
        for task in 1..=5 {
            sockets.push(open(&mut world, &mut port, task).await);
        }
        apps.push((name, port, sockets));
    }
    for (name, ..) in &apps {
        world.background(name);
    }
    for (_, port, sockets) in &mut apps {
        for task in 1..=5 {
            assert_eq!(heard(port).await, format!("close {task} 1006 interrupted"));
        }
        for socket in sockets {
            socket.dropped().await;
        }
    }
}
