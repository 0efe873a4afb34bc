//! What needs no network: front ends that do not read, and what a session is told.

use std::{
    future::Future,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use appnet::{
    Inspector as _, IoEvent, Sight, SocketIo, TaskId,
    policy::{
        identity::AppId,
        prepare::{Call, SocketOptions},
        socket::SocketMessage,
    },
};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes, client, client::IntoClientRequest as _};

use crate::{
    cdp::{
        DevTools, LIMITS,
        emulation::Control,
        event::Event,
        session::Session,
        target::{Outlet, QUEUE_BYTES, Target},
    },
    log::{CallFrame, Stack},
};

fn task(number: u64) -> TaskId {
    TaskId::new(number).unwrap()
}

fn socket() -> Call {
    Call::Socket(SocketOptions {
        url: "wss://ws.example.com".to_owned(),
        ..SocketOptions::default()
    })
}

fn message(length: usize) -> IoEvent {
    let bytes = Bytes::from(vec![7; length]);
    IoEvent::Socket(SocketIo::Message(SocketMessage::Binary(bytes)))
}

fn attached() -> (
    Arc<Target>,
    Session,
    Arc<Outlet>,
    UnboundedReceiver<Utf8Bytes>,
) {
    let target = Arc::new(Target::new(1, AppId::new("wx1"), LIMITS));
    let (outlet, events) = Outlet::new();
    let session = Session::new(Arc::clone(&target), Arc::clone(&outlet), Control::default());
    (target, session, outlet, events)
}

fn done<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let limited = async { tokio::time::timeout(Duration::from_secs(20), future).await };
    runtime.block_on(limited).unwrap()
}

