//! Leaving the screen and coming back (B1–B6). The seed's grace is 5 s.

use appnet_policy::failure::{AppFault, HostFault, NetworkFault};
use std::time::Duration;

use appnet_policy::{Failure, Policy, preset::BackgroundCalls};

use crate::{
    Instant,
    lifecycle::Lifecycle,
    test_support::{AppUnderTest, Did, Heard, ms, options_with_timeout, secs},
};

fn grace_until(ends: Instant) -> Lifecycle {
    Lifecycle::Grace { ends }
}

/// Its only task runs; the app left the screen at 1 s.
fn in_grace_until_6_s() -> AppUnderTest {
    let mut app = AppUnderTest::with_calls([1]);
    assert!(app.background(secs(1)).is_quiet());
    assert_eq!(app.wakes_at(), Some(secs(6)));
    app
}

fn interrupted_at_6_s() -> AppUnderTest {
    let mut app = in_grace_until_6_s();
    app.timer(secs(6));
    app
}

fn with_calls_during_grace() -> AppUnderTest {
    AppUnderTest::with(Policy {
        background_calls: BackgroundCalls::DuringGrace,
        ..Policy::seed()
    })
}

#[test]
fn b1_tasks_go_on_for_the_grace() {
    let mut app = in_grace_until_6_s();
    assert!(app.timer(ms(5_999)).is_quiet());
    assert_eq!(app.succeed(1, ms(5_999)).heard, [Heard::Success(1, 200)]);
}

#[test]
fn b1_queued_tasks_start_during_the_grace() {
    let mut app = AppUnderTest::with_calls(1..=11);
    app.background(secs(1));
    assert_eq!(app.succeed(1, secs(2)).did, [Did::Start(11)]);
}

#[test]
fn b2_what_has_not_ended_by_then_is_interrupted_and_its_transport_stopped() {
    let mut app = in_grace_until_6_s();
    let turn = app.timer(secs(6));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Host(HostFault::Interrupted))]
    );
    assert_eq!(turn.did, [Did::Cancel(1)]);
    assert_eq!(app.core.lifecycle(), Lifecycle::Interrupted);
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn b2_queued_tasks_are_interrupted_too() {
    let mut app = AppUnderTest::with_calls(1..=12);
    app.background(secs(1));
    let turn = app.timer(secs(6));
    let failures: Vec<_> = (1..=12)
        .map(|task| Heard::Fail(task, Failure::Host(HostFault::Interrupted)))
        .collect();
    assert_eq!(turn.heard, failures);
    assert_eq!(turn.did, (1..=10).map(Did::Cancel).collect::<Vec<_>>());
}

#[test]
fn b2_an_answer_after_the_interruption_is_dropped() {
    assert!(interrupted_at_6_s().succeed(1, secs(7)).is_quiet());
}

#[test]
fn b2_a_grace_of_zero_interrupts_at_once() {
    let mut app = AppUnderTest::with(Policy {
        grace: Duration::ZERO,
        ..Policy::seed()
    });
    app.call(1, ms(0));
    let turn = app.background(secs(1));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Host(HostFault::Interrupted))]
    );
    assert_eq!(app.core.lifecycle(), Lifecycle::Interrupted);
}

#[test]
fn b3_calls_in_the_background_fail_at_once() {
    let mut app = in_grace_until_6_s();
    let turn = app.call(2, secs(2));
    assert_eq!(
        turn.heard,
        [Heard::Fail(2, Failure::Host(HostFault::Interrupted))]
    );
    assert_eq!(turn.did, []);
    let turn = app.call(3, secs(9));
    assert_eq!(
        turn.heard.last(),
        Some(&Heard::Fail(3, Failure::Host(HostFault::Interrupted)))
    );
}

#[test]
fn b3_during_grace_lets_calls_in_until_the_grace_ends() {
    let mut app = with_calls_during_grace();
    app.background(secs(1));
    assert_eq!(app.call(1, ms(5_999)).did, [Did::Start(1)]);
    let turn = app.call(2, secs(6));
    let interrupted = [1, 2].map(|task| Heard::Fail(task, Failure::Host(HostFault::Interrupted)));
    assert_eq!(turn.heard, interrupted);
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn b3_abort_works_in_the_background() {
    let mut app = in_grace_until_6_s();
    assert_eq!(
        app.abort(1, secs(2)).heard,
        [Heard::Fail(1, Failure::App(AppFault::Aborted))]
    );
}

#[test]
fn b4_a_return_before_the_grace_ends_loses_nothing_and_stops_its_timer() {
    let mut app = in_grace_until_6_s();
    assert!(app.foreground(ms(5_999)).is_quiet());
    assert_eq!(app.wakes_at(), Some(secs(60)), "only the task's deadline");
    assert!(app.timer(secs(6)).is_quiet());
    assert_eq!(app.succeed(1, secs(7)).heard, [Heard::Success(1, 200)]);
}

#[test]
fn b4_no_old_grace_ends_a_new_one_however_fast_they_alternate() {
    let mut app = AppUnderTest::with_calls([1]);
    app.background(ms(1_000));
    app.foreground(ms(1_001));
    app.background(ms(1_002));
    app.foreground(ms(1_003));
    app.background(ms(4_000));
    assert!(app.timer(ms(6_000)).is_quiet(), "the end of the first");
    assert!(app.timer(ms(6_002)).is_quiet(), "the end of the second");
    assert_eq!(app.wakes_at(), Some(ms(9_000)));
    let turn = app.timer(ms(9_000));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Host(HostFault::Interrupted))]
    );
}

