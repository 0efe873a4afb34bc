//! A network on one thread, in virtual time, whose exchanges a test plays by hand.

use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix::{Actor, Addr};
use appnet_bus::Message;
use appnet_core::{CallRecord, Instant, IoEvent, Move, Sight, TaskId, effect::Finished};
use appnet_policy::{
    Policy, Rules,
    domains::DomainLists,
    exchange::{
        Answer, HttpVersion, OutgoingRequest, Reading, Receive, ReceivedBody, ResponseHead,
    },
    identity::{AppId, Env, Identity},
    rules::AppConfig,
    socket::{SocketLimits, SocketRequest},
};
use dashmap::DashMap;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::script::{self, ScriptedSocket};
use crate::{
    Port,
    clock::Clock,
    link::SharedLink,
    observe::{Inspector, Onlookers},
    socket_transport::Connecting,
    supervisor::{Launch, NetworkSupervisor, Table},
    transport::{Done, Keep, Tell, Transport},
};

/// A network under test. Time stands still unless all tasks wait for it.
pub(super) struct World {
    pub(super) clock: Arc<TestClock>,
    pub(super) supervisor: Addr<NetworkSupervisor>,
    pub(super) table: Table,
    pub(super) records: Arc<Mutex<Vec<CallRecord>>>,
    pub(super) sights: Arc<Sights>,
    pub(super) transports: Arc<Transports>,
    policy: Arc<Policy>,
    started: UnboundedReceiver<Exchange>,
    connecting: UnboundedReceiver<ScriptedSocket>,
}

/// What the inspector was shown, a line each.
#[derive(Default)]
pub(super) struct Sights {
    lines: Mutex<Vec<String>>,
    /// Whether it panics instead.
    pub(super) panic: AtomicBool,
}

impl Sights {
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

impl Inspector for Sights {
    fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        assert!(!self.panic.load(Ordering::SeqCst), "as the test wants it");
        let what = match sight {
            Sight::Called(call) => format!("called {}", call.url()),
            Sight::Asked(effect) => format!("asked {}", variant(effect)),
            Sight::Told(IoEvent::Socket(event)) => format!("told {}", variant(event)),
            Sight::Told(event) => format!("told {}", variant(event)),
            Sight::Ended(record) => format!("ended {:?}", record.outcome),
            other => panic!("not known here: {other:?}"),
        };
        self.lines
            .lock()
            .unwrap()
            .push(format!("{app} {task} {what}"));
    }
}

