//! What the host's inspector is shown of each call, and when.

use std::sync::atomic::Ordering;

use super::harness::{World, call, heard};

#[actix_rt::test]
async fn an_inspector_sees_a_call_from_its_begin_to_its_end_and_nothing_after() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(call(1)).unwrap();
    world.exchange().await.answer();
    heard(&mut port).await;
    port.send(call(2)).unwrap();
    let second = world.exchange().await;
    port.send(r#"{"type":"abort","task":2}"#).unwrap();
    heard(&mut port).await;
    drop(second);
    assert_eq!(
        world.sights.take(),
        [
            "wx1 1 called https://a.test/1",
            "wx1 1 asked StartHttp",
            "wx1 1 told Finished",
            "wx1 1 ended Ok(200)",
            "wx1 2 called https://a.test/2",
            "wx1 2 asked StartHttp",
            "wx1 2 asked CancelHttp",
            "wx1 2 ended Err(App(Aborted))",
        ]
    );
}

#[actix_rt::test]
async fn u5_an_inspector_sees_a_refused_call_too() {
    let world = World::new();
    let mut port = world.launch("wx1").await;
    port.send(
        r#"{"type":"call","task":1,"api":"request","options":{"url":"https://b.test/?q=1"}}"#,
    )
    .unwrap();
    heard(&mut port).await;
    assert_eq!(
        world.sights.take(),
        [
            "wx1 1 called https://b.test/?q=1",
            "wx1 1 ended Err(App(NotInDomainList))"
        ]
    );
}

#[actix_rt::test]
async fn p8_an_inspector_that_panics_harms_no_app() {
    let mut world = World::new();
    let mut port = world.launch("wx1").await;
    world.sights.panic.store(true, Ordering::SeqCst);
    port.send(call(1)).unwrap();
    world.exchange().await.answer();
    assert_eq!(heard(&mut port).await, "success 1 request:ok");
    assert_eq!(world.records.lock().unwrap().len(), 1);
}