#[test]
fn b4_being_told_twice_does_not_prolong_the_grace() {
    let mut app = in_grace_until_6_s();
    app.background(secs(5));
    assert_eq!(app.core.lifecycle(), grace_until(secs(6)));
    let turn = app.timer(secs(6));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Host(HostFault::Interrupted))]
    );
}

#[test]
fn b4_being_told_again_after_the_grace_starts_no_new_one() {
    let mut app = interrupted_at_6_s();
    app.background(secs(7));
    assert_eq!(app.core.lifecycle(), Lifecycle::Interrupted);
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn b4_after_a_late_return_new_calls_work_and_nothing_resumes() {
    let mut app = interrupted_at_6_s();
    assert!(app.foreground(secs(9)).is_quiet());
    assert_eq!(app.core.open_tasks(), 0);
    assert_eq!(app.call(2, secs(9)).did, [Did::Start(2)]);
}

#[test]
fn b4_permits_of_interrupted_tasks_are_all_back() {
    let mut app = AppUnderTest::with_calls(1..=12);
    app.background(secs(1));
    app.timer(secs(6));
    app.foreground(secs(7));
    for task in 13..=22 {
        assert_eq!(app.call(task, secs(7)).did, [Did::Start(task)]);
    }
    assert!(app.call(23, secs(7)).is_quiet());
}

#[test]
fn b5_nothing_is_taken_from_a_pinned_app() {
    let mut app = AppUnderTest::with_calls([1]);
    app.background_pinned(secs(1));
    assert_eq!(app.wakes_at(), Some(secs(60)), "only the task's deadline");
    assert_eq!(app.call(2, secs(20)).did, [Did::Start(2)]);
    assert_eq!(app.succeed(1, secs(30)).heard, [Heard::Success(1, 200)]);
}

#[test]
fn b5_an_app_that_is_unpinned_in_the_background_has_its_grace_from_then() {
    let mut app = AppUnderTest::with_calls([1]);
    app.background_pinned(secs(1));
    app.background(secs(20));
    assert_eq!(app.core.lifecycle(), grace_until(secs(25)));
    assert_eq!(
        app.timer(secs(25)).heard,
        [Heard::Fail(1, Failure::Host(HostFault::Interrupted))]
    );
}

#[test]
fn b5_an_app_that_is_pinned_in_its_grace_keeps_its_tasks() {
    let mut app = in_grace_until_6_s();
    app.background_pinned(secs(5));
    assert!(app.timer(secs(6)).is_quiet());
    assert_eq!(app.succeed(1, secs(7)).heard, [Heard::Success(1, 200)]);
}

#[test]
fn b5_an_app_that_is_pinned_after_its_grace_may_call_again() {
    let mut app = interrupted_at_6_s();
    app.background_pinned(secs(7));
    assert_eq!(app.call(2, secs(8)).did, [Did::Start(2)]);
}

/// B6: the device slept from 2 s to 100 s, and the first it notices is `event`.
#[track_caller]
fn assert_interrupts_first(event: impl FnOnce(&mut AppUnderTest, Instant) -> Vec<Heard>) {
    let mut app = AppUnderTest::new();
    app.call_with(1, options_with_timeout(6_000.0), ms(0)); // overdue too, but not before the grace
    app.background(secs(1));
    let heard = event(&mut app, secs(100));
    assert_eq!(
        heard.first(),
        Some(&Heard::Fail(1, Failure::Host(HostFault::Interrupted)))
    );
}

#[test]
fn b6_a_device_that_slept_through_the_grace_interrupts_first_whatever_wakes_it() {
    assert_interrupts_first(|app, now| app.timer(now).heard);
    assert_interrupts_first(|app, now| app.foreground(now).heard);
    assert_interrupts_first(|app, now| app.background(now).heard);
    assert_interrupts_first(|app, now| app.background_pinned(now).heard);
    assert_interrupts_first(|app, now| app.succeed(1, now).heard);
    assert_interrupts_first(|app, now| app.headers(1, now).heard);
    assert_interrupts_first(|app, now| app.abort(1, now).heard);
    assert_interrupts_first(|app, now| app.call(2, now).heard);
    assert_interrupts_first(|app, now| app.worker_lost(now).heard);
    assert_interrupts_first(|app, now| app.close(now).1.heard);
}

#[test]
fn b6_a_return_after_the_sleep_ends_in_the_foreground_with_nothing_resumed() {
    let mut app = in_grace_until_6_s();
    let turn = app.foreground(secs(100));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Host(HostFault::Interrupted))]
    );
    assert_eq!(app.core.lifecycle(), Lifecycle::Foreground);
    assert_eq!(app.call(2, secs(100)).did, [Did::Start(2)]);
}

#[test]
fn b6_a_deadline_that_passed_before_the_grace_is_a_timeout() {
    let mut app = AppUnderTest::new();
    app.call_with(1, options_with_timeout(5_999.0), ms(0));
    app.call_with(2, options_with_timeout(6_000.0), ms(0));
    app.background(secs(1));
    let heard = app.timer(secs(100)).heard;
    let expected = [
        Heard::Fail(1, appnet_policy::Failure::Network(NetworkFault::TimedOut)),
        Heard::Fail(2, Failure::Host(HostFault::Interrupted)),
    ];
    assert_eq!(heard, expected);
}
