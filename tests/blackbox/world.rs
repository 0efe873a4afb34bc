//! A network, an origin, and apps that may reach it.

use std::sync::Mutex;

use appnet::{
    CallRecord, Network, NetworkBuilder, Policy, Port, SystemRoots,
    policy::{
        domains::DomainLists,
        identity::{AppId, Env, Identity},
        rules::AppConfig,
    },
};
use appnet_testkit::{Ca, Gate, HttpOrigin, Leaf, routes};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(crate) const HOST: &str = "api.example.test";

/// One origin with the demo's routes, and a network that trusts it.
pub(crate) struct World {
    pub(crate) ca: Ca,
    pub(crate) origin: HttpOrigin,
    pub(crate) network: Network,
    records: Mutex<UnboundedReceiver<CallRecord>>,
    /// Opens `/hold`.
    pub(crate) gate: Gate,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Policy::seed(), |ca| ca.issue(&[HOST, "other.example.test"]))
    }

    pub(crate) fn with(policy: Policy, certificate: impl FnOnce(&Ca) -> Leaf) -> Self {
        Self::built(certificate, |network| network.policy(policy))
    }

    /// With a network that is as `settle` leaves it.
    pub(crate) fn built(
        certificate: impl FnOnce(&Ca) -> Leaf,
        settle: impl FnOnce(NetworkBuilder) -> NetworkBuilder,
    ) -> Self {
        let ca = Ca::new();
        let gate = Gate::new();
        let origin = HttpOrigin::tls(certificate(&ca).http2())
            .start(routes::demo_routes(&gate))
            .unwrap();
        let (record, records) = unbounded_channel();
        let network = settle(trusting(&ca))
            .observer(move |call: &CallRecord| drop(record.send(call.clone())))
            .start()
            .unwrap();
        Self {
            ca,
            origin,
            network,
            records: Mutex::new(records),
            gate,
        }
    }

    /// An app that may reach `HOST` and nothing else; every name leads to the origin.
    pub(crate) fn config(&self, app: &str) -> AppConfig {
        let identity = Identity {
            app_id: AppId::new(app),
            version: "42".to_owned(),
            env: Env::Release,
        };
        let domains = DomainLists {
            request: vec![format!("https://{HOST}")],
            ..DomainLists::default()
        };
        let connect_to = vec![
            format!("::127.0.0.1:{}", self.origin.port())
                .parse()
                .unwrap(),
        ];
        AppConfig {
            connect_to,
            ..AppConfig::new(identity, domains)
        }
    }

    pub(crate) async fn launch(&self, app: &str) -> App {
        App::new(self.network.launch(self.config(app)).await.unwrap())
    }

    /// The record of the next call that ended. It may come a moment after the app has heard of it.
    #[expect(clippy::await_holding_lock, reason = "one test, one thread")]
    pub(crate) async fn record(&self) -> CallRecord {
        self.records.lock().unwrap().recv().await.unwrap()
    }
}

pub(crate) fn trusting(ca: &Ca) -> NetworkBuilder {
    Network::builder()
        .extra_roots_pem(ca.pem().as_bytes())
        .unwrap()
        .system_roots(SystemRoots::Ignore)
        .threads(1)
}

/// An app's UI layer, as far as a test needs it.
pub(crate) struct App {
    pub(crate) port: Port,
    last_task: u64,
}

impl App {
    pub(crate) const fn new(port: Port) -> Self {
        Self { port, last_task: 0 }
    }

    /// Calls `wx.request` with these options below `https://HOST`, and gives the task's number.
    pub(crate) fn start(&mut self, path: &str, options: Value) -> u64 {
        self.start_url(&format!("https://{HOST}{path}"), options)
    }

    pub(crate) fn start_url(&mut self, url: &str, options: Value) -> u64 {
        self.start_api("request", url, options)
    }

    /// Calls any of the platform's functions.
    pub(crate) fn start_api(&mut self, api: &str, url: &str, mut options: Value) -> u64 {
        self.last_task += 1;
        options["url"] = url.into();
        let call = serde_json::json!({"type": "call", "task": self.last_task, "api": api, "options": options});
        self.port.send(call.to_string()).unwrap();
        self.last_task
    }

    /// The number that the next call will have.
    pub(crate) const fn next_task(&self) -> u64 {
        self.last_task + 1
    }

    /// The next event, whatever it is.
    pub(crate) async fn event(&mut self) -> Value {
        serde_json::from_str(&self.port.next().await.unwrap().json).unwrap()
    }

    pub(crate) fn abort(&self, task: u64) {
        self.port
            .send(format!(r#"{{"type":"abort","task":{task}}}"#))
            .unwrap();
    }

    /// The next terminal event: its task and result. Panics at a warning, because no test here expects one without asking.
    pub(crate) async fn end(&mut self) -> (u64, Value) {
        loop {
            let event = self.event().await;
            match event["type"].as_str().unwrap() {
                "headersReceived" | "progressUpdate" => {}
                "success" | "fail" => {
                    return (event["task"].as_u64().unwrap(), event["result"].clone());
                }
                other => panic!("{other}: {event}"),
            }
        }
    }

    /// Calls and waits for the result.
    pub(crate) async fn request(&mut self, path: &str, options: Value) -> Value {
        let task = self.start(path, options);
        let (ended, result) = self.end().await;
        assert_eq!(ended, task);
        result
    }

    /// As [`get`](Self::get), for an app that has used task numbers by itself.
    pub(crate) async fn request_from(&mut self, task: u64, path: &str) -> Value {
        self.last_task = task - 1;
        self.get(path).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Value {
        self.request(path, serde_json::json!({})).await
    }
}
