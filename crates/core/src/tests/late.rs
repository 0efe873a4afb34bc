//! Timers that fire late, devices that sleep: what is due comes first, whatever woke the app.

use appnet_policy::Failure;
use appnet_policy::failure::{HostFault, InternalFault, NetworkFault};

use crate::test_support::{AppUnderTest, Did, Heard, id, ms, options_with_timeout, secs};

/// Task 1 is overdue from 3 s on, ten more hold the rest of the pool, task 11 waits.
fn ten_and_one() -> AppUnderTest {
    let mut app = AppUnderTest::new();
    app.call_with(1, options_with_timeout(3_000.0), ms(0));
    for task in 2..=11 {
        app.call(task, ms(0));
    }
    app
}

#[test]
fn b6_nothing_is_started_for_an_app_whose_grace_has_passed() {
    let mut app = ten_and_one();
    app.background(ms(0));
    let turn = app.timer(secs(30));
    assert!(!turn.did.contains(&Did::Start(11)), "{:?}", turn.did);
    assert_eq!(
        turn.heard[0],
        Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))
    );
    assert_eq!(
        turn.heard[10],
        Heard::Fail(11, Failure::Host(HostFault::Interrupted))
    );
}

#[test]
fn b7_nothing_is_started_for_an_app_that_closes() {
    let mut app = ten_and_one();
    let (report, turn) = app.close(secs(4));
    assert!(!turn.did.contains(&Did::Start(11)), "{:?}", turn.did);
    assert_eq!(report.queued, [id(11)]);
}

#[test]
fn p8_a_task_that_the_lost_worker_never_had_goes_to_the_next_one() {
    let mut app = ten_and_one();
    let turn = app.worker_lost(secs(4));
    assert_eq!(turn.did, [Did::Cancel(1), Did::Start(11)]);
    assert_eq!(
        turn.heard[0],
        Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))
    );
    assert_eq!(
        turn.heard[9],
        Heard::Fail(10, Failure::Internal(InternalFault::Crashed))
    );
    assert_eq!(turn.heard.len(), 10);
}

#[test]
fn p8_headers_are_heard_once_even_if_io_says_them_twice() {
    let mut app = AppUnderTest::with_calls([1]);
    assert_eq!(app.headers(1, ms(10)).heard, [Heard::Headers(1)]);
    assert!(app.headers(1, ms(20)).is_quiet());
}
