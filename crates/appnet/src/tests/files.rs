//! F3: a file is kept in the turn that decides on its success, and only then.

use appnet_policy::failure::HostFault;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use appnet_core::effect::IoFailure;
use appnet_policy::Failure;

use crate::{
    tests::harness::{World, abort, call, heard, settle},
    transport::Keep,
};

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Pending,
    Kept,
    Dropped,
}

/// A file under way, and where its fate is seen.
fn file(kept: Result<(), Failure>) -> (Keep, Arc<Mutex<Fate>>) {
    let fate = Arc::new(Mutex::new(Fate::Pending));
    let pending = Pending(Arc::clone(&fate));
    let keep = move || {
        *pending.0.lock().unwrap() = Fate::Kept;
        kept.map_err(|failure| {
            Box::new(IoFailure {
                failure,
                reason: "the disk".to_owned(),
                refusal: None,
            })
        })
    };
    (Box::new(keep), fate)
}

struct Pending(Arc<Mutex<Fate>>);

impl Drop for Pending {
    fn drop(&mut self) {
        let mut fate = self.0.lock().unwrap();
        if *fate == Fate::Pending {
            *fate = Fate::Dropped;
        }
    }
}

#[track_caller]
fn assert_fate(fate: &Mutex<Fate>, expected: Fate) {
    assert_eq!(*fate.lock().unwrap(), expected);
}

#[actix_rt::test]
async fn f3_a_file_is_kept_before_the_app_hears_of_its_success() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    let exchange = world.exchange().await;
    let (keep, fate) = file(Ok(()));
    exchange.save(keep);
    assert_eq!(heard(&mut port).await, "success 1 request:ok");
    assert_fate(&fate, Fate::Kept);
}

#[actix_rt::test]
async fn f4_a_file_that_cannot_be_kept_fails_the_call() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    let (keep, _) = file(Err(Failure::Host(HostFault::FileNotSaved)));
    world.exchange().await.save(keep);
    let failed = "fail 1 request:fail download save file error";
    assert_eq!(heard(&mut port).await, failed);
    let reason = world.records.lock().unwrap()[0].reason.clone();
    assert_eq!(reason.as_deref(), Some("the disk"));
}

#[actix_rt::test]
async fn c4_a_file_whose_task_was_aborted_as_its_last_byte_came_is_dropped() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    let exchange = world.exchange().await;
    let (keep, fate) = file(Ok(()));
    // Both are on their way to the actor, the abort first.
    port.send(abort(1)).unwrap();
    exchange.save(keep);
    assert_eq!(heard(&mut port).await, "fail 1 request:fail abort");
    settle().await;
    assert_fate(&fate, Fate::Dropped);
}

#[actix_rt::test]
async fn t2_a_file_that_is_whole_after_the_deadline_is_dropped_even_if_the_timer_never_fired() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    let exchange = world.exchange().await;
    world.clock.sleep_device(Duration::from_secs(61));
    let (keep, fate) = file(Ok(()));
    exchange.save(keep);
    assert_eq!(heard(&mut port).await, "fail 1 request:fail timeout");
    assert_fate(&fate, Fate::Dropped);
}

#[actix_rt::test]
async fn b2_a_file_that_is_whole_after_the_interruption_is_dropped() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    let exchange = world.exchange().await;
    world.background("wx1");
    settle().await;
    world.clock.sleep_device(Duration::from_secs(5));
    let (keep, fate) = file(Ok(()));
    exchange.save(keep);
    assert_eq!(heard(&mut port).await, "fail 1 request:fail interrupted");
    assert_fate(&fate, Fate::Dropped);
}
