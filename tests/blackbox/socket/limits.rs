//! C1, C3, W2: how much an app may have at once, and what becomes of the rest.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use appnet::{
    Policy,
    policy::{preset::Permits, socket::SocketLimits},
};
use appnet_testkit::{Ca, Gate, RawOrigin, Script, ws::Act};
use serde_json::{Value, json};

use super::{World, world, world_with};
use crate::world::HOST;

#[tokio::test]
async fn c3_the_sixth_socket_fails_at_once_and_a_closed_one_makes_room() {
    let gate = Gate::new();
    let held = gate.clone();
    let (_origin, world) = world(move |_| Act::Hold(held.clone()));
    let mut app = world.launch("wx1").await;
    for task in 1..=5 {
        app.open(task, "/").await;
    }
    app.connect(6, "/");
    let sixth = "fail 6 connectSocket:fail reach max websocket connect count 5";
    assert_eq!(app.heard().await, sixth);
    app.close(3, 1, &json!({}));
    app.connect(7, "/"); // the peer does not answer before the gate is open
    assert_eq!(app.heard().await, "done 3 1 SocketTask.close:ok");
    let seventh = "fail 7 connectSocket:fail reach max websocket connect count 5";
    assert_eq!(app.heard().await, seventh, "one that is closing counts too");
    gate.open();
    assert_eq!(app.heard().await, "close 3 1000");
    app.open(8, "/").await;
    let mut other = world.launch("wx2").await;
    other.open(1, "/").await;
}

#[tokio::test]
async fn c1_a_handshake_holds_the_permit_that_a_second_one_waits_for() {
    let ca = Ca::new();
    let gate = Gate::new();
    let refuse = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
        .script(Script::new().read_request().wait(&gate).send(refuse))
        .start();
    let policy = Policy {
        permits: Permits::Shared(NonZeroUsize::MIN),
        ..Policy::seed()
    };
    let world = World::with(&ca, origin.port(), policy);
    let mut app = world.launch("wx1").await;
    app.connect(1, "/first");
    app.connect(2, "/second");
    assert_eq!(app.heard().await, "success 1 connectSocket:ok");
    assert_eq!(
        app.heard().await,
        "success 2 connectSocket:ok",
        "W1: accepted though it waits"
    );
    origin.request(0).await;
    assert_eq!(origin.connections(), 1);
    gate.open();
    app.breaks(1, "unexpected status code 401").await;
    assert_eq!(origin.request(1).await.target, "/second");
}

#[tokio::test]
async fn c1_open_sockets_hold_no_permit() {
    let policy = Policy {
        permits: Permits::Shared(NonZeroUsize::MIN),
        ..Policy::seed()
    };
    let (_origin, world) = world_with(policy, |_| Act::Echo);
    let mut app = world.launch("wx1").await;
    for task in 1..=5 {
        app.open(task, "/").await;
    }
}

#[tokio::test]
async fn w2_ten_thousand_sends_in_one_turn_are_each_answered_once_and_arrive_in_order() {
    const SENDS: u64 = 10_000;
    let (origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    let mut refused = Vec::new();
    for id in 1..=SENDS {
        let send = json!({"type": "send", "task": 1, "id": id, "data": {"text": id.to_string()}});
        if let Err(not_sent) = app.0.send(send.to_string()) {
            refused.push(not_sent.answer.json);
        }
    }
    let mut unanswered: BTreeSet<u64> = (1..=SENDS).collect();
    for answer in &refused {
        let answer: Value = serde_json::from_str(answer).unwrap();
        let text = "SocketTask.send:fail native buffer exceed size limit";
        assert_eq!(answer["result"]["errMsg"], text);
        assert!(unanswered.remove(&answer["id"].as_u64().unwrap()));
    }
    let (mut sent, mut echoed) = (Vec::<u64>::new(), Vec::<u64>::new());
    while !unanswered.is_empty() || echoed.len() < sent.len() {
        let event = app.event().await;
        if event["type"] == "message" {
            echoed.push(event["data"]["text"].as_str().unwrap().parse().unwrap());
            continue;
        }
        assert_eq!(
            (&event["type"], &event["ok"]),
            (&json!("done"), &json!(true))
        );
        let id: u64 = event["id"].as_u64().unwrap();
        assert!(unanswered.remove(&id), "answered twice: {event}");
        sent.push(id);
    }
    assert!(sent.is_sorted(), "confirmed in order");
    assert_eq!(echoed, sent, "what was confirmed arrived, in that order");
    assert_eq!(origin.counts().messages, sent.len());
    assert!(sent.len() >= 1000, "{} were sent", sent.len());
    app.echoes(1, SENDS + 1).await;
}

#[tokio::test]
async fn w2_a_server_that_does_not_read_makes_sends_fail_and_loses_none_that_were_taken() {
    let gate = Gate::new();
    let held = gate.clone();
    let policy = Policy {
        socket: SocketLimits {
            unsent_bytes: 4 << 20,
            ..SocketLimits::seed()
        },
        ..Policy::seed()
    };
    let (origin, world) = world_with(policy, move |_| Act::Hold(held.clone()));
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    // More than the buffers of the two kernels and the bound together.
    let mut answers: Vec<(u64, bool)> = Vec::new();
    for id in 1..=100 {
        if !app.send_bytes(1, id, vec![0; 1 << 20]) {
            answers.push((id, false)); // over the bound on all that the app has waiting (I2)
        }
    }
    let refused = |answers: &[(u64, bool)]| answers.iter().filter(|(_, ok)| !ok).count();
    let mut opened = !answers.is_empty();
    if opened {
        gate.open();
    }
    let mut echoes = 0;
    while answers.len() < 100 || echoes < 100 - refused(&answers) {
        let event = app.event().await;
        if event["type"] == "message" {
            echoes += 1;
            continue;
        }
        let ok = event["ok"].as_bool().unwrap();
        if !ok {
            let text = "SocketTask.send:fail native buffer exceed size limit";
            assert_eq!(event["result"]["errMsg"], text);
        }
        answers.push((event["id"].as_u64().unwrap(), ok));
        if !ok && !std::mem::replace(&mut opened, true) {
            gate.open();
        }
    }
    assert!(refused(&answers) > 0, "100 MiB do not fit");
    assert_eq!(origin.counts().messages, 100 - refused(&answers));
}

#[tokio::test]
async fn an_app_that_takes_nothing_holds_up_its_own_socket_and_loses_nothing() {
    const COUNT: usize = 20_000;
    let (origin, world) = world(|path| match path {
        "/flood" => Act::Flood {
            count: COUNT,
            bytes: 1000,
        },
        _ => Act::Echo,
    });
    let mut slow = world.launch("wx1").await;
    slow.open(1, "/flood").await;
    slow.send(1, 1, "behind the flood");
    let mut quick = world.launch("wx2").await;
    quick.open(1, "/").await;
    for id in 1..=1000 {
        quick.echoes(1, id).await;
    }
    assert_eq!(
        origin.counts().messages,
        1000,
        "the server is still at its flood"
    );
    let mut flooded = 0;
    while flooded < COUNT {
        let message = slow.0.next().await.unwrap();
        flooded += message.attachments.len();
        let lengths: Vec<_> = message.attachments.iter().map(|a| a.len()).collect();
        assert!(lengths.is_empty() || lengths == [1000]);
    }
    assert_eq!(slow.heard().await, "message 1 behind the flood");
}
