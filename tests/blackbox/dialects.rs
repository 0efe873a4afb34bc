//! The rules of other platforms, on the wire: what each does otherwise than the seed. Which URLs each lets through is shown in `policy`, timeouts
//! and the background over time in `core`.

use appnet::policy::{
    Dialect, Policy,
    failure::{Failure, HostFault},
    rules::AppConfig,
};
use appnet_testkit::{Gate, HttpOrigin, routes};
use serde_json::{Value, json};

use crate::world::{App, HOST, World};

const OTHER: &str = "other.example.test";

fn policy(dialect: &str) -> Policy {
    let dialect: Dialect = dialect.parse().unwrap();
    dialect.policy()
}

fn world(policy: Policy) -> World {
    World::with(policy, |ca| ca.issue(&[HOST, OTHER]))
}

async fn launch(world: &World, change: impl FnOnce(&mut AppConfig)) -> App {
    let mut config = world.config("wx1");
    change(&mut config);
    App::new(world.network.launch(config).await.unwrap())
}

/// What the origin received of a call to `/echo`.
async fn echo(app: &mut App) -> Value {
    let result = app.get("/echo").await;
    assert_eq!(result["errMsg"], "request:ok");
    result["data"]["json"].clone()
}

#[tokio::test]
async fn r1_each_dialect_sends_its_own_referer() {
    for dialect in Dialect::ALL {
        let world = world(dialect.policy());
        let mut app = launch(&world, |_| ()).await;
        let expected = match dialect.name() {
            "douyin" => "https://tmaservice.developer.toutiao.com/?appid=wx1&version=42",
            "douyin-minigame" => "https://tmaservice.developer.toutiao.com?appid=wx1&version=42",
            "qq" => "https://appservice.qq.com/wx1/42/page-frame.html",
            "baidu" => "https://smartapps.cn/wx1/42/page-frame.html",
            _ => "https://servicewechat.com/wx1/42/page-frame.html",
        };
        let echo = echo(&mut app).await;
        assert_eq!(echo["headers"]["referer"], expected, "{dialect}");
        // R6: the high performance mode, which only weixin has on by itself.
        assert_eq!(echo["http2"], dialect.name() == "weixin", "{dialect}");
    }
}

#[tokio::test]
async fn u3_a_port_that_no_entry_has_is_let_through_where_the_dialect_says_so() {
    for dialect in Dialect::ALL {
        let world = world(dialect.policy());
        let mut app = launch(&world, |_| ()).await;
        app.start_url(&format!("https://{HOST}:8443/json"), json!({}));
        let (_, result) = app.end().await;
        let expected = match dialect.name() {
            "douyin-minigame" | "tcmpp" => "request:ok",
            _ => "request:fail url not in domain list",
        };
        assert_eq!(result["errMsg"], expected, "{dialect}");
    }
}

#[tokio::test]
async fn u4_r3_mpaas_knows_the_registrable_domain_and_three_methods() {
    let world = world(policy("mpaas"));
    let mut app = launch(&world, |_| ()).await;
    app.start_url(&format!("https://{OTHER}/json"), json!({}));
    assert_eq!(app.end().await.1["errMsg"], "request:ok");
    for (method, expected) in [
        ("DELETE", "request:ok"),
        ("PUT", "request:fail method is invalid"),
    ] {
        let result = app.request("/echo", json!({"method": method})).await;
        assert_eq!(result["errMsg"], expected, "{method}");
    }
}

/// Makes so many calls to each host; returns how many were at the server at once, which waits until that many have come.
async fn at_once(dialect: &str, calls: usize, expected: u64) -> u64 {
    let world = world(policy(dialect));
    let mut app = launch(&world, |config| {
        config.domains.request.push(format!("https://{OTHER}"));
    })
    .await;
    for _ in 0..calls {
        app.start("/hold", json!({}));
        app.start_url(&format!("https://{OTHER}/hold"), json!({}));
    }
    world
        .origin
        .until(|counts| counts.in_flight as u64 == expected)
        .await;
    world.gate.open();
    for _ in 0..2 * calls {
        assert_eq!(app.end().await.1["statusCode"], 200);
    }
    world.origin.counts().max_in_flight as u64
}

#[tokio::test]
async fn c1_each_dialect_has_its_own_number_of_requests_at_the_server() {
    assert_eq!(at_once("seed", 8, 10).await, 10);
    assert_eq!(at_once("douyin-minigame", 10, 15).await, 15);
    assert_eq!(at_once("baidu", 8, 10).await, 10, "five to each host");
}

#[tokio::test]
async fn c1_baidu_has_five_requests_to_one_host() {
    let world = world(policy("baidu"));
    let mut app = launch(&world, |_| ()).await;
    for _ in 0..12 {
        app.start("/hold", json!({}));
    }
    world.origin.until(|counts| counts.in_flight == 5).await;
    world.gate.open();
    for _ in 0..12 {
        assert_eq!(app.end().await.1["statusCode"], 200);
    }
    assert_eq!(world.origin.counts().max_in_flight, 5);
}

