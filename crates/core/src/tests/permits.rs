//! Ten at once (C1).

use appnet_policy::Failure;
use appnet_policy::failure::{AppFault, InternalFault, NetworkFault};

use crate::test_support::{
    AppUnderTest, Did, Heard, Turn, ms, options_to, options_with_timeout, secs,
};

/// An app whose ten permits are out and one task, 11, waits.
fn full() -> AppUnderTest {
    let mut app = AppUnderTest::new();
    for task in 1..=10 {
        let turn = app.call(task, ms(0));
        assert_eq!(turn.did, [Did::Start(task)]);
    }
    assert!(app.call(11, ms(0)).is_quiet());
    app
}

/// Proves that the turn which ended task 1 started task 11.
#[track_caller]
fn assert_free_in_the_same_turn(turn: &Turn, heard: &Heard) {
    assert_eq!(&turn.heard[..1], std::slice::from_ref(heard));
    assert_eq!(turn.did.last(), Some(&Did::Start(11)));
}

#[test]
fn c1_ten_run_and_the_eleventh_waits() {
    let app = full();
    assert_eq!(app.core.open_tasks(), 11);
}

#[test]
fn c1_a_permit_is_free_in_the_same_turn_after_a_success() {
    let turn = full().succeed(1, secs(1));
    assert_free_in_the_same_turn(&turn, &Heard::Success(1, 200));
}

#[test]
fn c1_a_permit_is_free_in_the_same_turn_after_a_failure() {
    let turn = full().reset(1, secs(1));
    assert_free_in_the_same_turn(
        &turn,
        &Heard::Fail(1, Failure::Network(NetworkFault::ConnectionReset)),
    );
}

#[test]
fn c1_a_permit_is_free_in_the_same_turn_after_an_abort() {
    let turn = full().abort(1, secs(1));
    assert_free_in_the_same_turn(&turn, &Heard::Fail(1, Failure::App(AppFault::Aborted)));
}

#[test]
fn c1_a_permit_is_free_in_the_same_turn_after_a_crash() {
    let turn = full().crash(1, secs(1));
    assert_free_in_the_same_turn(
        &turn,
        &Heard::Fail(1, Failure::Internal(InternalFault::Crashed)),
    );
}

#[test]
fn c1_a_permit_is_free_in_the_same_turn_after_the_loss_of_the_worker() {
    let turn = full().worker_lost(secs(1));
    assert_free_in_the_same_turn(
        &turn,
        &Heard::Fail(1, Failure::Internal(InternalFault::Crashed)),
    );
}

#[test]
fn c1_a_permit_is_free_in_the_same_turn_after_a_timeout() {
    let mut app = AppUnderTest::new();
    app.call_with(1, options_with_timeout(1_000.0), ms(0));
    for task in 2..=11 {
        app.call(task, ms(0));
    }
    let turn = app.timer(secs(1));
    assert_free_in_the_same_turn(
        &turn,
        &Heard::Fail(1, Failure::Network(NetworkFault::TimedOut)),
    );
}

#[test]
fn c1_a_permit_is_held_until_the_terminal_event_and_not_until_the_headers() {
    assert_eq!(full().headers(1, secs(1)).did, []);
}

#[test]
fn c1_each_permit_that_comes_back_starts_one_task() {
    let mut app = full();
    app.call(12, ms(0));
    assert_eq!(app.succeed(5, secs(1)).did, [Did::Start(11)]);
    assert_eq!(app.succeed(6, secs(1)).did, [Did::Start(12)]);
    assert_eq!(app.succeed(7, secs(1)).did, []);
    assert_eq!(app.call(13, secs(1)).did, [Did::Start(13)]);
    assert!(app.call(14, secs(1)).is_quiet());
}

#[test]
fn c1_a_call_that_is_refused_takes_no_permit() {
    let mut app = AppUnderTest::new();
    for task in 1..=20 {
        let turn = app.call_with(task, options_to("https://other.com"), ms(0));
        assert_eq!(
            turn.heard,
            [Heard::Fail(task, Failure::App(AppFault::NotInDomainList))]
        );
    }
    for task in 21..=30 {
        assert_eq!(app.call(task, ms(0)).did, [Did::Start(task)]);
    }
}

#[test]
fn c1_the_end_of_a_waiting_task_frees_no_permit() {
    let mut app = full();
    app.call(12, ms(0));
    assert_eq!(app.abort(11, secs(1)).did, []);
}
