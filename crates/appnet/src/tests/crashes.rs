//! P8: exactly one terminal event for each task, also when something crashes; and the app lives on.

use std::{sync::atomic::Ordering, time::Duration};

use super::harness::{World, call, heard, settle};
use crate::RefusedCause;

#[actix_rt::test]
async fn p8_an_exchange_that_panics_fails_its_own_task_alone() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    port.send(call(2)).unwrap();
    let (first, second) = (world.exchange().await, world.exchange().await);
    first.panic();
    assert_eq!(
        heard(&mut port).await,
        "fail 1 request:fail network logic error"
    );
    second.answer();
    assert_eq!(heard(&mut port).await, "success 2 request:ok");
    assert_eq!(
        world.transports.made.load(Ordering::SeqCst),
        1,
        "the worker itself lives"
    );
}

#[actix_rt::test]
async fn p8_a_worker_that_panics_fails_the_running_tasks_and_is_made_again_for_the_waiting_ones() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    for task in 1..=9 {
        port.send(call(task)).unwrap();
    }
    for _ in 1..=9 {
        world.exchange().await;
    }
    world.transports.panic.store(true, Ordering::SeqCst);
    port.send(call(10)).unwrap();
    port.send(call(11)).unwrap();
    for task in 1..=10 {
        assert_eq!(
            heard(&mut port).await,
            format!("fail {task} request:fail network logic error")
        );
    }
    let eleventh = world.exchange().await;
    assert_eq!(eleventh.path, "/11");
    eleventh.answer();
    assert_eq!(heard(&mut port).await, "success 11 request:ok");
    assert_eq!(world.transports.made.load(Ordering::SeqCst), 2);
}

#[actix_rt::test]
async fn p8_an_app_whose_actor_panics_ends_each_task_once_and_is_restarted() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    for task in 1..=12 {
        port.send(call(task)).unwrap();
    }
    let exchange = world.exchange().await;
    settle().await;
    world.clock.panic_after(2);
    port.send(call(13)).unwrap(); // the actor dies of this one
    port.send(call(14)).unwrap(); // and this one waits for it then
    for task in 1..=14 {
        assert_eq!(
            heard(&mut port).await,
            format!("fail {task} request:fail network logic error")
        );
    }
    exchange.dropped().await;
    exchange.answer();
    settle().await;
    while !world.is_quiet().await {} // the other exchanges of the first life
    port.send(call(15)).unwrap();
    let exchange = world.exchange().await;
    assert_eq!(exchange.path, "/15");
    exchange.answer();
    assert_eq!(
        heard(&mut port).await,
        "success 15 request:ok",
        "nothing of the first life comes late"
    );
}

#[actix_rt::test]
async fn an_app_that_crashes_in_the_background_is_in_the_background_after_its_restart() {
    let world = World::new();
    let mut port = world.launch("wx1").await;
    world.background("wx1");
    settle().await;
    world.clock.panic_after(1);
    port.send(call(1)).unwrap();
    assert_eq!(
        heard(&mut port).await,
        "fail 1 request:fail network logic error"
    );
    settle().await;
    port.send(call(2)).unwrap();
    assert_eq!(heard(&mut port).await, "fail 2 request:fail interrupted");
}

#[actix_rt::test]
async fn a_second_crash_in_a_row_waits_before_the_restart_and_says_so() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    for task in [1, 2] {
        settle().await;
        world.clock.panic_after(1);
        port.send(call(task)).unwrap();
        assert_eq!(
            heard(&mut port).await,
            format!("fail {task} request:fail network logic error")
        );
    }
    settle().await;
    let refused = port.send(call(3)).unwrap_err();
    assert_eq!(refused.cause, RefusedCause::Restarting);
    assert!(
        refused
            .answer
            .json
            .contains("request:fail network logic error"),
        "{}",
        refused.answer.json
    );
    tokio::time::sleep(Duration::from_millis(101)).await;
    port.send(call(4)).unwrap();
    assert_eq!(world.exchange().await.path, "/4");
}

#[actix_rt::test]
async fn k3_a_crash_of_one_app_is_not_felt_by_another() {
    let mut world = World::new();
    let mut first = world.launch("wx1").await;
    let mut second = world.launch("wx2").await;
    second.send(call(1)).unwrap();
    let exchange = world.exchange().await;
    world.clock.panic_after(1);
    first.send(call(1)).unwrap();
    assert_eq!(
        heard(&mut first).await,
        "fail 1 request:fail network logic error"
    );
    exchange.answer();
    assert_eq!(heard(&mut second).await, "success 1 request:ok");
}
