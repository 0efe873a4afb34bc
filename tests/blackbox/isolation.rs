//! K3 and the two doors: what one app has, another does not.

use std::{fs, sync::Arc};

use appnet::{DirectorySandbox, LaunchError, Policy, policy::identity::AppId};
use serde_json::json;

use crate::world::{App, World, trusting};

#[tokio::test]
async fn k3_two_apps_share_no_connection() {
    let world = World::new();
    let mut first = world.launch("wx1").await;
    let mut second = world.launch("wx2").await;
    first.get("/json").await;
    assert_eq!(second.get("/json").await["profile"]["socketReused"], false);
    assert_eq!(world.origin.counts().connections, 2);
}

#[tokio::test]
async fn an_answer_that_one_app_keeps_is_not_another_apps() {
    let world = World::new();
    let options = json!({"enableCache": true});
    let mut first = world.launch("wx1").await;
    for from_cache in [false, true] {
        let result = first.request("/fresh/60", options.clone()).await;
        assert_eq!(result["data"]["json"], json!({"fresh": 60}));
        let profile = world.record().await.profile.unwrap();
        assert_eq!(profile.from_cache, from_cache);
    }
    let mut second = world.launch("wx2").await;
    second.request("/fresh/60", options.clone()).await;
    first.get("/fresh/60").await; // without `enableCache`
    assert_eq!(world.origin.counts().requests, 3);
}

#[tokio::test]
async fn an_answer_that_an_app_keeps_is_there_after_it_was_closed_or_put_into_the_background() {
    let world = World::new();
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("cache.bin");
    let wx1 = AppId::new("wx1");
    for (path, from_cache) in [
        ("/fresh/60", false),
        ("/fresh/60", true),
        ("/fresh/61", false),
    ] {
        let sandbox = DirectorySandbox::open(directory.path(), Policy::seed().files).unwrap();
        let port = world
            .network
            .launch(appnet::NewApp::new(world.config("wx1")).files(Arc::new(sandbox)));
        let mut app = App::new(port.await.unwrap());
        app.request(path, json!({"enableCache": true})).await;
        let profile = world.record().await.profile.unwrap();
        assert_eq!(profile.from_cache, from_cache);
        if path == "/fresh/61" {
            let before = fs::read(&cache).unwrap();
            world
                .network
                .enter_background(&wx1, appnet::Pinned::No)
                .unwrap();
            while fs::read(&cache).unwrap() == before {
                tokio::task::yield_now().await;
            }
        }
        world.network.close(&wx1).await.unwrap();
        assert!(cache.is_file());
    }
}

#[tokio::test]
async fn c1_the_tenth_call_of_one_app_does_not_hold_up_another() {
    let world = World::new();
    let mut first = world.launch("wx1").await;
    for _ in 0..50 {
        first.start("/hold", json!({}));
    }
    let mut second = world.launch("wx2").await;
    assert_eq!(second.get("/json").await["statusCode"], 200);
}

#[tokio::test]
async fn d7_a_bad_configuration_is_refused_whole_and_the_one_before_stays() {
    let world = World::new();
    let mut app = world.launch("wx1").await;
    let mut config = world.config("wx1");
    config.domains.request = vec![
        "https://good.example.test".to_owned(),
        "http://127.0.0.1/x".to_owned(),
    ];
    let error = world.network.configure(config).unwrap_err();
    assert!(
        matches!(error, LaunchError::Config(_)) && error.to_string().contains("request[1]"),
        "{error}"
    );
    assert_eq!(app.get("/json").await["statusCode"], 200);
}

#[tokio::test]
async fn two_networks_live_in_one_process() {
    let world = World::new();
    let other = trusting(&world.ca).start().unwrap();
    let mut app = world.launch("wx1").await;
    let mut port = other.launch(world.config("wx1")).await.unwrap();
    other
        .enter_background(&AppId::new("wx1"), appnet::Pinned::No)
        .unwrap();
    port.send(r#"{"type":"call","task":1,"api":"request","options":{"url":"https://api.example.test/json"}}"#).unwrap();
    assert!(port.next().await.unwrap().json.contains("fail interrupted"));
    other.shut_down().await;
    assert_eq!(app.get("/json").await["statusCode"], 200);
}
