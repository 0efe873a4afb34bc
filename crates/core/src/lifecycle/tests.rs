//! The diagram in the module's docs, arrow by arrow (B1–B7).

use std::time::Duration;

use appnet_policy::preset::BackgroundCalls::{self, DuringGrace, Refused};

use super::{
    Admission,
    Lifecycle::{self, Closed, Foreground, Grace, Interrupted, Pinned},
};
use crate::test_support::secs;

const GRACE: Duration = Duration::from_secs(5);
/// A grace that runs when the tests move the app, at 10 s …
const OLD: Lifecycle = Grace { ends: secs(12) };
/// … and one that begins then.
const NEW: Lifecycle = Grace { ends: secs(15) };

#[track_caller]
fn assert_arrows(table: [(Lifecycle, Lifecycle); 5], arrow: impl Fn(Lifecycle) -> Lifecycle) {
    for (from, to) in table {
        assert_eq!(arrow(from), to, "from {from:?}");
    }
}

#[test]
fn b1_b4_only_who_is_not_in_the_background_yet_begins_a_grace() {
    let table = [
        (Foreground, NEW),
        (Pinned, NEW),
        (OLD, OLD),
        (Interrupted, Interrupted),
        (Closed, Closed),
    ];
    assert_arrows(table, |from| {
        from.entered_background(false, secs(10), GRACE)
    });
}

#[test]
fn b5_a_pinned_app_has_no_grace_wherever_it_was() {
    let table = [
        (Foreground, Pinned),
        (Pinned, Pinned),
        (OLD, Pinned),
        (Interrupted, Pinned),
        (Closed, Closed),
    ];
    assert_arrows(table, |from| from.entered_background(true, secs(10), GRACE));
}

#[test]
fn b4_every_app_that_is_not_closed_returns() {
    let table = [
        (Foreground, Foreground),
        (Pinned, Foreground),
        (OLD, Foreground),
        (Interrupted, Foreground),
        (Closed, Closed),
    ];
    assert_arrows(table, Lifecycle::entered_foreground);
}

#[test]
fn b2_only_a_grace_ends() {
    let ends = [Foreground, Pinned, OLD, Interrupted, Closed].map(Lifecycle::interrupts_at);
    assert_eq!(ends, [None, None, Some(secs(12)), None, None]);
}

#[track_caller]
fn assert_admissions(background_calls: BackgroundCalls, in_grace: Admission) {
    let table = [
        (Foreground, Admission::Open),
        (Pinned, Admission::Open),
        (OLD, in_grace),
        (Interrupted, Admission::Interrupted),
        (Closed, Admission::Closed),
    ];
    for (state, expected) in table {
        assert_eq!(state.admission(background_calls), expected, "{state:?}");
    }
}

#[test]
fn b3_the_background_lets_no_call_in() {
    assert_admissions(Refused, Admission::Interrupted);
}

#[test]
fn b3_policy_may_let_calls_in_during_the_grace_alone() {
    assert_admissions(DuringGrace, Admission::Open);
}
