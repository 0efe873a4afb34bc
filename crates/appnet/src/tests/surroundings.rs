//! What an app hears of the device's network.

use appnet_policy::{
    connectivity::{Connectivity, NetworkType},
    shape::Preset,
};

use super::harness::{World, call, heard};

async fn json(port: &mut crate::Port) -> String {
    port.next().await.unwrap().json
}

#[actix_rt::test]
async fn an_app_is_told_what_changed_and_finds_it_when_it_asks() {
    let world = World::new();
    let mut port = world.launch("wx1").await;
    let mut other = world.launch("wx2").await;
    for app in ["wx1", "wx2"] {
        world.link(app).set_connectivity(Connectivity {
            network_type: NetworkType::Cellular5G,
            signal_strength: Some(-90),
            ..Connectivity::default()
        });
    }
    let news = r#"{"type":"networkStatusChange","isConnected":true,"networkType":"5g"}"#;
    assert_eq!(
        (json(&mut port).await, json(&mut other).await),
        (news.to_owned(), news.to_owned())
    );
    port.send(r#"{"type":"query","task":1,"name":"getNetworkType"}"#)
        .unwrap();
    assert_eq!(
        json(&mut port).await,
        r#"{"type":"answer","task":1,"ok":true,"result":{"networkType":"5g","signalStrength":-90,"weakNet":false,"errMsg":"getNetworkType:ok"}}"#
    );
    port.send(r#"{"type":"query","task":2,"name":"getLocalIPAddress"}"#)
        .unwrap();
    assert_eq!(
        json(&mut port).await,
        r#"{"type":"answer","task":2,"ok":false,"result":{"errMsg":"getLocalIPAddress:fail unknown network error","errno":600000}}"#
    );
}

#[actix_rt::test]
async fn random_values_have_the_length_that_was_asked_for_within_its_bounds() {
    let world = World::new();
    let mut port = world.launch("wx1").await;
    for length in [1_usize, 1 << 20] {
        port.send(format!(
            r#"{{"type":"query","task":1,"name":"getRandomValues","length":{length}}}"#
        ))
        .unwrap();
        let answer = port.next().await.unwrap();
        assert_eq!(answer.attachments[0].len(), length);
        assert!(length == 1 || answer.attachments[0].iter().any(|byte| *byte != 0));
    }
    for length in ["0", "1048577", "-1", "1.5", "null", r#"{"$type":"String"}"#] {
        port.send(format!(
            r#"{{"type":"query","task":1,"name":"getRandomValues","length":{length}}}"#
        ))
        .unwrap();
        let answer = json(&mut port).await;
        assert!(
            answer.contains(
                "parameter error: parameter.length should be a whole Number from 1 to 1048576"
            ),
            "{answer}"
        );
    }
}

#[actix_rt::test]
async fn three_calls_that_time_out_make_a_network_weak() {
    let world = World::new();
    let mut port = world.launch("wx1").await;
    for task in 1..=3 {
        port.send(call(task)).unwrap();
        assert_eq!(
            heard(&mut port).await,
            format!("fail {task} request:fail timeout")
        );
    }
    assert_eq!(
        json(&mut port).await,
        r#"{"type":"networkWeakChange","weakNet":true,"networkType":"unknown"}"#
    );
}

#[actix_rt::test]
async fn b7_a_question_to_a_closed_app_is_answered_by_a_failure() {
    let world = World::new();
    let port = world.launch("wx1").await;
    world.link("wx1").begin_close();
    let refused = port
        .send(r#"{"type":"query","task":3,"name":"getNetworkType"}"#)
        .unwrap_err();
    assert_eq!(
        refused.answer.json,
        r#"{"type":"answer","task":3,"ok":false,"result":{"errMsg":"getNetworkType:fail app is closed","errno":600003}}"#
    );
}

#[actix_rt::test]
async fn an_app_is_told_of_its_shape_and_no_other_app_is() {
    let world = World::new();
    let mut port = world.launch("wx1").await;
    let mut other = world.launch("wx2").await;
    let wifi = Connectivity {
        network_type: NetworkType::Wifi,
        ..Connectivity::default()
    };
    world.link("wx1").shape(Some(Preset::Offline.shape()));
    world.link("wx2").set_connectivity(wifi);
    let news = |kind: &str, connected: bool| {
        format!(
            r#"{{"type":"networkStatusChange","isConnected":{connected},"networkType":"{kind}"}}"#
        )
    };
    assert_eq!(json(&mut port).await, news("none", false));
    assert_eq!(json(&mut other).await, news("wifi", true));
    world.link("wx1").shape(None);
    assert_eq!(json(&mut port).await, news("unknown", true));
}
