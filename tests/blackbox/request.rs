//! `wx.request` as an app sees it (sections 2, 3, 5 and 6).

use appnet::{Connectivity, NetworkType, policy::rules::Rule};
use serde_json::json;

use crate::world::{HOST, World};

#[tokio::test]
async fn p7_a_call_is_answered_with_data_status_headers_and_cookies() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let result = app.get("/json").await;
    assert_eq!(result["errMsg"], "request:ok");
    assert_eq!(result["statusCode"], 200);
    assert_eq!(result["data"]["json"]["text"], "你好");
    assert_eq!(result["header"]["Content-Type"], "application/json");
    assert_eq!(result["cookies"], json!([]));
    assert_eq!(result["profile"]["protocol"], "http1.1");
    assert_eq!(result["profile"]["socketReused"], false);
    let again = app.get("/json").await;
    assert_eq!(again["profile"]["socketReused"], true);
}

#[tokio::test]
async fn r1_r2_r4_the_request_carries_our_referer_and_nothing_that_an_app_may_not_set() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let echo = app
        .request("/echo", json!({"header": {"X-Token": "abc"}}))
        .await["data"]["json"]
        .clone();
    assert_eq!(
        echo["headers"]["referer"],
        "https://servicewechat.com/wx1/42/page-frame.html"
    );
    assert_eq!(echo["headers"]["x-token"], "abc");
    assert_eq!(echo["headers"]["content-type"], "application/json");
    assert_eq!(echo["headers"]["host"], HOST);
    app.start(
        "/echo",
        json!({"header": {"Referer": "https://evil.test/", "Host": "evil.test"}}),
    );
    for name in ["Host", "Referer"] {
        let warning: serde_json::Value =
            serde_json::from_str(&app.port.next().await.unwrap().json).unwrap();
        assert_eq!(
            (&warning["code"], &warning["detail"]),
            (&"headerDropped".into(), &name.into())
        );
    }
    let (_, result) = app.end().await;
    let headers = &result["data"]["json"]["headers"];
    assert_eq!(
        headers["referer"],
        "https://servicewechat.com/wx1/42/page-frame.html"
    );
    assert_eq!(headers["host"], HOST);
}

#[tokio::test]
async fn r3_r5_data_becomes_a_body_or_a_query() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let posted = app
        .request(
            "/echo",
            json!({"method": "post", "data": {"json": {"小": [1, null]}}}),
        )
        .await;
    let echo = &posted["data"]["json"];
    assert_eq!(
        (&echo["method"], &echo["body"]),
        (&"POST".into(), &r#"{"小":[1,null]}"#.into())
    );
    let queried = app
        .request("/echo?a=%20", json!({"data": {"json": {"b": "1&2"}}}))
        .await;
    assert_eq!(queried["data"]["json"]["query"], "a=%20&b=1%262");
}

#[tokio::test]
async fn u5_a_url_outside_the_list_is_refused_and_the_host_sees_why() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    for (rule, url) in [
        (Rule::U3, "https://other.example.test/"),
        (Rule::U3, "https://api.example.test:443/"),
        (Rule::U3, "http://api.example.test/"),
        (Rule::U4, "https://a.api.example.test/"),
    ] {
        app.start_url(url, json!({}));
        let (_, result) = app.end().await;
        assert_eq!(
            result,
            json!({"errMsg": "request:fail url not in domain list", "errno": 600_002}),
            "{url}"
        );
        let refusal = world.record().await.refusal.unwrap();
        assert_eq!(
            (refusal.rule, refusal.nearest.as_deref()),
            (rule, Some("https://api.example.test")),
            "{url}"
        );
    }
    assert_eq!(world.origin.counts().connections, 0);
}

#[tokio::test]
async fn u6_redirects_are_followed_within_the_list_and_refused_out_of_it() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let followed = app.get("/redirect?to=/json&code=301").await;
    assert_eq!(followed["data"]["json"]["ok"], true);
    let refused = app
        .get("/redirect?to=https%3A%2F%2Fother.example.test%2Fjson")
        .await;
    assert_eq!(
        refused["errMsg"],
        "request:fail redirect url not in domain list:other.example.test"
    );
    assert_eq!(refused["errno"], 600_002);
    let manual = app
        .request("/redirect?to=/json", json!({"redirect": "manual"}))
        .await;
    assert_eq!(
        (&manual["statusCode"], &manual["header"]["Location"]),
        (&302.into(), &"/json".into())
    );
}

