//! A host's own tests: real connections, and time that goes on only when the test says so.

use std::time::Duration;

use appnet::{AppState, ManualClock, Pinned, policy::identity::AppId};
use serde_json::json;

use crate::world::{HOST, World};

const MILLISECOND: Duration = Duration::from_millis(1);

fn world(clock: &ManualClock) -> World {
    World::built(
        |ca| ca.issue(&[HOST]),
        |network| network.clock(clock).threads(2),
    )
}

#[tokio::test]
async fn t1_a_call_times_out_when_its_time_has_passed_and_not_before() {
    let clock = ManualClock::new();
    let world = world(&clock);
    let mut app = world.launch("wx1").await;
    let held = app.start("/hold", json!({}));
    world.origin.until(|counts| counts.in_flight == 1).await;
    clock.advance(Duration::from_secs(60) - MILLISECOND).await;
    assert_eq!(app.get("/json").await["statusCode"], 200, "ends first");
    clock.advance(MILLISECOND).await;
    let (ended, result) = app.end().await;
    assert_eq!(ended, held);
    assert_eq!(result["errMsg"], "request:fail timeout");
    world.network.shut_down().await;
}

#[tokio::test]
async fn b1_the_grace_of_an_app_goes_by_the_clock_of_the_test() {
    let clock = ManualClock::new();
    let world = world(&clock);
    let wx1 = AppId::new("wx1");
    let mut app = world.launch("wx1").await;
    app.start("/hold", json!({}));
    world.origin.until(|counts| counts.in_flight == 1).await;
    world.network.enter_background(&wx1, Pinned::No).unwrap();
    clock.advance(Duration::from_secs(5) - MILLISECOND).await;
    let state = world.network.apps()[0].state;
    assert!(
        matches!(state, AppState::Grace { left } if left == MILLISECOND),
        "{state:?}"
    );
    world.network.enter_foreground(&wx1).unwrap();
    world.network.enter_background(&wx1, Pinned::No).unwrap();
    clock.advance(Duration::from_secs(5)).await;
    let (_, result) = app.end().await;
    assert_eq!(result["errMsg"], "request:fail interrupted");
    world.origin.until(|counts| counts.open == 0).await;
}

#[tokio::test]
async fn two_networks_go_by_one_clock_and_one_of_them_may_have_ended() {
    let clock = ManualClock::new();
    let (one, other) = (world(&clock), world(&clock));
    one.network.shut_down().await;
    let mut app = other.launch("wx1").await;
    app.start("/hold", json!({"timeout": 1000}));
    other.origin.until(|counts| counts.in_flight == 1).await;
    clock.advance(Duration::from_secs(1)).await;
    assert_eq!(app.end().await.1["errMsg"], "request:fail timeout");
}
