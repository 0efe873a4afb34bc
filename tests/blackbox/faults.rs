//! Whatever the network in between does, at whatever moment: each call ends exactly once, with the right number, and nothing of it is left (P8, B7).
//!
//! Every API goes through a proxy that spoils its connection, over HTTP/1.1 and HTTP/2, at each phase: before the handshake, within it, as the answer
//! begins, within its body, within the body of the request.

use std::{
    fs,
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use appnet::{
    CallRecord, DirectorySandbox, Network, Policy,
    policy::{
        Failure,
        domains::DomainLists,
        failure::NetworkFault,
        identity::{AppId, Env, Identity},
        preset::Permits,
        rules::AppConfig,
    },
};
use appnet_testkit::{Ca, Fault, FaultProxy, Gate, HttpOrigin, Side, WsOrigin, routes, ws::Act};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{
    leaving::sockets_to,
    world::{App, HOST, trusting},
};

const SOCKETS: &str = "ws.example.test";
/// Leads to the same server as `HOST`, past the proxy.
pub(crate) const STRAIGHT: &str = "straight.example.test";

/// Far more than a handshake is, so that the middle of what is carried is the middle of a body.
pub(crate) const BODY: usize = 100_000;

/// Somewhere in the first flight of a handshake, of either side.
const IN_HANDSHAKE: u64 = 100;

/// So long waits a call whose fault is silence.
const PATIENCE: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Request,
    Upload,
    Download,
    Socket,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Broken,
    TimedOut,
}

/// A network whose apps have one permit each, and what it recorded.
pub(crate) struct Scene {
    network: Network,
    records: Mutex<UnboundedReceiver<CallRecord>>,
    apps: AtomicU64,
}

impl Scene {
    pub(crate) fn new(ca: &Ca) -> Self {
        let (record, records) = unbounded_channel();
        let one = NonZeroUsize::new(1).unwrap();
        let policy = Policy {
            permits: Permits::Shared(one), // one that is not given back holds up the next call for ever
            ..Policy::seed()
        };
        let network = trusting(ca)
            .policy(policy)
            .observer(move |call: &CallRecord| drop(record.send(call.clone())))
            .start()
            .unwrap();
        Self {
            network,
            records: Mutex::new(records),
            apps: AtomicU64::new(0),
        }
    }

    /// An app with one file, `usr/a`, whose names lead to these places: `host:port:address:port`.
    pub(crate) async fn launch(&self, directory: &Path, leads: &[String]) -> (AppId, App) {
        let id = AppId::new(format!("wx{}", self.apps.fetch_add(1, SeqCst)));
        let sandbox = DirectorySandbox::open(directory, Policy::seed().files).unwrap();
        fs::write(directory.join("usr/a"), vec![b'a'; BODY]).unwrap();
        let identity = Identity {
            app_id: id.clone(),
            version: "1".to_owned(),
            env: Env::Release,
        };
        let https = vec![format!("https://{HOST}"), format!("https://{STRAIGHT}")];
        let domains = DomainLists {
            request: https.clone(),
            upload_file: https.clone(),
            download_file: https,
            socket: vec![format!("wss://{SOCKETS}")],
        };
        let config = AppConfig {
            connect_to: leads.iter().map(|lead| lead.parse().unwrap()).collect(),
            ..AppConfig::new(identity, domains)
        };
        let port = self
            .network
            .launch(appnet::NewApp::new(config).files(Arc::new(sandbox)));
        (id, App::new(port.await.unwrap()))
    }

    /// The record of the next call that ended.
    #[expect(clippy::await_holding_lock, reason = "one test, one thread")]
    pub(crate) async fn record(&self) -> CallRecord {
        self.records.lock().unwrap().recv().await.unwrap()
    }

    /// A call of this app ended so: its permit is free, and nothing comes of it any more, neither an event nor a record nor a file. Gives its record.
    pub(crate) async fn assert_over(
        &self,
        (id, mut app): (AppId, App),
        (task, outcome): (u64, Outcome),
        directory: &Path,
        what: &str,
    ) -> CallRecord {
        let record = self.record().await;
        assert_eq!(record.task.number(), task, "{what}");
        assert_eq!(outcome_of(&record), outcome, "{what}: {record:?}");
        let url = format!("https://{STRAIGHT}/json");
        let next = app.start_url(&url, json!({}));
        loop {
            let event = app.event().await;
            assert_eq!(event["task"], next, "{what}: {event}");
            if event["type"] == "success" {
                break;
            }
        }
        let after = self.record().await;
        assert_eq!(after.task.number(), next, "{what}: {after:?}");
        let report = self.network.close(&id).await.unwrap();
        assert!(
            report.running.is_empty() && report.queued.is_empty() && report.sockets.is_empty(),
            "{what}: {report:?}"
        );
        assert!(app.port.next().await.is_none(), "{what}");
        for place in ["part", "tmp"] {
            let left = fs::read_dir(directory.join(place)).unwrap().count();
            assert_eq!(left, 0, "{what}: {place}");
        }
        assert_eq!(fs::read_dir(directory.join("usr")).unwrap().count(), 1);
        record
    }
}

