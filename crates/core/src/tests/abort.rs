//! `abort()` is final (C4, J5).

use appnet_policy::Failure;
use appnet_policy::failure::AppFault;

use crate::test_support::{AppUnderTest, Did, Heard, ms, secs};

#[test]
fn c4_abort_of_a_running_task_reaches_the_transport() {
    let mut app = AppUnderTest::with_calls([1]);
    let turn = app.abort(1, secs(1));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::App(AppFault::Aborted))]
    );
    assert_eq!(turn.did, [Did::Cancel(1)]);
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn c4_abort_of_a_waiting_task_ends_it_at_once_and_is_no_business_of_the_transport() {
    let mut app = AppUnderTest::with_calls(1..=11);
    let turn = app.abort(11, secs(1));
    assert_eq!(
        turn.heard,
        [Heard::Fail(11, Failure::App(AppFault::Aborted))]
    );
    assert_eq!(turn.did, []);
    assert_eq!(app.succeed(1, secs(2)).did, [], "it has left the queue");
}

#[test]
fn c4_abort_of_an_ended_task_does_nothing() {
    let mut app = AppUnderTest::with_calls([1]);
    app.succeed(1, secs(1));
    assert!(app.abort(1, secs(2)).is_quiet());
}

#[test]
fn c4_abort_of_a_task_that_never_was_does_nothing() {
    let mut app = AppUnderTest::with_calls([1]);
    assert!(app.abort(2, secs(1)).is_quiet());
    assert_eq!(app.call(2, secs(1)).did, [Did::Start(2)], "nor later");
}

#[test]
fn j5_a_second_abort_is_not_heard() {
    let mut app = AppUnderTest::with_calls([1]);
    app.abort(1, secs(1));
    assert!(app.abort(1, secs(1)).is_quiet());
}

#[test]
fn j5_a_success_that_is_already_on_its_way_is_dropped() {
    let mut app = AppUnderTest::with_calls([1]);
    app.headers(1, secs(1));
    assert_eq!(
        app.abort(1, secs(2)).heard,
        [Heard::Fail(1, Failure::App(AppFault::Aborted))]
    );
    assert!(app.succeed(1, secs(2)).is_quiet());
}

#[test]
fn c4_whatever_the_transport_still_says_of_an_aborted_task_is_dropped() {
    let mut app = AppUnderTest::with_calls([1]);
    app.abort(1, secs(1));
    assert!(app.headers(1, secs(2)).is_quiet());
    assert!(app.reset(1, secs(2)).is_quiet());
    assert!(app.crash(1, secs(2)).is_quiet());
}

#[test]
fn c4_abort_leaves_other_tasks_alone() {
    let mut app = AppUnderTest::with_calls([1, 2]);
    app.abort(1, ms(500));
    assert_eq!(app.succeed(2, secs(1)).heard, [Heard::Success(2, 200)]);
}
