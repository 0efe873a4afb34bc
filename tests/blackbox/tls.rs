//! K1, K2, K4: a connection that is not secure is not made, and the host sees the exact reason.

use appnet::policy::rules::Rule;
use appnet::{Policy, policy::rules::AppConfig};
use appnet_testkit::{Ca, Leaf};
use serde_json::json;

use crate::world::{HOST, World};

async fn refused(certificate: impl FnOnce(&Ca) -> Leaf) -> String {
    let world = World::with(Policy::seed(), certificate);
    let mut app = world.launch("wx1").await;
    let result = app.get("/json").await;
    let message = "request:fail ssl hand shake error";
    let reasons = json!([{"errMsg": message, "errno": "600001"}]);
    assert_eq!(
        result,
        json!({"errMsg": message, "errno": 600_001, "exception": {"reasons": reasons, "retryCount": 0}})
    );
    assert_eq!(world.origin.counts().requests, 0);
    world.record().await.reason.unwrap()
}

#[tokio::test]
async fn k4_an_expired_certificate_is_named_as_such() {
    let reason = refused(|ca| ca.issue_expired(&[HOST])).await;
    assert!(reason.contains("expired"), "{reason}");
}

#[tokio::test]
async fn k4_a_certificate_that_is_not_valid_yet_is_named_as_such() {
    let reason = refused(|ca| ca.issue_not_yet_valid(&[HOST])).await;
    assert!(reason.contains("not valid yet"), "{reason}");
}

#[tokio::test]
async fn k4_a_certificate_for_another_name_is_named_as_such() {
    let reason = refused(|ca| ca.issue(&["other.example.test"])).await;
    assert!(
        reason.contains(&format!("not valid for {HOST}")),
        "{reason}"
    );
}

#[tokio::test]
async fn k4_a_certificate_of_an_unknown_issuer_is_named_as_such() {
    let reason = refused(|_| Ca::new().issue(&[HOST])).await;
    assert!(reason.contains("issuer"), "{reason}");
}

#[tokio::test]
async fn k1_a_chain_without_its_intermediate_is_not_completed() {
    let reason = refused(|ca| ca.intermediate().issue(&[HOST]).without_intermediates()).await;
    assert!(reason.contains("issuer"), "{reason}");
}

#[tokio::test]
async fn k2_nothing_that_an_app_sends_weakens_a_check() {
    let world = World::with(Policy::seed(), |_| Ca::new().issue(&[HOST]));
    let mut app = world.launch("wx1").await;
    for (task, option) in ["rejectUnauthorized", "urlCheck", "ca"].iter().enumerate() {
        let url = format!("https://{HOST}/json");
        let call = json!({"type": "call", "task": task + 1, "api": "request", "options": {"url": url, *option: false}});
        app.port.send(call.to_string()).unwrap();
        let answer = app.port.next().await.unwrap().json;
        assert!(
            answer.contains(&format!("options.{option}")) && answer.contains(r#""type":"error""#),
            "{answer}"
        );
    }
    let answer = app.request_from(10, "/json").await;
    assert_eq!(answer["errMsg"], "request:fail ssl hand shake error");
    assert_eq!(world.origin.counts().requests, 0);
}

#[tokio::test]
async fn u8_a_developers_session_reaches_it_and_says_what_a_release_would_do() {
    let world = World::with(Policy::seed(), |_| Ca::new().issue(&[HOST]));
    let mut config: AppConfig = world.config("wx1");
    config.identity.env = appnet::policy::identity::Env::Devtools;
    config.url_check = false;
    let mut port = world.network.launch(config).await.unwrap();
    port.send(r#"{"type":"call","task":1,"api":"request","options":{"url":"https://anywhere.example.test/json"}}"#).unwrap();
    while !port.next().await.unwrap().json.contains("success") {}
    let rules: Vec<_> = world
        .record()
        .await
        .would_refuse
        .iter()
        .map(|refusal| refusal.rule)
        .collect();
    assert_eq!(rules, [Rule::U3, Rule::K1]);
}
