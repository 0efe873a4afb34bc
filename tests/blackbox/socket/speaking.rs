//! W1–W4: what goes both ways, and the goodbye.

use appnet::Policy;
use appnet_testkit::{Ca, Script, ws::Act};
use serde_json::json;

use super::{NOT_OPEN, World, raw_world, world};
use crate::world::HOST;

#[tokio::test]
async fn w1_a_socket_is_accepted_opens_speaks_and_closes() {
    let (origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    app.connect(1, "/");
    assert_eq!(app.heard().await, "success 1 connectSocket:ok");
    let opened = app.event().await;
    assert_eq!(opened["type"], "open");
    assert_eq!(opened["header"]["Upgrade"], "websocket");
    assert!(opened["profile"]["handshakeCost"].is_number(), "{opened}");
    app.echoes(1, 7).await;
    app.close(1, 8, &json!({}));
    assert_eq!(app.heard().await, "done 1 8 SocketTask.close:ok");
    assert_eq!(app.heard().await, "close 1 1000");
    assert_eq!(origin.closed(0).await, Some((1000, String::new())));
    origin.until(|counts| counts.connections == 0).await;
    let record = world.record().await;
    assert_eq!(
        (record.api.name(), record.outcome),
        ("connectSocket", Ok(101))
    );
}

#[tokio::test]
async fn w4_a_handshake_carries_what_the_app_asked_for_and_who_it_is() {
    let (origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    let options = json!({"header": {"X-Token": "secret", "Origin": "https://elsewhere.test"}, "protocols": ["mqtt", "amqp"]});
    app.connect_url(1, &format!("wss://{HOST}/room?id=5"), options);
    let handshake = origin.handshake(0).await;
    assert_eq!(handshake.path, "/room?id=5");
    assert_eq!(handshake.header("host"), Some(HOST));
    assert_eq!(handshake.header("x-token"), Some("secret"));
    assert_eq!(
        handshake.header("sec-websocket-protocol"),
        Some("mqtt, amqp")
    );
    assert_eq!(
        handshake.header("referer"),
        Some("https://servicewechat.com/wx1/42/page-frame.html"),
        "R1"
    );
    assert_eq!(
        handshake.header("origin"),
        Some("https://servicewechat.com"),
        "the host says it"
    );
    assert_eq!(handshake.header("content-type"), None);
    assert_eq!(app.heard().await, "warning 1", "R2: Origin was dropped");
    assert_eq!(app.heard().await, "success 1 connectSocket:ok");
    let opened = app.event().await;
    assert_eq!(opened["protocol"], "mqtt");
}

#[tokio::test]
async fn w2_text_comes_as_text_and_bytes_as_bytes_in_order() {
    let (_origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    app.send(1, 1, "小程序");
    assert!(app.send_bytes(1, 2, vec![0, 255, 1]));
    app.send(1, 3, "");
    assert!(app.send_bytes(1, 4, Vec::new()));
    let mut messages = Vec::new();
    let mut done = Vec::new();
    while messages.len() + done.len() < 8 {
        let heard = app.heard().await;
        match heard.starts_with("message") {
            true => messages.push(heard),
            false => done.push(heard),
        }
    }
    let expected = [
        "message 1 小程序",
        "message 1 b\"\\0\\xff\\x01\"",
        "message 1",
        "message 1 b\"\"",
    ];
    assert_eq!(messages, expected);
    let sent = [1, 2, 3, 4].map(|id| format!("done 1 {id} SocketTask.send:ok"));
    assert_eq!(done, sent);
}

#[tokio::test]
async fn w2_a_message_of_16_mib_goes_there_and_back() {
    let (_origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    let bytes: Vec<u8> = (0..16 << 20).map(|i: u32| i.to_le_bytes()[1]).collect();
    assert!(app.send_bytes(1, 1, bytes.clone()));
    assert_eq!(app.heard().await, "done 1 1 SocketTask.send:ok");
    let echo = app.0.next().await.unwrap();
    assert!(echo.attachments[0] == bytes, "not the bytes that were sent");
}

#[tokio::test]
async fn w2_a_send_before_the_socket_is_open_fails() {
    // It takes connections and never answers, so that the socket is not open before the send is looked at.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let world = World::with(&Ca::new(), port, Policy::seed());
    let mut app = world.launch("wx1").await;
    app.connect(1, "/");
    app.send(1, 1, "too early");
    assert_eq!(app.heard().await, "success 1 connectSocket:ok");
    let failed = format!("done 1 1 SocketTask.send:fail {NOT_OPEN}");
    assert_eq!(app.heard().await, failed);
}

#[tokio::test]
async fn w2_a_send_after_the_close_of_the_socket_fails() {
    let (_origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    app.connect(1, "/");
    assert_eq!(app.heard().await, "success 1 connectSocket:ok");
    assert_eq!(app.heard().await, "open 1");
    let failed = |id| format!("done 1 {id} SocketTask.send:fail {NOT_OPEN}");
    app.close(1, 2, &json!({}));
    app.send(1, 3, "too late");
    assert_eq!(app.heard().await, "done 1 2 SocketTask.close:ok");
    // The server may have answered the close before the send was looked at.
    let mut both = [app.heard().await, app.heard().await];
    both.sort();
    assert_eq!(both, ["close 1 1000".to_owned(), failed(3)]);
    app.send(1, 4, "much too late");
    assert_eq!(app.heard().await, failed(4));
    app.close(1, 5, &json!({}));
    let second = format!("done 1 5 SocketTask.close:fail {NOT_OPEN}");
    assert_eq!(app.heard().await, second);
}

#[tokio::test]
async fn r7_a_send_of_a_wrong_type_fails_and_the_socket_stays_open() {
    let (_origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    let send = json!({"type": "send", "task": 1, "id": 1, "data": {"$type": "Number"}});
    app.0.send(send.to_string()).unwrap();
    let answer = app.event().await;
    assert_eq!(
        (&answer["type"], &answer["id"]),
        (&json!("done"), &json!(1))
    );
    assert_eq!(answer["result"]["errno"], 1001, "{answer}");
    app.echoes(1, 2).await;
}

#[tokio::test]
async fn w3_a_close_says_its_code_and_reason_behind_what_was_sent() {
    let (origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    for id in 1..=100 {
        app.send(1, id, "before the end");
    }
    app.close(1, 101, &json!({"code": 3001, "reason": "再见"}));
    assert_eq!(origin.closed(0).await, Some((3001, "再见".to_owned())));
    assert_eq!(origin.counts().messages, 100);
    let mut heard = Vec::new();
    while !heard
        .last()
        .is_some_and(|last: &String| last.starts_with("close"))
    {
        heard.push(app.heard().await);
    }
    let sent = heard.iter().filter(|event| event.contains("send:ok"));
    assert_eq!(sent.count(), 100);
    assert_eq!(heard.last().unwrap(), "close 1 3001 再见");
}

#[tokio::test]
async fn w3_a_close_that_a_frame_cannot_say_fails_and_the_socket_stays_open() {
    let (_origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    app.close(1, 1, &json!({"code": 1001}));
    let code = "done 1 1 SocketTask.close:fail the code must be 1000 or between 3000 and 4999";
    assert_eq!(app.heard().await, code);
    // 42 letters of three bytes are 126, and 41 with a letter of one byte are 124.
    for reason in ["程".repeat(42), "程".repeat(41) + "x"] {
        app.close(1, 2, &json!({"reason": reason}));
        let long =
            "done 1 2 SocketTask.close:fail the reason must not be longer than 123 bytes in UTF-8";
        assert_eq!(app.heard().await, long);
    }
    app.echoes(1, 3).await;
    app.close(1, 4, &json!({"code": 4999, "reason": "程".repeat(41)}));
    assert_eq!(app.heard().await, "done 1 4 SocketTask.close:ok");
    assert_eq!(
        app.heard().await,
        format!("close 1 4999 {}", "程".repeat(41))
    );
}

#[tokio::test]
async fn w1_a_close_of_the_server_comes_with_its_code_and_reason() {
    let (origin, world) = world(|_| Act::Close(1001, "going away"));
    let mut app = world.launch("wx1").await;
    app.open(1, "/").await;
    assert_eq!(app.heard().await, "close 1 1001 going away");
    origin.until(|counts| counts.connections == 0).await;
}

#[tokio::test]
async fn c4_a_socket_that_is_closed_before_it_is_open_is_dropped() {
    let (origin, world) = raw_world(Script::new().read_request());
    let mut app = world.launch("wx1").await;
    app.connect(1, "/");
    origin.request(0).await;
    app.close(1, 1, &json!({}));
    assert_eq!(app.heard().await, "success 1 connectSocket:ok");
    assert_eq!(app.heard().await, "done 1 1 SocketTask.close:ok");
    assert_eq!(app.heard().await, "close 1 1006 abort");
    origin.closed(0).await;
}