#[tokio::test]
async fn b2_b3_douyin_tells_of_the_background_in_its_own_words() {
    let world = world(Policy {
        grace: std::time::Duration::from_millis(100),
        ..policy("douyin")
    });
    let mut app = launch(&world, |_| ()).await;
    let task = app.start("/never", json!({}));
    let id = world.config("wx1").identity.app_id;
    world
        .network
        .enter_background(&id, appnet::Pinned::No)
        .unwrap();
    let (ended, result) = app.end().await;
    assert_eq!(
        (ended, &result["errMsg"]),
        (task, &"request:fail interrupted".into())
    );
    let refused = app.get("/json").await;
    assert_eq!(
        refused,
        json!({"errMsg": "request:fail app in background", "errno": 600_003})
    );
    world.network.enter_foreground(&id).unwrap();
    assert_eq!(app.get("/json").await["errMsg"], "request:ok");
    assert_eq!(
        world.record().await.outcome.err(),
        Some(Failure::Host(HostFault::Interrupted))
    );
}

#[tokio::test]
async fn p5_douyin_sends_cookies_back_to_the_app_that_asked_for_a_jar() {
    let world = world(policy("douyin"));
    let mut app = launch(&world, |config| config.cookies = true).await;
    let set = app.get("/cookies").await;
    assert_eq!(set["cookies"].as_array().unwrap().len(), 3, "as ever");
    let cookie = |echo: Value| echo["headers"]["cookie"].clone();
    assert_eq!(cookie(echo(&mut app).await), "a=1; b=2; c=3");
    // J6: what the app sets itself goes out untouched.
    let own = app
        .request("/echo", json!({"header": {"Cookie": "x=y"}}))
        .await;
    assert_eq!(cookie(own["data"]["json"].clone()), "x=y");
    // K3: another app's jar is another one.
    let mut config = world.config("wx2");
    config.cookies = true;
    let mut second = App::new(world.network.launch(config).await.unwrap());
    assert_eq!(cookie(echo(&mut second).await), Value::Null);
}

#[tokio::test]
async fn p5_u6_a_redirect_carries_the_cookies_of_where_it_leads_and_no_others() {
    let world = world(policy("douyin"));
    let mut app = launch(&world, |config| {
        config.cookies = true;
        config.domains.request.push(format!("https://{OTHER}"));
    })
    .await;
    app.get("/cookies").await;
    let to = |host: &str| format!("/redirect?to=https://{host}/echo");
    let there = app.get(&to(OTHER)).await;
    assert_eq!(there["data"]["json"]["headers"]["cookie"], Value::Null);
    let back = app.get(&to(HOST)).await;
    assert_eq!(back["data"]["json"]["headers"]["cookie"], "a=1; b=2; c=3");
}

#[tokio::test]
async fn p5_without_the_apps_word_or_the_dialects_there_is_no_jar() {
    for (dialect, asked) in [("douyin", false), ("seed", true)] {
        let world = world(policy(dialect));
        let mut app = launch(&world, |config| config.cookies = asked).await;
        app.get("/cookies").await;
        let echo = echo(&mut app).await;
        assert_eq!(echo["headers"]["cookie"], Value::Null, "{dialect}");
    }
}

#[tokio::test]
async fn u7_the_local_network_is_reached_in_plain_text_where_the_dialect_says_so() {
    let plain = HttpOrigin::plain()
        .start(routes::demo_routes(&Gate::new()))
        .unwrap();
    for dialect in Dialect::ALL {
        let world = world(dialect.policy());
        let mut app = launch(&world, |config| {
            config.device = vec!["192.168.1.23/24".parse().unwrap()];
            let lead = format!("192.168.1.7::127.0.0.1:{}", plain.port());
            config.connect_to = vec![lead.parse().unwrap()];
        })
        .await;
        app.start_url("http://192.168.1.7:8080/json", json!({}));
        let (_, result) = app.end().await;
        let expected = match dialect.name() {
            "weixin" | "weixin-minigame" => "request:ok",
            _ => "request:fail url not in domain list",
        };
        assert_eq!(result["errMsg"], expected, "{dialect}");
        app.start_url("http://192.168.1.23:8080/json", json!({}));
        let (_, own) = app.end().await;
        assert_eq!(own["errMsg"], "request:fail url not in domain list");
    }
}

#[tokio::test]
async fn u6_u7_no_server_leads_into_the_local_network() {
    let world = world(policy("weixin"));
    let mut app = launch(&world, |config| {
        config.device = vec!["192.168.1.23/24".parse().unwrap()];
    })
    .await;
    let result = app.get("/redirect?to=http://192.168.1.7/json").await;
    assert_eq!(
        result["errMsg"],
        "request:fail redirect url not in domain list:192.168.1.7"
    );
}
