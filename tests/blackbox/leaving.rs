//! Section 4 over real sockets: interruption reaches the wire, and nothing of a closed app is left (invariant 5).

use std::time::Duration;

use appnet::{Policy, policy::identity::AppId};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn b2_an_interruption_closes_the_connections_of_what_was_running() {
    let grace = Duration::from_millis(50);
    let world = World::with(
        Policy {
            grace,
            ..Policy::seed()
        },
        |ca| ca.issue(&[crate::world::HOST]),
    );
    let mut app = world.launch("wx1").await;
    for _ in 0..10 {
        app.start("/hold", json!({}));
    }
    world.origin.until(|counts| counts.in_flight == 10).await;
    world
        .network
        .enter_background(&AppId::new("wx1"), false)
        .unwrap();
    for _ in 0..10 {
        assert_eq!(
            app.end().await.1,
            json!({"errMsg": "request:fail interrupted", "errno": 600_003})
        );
    }
    world.origin.until(|counts| counts.open == 0).await;
}

#[tokio::test]
async fn b7_a_closed_app_leaves_no_connection_and_no_event() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    app.get("/json").await;
    for _ in 0..12 {
        app.start("/hold", json!({}));
    }
    world.origin.until(|counts| counts.in_flight == 10).await;
    let report = world.network.close(&AppId::new("wx1")).await.unwrap();
    assert_eq!((report.running.len(), report.queued.len()), (10, 2));
    for _ in 0..12 {
        assert_eq!(app.end().await.1["errMsg"], "request:fail app is closed");
    }
    assert!(app.port.next().await.is_none());
    world.origin.until(|counts| counts.open == 0).await;
    assert!(world.network.enter_foreground(&AppId::new("wx1")).is_err());
}

/// On Linux, where a process can count its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn invariant_5_a_closed_app_leaves_no_file_descriptor() {
    let world = World::new();
    let mut first = world.launch("wx0").await;
    first.get("/json").await; // whatever is made once is made now
    for round in 0..20 {
        let name = format!("wx{}", round + 1);
        let mut app = world.launch(&name).await;
        for _ in 0..10 {
            app.start("/hold", json!({}));
        }
        world.origin.until(|counts| counts.in_flight == 10).await;
        world.network.close(&AppId::new(name)).await.unwrap();
        world
            .origin
            .until(|counts| counts.in_flight == 0 && counts.open == 1)
            .await;
    }
    // The connection of the one open app is all that is open towards the origin.
    let port = world.origin.port();
    assert_eq!(sockets_to(port), Some(1));
}

/// Sockets that are connected to this port, in the kernel's table, if it shows one: the network's ends, not the server's, which closes its own in
/// its own time. One that only waits out its time has no owner and does not count.
pub(crate) fn sockets_to(port: u16) -> Option<usize> {
    let hex = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/self/net/tcp").ok()?;
    let rows = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = rows.filter(|row| row[2].ends_with(&hex) && row[9] != "0");
    Some(ours.count())
}