struct Stage {
    scene: Scene,
    http: HttpOrigin,
    sockets: WsOrigin,
    to_http: FaultProxy,
    to_sockets: FaultProxy,
}

impl Stage {
    fn new() -> Self {
        let ca = Ca::new();
        let leaf = ca.issue(&[HOST, SOCKETS, STRAIGHT]);
        let http = HttpOrigin::tls(leaf.http2())
            .start(routes::demo_routes(&Gate::new()))
            .unwrap();
        let sockets = WsOrigin::tls(leaf.http1()).start(|_| Act::Echo).unwrap();
        Self {
            scene: Scene::new(&ca),
            to_http: FaultProxy::start(http.address(), Fault::None).unwrap(),
            to_sockets: FaultProxy::start(([127, 0, 0, 1], sockets.port()).into(), Fault::None)
                .unwrap(),
            http,
            sockets,
        }
    }

    fn proxy(&self, call: Call) -> &FaultProxy {
        match call {
            Call::Request | Call::Upload | Call::Download => &self.to_http,
            Call::Socket => &self.to_sockets,
        }
    }

    /// One call of a fresh app through this fault, and all that must hold around it.
    async fn play(&self, call: Call, http2: bool, (side, fault): (Side, Fault)) -> Outcome {
        let what = format!("{call:?}, HTTP/2: {http2}, {side:?}: {fault:?}");
        self.proxy(call).set_for(side, fault);
        let directory = tempfile::tempdir().unwrap();
        let leads = [
            format!("{HOST}::127.0.0.1:{}", self.to_http.address().port()),
            format!("{SOCKETS}::127.0.0.1:{}", self.to_sockets.address().port()),
            format!("{STRAIGHT}::127.0.0.1:{}", self.http.port()),
        ];
        let (id, mut app) = self.scene.launch(directory.path(), &leads).await;
        let mut options = match call {
            Call::Request | Call::Upload | Call::Download => json!({"enableHttp2": http2}),
            Call::Socket => json!({}),
        };
        if matches!(fault, Fault::BlackHole | Fault::SilentAfter(_)) {
            options["timeout"] = json!(PATIENCE.as_millis() as u64);
        }
        let task = begin(&mut app, call, &large(call), options);
        let outcome = match call {
            Call::Request | Call::Upload | Call::Download => ending(&mut app, task, &what).await,
            Call::Socket => of_socket(&mut app, task, &what).await,
        };
        let ended = (task, outcome);
        let over = self
            .scene
            .assert_over((id, app), ended, directory.path(), &what);
        over.await;
        outcome
    }

    /// Nobody is left who waits for a proxy or a server.
    async fn assert_quiet(&self) {
        self.http
            .until(|counts| counts.open == 0 && counts.in_flight == 0)
            .await;
        for port in [
            self.to_http.address().port(),
            self.to_sockets.address().port(),
        ] {
            assert!(sockets_to(port).is_none_or(|count| count == 0));
        }
        self.sockets.until(|counts| counts.open == 0).await;
    }
}

/// Starts a call of this kind with these options, beside those that it needs.
pub(crate) fn begin(app: &mut App, call: Call, path: &str, mut options: Value) -> u64 {
    let (api, url) = match call {
        Call::Request => ("request", format!("https://{HOST}{path}")),
        Call::Download => ("downloadFile", format!("https://{HOST}{path}")),
        Call::Upload => ("uploadFile", format!("https://{HOST}{path}")),
        Call::Socket => ("connectSocket", format!("wss://{SOCKETS}/")),
    };
    match call {
        Call::Request => options["responseType"] = json!("arraybuffer"),
        Call::Upload => {
            options["filePath"] = json!("wxfile://usr/a");
            options["name"] = json!("file");
        }
        Call::Download | Call::Socket => {}
    }
    app.start_api(api, &url, options)
}

/// Where a call of this kind goes for a large body, of its own or of the answer.
pub(crate) fn large(call: Call) -> String {
    match call {
        Call::Upload => "/upload".to_owned(),
        Call::Request | Call::Download | Call::Socket => format!("/bytes/{BODY}"),
    }
}

/// The end of a call over HTTP, with the number that belongs to it.
pub(crate) async fn ending(app: &mut App, task: u64, what: &str) -> Outcome {
    let (ended, result) = app.end().await;
    assert_eq!(ended, task, "{what}");
    match result["errno"].as_u64() {
        None => {
            assert_eq!(result["statusCode"], 200, "{what}: {result}");
            Outcome::Success
        }
        Some(5) => Outcome::TimedOut,
        Some(600_001) => Outcome::Broken,
        Some(_) => panic!("{what}: {result}"),
    }
}

