//! Closing ends everything (B7).

use appnet_policy::Failure;
use appnet_policy::failure::HostFault;

use crate::{
    app::CloseReport,
    lifecycle::Lifecycle,
    test_support::{AppUnderTest, Did, Heard, id, ms, secs},
};

/// Ten run, 11 and 12 wait; closed after a second.
fn closed() -> AppUnderTest {
    let mut app = AppUnderTest::with_calls(1..=12);
    app.close(secs(1));
    app
}

#[test]
fn b7_close_ends_what_runs_and_what_waits() {
    let mut app = AppUnderTest::with_calls(1..=12);
    let (_, turn) = app.close(secs(1));
    let failures: Vec<_> = (1..=12)
        .map(|task| Heard::Fail(task, Failure::Host(HostFault::AppClosed)))
        .collect();
    assert_eq!(turn.heard, failures);
    assert_eq!(turn.did, (1..=10).map(Did::Cancel).collect::<Vec<_>>());
}

#[test]
fn b7_close_reports_what_it_ended() {
    let mut app = AppUnderTest::with_calls(1..=12);
    app.succeed(3, ms(500)); // 11 runs in its place
    let (report, _) = app.close(secs(1));
    let expected = CloseReport {
        running: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11].map(id).into(),
        queued: vec![id(12)],
        sockets: vec![],
    };
    assert_eq!(report, expected);
}

#[test]
fn b7_close_of_an_idle_app_reports_nothing() {
    let (report, turn) = AppUnderTest::new().close(secs(1));
    assert_eq!(report, CloseReport::default());
    assert!(turn.is_quiet());
}

#[test]
fn b7_nothing_is_left_of_a_closed_app() {
    let app = closed();
    assert_eq!(app.core.open_tasks(), 0);
    assert_eq!(app.wakes_at(), None);
    assert_eq!(app.core.lifecycle(), Lifecycle::Closed);
}

#[test]
fn b7_the_grace_timer_ends_with_the_app() {
    let mut app = AppUnderTest::with_calls([1]);
    app.background(secs(1));
    app.close(secs(2));
    assert_eq!(app.wakes_at(), None);
    assert!(app.timer(secs(60)).is_quiet());
}

#[test]
fn b7_nothing_is_heard_of_old_tasks_after_close() {
    let mut app = closed();
    assert!(app.succeed(1, secs(2)).is_quiet());
    assert!(app.crash(2, secs(2)).is_quiet());
    assert!(app.abort(3, secs(2)).is_quiet());
    assert!(app.worker_lost(secs(2)).is_quiet());
    assert!(app.timer(secs(99)).is_quiet());
}

#[test]
fn b7_a_call_after_close_fails_and_reaches_nobody() {
    let turn = closed().call(13, secs(2));
    assert_eq!(
        turn.heard,
        [Heard::Fail(13, Failure::Host(HostFault::AppClosed))]
    );
    assert_eq!(turn.did, []);
}

#[test]
fn b7_a_closed_app_stays_closed_wherever_the_host_moves_it() {
    let mut app = closed();
    app.foreground(secs(2));
    app.background(secs(3));
    app.background_pinned(secs(4));
    assert_eq!(app.core.lifecycle(), Lifecycle::Closed);
    assert_eq!(app.wakes_at(), None);
    assert_eq!(
        app.call(13, secs(5)).heard,
        [Heard::Fail(13, Failure::Host(HostFault::AppClosed))]
    );
}

#[test]
fn b7_a_second_close_has_nothing_to_end() {
    let (report, turn) = closed().close(secs(2));
    assert_eq!(report, CloseReport::default());
    assert!(turn.is_quiet());
}