/// The name of an enum's variant.
fn variant(value: &impl std::fmt::Debug) -> String {
    let whole = format!("{value:?}");
    let end = whole.find(|c: char| !c.is_alphanumeric());
    whole[..end.unwrap_or(whole.len())].to_owned()
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(unhurried())
    }

    pub(super) fn with(policy: Policy) -> Self {
        tokio::time::pause();
        let clock = Arc::new(TestClock::new());
        let table: Table = Arc::new(DashMap::new());
        let (start, started) = unbounded_channel();
        let (connect, connecting) = unbounded_channel();
        let transports = Arc::new(Transports {
            start,
            connect,
            alive: AtomicUsize::new(0),
            made: AtomicUsize::new(0),
            panic: AtomicBool::new(false),
        });
        let make = Arc::clone(&transports);
        let records = Arc::new(Mutex::new(Vec::new()));
        let (kept, sights) = (Arc::clone(&records), Arc::new(Sights::default()));
        let supervisor = NetworkSupervisor::new(
            Arc::clone(&table),
            Vec::new(),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(move |_| Rc::new(Scripted::new(&make))),
            Onlookers {
                observer: Some(Arc::new(move |record: &CallRecord| {
                    kept.lock().unwrap().push(record.clone())
                })),
                inspector: Some(Arc::clone(&sights) as Arc<dyn Inspector>),
                #[cfg(feature = "metrics")]
                meter: None,
            },
            Default::default(),
        )
        .start();
        Self {
            clock,
            supervisor,
            table,
            records,
            sights,
            transports,
            policy: Arc::new(policy),
            started,
            connecting,
        }
    }

    pub(super) fn rules(&self, app: &str, domain: &str) -> Arc<Rules> {
        let identity = Identity {
            app_id: AppId::new(app),
            version: "1".to_owned(),
            env: Env::Release,
        };
        let domains = DomainLists {
            request: vec![domain.to_owned()],
            socket: vec![domain.replace("https:", "wss:")],
            ..DomainLists::default()
        };
        Arc::new(
            Rules::new(
                Arc::clone(&self.policy),
                AppConfig::new(identity, domains),
                None,
            )
            .unwrap(),
        )
    }

    /// Launches an app that may reach `https://a.test` and `wss://a.test`.
    pub(super) async fn launch(&self, app: &str) -> Port {
        let rules = self.rules(app, "https://a.test");
        let launch = Launch {
            rules,
            files: None,
            driver: None,
        };
        let port = Port::new(self.supervisor.send(launch).await.unwrap().unwrap());
        tokio::task::yield_now().await; // the actor starts
        port
    }

    pub(super) fn link(&self, app: &str) -> Arc<SharedLink> {
        Arc::clone(&self.table.get(&AppId::new(app)).unwrap())
    }

    pub(super) fn background(&self, app: &str) {
        self.link(app)
            .move_to(|at| Move::Background { pinned: false, at });
    }

    pub(super) fn foreground(&self, app: &str) {
        self.link(app).move_to(|at| Move::Foreground { at });
    }

    /// The next exchange that starts.
    pub(super) async fn exchange(&mut self) -> Exchange {
        self.started.recv().await.unwrap()
    }

    /// The next socket that connects.
    pub(super) async fn socket(&mut self) -> ScriptedSocket {
        self.connecting.recv().await.unwrap()
    }

    /// Whether nothing starts by itself.
    pub(super) async fn is_quiet(&mut self) -> bool {
        settle().await;
        self.started.try_recv().is_err() && self.connecting.try_recv().is_err()
    }
}

/// Lets everything run that can run now. Virtual time goes on by a millisecond when all is idle, which is how "idle" is seen.
pub(super) async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// The seed's values, and a slice that no machine is slow enough to use up: what a test says of the order of things does not go by its time.
pub(super) fn unhurried() -> Policy {
    Policy {
        slice: Duration::from_secs(3600),
        ..Policy::seed()
    }
}

/// A call of `https://a.test/<task>`.
pub(super) fn call(task: u64) -> Message {
    Message::new(format!(
        r#"{{"type":"call","task":{task},"api":"request","options":{{"url":"https://a.test/{task}"}}}}"#
    ))
}