/// A socket that is opened, echoes one large message, and is closed.
async fn of_socket(app: &mut App, task: u64, what: &str) -> Outcome {
    let mut broken = None;
    let mut echoed = 0;
    loop {
        let event = app.event().await;
        assert_eq!(event["task"], task, "{what}: {event}");
        match event["type"].as_str().unwrap() {
            "open" => {
                let text = "x".repeat(BODY);
                let send = json!({"type": "send", "task": task, "id": 1, "data": {"text": text}});
                app.port.send(send.to_string()).unwrap();
            }
            "message" => {
                echoed = event["data"]["text"].as_str().unwrap().len();
                let close = json!({"type": "closeSocket", "task": task, "id": 2});
                app.port.send(close.to_string()).unwrap();
            }
            "socketError" => {
                assert!(broken.is_none(), "{what}: two errors");
                broken = Some(match event["errno"].as_u64() {
                    Some(5) => Outcome::TimedOut,
                    Some(605_103) => Outcome::Broken,
                    // A socket that breaks once it is open has no number of its own.
                    None => Outcome::Broken,
                    Some(_) => panic!("{what}: {event}"),
                });
            }
            "close" if event["code"] == 1000 => {
                assert_eq!((echoed, broken), (BODY, None), "{what}: {event}");
                return Outcome::Success;
            }
            "close" => {
                assert_eq!(event["code"], 1006, "{what}: {event}");
                return broken.unwrap_or_else(|| panic!("{what}: closed without an error"));
            }
            "success" | "done" => {}
            other => panic!("{what}: {other}"),
        }
    }
}

fn outcome_of(record: &CallRecord) -> Outcome {
    match &record.outcome {
        Ok(_) => Outcome::Success,
        Err(Failure::Network(NetworkFault::TimedOut)) => Outcome::TimedOut,
        Err(_) => Outcome::Broken,
    }
}

/// Plays every fault at every phase of this call.
async fn every_fault(call: Call, http2: bool) {
    let stage = Stage::new();
    let proxy = stage.proxy(call);
    let carried = |side| proxy.passed(side);
    assert_eq!(
        stage.play(call, http2, (Side::Target, Fault::None)).await,
        Outcome::Success
    );
    let (down, up) = (carried(Side::Target), carried(Side::Client));

    for fault in [
        Fault::Delay(Duration::from_millis(2)),
        Fault::Drip(8_000, Duration::from_millis(1)),
    ] {
        for side in [Side::Target, Side::Client] {
            assert_eq!(
                stage.play(call, http2, (side, fault)).await,
                Outcome::Success
            );
        }
    }
    assert_eq!(
        stage
            .play(call, http2, (Side::Target, Fault::BlackHole))
            .await,
        Outcome::TimedOut
    );
    // Phases: before a word, within the handshake, at the end of the answer's first or last word, within its body.
    let mut moments = vec![
        (Side::Target, 0),
        (Side::Target, IN_HANDSHAKE),
        (Side::Client, IN_HANDSHAKE),
    ];
    match call {
        Call::Request | Call::Download => moments.push((Side::Target, down / 2)),
        // Over HTTP/2 the server says how much it has taken, in more frames or fewer: where its answer begins differs.
        Call::Upload if http2 => moments.extend([(Side::Target, down / 2), (Side::Client, up / 2)]),
        Call::Upload => moments.extend([(Side::Target, down - 20), (Side::Client, up / 2)]),
        Call::Socket => moments.extend([(Side::Target, down / 2), (Side::Client, up / 2)]),
    }
    for (side, moment) in moments {
        for fault in [
            Fault::CutAfter(moment),
            Fault::CloseAfter(moment),
            Fault::ResetAfter(moment),
            Fault::CorruptAt(moment),
        ] {
            let outcome = stage.play(call, http2, (side, fault)).await;
            assert_eq!(
                outcome,
                Outcome::Broken,
                "{call:?} {http2} {side:?} {fault:?}"
            );
        }
        // An open socket waits as long as its app does.
        if call != Call::Socket || moment <= IN_HANDSHAKE {
            let silence = Fault::SilentAfter(moment);
            let outcome = stage.play(call, http2, (side, silence)).await;
            assert_eq!(
                outcome,
                Outcome::TimedOut,
                "{call:?} {http2} {side:?} {silence:?}"
            );
        }
    }
    stage.assert_quiet().await;
}

#[tokio::test]
async fn p8_b7_a_request_ends_once_whatever_the_network_does() {
    every_fault(Call::Request, false).await;
}

#[tokio::test]
async fn p8_b7_a_request_over_http2_ends_once_whatever_the_network_does() {
    every_fault(Call::Request, true).await;
}

#[tokio::test]
async fn p8_b7_f1_an_upload_ends_once_whatever_the_network_does() {
    every_fault(Call::Upload, false).await;
}

#[tokio::test]
async fn p8_b7_f1_an_upload_over_http2_ends_once_whatever_the_network_does() {
    every_fault(Call::Upload, true).await;
}

#[tokio::test]
async fn p8_b7_f3_a_download_ends_once_whatever_the_network_does() {
    every_fault(Call::Download, false).await;
}

#[tokio::test]
async fn p8_b7_f3_a_download_over_http2_ends_once_whatever_the_network_does() {
    every_fault(Call::Download, true).await;
}

#[tokio::test]
async fn p8_b7_w1_a_socket_ends_once_whatever_the_network_does() {
    every_fault(Call::Socket, false).await;
}