#[test]
fn i2_what_waits_for_a_front_end_is_bounded_and_nobody_waits_for_it() {
    let (target, session, outlet, mut events) = attached();
    session.answer(r#"{"id":1,"method":"Network.enable"}"#);
    target.see(task(1), Sight::Called(&socket()));
    for _ in 0..64 {
        target.see(task(1), Sight::Told(&message(1 << 20)));
    }
    done(outlet.overflow());
    let mut waiting = 0;
    while let Ok(text) = events.try_recv() {
        waiting += text.len();
    }
    assert!(
        waiting <= QUEUE_BYTES && waiting > QUEUE_BYTES / 2,
        "{waiting}"
    );
}

#[test]
fn i2_a_front_end_that_never_reads_is_dropped() {
    let devtools = DevTools::listen(([127, 0, 0, 1], 0).into()).unwrap();
    let app = AppId::new("wx1");
    let request = devtools.target(&app).web_socket();
    let stream = TcpStream::connect(devtools.address()).unwrap();
    let (mut front_end, _) = client(request.into_client_request().unwrap(), stream).unwrap();
    let enable = r#"{"id":1,"method":"Network.enable"}"#;
    front_end.send(Message::text(enable)).unwrap();
    done(devtools.attached());
    assert_eq!(devtools.sessions(), 1);
    devtools.see(&app, task(1), Sight::Called(&socket()));
    for _ in 0..128 {
        devtools.see(&app, task(1), Sight::Told(&message(1 << 20)));
    }
    done(devtools.detached());
}

#[test]
fn calls_of_an_app_that_is_launched_once_more_have_ids_of_their_own() {
    let (target, session, _outlet, mut events) = attached();
    session.answer(r#"{"id":1,"method":"Network.enable"}"#);
    let mut ids = Vec::new();
    for _ in 0..2 {
        target.see(task(1), Sight::Called(&socket()));
        target.see(task(1), Sight::Told(&message(1)));
        let event: Value = serde_json::from_str(&events.try_recv().unwrap()).unwrap();
        assert_eq!(event["method"], "Network.webSocketFrameReceived");
        assert_eq!(
            event["params"]["response"],
            json!({"opcode": 2, "mask": false, "payloadData": "Bw=="})
        );
        ids.push(event["params"]["requestId"].clone());
    }
    assert_eq!(ids, ["1", "2"]);
}

#[test]
fn after_disable_nothing_comes() {
    let (target, session, _outlet, mut events) = attached();
    session.answer(r#"{"id":1,"method":"Network.enable"}"#);
    session.answer(r#"{"id":2,"method":"Network.disable"}"#);
    target.see(task(1), Sight::Called(&socket()));
    target.see(task(1), Sight::Told(&message(1)));
    assert!(events.try_recv().is_err());
}

/// A stack in one file that counts how often it was read.
#[derive(Debug)]
struct Counted(&'static str, Arc<AtomicUsize>);

impl Stack for Counted {
    fn frames(&self) -> Vec<CallFrame> {
        self.1.fetch_add(1, Ordering::Relaxed);
        vec![CallFrame {
            function: String::new(),
            file: self.0.to_owned(),
            line: 1,
            column: 1,
        }]
    }

    fn source(&self, file: &str) -> Option<String> {
        (file == self.0).then(|| format!("// {file}"))
    }
}

#[test]
fn stacks_are_read_for_front_ends_only_and_each_file_is_told_once() {
    let reads = Arc::new(AtomicUsize::new(0));
    let target = Arc::new(Target::new(1, AppId::new("wx1"), LIMITS));
    let call = |number: u64, file: &'static str| {
        let stack = Arc::new(Counted(file, Arc::clone(&reads)));
        target.called_from(task(number), stack);
        target.see(task(number), Sight::Called(&socket()));
    };
    call(1, "a.js");
    call(2, "a.js");
    assert_eq!(reads.load(Ordering::Relaxed), 0);

    let (outlet, mut events) = Outlet::new();
    let session = Session::new(Arc::clone(&target), outlet, Control::default());
    let enable = || {
        let before = session
            .answer(r#"{"id":1,"method":"Debugger.enable"}"#)
            .before;
        files(before.iter().map(Event::text))
    };
    assert_eq!(enable(), ["a.js"]);
    let before = reads.load(Ordering::Relaxed);
    call(3, "a.js");
    call(4, "b.js");
    let shown = target.read("4", |entry| entry.frames()).unwrap();
    assert_eq!(shown[0].file, "b.js");
    assert_eq!(reads.load(Ordering::Relaxed), before + 2, "each once");
    let live = std::iter::from_fn(|| events.try_recv().ok());
    assert_eq!(files(live), ["b.js"]);
    session.answer(r#"{"id":2,"method":"Debugger.disable"}"#);
    assert_eq!(enable(), ["a.js", "b.js"]);
}

#[test]
fn a_file_is_shown_whose_calls_are_kept_whether_or_not_a_front_end_was_there() {
    let reads = Arc::new(AtomicUsize::new(0));
    let target = Arc::new(Target::new(1, AppId::new("wx1"), LIMITS));
    let call = |number: u64, file: &'static str| {
        target.called_from(task(number), Arc::new(Counted(file, Arc::clone(&reads))));
        target.see(task(number), Sight::Called(&socket()));
    };
    call(1, "a.js");
    let (outlet, _events) = Outlet::new();
    let session = Session::new(Arc::clone(&target), outlet, Control::default());
    call(2, "b.js");
    let source = |file: &str| {
        let get =
            json!({"id": 1, "method": "Debugger.getScriptSource", "params": {"scriptId": file}});
        session.answer(&get.to_string()).reply
    };
    for file in ["a.js", "b.js"] {
        let text = format!("// {file}");
        assert_eq!(source(file)["result"]["scriptSource"], text);
    }
    let unknown = source("c.js");
    assert_eq!(
        unknown["error"]["message"],
        "the text of \"c.js\" is not known"
    );
}

/// Those that these events tell of.
fn files(events: impl Iterator<Item = impl AsRef<str>>) -> Vec<String> {
    let events = events.map(|text| serde_json::from_str::<Value>(text.as_ref()).unwrap());
    let told = events.filter(|event| event["method"] == "Debugger.scriptParsed");
    told.map(|event| event["params"]["url"].as_str().unwrap().to_owned())
        .collect()
}
