//! B2–B4, B7, C4: sockets that end because their app does, or wants it.

use std::{sync::atomic::Ordering, time::Duration};

use appnet_core::TaskId;
use appnet_policy::{Policy, identity::AppId};

use super::{close, connect, heard, open, send};
use crate::{
    supervisor::CloseApp,
    tests::harness::{World, abort, unhurried},
};

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
    assert_eq!(
        heard(&mut port).await,
        "done 1 1 SocketTask.send:fail interrupted"
    );
    socket.message("still heard");
    assert_eq!(heard(&mut port).await, "message 1 still heard");
    world.foreground("wx1");
    port.send(send(1, 2, "hello again")).unwrap();
    assert_eq!(socket.sent().await, "hello again");
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
        assert!(socket.is_dropped(), "closed before the report came");
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

#[actix_rt::test]
async fn b7_sockets_that_outlived_the_apps_other_connections_are_waited_for_too() {
    // So many that they cannot all be gone by chance when the report comes.
    let mut world = World::with(Policy {
        socket_limit: 200,
        ..unhurried()
    });
    let mut port = world.launch("wx1").await;
    let mut sockets = Vec::new();
    for task in 1..=200 {
        sockets.push(open(&mut world, &mut port, task).await);
    }
    tokio::time::sleep(Duration::from_secs(30) + Duration::from_secs(6)).await;
    assert_eq!(world.transports.alive.load(Ordering::SeqCst), 0);
    let closed = world.supervisor.send(CloseApp(AppId::new("wx1")));
    assert_eq!(closed.await.unwrap().unwrap().sockets.len(), 200);
    for socket in sockets {
        assert!(socket.is_dropped(), "closed before the report came");
    }
}
