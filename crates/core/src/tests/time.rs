//! Timeouts (T1–T3) and the one timer that an app asks for.

use appnet_policy::failure::NetworkFault;
use appnet_policy::{Failure, Policy, timeouts::NetworkTimeout};

use crate::{
    Instant,
    test_support::{
        AppUnderTest, Did, Heard, config, ms, options, options_with_timeout, rules_of, secs,
    },
};

/// An app whose app.json says `networkTimeout: {request: 7000}`.
fn app_with_a_timeout_of_7_s() -> AppUnderTest {
    let mut config = config();
    config.network_timeout = NetworkTimeout {
        request: Some(7_000.0),
        ..NetworkTimeout::default()
    };
    AppUnderTest::configured(rules_of(Policy::seed(), config))
}

/// Task 1 is called at zero; its transport never answers. Proves that it ends at `deadline` and not a millisecond before.
#[track_caller]
fn assert_ends_at(deadline: Instant, app: &mut AppUnderTest, timeout: Option<f64>) {
    let mut options = options();
    options.timeout = timeout;
    app.call_with(1, options, ms(0));
    assert_eq!(app.wakes_at(), Some(deadline));
    let just_before = ms(deadline.since_zero().as_millis() as u64 - 1);
    assert!(app.timer(just_before).is_quiet());
    assert_eq!(
        app.timer(deadline).heard,
        [Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))]
    );
}

#[test]
fn t1_a_call_without_a_timeout_has_60_seconds() {
    assert_ends_at(secs(60), &mut AppUnderTest::new(), None);
}

#[test]
fn t1_a_calls_own_timeout_counts() {
    assert_ends_at(ms(1_500), &mut AppUnderTest::new(), Some(1_500.0));
}

#[test]
fn t1_the_apps_timeout_counts_for_a_call_without_one() {
    assert_ends_at(secs(7), &mut app_with_a_timeout_of_7_s(), None);
}

#[test]
fn t1_a_calls_own_timeout_goes_before_the_apps() {
    let mut app = app_with_a_timeout_of_7_s();
    assert_ends_at(secs(9), &mut app, Some(9_000.0));
}

#[test]
fn t1_no_timeout_is_above_the_maximum() {
    assert_ends_at(secs(60), &mut AppUnderTest::new(), Some(60_001.0));
}

#[test]
fn t1_j2_what_is_not_a_positive_number_is_as_if_not_given() {
    for timeout in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_ends_at(secs(60), &mut AppUnderTest::new(), Some(timeout));
    }
}

#[test]
fn t2_headers_do_not_extend_the_deadline() {
    let mut app = AppUnderTest::with_calls([1]);
    app.headers(1, secs(59));
    assert_eq!(app.wakes_at(), Some(secs(60)));
    assert_eq!(
        app.timer(secs(60)).heard,
        [Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))]
    );
}

#[test]
fn t2_c2_the_deadline_counts_from_leaving_the_queue() {
    let mut app = AppUnderTest::with_calls(1..=10);
    app.call_with(11, options_with_timeout(2_000.0), ms(0));
    assert_eq!(app.wakes_at(), Some(secs(60)), "who waits has no deadline");

    app.succeed(1, secs(50)); // task 11 starts
    assert_eq!(app.wakes_at(), Some(secs(52)));
    assert!(app.timer(ms(51_999)).is_quiet());
    assert_eq!(
        app.timer(secs(52)).heard,
        [Heard::Fail(11, Failure::Network(NetworkFault::TimedOut))]
    );
}

#[test]
fn t2_an_answer_after_the_deadline_is_too_late_even_if_the_timer_never_fired() {
    let mut app = AppUnderTest::with_calls([1]);
    let turn = app.succeed(1, secs(60));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))]
    );
}

#[test]
fn t2_an_answer_in_the_last_millisecond_is_in_time() {
    let mut app = AppUnderTest::with_calls([1]);
    let turn = app.succeed(1, ms(59_999));
    assert_eq!(turn.heard, [Heard::Success(1, 200)]);
    assert_eq!(app.wakes_at(), None, "its deadline is gone with it");
}

#[test]
fn t3_a_timeout_tells_the_app_and_stops_the_transport() {
    let mut app = AppUnderTest::with_calls([1]);
    let turn = app.timer(secs(60));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))]
    );
    assert_eq!(turn.did, [Did::Cancel(1)]);
}

#[test]
fn t3_tasks_time_out_in_the_order_of_their_deadlines() {
    let mut app = AppUnderTest::new();
    for (task, timeout) in [(1, 3_000.0), (2, 1_000.0), (3, 2_000.0), (4, 9_000.0)] {
        app.call_with(task, options_with_timeout(timeout), ms(0));
    }
    let heard = app.timer(secs(5)).heard;
    assert_eq!(
        heard,
        [2, 3, 1].map(|task| Heard::Fail(task, Failure::Network(NetworkFault::TimedOut)))
    );
    assert_eq!(app.wakes_at(), Some(secs(9)));
}

#[test]
fn poll_timeout_is_the_first_of_deadlines_and_grace() {
    let mut app = AppUnderTest::new();
    assert_eq!(app.wakes_at(), None);
    app.call_with(1, options_with_timeout(9_000.0), ms(0));
    assert_eq!(app.wakes_at(), Some(secs(9)));
    app.call_with(2, options_with_timeout(8_000.0), ms(0));
    assert_eq!(app.wakes_at(), Some(secs(8)));
    app.background(secs(1));
    assert_eq!(app.wakes_at(), Some(secs(6)));
    app.foreground(secs(2));
    assert_eq!(app.wakes_at(), Some(secs(8)));
    app.abort(2, secs(2));
    assert_eq!(app.wakes_at(), Some(secs(9)));
    app.abort(1, secs(2));
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn a_timer_that_fires_early_or_for_nothing_is_harmless() {
    let mut app = AppUnderTest::new();
    assert!(app.timer(secs(1)).is_quiet());
    app.call(1, secs(1));
    assert!(app.timer(secs(2)).is_quiet());
    assert_eq!(app.wakes_at(), Some(secs(61)));
    assert_eq!(app.succeed(1, secs(3)).heard, [Heard::Success(1, 200)]);
}

#[test]
fn the_transport_is_given_up_half_a_minute_after_the_last_task() {
    let mut app = AppUnderTest::new();
    assert_eq!(app.core.poll_timeout(), None);
    app.call(1, ms(0));
    assert_eq!(app.core.poll_timeout(), Some(secs(60)), "T1");
    app.succeed(1, secs(1));
    assert_eq!(app.core.poll_timeout(), Some(secs(31)));
    app.call(2, secs(20));
    assert_eq!(
        app.core.poll_timeout(),
        Some(secs(80)),
        "it is in use again"
    );
    assert!(!app.timer(secs(31)).released);
    app.succeed(2, secs(40));
    assert!(!app.timer(ms(69_999)).released);
    assert!(app.timer(secs(70)).released);
    assert_eq!(app.core.poll_timeout(), None);
    assert!(!app.timer(secs(200)).released, "once");
}
