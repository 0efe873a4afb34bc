//! Two apps on one thread: what one does, the other does not feel (I1, B7).

use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use appnet_core::{TaskId, surroundings::Surroundings};
use appnet_policy::{Policy, identity::AppId};

use super::harness::{World, abort, call, heard, settle};
use crate::{
    Port,
    link::SharedLink,
    supervisor::{CloseApp, ShutDown},
};

/// Each step of an app is a turn of its own.
fn step_by_step() -> Policy {
    Policy {
        slice: Duration::ZERO,
        ..Policy::seed()
    }
}

#[actix_rt::test]
async fn i1_a_call_is_not_held_up_by_the_thousands_that_a_neighbour_made_before() {
    let mut world = World::with(step_by_step());
    let mut greedy = world.launch("wx1").await;
    let mut modest = world.launch("wx2").await;
    world.background("wx1"); // so that the core decides about its calls, and not its port
    for task in 1..=2_000 {
        let refused = format!(
            r#"{{"type":"call","task":{task},"api":"request","options":{{"url":"https://refused{task}.test/"}}}}"#
        );
        greedy.send(refused).unwrap();
    }
    modest.send(call(1)).unwrap();
    world.exchange().await.answer();
    assert_eq!(heard(&mut modest).await, "success 1 request:ok");
    let served = world.records.lock().unwrap().len();
    assert!(served < 100, "{served} of the neighbour's calls came first");
    for _ in 0..2_000 {
        assert!(heard(&mut greedy).await.contains("fail interrupted"));
    }
}

#[actix_rt::test]
async fn i1_events_of_a_neighbours_exchanges_do_not_hold_up_an_answer() {
    let mut world = World::with(step_by_step());
    let mut greedy = world.launch("wx1").await;
    let mut modest = world.launch("wx2").await;
    greedy.send(call(1)).unwrap();
    let flood = world.exchange().await;
    modest.send(call(1)).unwrap();
    let quick = world.exchange().await;
    for _ in 0..2_000 {
        flood.head(); // each is one step of the exchange and one message to its actor
    }
    quick.answer();
    assert_eq!(heard(&mut modest).await, "success 1 request:ok");
    flood.answer();
    assert_eq!(heard(&mut greedy).await, "success 1 request:ok");
}

#[actix_rt::test]
async fn i1_what_one_step_of_a_socket_tells_is_heard_in_slices() {
    let mut world = World::with(step_by_step());
    let mut greedy = world.launch("wx1").await;
    let mut modest = world.launch("wx2").await;
    greedy.send(CONNECT).unwrap();
    let flood = world.socket().await;
    flood.open();
    settle().await;
    while is_told(&mut greedy).await {}
    for _ in 0..100 {
        flood.message("x"); // all of them are read in one step
    }
    modest.send(call(1)).unwrap();
    world.exchange().await.answer();
    assert_eq!(heard(&mut modest).await, "success 1 request:ok");
    let mut told = 0;
    while is_told(&mut greedy).await {
        told += 1;
    }
    assert!(told < 50, "{told} of the neighbour's messages came first");
}

const CONNECT: &str =
    r#"{"type":"call","task":1,"api":"connectSocket","options":{"url":"wss://a.test/"}}"#;

/// Takes an event if one waits.
async fn is_told(port: &mut Port) -> bool {
    tokio::select! {
        biased;
        event = port.next() => event.is_some(),
        () = std::future::ready(()) => false,
    }
}

#[actix_rt::test]
async fn i1_an_app_that_floods_can_be_closed_and_its_neighbour_lives_on() {
    let mut world = World::with(step_by_step());
    let greedy = world.launch("wx1").await;
    let mut modest = world.launch("wx2").await;
    for task in 1..=2_000 {
        greedy.send(call(task)).unwrap();
        greedy.send(abort(task)).unwrap();
    }
    let close = world.supervisor.send(CloseApp(AppId::new("wx1")));
    let report = close.await.unwrap().unwrap();
    let ended = report.running.len() + report.queued.len();
    assert!(ended > 1_900, "{ended} were still waiting");
    while !world.is_quiet().await {}
    modest.send(call(1)).unwrap();
    world.exchange().await.answer();
    assert_eq!(heard(&mut modest).await, "success 1 request:ok");
}

#[actix_rt::test]
async fn b7_apps_are_closed_side_by_side() {
    let mut world = World::new();
    let mut ports = Vec::new();
    for app in ["wx1", "wx2", "wx3"] {
        let port = world.launch(app).await;
        port.send(call(1)).unwrap();
        world.exchange().await;
        ports.push(port);
    }
    world.supervisor.do_send(ShutDown);
    settle().await;
    for port in &mut ports {
        assert_eq!(heard(port).await, "fail 1 request:fail app is closed");
        assert_eq!(heard(port).await, "end");
    }
    let launch = crate::supervisor::Launch {
        rules: world.rules("wx4", "https://a.test"),
        files: None,
        driver: None,
    };
    if let Ok(launched) = world.supervisor.send(launch).await {
        assert_eq!(launched.unwrap_err(), crate::LaunchError::ShutDown);
    }
}

/// A thread of the app that is at its link, and has lost its core there until it goes on.
struct Standstill {
    go_on: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Standstill {
    fn at(link: Arc<SharedLink>) -> Self {
        let (is_there, there) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let stand_still = |surroundings: &Surroundings| {
                is_there.send(()).unwrap();
                goes_on.recv().unwrap();
                Surroundings::network_type(surroundings)
            };
            let task = TaskId::new(1).unwrap();
            link.answer(task, stand_still).unwrap();
        });
        there.recv().unwrap();
        Self { go_on, thread }
    }

    fn goes_on(self) {
        self.go_on.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

#[actix_rt::test]
async fn i1_an_app_whose_own_thread_stands_still_holds_up_no_other() {
    let mut world = World::new();
    let mut still = world.launch("wx1").await;
    let mut modest = world.launch("wx2").await;
    still.send(call(1)).unwrap();
    let answered = world.exchange().await;
    modest.send(call(1)).unwrap();
    let quick = world.exchange().await;
    let standstill = Standstill::at(world.link("wx1"));
    answered.answer(); // the actor of the first app has something to tell
    quick.answer();
    assert_eq!(heard(&mut modest).await, "success 1 request:ok");
    standstill.goes_on();
    assert!(
        heard(&mut still).await.starts_with("answer 1"),
        "what it stood still for"
    );
    assert_eq!(heard(&mut still).await, "success 1 request:ok");
}

#[actix_rt::test]
async fn i1_a_timeout_is_told_when_the_apps_own_thread_goes_on() {
    let mut world = World::new();
    let mut still = world.launch("wx1").await;
    still.send(call(1)).unwrap();
    let _unanswered = world.exchange().await;
    let standstill = Standstill::at(world.link("wx1"));
    tokio::time::advance(Duration::from_secs(61)).await;
    for _ in 0..10 {
        tokio::task::yield_now().await; // the timer rings, and its actor finds the link taken
    }
    standstill.goes_on();
    assert!(
        heard(&mut still).await.starts_with("answer 1"),
        "what it stood still for"
    );
    assert_eq!(heard(&mut still).await, "fail 1 request:fail timeout");
}
