//! P8: a socket ends once, also when something crashes; the others live on.

use std::sync::atomic::Ordering;

use super::{connect, heard, open, send};
use crate::{
    Port,
    tests::harness::{World, call, settle},
};

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

/// Where something panics while an app has one task.
#[derive(Debug, Clone, Copy)]
enum Crash {
    Exchange,
    ExchangeWorker,
    ActorWithExchange,
    Handshake,
    OpenSocket,
    SocketWorker,
    ActorWithSocket,
}

/// Begins task 1, lets it crash, and hears what the app does.
async fn crash(world: &mut World, port: &mut Port, crash: Crash) -> Vec<String> {
    match crash {
        Crash::Exchange => {
            port.send(call(1)).unwrap();
            world.exchange().await.panic();
        }
        Crash::ExchangeWorker => {
            world.transports.panic.store(true, Ordering::SeqCst);
            port.send(call(1)).unwrap();
        }
        Crash::ActorWithExchange => {
            world.clock.panic_after(1);
            port.send(call(1)).unwrap();
        }
        Crash::Handshake => {
            port.send(connect(1)).unwrap();
            world.socket().await.panic();
        }
        Crash::OpenSocket => {
            let socket = open(world, port, 1).await;
            socket.panic();
            return vec![heard(port).await, heard(port).await];
        }
        Crash::SocketWorker => {
            world.transports.panic.store(true, Ordering::SeqCst);
            port.send(connect(1)).unwrap();
        }
        Crash::ActorWithSocket => {
            open(world, port, 1).await;
            world.clock.panic_after(1);
            port.send(send(1, 1, "never sent")).unwrap();
            return vec![heard(port).await, heard(port).await, heard(port).await];
        }
    }
    match crash {
        Crash::Handshake | Crash::SocketWorker => {
            vec![heard(port).await, heard(port).await, heard(port).await]
        }
        _ => vec![heard(port).await],
    }
}

#[actix_rt::test]
async fn p8_k3_each_crash_is_one_end_and_one_record_and_no_neighbour_feels_it() {
    let call_failed = &["fail 1 request:fail network logic error"][..];
    let broke = [
        "socketError 1 connectSocket:fail network logic error",
        "close 1 1006 network logic error",
    ];
    let never_opened = [&["success 1 connectSocket:ok"][..], &broke].concat();
    let with_answer = [
        &["done 1 1 SocketTask.send:fail network logic error"][..],
        &broke,
    ]
    .concat();
    let table = [
        (Crash::Exchange, call_failed),
        (Crash::ExchangeWorker, call_failed),
        (Crash::ActorWithExchange, call_failed),
        (Crash::Handshake, &never_opened),
        (Crash::OpenSocket, &broke),
        (Crash::SocketWorker, &never_opened),
        (Crash::ActorWithSocket, &with_answer),
    ];
    let mut world = World::new();
    let mut neighbour = world.launch("neighbour").await;
    let mut beside = open(&mut world, &mut neighbour, 1).await;
    neighbour.send(call(2)).unwrap();
    let exchange = world.exchange().await;
    for (number, (place, expected)) in table.into_iter().enumerate() {
        let name = format!("wx{number}");
        let mut port = world.launch(&name).await;
        assert_eq!(
            crash(&mut world, &mut port, place).await,
            expected,
            "{place:?}"
        );
        settle().await;
        // The app works again, and hears nothing more of what crashed.
        port.send(call(9)).unwrap();
        let next = world.exchange().await;
        assert_eq!(next.path, "/9", "{place:?}");
        next.answer();
        assert_eq!(heard(&mut port).await, "success 9 request:ok", "{place:?}");
        settle().await;
        let tasks: Vec<_> = {
            let records = world.records.lock().unwrap();
            let of_app = records
                .iter()
                .filter(|record| record.app.to_string() == name);
            of_app.map(|record| record.task.number()).collect()
        };
        assert_eq!(tasks, [1, 9], "{place:?}");
        // Its neighbour's socket and exchange are what they were.
        beside.message("hello");
        assert_eq!(heard(&mut neighbour).await, "message 1 hello", "{place:?}");
        let id = 10 + number as u64;
        neighbour.send(send(1, id, "ciao")).unwrap();
        assert_eq!(beside.sent().await, "ciao", "{place:?}");
        let sent = format!("done 1 {id} SocketTask.send:ok");
        assert_eq!(heard(&mut neighbour).await, sent, "{place:?}");
    }
    exchange.answer();
    assert_eq!(heard(&mut neighbour).await, "success 2 request:ok");
}
