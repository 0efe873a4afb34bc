//! Sections 3 and 4 of the contract, as far as actors and timers decide them.

use std::{sync::atomic::Ordering, time::Duration};

use appnet_core::TaskId;
use appnet_policy::identity::AppId;

use super::harness::{World, abort, call, heard, settle};
use crate::supervisor::CloseApp;

#[actix_rt::test]
async fn a_call_goes_to_the_transport_and_its_answer_to_the_port() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    let exchange = world.exchange().await;
    assert_eq!(exchange.path, "/1");
    exchange.head();
    exchange.answer();
    assert!(
        port.next().await.unwrap().json.contains("headersReceived"),
        "P8: headers come first"
    );
    assert_eq!(heard(&mut port).await, "success 1 request:ok");
    let records = world.records.lock().unwrap();
    assert_eq!((records.len(), &records[0].outcome), (1, &Ok(200)));
}

#[actix_rt::test]
async fn c1_the_eleventh_call_starts_when_one_of_the_ten_ends() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    for task in 1..=11 {
        port.send(call(task)).unwrap();
    }
    let mut running = Vec::new();
    for _ in 0..10 {
        running.push(world.exchange().await);
    }
    assert!(world.is_quiet().await, "ten run, the eleventh waits");
    running[3].answer();
    assert_eq!(heard(&mut port).await, "success 4 request:ok");
    assert_eq!(world.exchange().await.path, "/11");
}

#[actix_rt::test]
async fn c4_an_abort_reaches_the_transport_and_frees_the_permit() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    for task in 1..=11 {
        port.send(call(task)).unwrap();
    }
    let first = world.exchange().await;
    port.send(abort(1)).unwrap();
    port.send(abort(1)).unwrap();
    assert_eq!(heard(&mut port).await, "fail 1 request:fail abort");
    first.dropped().await;
    for _ in 2..=10 {
        world.exchange().await;
    }
    assert_eq!(world.exchange().await.path, "/11");
    port.send(abort(1)).unwrap();
    port.send(abort(99)).unwrap();
    settle().await;
    port.send(abort(11)).unwrap();
    assert_eq!(
        heard(&mut port).await,
        "fail 11 request:fail abort",
        "after its end an abort does nothing"
    );
}

#[actix_rt::test]
async fn t3_a_timeout_ends_the_call_and_its_exchange() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    let began = tokio::time::Instant::now();
    port.send(call(1)).unwrap();
    let exchange = world.exchange().await;
    assert_eq!(heard(&mut port).await, "fail 1 request:fail timeout");
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(60) && took < Duration::from_millis(60_010),
        "{took:?}"
    );
    exchange.dropped().await;
}

#[actix_rt::test]
async fn b2_tasks_are_interrupted_five_seconds_after_entering_the_background_and_not_before() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    for task in 1..=12 {
        port.send(call(task)).unwrap();
    }
    let exchange = world.exchange().await;
    let began = tokio::time::Instant::now();
    world.background("wx1");
    for task in 1..=12 {
        assert_eq!(
            heard(&mut port).await,
            format!("fail {task} request:fail interrupted")
        );
    }
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(5) && took < Duration::from_millis(5_010),
        "{took:?}"
    );
    exchange.dropped().await;
}

#[actix_rt::test]
async fn b3_a_call_made_right_after_entering_the_background_fails_and_b4_one_after_the_return_works()
 {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    world.background("wx1");
    port.send(call(1)).unwrap();
    world.foreground("wx1");
    port.send(call(2)).unwrap();
    assert_eq!(heard(&mut port).await, "fail 1 request:fail interrupted");
    assert_eq!(world.exchange().await.path, "/2");
}

#[actix_rt::test]
async fn b4_a_return_before_the_grace_ends_loses_nothing_and_stops_its_timer() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    let exchange = world.exchange().await;
    for _ in 0..20 {
        world.background("wx1");
        tokio::time::sleep(Duration::from_millis(400)).await;
        world.foreground("wx1");
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    exchange.answer();
    assert_eq!(heard(&mut port).await, "success 1 request:ok");
}

