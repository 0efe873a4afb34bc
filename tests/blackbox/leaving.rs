//! Section 4 over real sockets: interruption reaches the wire, and nothing of a closed app is left (invariant 5).

use std::time::Duration;

use appnet::{
    AppState, AttachError, LaunchError, Pinned, Policy,
    policy::{Failure, failure::HostFault, identity::AppId},
};
use serde_json::json;

use crate::world::{App, World};

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
        .enter_background(&AppId::new("wx1"), appnet::Pinned::No)
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

#[tokio::test]
async fn b7_dropping_the_last_handle_ends_every_task_and_every_port() {
    let world = World::new();
    let mut apps = Vec::new();
    for name in ["wx1", "wx2"] {
        let mut app = world.launch(name).await;
        app.start("/hold", json!({}));
        apps.push(app);
    }
    world.origin.until(|counts| counts.in_flight == 2).await;
    let World {
        network, origin, ..
    } = world;
    drop(network.clone());
    drop(network);
    for mut app in apps {
        assert_eq!(app.end().await.1["errMsg"], "request:fail app is closed");
        assert!(app.port.next().await.is_none());
        let late = app
            .port
            .send(r#"{"type":"call","task":9,"api":"request","options":{"url":"https://a.com"}}"#);
        let answer = late.unwrap_err().answer.json;
        assert!(answer.contains("app is closed"), "{answer}");
    }
    origin.until(|counts| counts.open == 0).await;
}

#[tokio::test]
async fn b7_each_of_two_shut_downs_returns_when_all_has_ended() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    app.start("/hold", json!({}));
    world.origin.until(|counts| counts.in_flight == 1).await;
    let (first, second) = (world.network.clone(), world.network.clone());
    tokio::join!(first.shut_down(), second.shut_down());
    assert_eq!(app.end().await.1["errMsg"], "request:fail app is closed");
    assert!(app.port.next().await.is_none());
    let launched = world.network.launch(world.config("wx2")).await;
    assert_eq!(launched.unwrap_err(), LaunchError::ShutDown);
    world.network.clone().shut_down().await;
}

#[tokio::test]
async fn b7_a_close_that_races_with_a_launch_leaves_no_port_waiting() {
    let world = World::new();
    for round in 0..50 {
        let name = format!("wx{round}");
        let id = AppId::new(name.as_str());
        let (port, closed) = tokio::join!(
            world.network.launch(world.config(&name)),
            world.network.close(&id)
        );
        let mut port = port.unwrap();
        if closed.is_err() {
            world.network.close(&id).await.unwrap();
        }
        assert!(port.next().await.is_none());
    }
}

#[tokio::test]
async fn p8_a_call_that_is_refused_at_its_port_has_a_record_too() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    app.get("/json").await;
    assert_eq!(world.record().await.outcome, Ok(200));
    world.network.close(&AppId::new("wx1")).await.unwrap();
    let url = format!("https://{}/json?secret", crate::world::HOST);
    let call = json!({"type": "call", "task": 2, "api": "request", "options": {"url": url}});
    app.port.send(call.to_string()).unwrap_err();
    let record = world.record().await;
    let closed = Failure::Host(HostFault::AppClosed);
    assert_eq!((record.task.number(), record.outcome), (2, Err(closed)));
    assert!(!record.url.contains("secret"), "{}", record.url);
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

#[tokio::test]
async fn an_app_can_be_driven_on_its_own_thread_and_its_events_end_there_too() {
    let world = World::new();
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let drive = |port| async move {
        let mut app = App::new(port);
        let task = app.start("/json", serde_json::json!({}));
        loop {
            let event = app.event().await;
            if event["type"] == "success" {
                assert_eq!(event["task"], task);
                break;
            }
        }
        let name = std::thread::current().name().map(str::to_owned);
        tell.send(name.unwrap_or_default()).unwrap();
        assert!(app.port.next().await.is_none());
        tell.send("ended".to_owned()).unwrap();
    };
    let launched = world
        .network
        .launch_driven(world.config("wx1"), drive)
        .await;
    launched.unwrap();
    assert!(heard.recv().await.unwrap().starts_with("actix-rt"));
    world.network.close(&AppId::new("wx1")).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "ended");
}