pub(super) fn abort(task: u64) -> Message {
    Message::new(format!(r#"{{"type":"abort","task":{task}}}"#))
}

/// Type, task and `errMsg` of the next event, as `fail 3 request:fail timeout`; headers are passed over.
pub(super) async fn heard(port: &mut Port) -> String {
    loop {
        let Some(message) = port.next().await else {
            return "end".to_owned();
        };
        let event: serde_json::Value = serde_json::from_str(&message.json).unwrap();
        let (kind, task) = (event["type"].as_str().unwrap(), &event["task"]);
        match kind {
            "headersReceived" => {}
            "success" | "fail" => {
                return format!(
                    "{kind} {task} {}",
                    event["result"]["errMsg"].as_str().unwrap()
                );
            }
            _ => {
                return format!(
                    "{kind} {task} {}",
                    event["message"].as_str().unwrap_or_default()
                );
            }
        }
    }
}

/// Virtual time, plus the time the device slept, plus a way to make an actor panic from inside.
pub(super) struct TestClock {
    zero: tokio::time::Instant,
    slept: Mutex<Duration>,
    /// How often it may be asked until it panics; 0 if it does not.
    panic: AtomicUsize,
}

impl TestClock {
    fn new() -> Self {
        Self {
            zero: tokio::time::Instant::now(),
            slept: Mutex::default(),
            panic: AtomicUsize::new(0),
        }
    }

    /// The device sleeps: this clock goes on, the timers do not (B6).
    pub(super) fn sleep_device(&self, time: Duration) {
        *self.slept.lock().unwrap() += time;
    }

    /// The next so many get the time from it, and then one panics: who sends a call asks once, and then the actor does.
    pub(super) fn panic_after(&self, asked: usize) {
        self.panic.store(asked + 1, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        let left = self.panic.load(Ordering::SeqCst);
        self.panic.store(left.saturating_sub(1), Ordering::SeqCst);
        assert!(left != 1, "a panic that the test asked for");
        Instant::at(self.zero.elapsed() + *self.slept.lock().unwrap())
    }

    fn unix_zero(&self) -> Duration {
        Duration::from_secs(1_700_000_000)
    }
}

/// What the scripted transports of a world share.
pub(super) struct Transports {
    start: UnboundedSender<Exchange>,
    connect: UnboundedSender<ScriptedSocket>,
    pub(super) alive: AtomicUsize,
    pub(super) made: AtomicUsize,
    /// Whether the next `exchange` or `connect_socket` panics in the worker itself.
    pub(super) panic: AtomicBool,
}

struct Scripted(Arc<Transports>);

impl Scripted {
    fn new(shared: &Arc<Transports>) -> Self {
        shared.alive.fetch_add(1, Ordering::SeqCst);
        shared.made.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An exchange under way, in a test's hands.
pub(super) struct Exchange {
    pub(super) path: String,
    play: UnboundedSender<Play>,
}

enum Play {
    Head,
    Answer(Option<Keep>),
    Panic,
}

impl Exchange {
    pub(super) fn head(&self) {
        let _ = self.play.send(Play::Head);
    }

    pub(super) fn answer(&self) {
        let _ = self.play.send(Play::Answer(None));
    }

    /// Answers with a file, which `keep` makes visible.
    pub(super) fn save(&self, keep: Keep) {
        let _ = self.play.send(Play::Answer(Some(keep)));
    }

    pub(super) fn panic(&self) {
        let _ = self.play.send(Play::Panic);
    }

    /// Returns when the exchange's future was dropped: the transport reads no more.
    pub(super) async fn dropped(&self) {
        self.play.closed().await;
    }
}

impl Transport for Scripted {
    fn exchange(
        &self,
        request: Box<OutgoingRequest>,
        _: Receive,
        tell: Tell,
    ) -> Pin<Box<dyn Future<Output = Done>>> {
        assert!(
            !self.0.panic.swap(false, Ordering::SeqCst),
            "a panic that the test asked for"
        );
        let (play, mut played) = unbounded_channel();
        let _ = self.0.start.send(Exchange {
            path: request.target.url().path().to_owned(),
            play,
        });
        Box::pin(async move {
            loop {
                match played.recv().await {
                    Some(Play::Head) => tell(IoEvent::HeadersReceived(ok().into())),
                    Some(Play::Answer(keep)) => {
                        let answer = Answer {
                            head: ok().into(),
                            body: ReceivedBody::Whole("hello".into(), Reading::default()),
                        };
                        let finished = Finished {
                            outcome: Ok(answer),
                            profile: Arc::default(),
                            would_refuse: Vec::new(),
                        };
                        return Done { finished, keep };
                    }
                    Some(Play::Panic) => panic!("a panic that the test asked for"),
                    None => std::future::pending().await,
                }
            }
        })
    }

    fn connect_socket(&self, request: Box<SocketRequest>, _: SocketLimits) -> Connecting {
        assert!(
            !self.0.panic.swap(false, Ordering::SeqCst),
            "a panic that the test asked for"
        );
        let (socket, connecting) = script::socket(&request);
        let _ = self.0.connect.send(socket);
        connecting
    }
}

fn ok() -> ResponseHead {
    ResponseHead {
        status: 200,
        version: HttpVersion::Http1,
        headers: Vec::new(),
    }
}
