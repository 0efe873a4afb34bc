//! What the functions promise: codes, handles, threads, ends.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
    time::{Duration, Instant},
};

use appnet_ffi::{
    client,
    facade::{self, Deliver},
    fault::AppnetCode,
};

use crate::world::{ENDED_BY_A_CLOSE, World, call, end};

#[test]
fn an_app_calls_and_is_closed_with_a_report() {
    let world = World::new();
    let network = world.network();
    let app = client::launch(network, &world.config("wx1"), "").unwrap();
    client::send(app, &call(1, "/json"), &[]).unwrap();
    assert!(end(app).starts_with(r#"{"type":"success","task":1"#));
    client::send(app, &call(2, "/never"), &[]).unwrap();
    let report = client::close(app).unwrap();
    assert!(ENDED_BY_A_CLOSE.contains(&&*report), "{report}");
    assert!(end(app).contains("app is closed"));
    let ended = client::next_event(app, 0, |_, _| ()).unwrap_err();
    assert_eq!(ended.code, AppnetCode::Ended);
    let gone = client::next_event(app, 0, |_, _| ()).unwrap_err();
    assert_eq!(gone.code, AppnetCode::UnknownHandle);
    client::shut_down(network).unwrap();
    let gone = client::shut_down(network).unwrap_err();
    assert_eq!(gone.code, AppnetCode::UnknownHandle);
}

#[test]
fn attachments_cross_as_bytes_both_ways() {
    let world = World::new();
    let network = world.network();
    let app = client::launch(network, &world.config("wx1"), "").unwrap();
    let post = call(1, "/echo").replace(
        r#""url""#,
        r#""method":"POST","data":{"bytes":0},"responseType":"arraybuffer","url""#,
    );
    client::send(app, &post, &[&[104, 105, 33]]).unwrap();
    let came = loop {
        let look = |json: &str, parts: &[&[u8]]| {
            let ended = json.contains(r#""type":"success""#);
            ended.then(|| parts.iter().map(|part| part.to_vec()).collect::<Vec<_>>())
        };
        if let Some(parts) = client::next_event(app, 20_000, look).unwrap() {
            break parts;
        }
    };
    assert_eq!(came.len(), 1);
    assert!(String::from_utf8_lossy(&came[0]).contains("hi!"));
    client::shut_down(network).unwrap();
}

#[test]
fn what_is_not_done_has_a_code_and_a_text() {
    let world = World::new();
    let network = world.network();
    let fault = client::start(r#"{"threads": 0}"#).unwrap_err();
    assert_eq!(fault.code, AppnetCode::NotStarted);
    assert!(fault.text.starts_with("threads should be 1 or more"));
    let wrong =
        r#"{"appId": "wx1", "domains": {"request": ["ftp://a.example.com", "https://10.0.0.1"]}}"#;
    let fault = client::launch(network, wrong, "").unwrap_err();
    assert_eq!(fault.code, AppnetCode::InvalidConfig);
    assert!(fault.text.contains("ftp://a.example.com") && fault.text.contains("10.0.0.1"));
    let app = client::launch(network, &world.config("wx1"), "").unwrap();
    let fault = client::launch(network, &world.config("wx1"), "").unwrap_err();
    assert_eq!(fault.code, AppnetCode::AlreadyRunning);
    let fault = facade::configure(app, &world.config("wx2")).unwrap_err();
    assert_eq!(fault.code, AppnetCode::InvalidConfig);
    let fault = client::launch(app, &world.config("wx3"), "").unwrap_err();
    assert_eq!(
        fault.code,
        AppnetCode::UnknownHandle,
        "an app is no network"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "x").unwrap();
    let folder = folder.path().to_str().unwrap();
    let fault = client::launch(network, &world.config("wx3"), folder).unwrap_err();
    assert_eq!(fault.code, AppnetCode::DirectoryUnusable);
    client::close(app).unwrap();
    let (fault, answer) = client::send(app, &call(1, "/json"), &[]).unwrap_err();
    assert_eq!(fault.code, AppnetCode::Closed);
    assert!(answer.unwrap().contains("request:fail app is closed"));
    client::shut_down(network).unwrap();
}

#[test]
fn one_thread_at_a_time_waits_for_an_apps_events() {
    let world = World::new();
    let network = world.network();
    let app = client::launch(network, &world.config("wx1"), "").unwrap();
    // Until it waits, it may itself find the events taken, by the one below.
    let first = thread::spawn(move || {
        loop {
            match client::next_event(app, u64::MAX, |_, _| ()) {
                Err(fault) if fault.code == AppnetCode::EventsTaken => {}
                other => return other,
            }
        }
    });
    let deadline = Instant::now() + Duration::from_secs(20);
    let taken = loop {
        let second = client::next_event(app, 0, |_, _| ()).unwrap_err();
        if second.code == AppnetCode::EventsTaken || Instant::now() > deadline {
            break second;
        }
    };
    assert_eq!(taken.text, "another thread waits for this app's events");
    client::shut_down(network).unwrap();
    assert_eq!(first.join().unwrap().unwrap_err().code, AppnetCode::Ended);
}

#[test]
fn a_callback_hears_all_of_an_app_in_order_and_its_end_once() {
    let world = World::new();
    let network = world.network();
    let (tell, heard) = mpsc::channel();
    let hear = move |app, event: Option<appnet::Message>| {
        let _ = tell.send((app, thread::current().id(), event.map(|event| event.json)));
    };
    let deliver = Deliver::Call(Box::new(hear));
    let app = facade::launch(network, &world.config("wx1"), None, deliver).unwrap();
    let fault = client::next_event(app, 0, |_, _| ()).unwrap_err();
    assert_eq!(fault.code, AppnetCode::EventsTaken);
    for task in 1..=20 {
        client::send(app, &call(task, "/json"), &[]).unwrap();
    }
    let mut ended = 0;
    while ended < 20 {
        let (whose, on, json) = heard.recv().unwrap();
        assert_eq!(whose, app);
        assert_ne!(on, thread::current().id());
        ended += usize::from(json.unwrap().starts_with(r#"{"type":"success""#));
    }
    client::close(app).unwrap();
    client::shut_down(network).unwrap();
    let rest: Vec<_> = heard.iter().map(|(_, _, json)| json).collect();
    assert_eq!(
        rest,
        [None],
        "nothing after the end, and nobody holds the callback"
    );
}

#[test]
fn a_network_can_be_shut_down_in_a_callback() {
    let world = World::new();
    let network = world.network();
    let (tell, heard) = mpsc::channel();
    let hear = move |_, event: Option<appnet::Message>| {
        let shut_down = event.map(|_| facade::shut_down(network));
        let _ = tell.send(shut_down);
    };
    let deliver = Deliver::Call(Box::new(hear));
    let app = facade::launch(network, &world.config("wx1"), None, deliver).unwrap();
    client::send(app, "no command", &[]).unwrap();
    let limit = Duration::from_secs(20);
    assert_eq!(heard.recv_timeout(limit), Ok(Some(Ok(()))));
    assert_eq!(heard.recv_timeout(limit), Ok(None));
}

#[test]
fn any_thread_calls_any_function() {
    let world = World::new();
    let network = world.network();
    let start = Arc::new(Barrier::new(8));
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let (start, config) = (Arc::clone(&start), world.config(&format!("wx{number}")));
            thread::spawn(move || {
                start.wait();
                let app = client::launch(network, &config, "").unwrap();
                for task in 1..=20 {
                    facade::enter_background(app, task % 2 == 0).unwrap();
                    facade::enter_foreground(app).unwrap();
                    client::send(app, &call(task, "/json"), &[]).unwrap();
                    assert!(end(app).starts_with(r#"{"type":"success""#));
                }
                client::close(app).unwrap();
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    client::shut_down(network).unwrap();
}
