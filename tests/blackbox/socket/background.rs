//! B2–B4, B7: sockets of an app that leaves the screen, or ends.

use std::time::Duration;

use appnet::{Policy, policy::identity::AppId};
use appnet_testkit::{Ca, RawOrigin, Script, WsOrigin, ws::Act};
use serde_json::json;

use super::{World, world, world_with};
use crate::world::HOST;

fn short_grace() -> (WsOrigin, World) {
    let policy = Policy {
        grace: Duration::from_millis(50),
        ..Policy::seed()
    };
    world_with(policy, |_| Act::Echo)
}

#[tokio::test]
async fn b2_an_interruption_closes_open_sockets_with_1006_and_w1_a_new_one_works_after_the_return()
{
    let (origin, world) = short_grace();
    let id = AppId::new("wx1");
    let mut app = world.launch("wx1").await;
    for task in 1..=5 {
        app.open(task, "/").await;
    }
    world
        .network
        .enter_background(&id, appnet::Pinned::No)
        .unwrap();
    for task in 1..=5 {
        let interrupted = format!("close {task} 1006 interrupted");
        assert_eq!(app.heard().await, interrupted);
    }
    origin.until(|counts| counts.connections == 0).await;
    app.connect(6, "/");
    assert_eq!(app.heard().await, "fail 6 connectSocket:fail interrupted");
    world.network.enter_foreground(&id).unwrap();
    app.open(7, "/").await;
    app.echoes(7, 1).await;
}

#[tokio::test]
async fn b2_a_socket_that_connects_fails_and_its_connection_is_closed() {
    let ca = Ca::new();
    let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
        .script(Script::new().read_request())
        .start();
    let policy = Policy {
        grace: Duration::from_millis(50),
        ..Policy::seed()
    };
    let world = World::with(&ca, origin.port(), policy);
    let mut app = world.launch("wx1").await;
    app.connect(1, "/");
    origin.request(0).await;
    world
        .network
        .enter_background(&AppId::new("wx1"), appnet::Pinned::No)
        .unwrap();
    app.never_opens(1, "interrupted").await;
    origin.closed(0).await;
}

#[tokio::test]
async fn b3_a_send_in_the_background_fails_while_b4_the_socket_lives_on_until_the_return() {
    let (_origin, world) = world(|_| Act::Echo);
    let id = AppId::new("wx1");
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    world
        .network
        .enter_background(&id, appnet::Pinned::No)
        .unwrap();
    app.send(1, 1, "not now");
    assert_eq!(
        app.heard().await,
        "done 1 1 SocketTask.send:fail interrupted"
    );
    world.network.enter_foreground(&id).unwrap();
    app.echoes(1, 2).await;
}

#[tokio::test]
async fn b5_the_sockets_of_a_pinned_app_live_in_the_background() {
    let (_origin, world) = short_grace();
    let mut pinned = world.launch("wx1").await;
    let mut other = world.launch("wx2").await;
    pinned.open(1, "/").await;
    other.open(1, "/").await;
    let network = &world.network;
    network
        .enter_background(&AppId::new("wx1"), appnet::Pinned::Yes)
        .unwrap();
    network
        .enter_background(&AppId::new("wx2"), appnet::Pinned::No)
        .unwrap();
    // The grace of the one that left later is over, so the other's would be too.
    assert_eq!(other.heard().await, "close 1 1006 interrupted");
    pinned.echoes(1, 1).await;
}

#[tokio::test]
async fn b7_a_closed_app_leaves_no_socket_and_no_event() {
    let (origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    let mut other = world.launch("wx2").await;
    other.open(1, "/").await;
    for task in 1..=5 {
        app.open(task, "/").await;
    }
    app.close(5, 1, &json!({}));
    let report = world.network.close(&AppId::new("wx1")).await.unwrap();
    assert!(report.sockets.len() >= 4, "{report:?}");
    let mut last = String::new();
    while let Some(message) = app.0.next().await {
        // The answer to the close may come behind the ends: it was asked as the app was closed.
        if !message.json.contains(r#""type":"done""#) {
            last = message.json;
        }
    }
    assert!(last.contains(r#""type":"close""#), "{last}");
    origin.until(|counts| counts.connections == 1).await;
    other.echoes(1, 1).await;
}
