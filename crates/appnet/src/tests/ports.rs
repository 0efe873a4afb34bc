//! The port: what it refuses, what it answers, and that nothing is lost silently.

use appnet_policy::rules::Rule;
use appnet_policy::{Policy, identity::AppId};

use super::harness::{World, call, heard, settle, unhurried};
use crate::{RefusedCause, supervisor::CloseApp};

#[actix_rt::test]
async fn a_message_that_is_no_command_gets_an_error_and_the_port_lives_on() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send("{nonsense").unwrap();
    port.send(r#"{"type":"call","task":7,"api":"teleport","options":{}}"#)
        .unwrap();
    port.send(call(8)).unwrap();
    assert_eq!(
        heard(&mut port).await,
        "error null message should be a JSON object instead of text that is not JSON from line 1 column 2"
    );
    assert!(heard(&mut port).await.starts_with("error 7 api should be"));
    world.exchange().await.answer();
    assert_eq!(heard(&mut port).await, "success 8 request:ok");
}

#[actix_rt::test]
async fn r7_a_wrong_type_fails_the_call_and_is_on_record() {
    let world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(r#"{"type":"call","task":1,"api":"request","options":{}}"#)
        .unwrap();
    assert_eq!(
        heard(&mut port).await,
        "fail 1 request:fail parameter error: parameter.url should be String instead of Undefined;"
    );
    assert_eq!(
        world.records.lock().unwrap()[0]
            .refusal
            .as_ref()
            .unwrap()
            .rule,
        Rule::R7
    );
}

#[actix_rt::test]
async fn a_task_number_that_was_used_before_is_answered_with_an_error() {
    let world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(5)).unwrap();
    port.send(call(5)).unwrap();
    port.send(call(4)).unwrap();
    for task in [5, 4] {
        let expected = format!(
            "error {task} task should be greater than every task before it: 6 or more instead of {task}"
        );
        assert_eq!(heard(&mut port).await, expected);
    }
}

#[actix_rt::test]
async fn an_app_that_does_not_take_its_events_is_told_that_it_is_too_fast() {
    let world = World::with(Policy {
        port_backlog: 8,
        ..unhurried()
    });
    let mut port = world.launch("wx1").await;
    for task in 1..=8 {
        port.send(r#"{"type":"no such command"}"#).unwrap();
        let _ = task;
    }
    let refused = port.send(call(9)).unwrap_err();
    assert_eq!(refused.cause, RefusedCause::Busy);
    assert!(
        refused.answer.json.contains(r#""task":9"#)
            && refused.answer.json.contains("exceed max task count")
    );
    assert!(heard(&mut port).await.starts_with("error"));
    port.send(call(10)).unwrap();
}

#[actix_rt::test]
async fn i2_a_full_inbox_refuses_the_call_and_keeps_the_others() {
    let world = World::with(Policy {
        port_backlog: 16,
        ..unhurried()
    });
    let mut port = world.launch("wx1").await;
    settle().await;
    let outcomes: Vec<bool> = (1..=100)
        .map(|task| port.send(call(task)).is_ok())
        .collect();
    let accepted = outcomes.iter().filter(|ok| **ok).count();
    assert_eq!(accepted, 16);
    world
        .supervisor
        .send(CloseApp(AppId::new("wx1")))
        .await
        .unwrap();
    for _ in 0..accepted {
        assert!(heard(&mut port).await.ends_with("app is closed"));
    }
    assert_eq!(heard(&mut port).await, "end");
}

#[actix_rt::test]
async fn an_app_cannot_be_launched_twice() {
    let world = World::new();
    let _port = world.launch("wx1").await;
    let again = world
        .supervisor
        .send(crate::supervisor::Launch {
            rules: world.rules("wx1", "https://a.test"),
            files: None,
            driver: None,
        })
        .await
        .unwrap();
    assert_eq!(
        again.unwrap_err(),
        crate::LaunchError::AlreadyRunning(AppId::new("wx1"))
    );
}
