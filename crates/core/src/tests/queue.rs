//! First in, first out, and not without end (C2).

use appnet_policy::failure::AppFault;
use std::num::NonZeroUsize;
use std::time::Duration;

use appnet_policy::{Failure, Policy, preset::Permits};

use crate::{
    TaskEvent,
    event::CallProfile,
    test_support::{AppUnderTest, Did, Heard, UNIX_ZERO, ms, options, options_with_timeout, secs},
};

/// One runs, two wait, nobody else.
fn one_runs_two_wait() -> AppUnderTest {
    let mut app = AppUnderTest::with(Policy {
        permits: Permits::Shared(NonZeroUsize::MIN),
        queue_limit: 2,
        ..Policy::seed()
    });
    app.call_with(1, options_with_timeout(4_000.0), ms(0));
    app.call(2, ms(0));
    app.call(3, ms(0));
    app
}

#[test]
fn c2_who_called_first_starts_first() {
    let mut app = AppUnderTest::with_calls(1..=13);
    assert_eq!(app.succeed(4, secs(1)).did, [Did::Start(11)]);
    assert_eq!(app.call(14, secs(1)).did, []);
    assert_eq!(app.succeed(11, secs(2)).did, [Did::Start(12)]);
    assert_eq!(app.succeed(1, secs(3)).did, [Did::Start(13)]);
    assert_eq!(app.succeed(2, secs(4)).did, [Did::Start(14)]);
}

#[test]
fn c2_several_permits_that_come_back_at_once_go_to_the_first_in_the_queue() {
    let mut app = AppUnderTest::with_calls(1..=25);
    let started = app.worker_lost(secs(1)).did;
    assert_eq!(started, (11..=20).map(Did::Start).collect::<Vec<_>>());
}

#[test]
fn c2_an_aborted_task_leaves_its_place_to_the_next() {
    let mut app = AppUnderTest::with_calls(1..=13);
    app.abort(11, secs(1));
    assert_eq!(app.succeed(1, secs(2)).did, [Did::Start(12)]);
}

#[test]
fn c2_beyond_the_bound_a_call_fails_at_once() {
    let mut app = one_runs_two_wait();
    let turn = app.call(4, secs(1));
    assert_eq!(
        turn.heard,
        [Heard::Fail(4, Failure::App(AppFault::TooManyTasks))]
    );
    assert_eq!(turn.did, []);
}

#[test]
fn c2_the_seeds_queue_holds_a_thousand() {
    let mut app = AppUnderTest::with_calls(1..=1_010);
    assert_eq!(app.core.open_tasks(), 1_010);
    let turn = app.call(1_011, ms(0));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1_011, Failure::App(AppFault::TooManyTasks))]
    );
}

#[test]
fn c2_a_place_that_came_free_can_be_taken() {
    let mut app = one_runs_two_wait();
    assert_eq!(
        app.abort(2, secs(1)).heard,
        [Heard::Fail(2, Failure::App(AppFault::Aborted))]
    );
    assert!(app.call(4, secs(1)).is_quiet(), "it waits");
    assert_eq!(
        app.call(5, secs(1)).heard,
        [Heard::Fail(5, Failure::App(AppFault::TooManyTasks))]
    );
}

#[test]
fn c2_a_place_that_is_free_by_now_counts_even_if_the_timer_is_late() {
    let mut app = one_runs_two_wait();
    let turn = app.call(4, secs(4)); // task 1 is overdue
    assert_eq!(turn.did, [Did::Cancel(1), Did::Start(2)]);
    assert_eq!(turn.heard.len(), 1, "{:?}", turn.heard);
    assert_eq!(app.core.open_tasks(), 3);
}

#[test]
fn c2_without_a_queue_a_call_starts_or_fails() {
    let mut app = AppUnderTest::with(Policy {
        permits: Permits::Shared(NonZeroUsize::MIN),
        queue_limit: 0,
        ..Policy::seed()
    });
    assert_eq!(app.call(1, ms(0)).did, [Did::Start(1)]);
    assert_eq!(
        app.call(2, ms(0)).heard,
        [Heard::Fail(2, Failure::App(AppFault::TooManyTasks))]
    );
    app.succeed(1, ms(1));
    assert_eq!(app.call(3, ms(1)).did, [Did::Start(3)]);
}

#[test]
fn c2_the_record_tells_the_time_in_the_queue_from_the_time_after_it() {
    let mut app = AppUnderTest::with_calls(1..=10);
    app.call(11, secs(1));
    app.succeed(1, secs(4));
    app.succeed(11, ms(4_250));
    let record = app.record(11);
    assert_eq!(record.queued, Duration::from_secs(3));
    assert_eq!(record.ran, Duration::from_millis(250));
}

#[test]
fn c2_a_task_that_never_left_the_queue_was_in_it_to_its_end() {
    let mut app = AppUnderTest::with_calls(1..=11);
    app.abort(11, secs(2));
    let record = app.record(11);
    assert_eq!(record.queued, Duration::from_secs(2));
    assert_eq!(record.ran, Duration::ZERO);
}

#[test]
fn c2_the_profile_has_the_time_in_the_queue_on_the_wall_clock() {
    let mut app = AppUnderTest::with_calls(1..=10);
    let mut options = options();
    options.enable_profile = true;
    app.call_with(11, options, secs(1));
    app.succeed(1, secs(4));
    let turn = app.succeed(11, secs(5));
    let [TaskEvent::Success(success)] = turn.what()[..] else {
        panic!("{:?}", turn.events)
    };
    let expected = CallProfile {
        invoked: UNIX_ZERO + Duration::from_secs(1),
        started: UNIX_ZERO + Duration::from_secs(4),
        exchange: Default::default(),
        estimates: Default::default(),
    };
    assert_eq!(success.profile, Some(expected));
}

#[test]
fn p7_without_enable_profile_the_app_gets_none_and_the_host_does() {
    let mut app = AppUnderTest::with_calls([1]);
    let turn = app.succeed(1, secs(1));
    let [TaskEvent::Success(success)] = turn.what()[..] else {
        panic!("{:?}", turn.events)
    };
    assert_eq!(success.profile, None);
    assert_eq!(app.record(1).profile, Some(Default::default()));
}