#[tokio::test]
async fn a_port_that_was_dropped_can_be_attached_again() {
    let world = World::new();
    let id = AppId::new("wx1");
    let missing = world.network.attach(&id).err().unwrap();
    assert_eq!(missing.to_string(), "no app wx1 is running");
    let mut app = world.launch("wx1").await;
    assert!(app.get("/json").await["errMsg"] == "request:ok");
    let taken = world.network.attach(&id).err().unwrap();
    assert_eq!(taken, AttachError::Attached(id.clone()));
    app.start("/hold", json!({}));
    drop(app);
    let port = world.network.attach(&id).unwrap();
    assert_eq!(port.next_task(), 3);
    let mut app = App::new(port);
    world.gate.open();
    assert_eq!(app.end().await.0, 2, "what was called before ends here");
    assert_eq!(app.request_from(3, "/json").await["errMsg"], "request:ok");
}

#[test]
fn a_network_without_threads_for_apps_is_refused() {
    let refused = appnet::Network::builder().threads(0).start().err().unwrap();
    assert_eq!(
        refused.to_string(),
        "threads should be 1 or more instead of 0; leave it out for one for each core"
    );
}

#[tokio::test]
async fn the_apps_that_run_are_shown_with_what_each_has() {
    let world = World::new();
    assert_eq!(world.network.apps(), []);
    let mut second = world.launch("wx2").await;
    let mut first = world.launch("wx1").await;
    for _ in 0..12 {
        first.start("/hold", json!({}));
    }
    world.origin.until(|counts| counts.in_flight == 10).await; // C1
    let [one, two] = &world.network.apps()[..] else {
        panic!("{:?}", world.network.apps())
    };
    assert_eq!(
        (one.app.to_string(), two.app.to_string()),
        ("wx1".to_owned(), "wx2".to_owned())
    );
    assert_eq!((one.running, one.queued, one.sockets), (10, 2, 0));
    assert_eq!((two.running, two.queued, two.sockets), (0, 0, 0));
    assert!(one.waiting_bytes > 0 && two.waiting_bytes == 0);
    assert_eq!(
        (one.state, two.state),
        (AppState::Foreground, AppState::Foreground)
    );

    // The host's word counts at once, whatever the actors have heard.
    world
        .network
        .enter_background(&AppId::new("wx1"), Pinned::No)
        .unwrap();
    world
        .network
        .enter_background(&AppId::new("wx2"), Pinned::Yes)
        .unwrap();
    let states: Vec<_> = world.network.apps().iter().map(|app| app.state).collect();
    let [AppState::Grace { left }, AppState::Pinned] = states[..] else {
        panic!("{states:?}")
    };
    assert!(left <= Policy::seed().grace, "{left:?}");

    // A body that the app holds is not taken before it lets go of it (I2).
    second.start("/bytes/100000", json!({"responseType": "arraybuffer"}));
    let body = loop {
        let event = second.port.next().await.unwrap();
        if !event.attachments.is_empty() {
            break event.attachments;
        }
    };
    let untaken = || world.network.apps()[1].untaken_bytes;
    assert_eq!(body[0].len(), 100_000);
    assert!(untaken() >= 100_000, "{}", untaken());
    drop(body);
    assert_eq!(untaken(), 0);

    let id = AppId::new("wx1");
    world.network.close(&id).await.unwrap();
    let left: Vec<_> = world
        .network
        .apps()
        .into_iter()
        .map(|app| app.app.to_string())
        .collect();
    assert_eq!(left, ["wx2"]);
    world.network.clone().shut_down().await;
    assert_eq!(world.network.apps(), []);
}

/// Looking on asks no actor: one that is busy for long is not waited for.
#[tokio::test]
async fn an_app_whose_thread_is_busy_is_shown_all_the_same() {
    let world = World::new();
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let drive = move |_port| {
        let _ = blocked.recv();
        async {}
    };
    world
        .network
        .launch_driven(world.config("wx1"), drive)
        .await
        .unwrap();
    let apps = world.network.apps();
    assert_eq!(apps.len(), 1);
    assert_eq!(apps[0].state, AppState::Foreground);
    release.send(()).unwrap();
}