#[actix_rt::test]
async fn b6_a_device_that_slept_through_the_grace_interrupts_soon_after_waking() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    world.exchange().await;
    world.background("wx1");
    settle().await;
    world.clock.sleep_device(Duration::from_secs(3600));
    let woke = tokio::time::Instant::now();
    assert_eq!(heard(&mut port).await, "fail 1 request:fail interrupted");
    assert!(
        woke.elapsed() <= Duration::from_millis(510),
        "{:?}",
        woke.elapsed()
    );
}

#[actix_rt::test]
async fn b6_a_device_that_slept_through_the_grace_interrupts_before_it_returns_to_the_foreground() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    world.exchange().await;
    world.background("wx1");
    settle().await;
    world.clock.sleep_device(Duration::from_secs(3600));
    world.foreground("wx1");
    assert_eq!(heard(&mut port).await, "fail 1 request:fail interrupted");
}

#[actix_rt::test]
async fn b7_closing_an_app_ends_its_tasks_reports_them_and_leaves_nothing() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    for task in 1..=12 {
        port.send(call(task)).unwrap();
    }
    let exchange = world.exchange().await;
    let link = std::sync::Arc::downgrade(&world.link("wx1"));
    let report = world
        .supervisor
        .send(CloseApp(AppId::new("wx1")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        report
            .running
            .iter()
            .copied()
            .map(TaskId::number)
            .collect::<Vec<_>>(),
        (1..=10).collect::<Vec<_>>()
    );
    assert_eq!(
        report
            .queued
            .iter()
            .copied()
            .map(TaskId::number)
            .collect::<Vec<_>>(),
        [11, 12]
    );
    exchange.dropped().await;
    assert_eq!(
        world.transports.alive.load(Ordering::SeqCst),
        0,
        "its connections are closed"
    );
    for task in 1..=12 {
        assert_eq!(
            heard(&mut port).await,
            format!("fail {task} request:fail app is closed")
        );
    }
    assert_eq!(heard(&mut port).await, "end");
    let refused = port.send(call(13)).unwrap_err();
    assert!(
        refused.answer.json.contains("request:fail app is closed"),
        "{}",
        refused.answer.json
    );
    drop(port);
    settle().await;
    assert!(
        link.upgrade().is_none(),
        "the actor and the table have let go of it"
    );
    assert!(
        world
            .supervisor
            .send(CloseApp(AppId::new("wx1")))
            .await
            .unwrap()
            .is_none()
    );
}

#[actix_rt::test]
async fn an_app_that_was_closed_can_be_launched_again() {
    let mut world = World::new();
    world.launch("wx1").await;
    world
        .supervisor
        .send(CloseApp(AppId::new("wx1")))
        .await
        .unwrap();
    let port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    assert_eq!(world.exchange().await.path, "/1");
}

#[actix_rt::test]
async fn d7_new_rules_hold_for_calls_made_after_them() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    let rules = world.rules("wx1", "https://other.test");
    world.link("wx1").configure(rules);
    port.send(call(2)).unwrap();
    assert_eq!(
        heard(&mut port).await,
        "fail 2 request:fail url not in domain list"
    );
    assert_eq!(world.exchange().await.path, "/1");
}

#[actix_rt::test]
async fn a_worker_without_work_is_dropped_with_its_connections_and_made_again_when_needed() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    world.exchange().await.answer();
    assert_eq!(heard(&mut port).await, "success 1 request:ok");
    assert_eq!(world.transports.alive.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_secs(30) + Duration::from_secs(6)).await;
    assert_eq!(world.transports.alive.load(Ordering::SeqCst), 0);
    port.send(call(2)).unwrap();
    world.exchange().await.answer();
    assert_eq!(heard(&mut port).await, "success 2 request:ok");
    assert_eq!(world.transports.made.load(Ordering::SeqCst), 2);
}
