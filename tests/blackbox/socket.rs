//! Section 8 through the bus, over real sockets.

mod background;
mod handshake;
mod limits;
mod peers;
mod speaking;

use std::sync::Mutex;

use appnet::{
    CallRecord, Message, Network, Policy, Port,
    policy::{
        domains::DomainLists,
        identity::{AppId, Env, Identity},
        rules::AppConfig,
    },
};
use appnet_testkit::{Ca, RawOrigin, Script, WsOrigin, ws::Act};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::world::{HOST, trusting};

const NOT_OPEN: &str = "SocketTask.readyState is not OPEN";

/// A network that trusts one origin, and apps that may open sockets to it and nothing else.
struct World {
    network: Network,
    port: u16,
    records: Mutex<UnboundedReceiver<CallRecord>>,
}

impl World {
    fn with(ca: &Ca, port: u16, policy: Policy) -> Self {
        let (record, records) = unbounded_channel();
        let network = trusting(ca)
            .policy(policy)
            .observer(move |call: &CallRecord| drop(record.send(call.clone())))
            .start()
            .unwrap();
        Self {
            network,
            port,
            records: Mutex::new(records),
        }
    }

    fn config(&self, app: &str) -> AppConfig {
        let identity = Identity {
            app_id: AppId::new(app),
            version: "42".to_owned(),
            env: Env::Release,
        };
        let domains = DomainLists {
            request: vec!["https://requests.example.test".to_owned()],
            socket: vec![format!("wss://{HOST}")],
            ..DomainLists::default()
        };
        AppConfig {
            connect_to: vec![format!("::127.0.0.1:{}", self.port).parse().unwrap()],
            ..AppConfig::new(identity, domains)
        }
    }

    async fn launch(&self, app: &str) -> App {
        App(self.network.launch(self.config(app)).await.unwrap())
    }

    /// The record of the next call that ended.
    #[expect(clippy::await_holding_lock, reason = "one test, one thread")]
    async fn record(&self) -> CallRecord {
        self.records.lock().unwrap().recv().await.unwrap()
    }
}

/// A WebSocket origin and a network that trusts it.
fn world(acts: impl Fn(&str) -> Act + Send + Sync + 'static) -> (WsOrigin, World) {
    world_with(Policy::seed(), acts)
}

fn world_with(
    policy: Policy,
    acts: impl Fn(&str) -> Act + Send + Sync + 'static,
) -> (WsOrigin, World) {
    let ca = Ca::new();
    let origin = WsOrigin::tls(ca.issue(&[HOST]).http1())
        .start(acts)
        .unwrap();
    let world = World::with(&ca, origin.port(), policy);
    (origin, world)
}

/// An origin that answers as it likes, and a network that trusts it.
fn raw_world(script: Script) -> (RawOrigin, World) {
    let ca = Ca::new();
    let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
        .script(script)
        .start();
    let world = World::with(&ca, origin.port(), Policy::seed());
    (origin, world)
}

/// An app's UI layer, as far as a test needs it.
struct App(Port);

impl App {
    fn connect(&self, task: u64, path: &str) {
        self.connect_url(task, &format!("wss://{HOST}{path}"), json!({}));
    }

    fn connect_url(&self, task: u64, url: &str, mut options: Value) {
        options["url"] = url.into();
        let call =
            json!({"type": "call", "task": task, "api": "connectSocket", "options": options});
        self.0.send(call.to_string()).unwrap();
    }

    fn send(&self, task: u64, id: u64, text: &str) {
        let send = json!({"type": "send", "task": task, "id": id, "data": {"text": text}});
        self.0.send(send.to_string()).unwrap();
    }

    /// Whether it got through.
    fn send_bytes(&self, task: u64, id: u64, bytes: Vec<u8>) -> bool {
        let send = json!({"type": "send", "task": task, "id": id, "data": {"bytes": 0}});
        let message = Message {
            json: send.to_string(),
            attachments: vec![bytes.into()],
        };
        self.0.send(message).is_ok()
    }

    fn close(&self, task: u64, id: u64, options: &Value) {
        let mut close = json!({"type": "closeSocket", "task": task, "id": id});
        let fields = options.as_object().unwrap().clone();
        close.as_object_mut().unwrap().extend(fields);
        self.0.send(close.to_string()).unwrap();
    }

    async fn event(&mut self) -> Value {
        serde_json::from_str(&self.0.next().await.unwrap().json).unwrap()
    }

    /// The next event in a few words: `done 1 7 SocketTask.send:ok`.
    async fn heard(&mut self) -> String {
        let message = self.0.next().await.unwrap();
        let event: Value = serde_json::from_str(&message.json).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let words = match event["type"].as_str().unwrap() {
            "success" | "fail" => text(&event["result"]["errMsg"]),
            "done" => format!("{} {}", event["id"], text(&event["result"]["errMsg"])),
            "message" => match message.attachments.first() {
                Some(bytes) => format!("{bytes:?}"),
                None => text(&event["data"]["text"]),
            },
            "socketError" => text(&event["errMsg"]),
            "close" => format!("{} {}", event["code"], text(&event["reason"])),
            _ => String::new(),
        };
        let words = format!("{} {} {words}", text(&event["type"]), event["task"]);
        words.trim_end().to_owned()
    }

    /// Opens a socket as this task.
    async fn open(&mut self, task: u64, path: &str) {
        self.connect(task, path);
        assert_eq!(
            self.heard().await,
            format!("success {task} connectSocket:ok")
        );
        assert_eq!(self.heard().await, format!("open {task}"));
    }

    /// W1: what is heard of a socket that cannot be connected.
    async fn never_opens(&mut self, task: u64, why: &str) {
        let accepted = format!("success {task} connectSocket:ok");
        assert_eq!(self.heard().await, accepted);
        self.breaks(task, why).await;
    }

    /// W1: what is heard when a socket breaks.
    async fn breaks(&mut self, task: u64, why: &str) {
        let error = format!("socketError {task} connectSocket:fail {why}");
        assert_eq!(self.heard().await, error);
        assert_eq!(self.heard().await, format!("close {task} 1006 {why}"));
    }

    /// Sends a text and hears that it was sent, and its echo, in whichever order they come.
    async fn echoes(&mut self, task: u64, id: u64) {
        let text = format!("echo {id}");
        self.send(task, id, &text);
        let mut heard = [self.heard().await, self.heard().await];
        heard.sort_unstable();
        let sent = format!("done {task} {id} SocketTask.send:ok");
        assert_eq!(heard, [sent, format!("message {task} {text}")]);
    }
}
