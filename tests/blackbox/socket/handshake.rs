//! W1, W4: a socket that does not open.

use appnet::policy::rules::Rule;
use appnet::{Policy, policy::identity::Env};
use appnet_testkit::{Ca, Script, WsOrigin, ws::Act};
use serde_json::json;

use super::{App, World, raw_world, world};
use crate::world::HOST;

#[tokio::test]
async fn w1_a_handshake_that_is_answered_with_another_status_fails_with_it() {
    for (status, answer) in [
        (200, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
        (
            301,
            "HTTP/1.1 301 Moved Permanently\r\nLocation: wss://api.example.test/there\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            401,
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        ),
    ] {
        let (origin, world) = raw_world(Script::reply(answer));
        let mut app = world.launch("wx1").await;
        app.connect(1, "/");
        app.never_opens(1, &format!("unexpected status code {status}"))
            .await;
        origin.closed(0).await;
        assert_eq!(origin.connections(), 1, "no redirect is followed");
    }
}

#[tokio::test]
async fn w4_a_handshake_with_a_wrong_accept_an_unasked_protocol_or_extension_fails() {
    for headers in [
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
        "",
        "Sec-WebSocket-Protocol: unasked\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate\r\n",
    ] {
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{headers}\r\n"
        );
        let (origin, world) = raw_world(Script::reply(answer));
        let mut app = world.launch("wx1").await;
        app.connect(1, "/");
        app.never_opens(1, "malformed response").await;
        origin.closed(0).await;
    }
}

#[tokio::test]
async fn t2_a_handshake_that_is_never_answered_times_out() {
    let (origin, world) = raw_world(Script::new().read_request());
    let mut app = world.launch("wx1").await;
    app.connect_url(1, &format!("wss://{HOST}/"), json!({"timeout": 300}));
    app.never_opens(1, "timeout").await;
    origin.closed(0).await;
}

#[tokio::test]
async fn w1_nobody_who_listens_is_a_refused_connection() {
    let ca = Ca::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let world = World::with(&ca, port, Policy::seed());
    let mut app = world.launch("wx1").await;
    app.connect(1, "/");
    app.never_opens(1, "connection refused").await;
}

#[tokio::test]
async fn k1_a_certificate_that_nobody_vouches_for_opens_no_socket_and_the_host_sees_why() {
    let origin = WsOrigin::tls(Ca::new().issue(&[HOST]).http1())
        .start(|_| Act::Echo)
        .unwrap();
    let world = World::with(&Ca::new(), origin.port(), Policy::seed());
    let mut app = world.launch("wx1").await;
    app.connect(1, "/");
    app.never_opens(1, "ssl hand shake error").await;
    let reason = world.record().await.reason.unwrap();
    assert!(reason.contains("issuer"), "{reason}");
}

#[tokio::test]
async fn u3_d1_a_socket_goes_only_where_the_list_of_sockets_allows() {
    let (origin, world) = world(|_| Act::Echo);
    let mut app = world.launch("wx1").await;
    let urls = [
        "wss://requests.example.test/", // D1: of the list of requests
        "wss://api.example.test:443/",  // U3: with a port
        "ws://api.example.test/",
    ];
    for (task, url) in (1..).zip(urls) {
        app.connect_url(task, url, json!({}));
        let refused = format!("fail {task} connectSocket:fail url not in domain list");
        assert_eq!(app.heard().await, refused);
    }
    for (task, url) in (4..).zip(["wss://api.example.test/#here", "https://api.example.test/"]) {
        app.connect_url(task, url, json!({}));
        let refused = format!("fail {task} connectSocket:fail invalid url \"{url}\"");
        assert_eq!(app.heard().await, refused);
    }
    assert_eq!(origin.counts().connections, 0);
}

#[tokio::test]
async fn u8_a_developers_session_opens_what_a_release_would_not_and_says_so() {
    let origin = WsOrigin::plain().start(|_| Act::Echo).unwrap();
    let world = World::with(&Ca::new(), origin.port(), Policy::seed());
    let mut config = world.config("wx1");
    config.identity.env = Env::Devtools;
    config.url_check = false;
    let mut app = App(world.network.launch(config).await.unwrap());
    app.connect_url(1, "ws://anywhere.example.test/", json!({}));
    assert_eq!(app.heard().await, "success 1 connectSocket:ok");
    assert_eq!(app.heard().await, "open 1");
    app.close(1, 1, &json!({}));
    assert_eq!(app.heard().await, "done 1 1 SocketTask.close:ok");
    assert_eq!(app.heard().await, "close 1 1000");
    let would_refuse = world.record().await.would_refuse;
    let rules: Vec<_> = would_refuse.iter().map(|refusal| refusal.rule).collect();
    assert_eq!(rules, [Rule::U3]);
}