#[tokio::test]
async fn p1_any_status_is_a_success() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    for status in [204, 304, 404, 500] {
        let result = app.get(&format!("/status/{status}")).await;
        assert_eq!(
            (&result["statusCode"], &result["errMsg"]),
            (&status.into(), &"request:ok".into())
        );
    }
}

#[tokio::test]
async fn p2_p3_text_is_decoded_and_one_byte_order_mark_removed() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    for path in ["/gbk", "/gbk-undeclared"] {
        let page = app.get(path).await["data"]["text"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            page.contains(appnet_testkit::routes::GBK_TEXT),
            "{path}: {page}"
        );
    }
    assert!(
        app.get("/bom").await["data"]["json"].is_object(),
        "P3: one mark is removed, and the JSON parses"
    );
    let two = app.get("/two-boms").await["data"]["text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        two.starts_with('\u{feff}') && !two[3..].starts_with('\u{feff}'),
        "P3: of two marks one stays"
    );
}

#[tokio::test]
async fn p4_bodies_are_content_decoded_and_bytes_stay_bytes() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    for path in [
        "/gzip",
        "/gzip-members",
        "/deflate",
        "/deflate-raw",
        "/br",
        "/zstd",
    ] {
        let result = app.get(path).await;
        let expected: serde_json::Value =
            serde_json::from_str(appnet_testkit::routes::CODED_TEXT).unwrap();
        assert_eq!(result["data"]["json"], expected, "{path}");
    }
    app.start("/bytes/3000", json!({"responseType": "arraybuffer"}));
    let message = loop {
        let message = app.port.next().await.unwrap();
        if message.json.contains("success") {
            break message;
        }
    };
    assert!(message.json.contains(r#""data":{"bytes":0}"#));
    assert_eq!(message.attachments[0].len(), 3000);
}

#[tokio::test]
async fn p5_cookies_are_listed_one_by_one_and_none_is_sent_by_itself() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let result = app.get("/cookies").await;
    assert_eq!(result["cookies"].as_array().unwrap().len(), 3);
    let joined = result["header"]["Set-Cookie"].as_str().unwrap();
    assert!(
        result["cookies"]
            .as_array()
            .unwrap()
            .iter()
            .all(|cookie| joined.contains(cookie.as_str().unwrap()))
    );
    assert_eq!(
        app.get("/echo").await["data"]["json"]["headers"]["cookie"],
        json!(null)
    );
}

#[tokio::test]
async fn r6_http2_is_spoken_when_asked_for() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let result = app.request("/json", json!({"enableHttp2": true})).await;
    assert_eq!(result["profile"]["protocol"], "h2");
    assert_eq!(
        result["header"]["content-type"], "application/json",
        "P5: lower case for HTTP/2"
    );
}

#[tokio::test]
async fn when_the_device_has_changed_networks_calls_use_new_connections() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let on = |network_type| {
        world.network.set_connectivity(Connectivity {
            network_type,
            ..Connectivity::default()
        });
    };
    for (network_type, is_reused) in [
        (NetworkType::Wifi, false),
        (NetworkType::Cellular4G, false),
        (NetworkType::Cellular5G, true),
    ] {
        on(network_type);
        assert_eq!(app.event().await["networkType"], network_type.as_str());
        let result = app.request("/json", json!({})).await;
        assert_eq!(
            result["profile"]["socketReused"], is_reused,
            "{network_type:?}"
        );
    }
}

#[tokio::test]
async fn t3_a_timeout_ends_a_call_that_is_never_answered() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let result = app.request("/never", json!({"timeout": 100})).await;
    assert_eq!(
        result,
        json!({"errMsg": "request:fail timeout", "errno": 5})
    );
    assert!(world.record().await.ran.as_millis() >= 100);
}

#[tokio::test]
async fn c1_never_more_than_ten_requests_of_an_app_are_at_the_server() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    for _ in 0..30 {
        app.start("/hold", json!({}));
    }
    world.origin.until(|counts| counts.in_flight == 10).await;
    world.gate.open();
    for _ in 0..30 {
        assert_eq!(app.end().await.1["statusCode"], 200);
    }
    let counts = world.origin.counts();
    assert_eq!((counts.requests, counts.max_in_flight), (30, 10));
}

#[tokio::test]
async fn c4_an_abort_closes_the_connection() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let task = app.start("/hold", json!({}));
    world.origin.until(|counts| counts.in_flight == 1).await;
    app.abort(task);
    assert_eq!(
        app.end().await,
        (task, json!({"errMsg": "request:fail abort"}))
    );
    world.origin.until(|counts| counts.open == 0).await;
    world.gate.open();
}
