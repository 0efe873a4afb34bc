//! Random histories of an app, as its core lives them: whatever happens, DevTools hears of each call's begin and end once, and a HAR file is one.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use appnet::{
    CallRecord, Effect, Finished, Inspector as _, IoEvent, Opened, Redirected, Sight, SocketAsk,
    SocketIo, TaskId,
};
use appnet_core::{
    AppCore, AskId, CheckedCall, Epoch, Instant, JobId, Link, Move, effect::IoFailure,
};
use appnet_policy::{
    Failure, Policy, Rules,
    connectivity::Connectivity,
    domains::DomainLists,
    exchange::{
        Answer, Header, HttpVersion, OutgoingRequest, Profile, Receive, ReceivedBody, ResponseHead,
        Span,
    },
    failure::NetworkFault,
    identity::{AppId, Env, Identity},
    prepare::{Call, DownloadOptions, RequestOptions, SocketOptions},
    rules::AppConfig,
    socket::{CloseFrame, SocketMessage},
};
use boon::{Compiler, SchemaIndex, Schemas};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    CallLog, Limits, Secrets,
    cdp::{Control, LIMITS, Outlet, Session, Target},
    har::har,
};

/// Something that happens. A number says to which of the jobs under way.
#[derive(Debug, Clone)]
enum Act {
    Call(Kind),
    Abort(usize),
    Head(usize),
    Redirect(usize),
    Piece(usize),
    Answer(usize, u16),
    Fail(usize),
    Crash(usize),
    Opens(usize),
    Message(usize, bool),
    Send(usize),
    Close(usize),
    Closes(usize),
    Background,
    Foreground,
    Time(u64),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Request,
    Post,
    Chunked,
    Download,
    Socket,
    Unlisted,
    NoUrl,
}

fn act() -> impl Strategy<Value = Act> {
    let kind = prop_oneof![
        4 => Just(Kind::Request),
        2 => Just(Kind::Post),
        2 => Just(Kind::Chunked),
        1 => Just(Kind::Download),
        3 => Just(Kind::Socket),
        1 => Just(Kind::Unlisted),
        1 => Just(Kind::NoUrl),
    ];
    let at = || 0..12_usize;
    prop_oneof![
        8 => kind.prop_map(Act::Call),
        1 => at().prop_map(Act::Abort),
        3 => at().prop_map(Act::Head),
        2 => at().prop_map(Act::Redirect),
        3 => at().prop_map(Act::Piece),
        4 => (at(), prop_oneof![Just(200_u16), Just(204), Just(404), Just(599)])
            .prop_map(|(at, status)| Act::Answer(at, status)),
        2 => at().prop_map(Act::Fail),
        1 => at().prop_map(Act::Crash),
        3 => at().prop_map(Act::Opens),
        3 => (at(), any::<bool>()).prop_map(|(at, text)| Act::Message(at, text)),
        2 => at().prop_map(Act::Send),
        1 => at().prop_map(Act::Close),
        2 => at().prop_map(Act::Closes),
        1 => Just(Act::Background),
        1 => Just(Act::Foreground),
        2 => (0..20_000_u64).prop_map(Act::Time),
    ]
}

/// A job under way.
enum Job {
    Http(Box<OutgoingRequest>, Receive),
    Socket,
}

/// One app, its core and those who look on.
struct World {
    app: AppId,
    rules: Arc<Rules>,
    link: Link,
    core: AppCore,
    now: Instant,
    jobs: Vec<(JobId, Job)>,
    last: u64,
    asks: u64,
    called: usize,
    log: CallLog,
    target: Arc<Target>,
}

impl World {
    fn new() -> Self {
        let app = AppId::new("wx1");
        let identity = Identity {
            app_id: app.clone(),
            version: "1".to_owned(),
            env: Env::Release,
        };
        let https = || vec!["https://a.example.com".to_owned()];
        let domains = DomainLists {
            request: https(),
            download_file: https(),
            socket: vec!["wss://a.example.com".to_owned()],
            ..DomainLists::default()
        };
        let policy = Arc::new(Policy::seed());
        let config = AppConfig::new(identity, domains);
        let rules = Arc::new(Rules::new(Arc::clone(&policy), config, None).unwrap());
        let mut link = Link::new(Arc::clone(&rules), Connectivity::default());
        assert!(link.attach());
        Self {
            core: AppCore::new(app.clone(), policy, Epoch::default(), Duration::ZERO),
            target: Arc::new(Target::new(1, app.clone(), LIMITS)),
            log: CallLog::new(Limits::default()),
            app,
            rules,
            link,
            now: Instant::default(),
            jobs: Vec::new(),
            last: 0,
            asks: 0,
            called: 0,
        }
    }

    fn see(&self, task: TaskId, sight: Sight<'_>) {
        self.log.see(&self.app, task, sight);
        self.target.see(task, sight);
    }

    fn ended(&self, record: Option<Box<CallRecord>>) {
        if let Some(record) = record {
            self.see(record.task, Sight::Ended(&record));
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Call(kind) => self.call(kind),
            Act::Abort(at) => {
                if let Some(job) = self.job(at) {
                    drop(self.link.abort(job.task));
                }
            }
            Act::Head(at) => self.http(at, |_, _| Some(IoEvent::HeadersReceived(head(200).into()))),
            Act::Redirect(at) => self.http(at, |request, _| {
                Some(IoEvent::Redirected(Box::new(Redirected {
                    head: head(302),
                    profile: profile(),
                    next: request.clone(),
                })))
            }),
            Act::Piece(at) => self.http(at, |_, receive| match receive {
                Receive::Chunks => Some(IoEvent::Chunk(Bytes::from_static(b"piece"))),
                Receive::File(_) => Some(IoEvent::Written(Bytes::from_static(b"piece"))),
                Receive::Whole(_) => None,
            }),
            Act::Answer(at, status) => self.http(at, |_, receive| {
                let body = match receive {
                    Receive::Whole(reading) => {
                        ReceivedBody::Whole(Bytes::from_static(b"{\"a\":\"\xff\"}"), *reading)
                    }
                    Receive::Chunks => ReceivedBody::Chunked,
                    Receive::File(_) => return None,
                };
                let head = head(status);
                Some(finished(Ok(Answer {
                    head: head.into(),
                    body,
                })))
            }),
            Act::Fail(at) => match self.job(at) {
                Some(job) if self.is_socket(job) => {
                    self.tell(job, IoEvent::Socket(SocketIo::Failed(broken())));
                }
                Some(job) => self.tell(job, finished(Err(broken()))),
                None => {}
            },
            Act::Crash(at) => {
                if let Some(job) = self.job(at) {
                    self.tell(job, IoEvent::Crashed);
                }
            }
            Act::Opens(at) => self.socket(at, |_| {
                SocketIo::Opened(Box::new(Opened {
                    head: head(101),
                    protocol: None,
                    profile: Arc::new(profile()),
                    would_refuse: Vec::new(),
                }))
            }),
            Act::Message(at, text) => self.socket(at, |_| {
                SocketIo::Message(match text {
                    true => SocketMessage::Text("hé".into()),
                    false => SocketMessage::Binary(Bytes::from_static(&[0, 255])),
                })
            }),
            Act::Closes(at) => self.socket(at, |_| SocketIo::Closed {
                code: 1000,
                reason: "bye".to_owned(),
            }),
            Act::Send(at) => self.ask(at, SocketAsk::Send(Ok(SocketMessage::Text("a".into())))),
            Act::Close(at) => self.ask(
                at,
                SocketAsk::Close(Ok(CloseFrame {
                    code: 1000,
                    reason: String::new(),
                })),
            ),
            Act::Background => self.link.move_to(Move::Background {
                pinned: false,
                at: self.now,
            }),
            Act::Foreground => self.link.move_to(Move::Foreground { at: self.now }),
            Act::Time(millis) => {
                self.now = self.now + Duration::from_millis(millis);
                self.core.handle_timeout(self.now);
            }
        }
        self.carry_out();
    }

    fn call(&mut self, kind: Kind) {
        self.last += 1;
        self.called += 1;
        let task = TaskId::new(self.last).unwrap();
        let call = call(kind);
        self.see(task, Sight::Called(&call));
        let checked = CheckedCall::new(&self.rules, call);
        let record = match self.link.call(task, checked, self.now) {
            Ok(record) => record,
            Err(rejected) => rejected.notice.and_then(|notice| notice.record),
        };
        self.ended(record);
    }

    fn job(&self, at: usize) -> Option<JobId> {
        let (job, _) = self.jobs.get(at % self.jobs.len().max(1))?;
        Some(*job)
    }

    fn is_socket(&self, id: JobId) -> bool {
        let job = self.jobs.iter().find(|(it, _)| *it == id);
        matches!(job, Some((_, Job::Socket)))
    }

    fn http(
        &mut self,
        at: usize,
        event: impl FnOnce(&OutgoingRequest, &Receive) -> Option<IoEvent>,
    ) {
        let found = self.jobs.get(at % self.jobs.len().max(1));
        if let Some((id, Job::Http(request, receive))) = found
            && let Some(event) = event(request, receive)
        {
            let id = *id;
            self.tell(id, event);
        }
    }

    fn socket(&mut self, at: usize, event: impl FnOnce(JobId) -> SocketIo) {
        let job = self.job(at).filter(|job| self.is_socket(*job));
        if let Some(job) = job {
            self.tell(job, IoEvent::Socket(event(job)));
        }
    }

    fn ask(&mut self, at: usize, what: SocketAsk) {
        let job = self.job(at).filter(|job| self.is_socket(*job));
        if let Some(job) = job {
            self.asks += 1;
            drop(
                self.link
                    .ask(job.task, AskId::new(self.asks).unwrap(), what),
            );
        }
    }

    fn tell(&mut self, job: JobId, event: IoEvent) {
        if self.core.awaits(job) {
            self.see(job.task, Sight::Told(&event));
        }
        self.core.handle_io(job, event, self.now);
    }

    /// As the app's actor does it.
    fn carry_out(&mut self) {
        while let Some((inbound, now)) = self.link.next_inbound(self.now) {
            self.core.handle_inbound(inbound, now);
        }
        let effects: Vec<_> = std::iter::from_fn(|| self.core.poll_effect()).collect();
        for (task, effect) in effects.iter().filter_map(|it| Some((it.task()?, it))) {
            self.see(task, Sight::Asked(effect));
        }
        for effect in effects {
            match effect {
                Effect::StartHttp(job) => {
                    self.link.started(job.id.task, self.now);
                    self.jobs
                        .push((job.id, Job::Http(job.request, job.receive)));
                }
                Effect::StartSocket(job) => {
                    self.link.started(job.id.task, self.now);
                    self.jobs.push((job.id, Job::Socket));
                }
                Effect::CancelHttp(id) | Effect::CancelSocket(id) => {
                    self.jobs.retain(|(job, _)| *job != id);
                }
                Effect::SendSocket { .. }
                | Effect::CloseSocket { .. }
                | Effect::ReleaseTransport => {}
            }
        }
        while let Some(notice) = self.core.poll_notice() {
            let record = self.link.deliver(notice);
            self.ended(record);
        }
        while self.link.next_delivery().is_some() {}
    }

    /// The app is closed: nothing is under way any more.
    fn close(&mut self) {
        self.link.begin_close();
        self.core.handle_close(self.now);
        self.carry_out();
        let (_, records) = self.link.close(self.now);
        for record in records {
            self.see(record.task, Sight::Ended(&record));
        }
    }
}

fn call(kind: Kind) -> Call {
    let request = |url: &str| RequestOptions {
        url: url.to_owned(),
        ..RequestOptions::default()
    };
    const LISTED: &str = "https://a.example.com/x?q=1";
    match kind {
        Kind::Request => Call::Request(request(LISTED)),
        Kind::Post => Call::Request(RequestOptions {
            method: "POST".to_owned(),
            header: vec![Header {
                name: "Cookie".to_owned(),
                value: "a=1; b=2".to_owned(),
            }],
            ..request(LISTED)
        }),
        Kind::Chunked => Call::Request(RequestOptions {
            enable_chunked: true,
            ..request(LISTED)
        }),
        Kind::Download => Call::Download(DownloadOptions {
            url: LISTED.to_owned(),
            ..DownloadOptions::default()
        }),
        Kind::Socket => Call::Socket(SocketOptions {
            url: "wss://a.example.com/".to_owned(),
            ..SocketOptions::default()
        }),
        Kind::Unlisted => Call::Request(request("https://b.example.com/")),
        Kind::NoUrl => Call::Request(request("no url at all")),
    }
}

fn head(status: u16) -> ResponseHead {
    let field = |name: &str, value: &str| Header {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    ResponseHead {
        status,
        version: HttpVersion::Http1,
        headers: vec![
            field("Content-Type", "application/json"),
            field("Set-Cookie", "s=1; Path=/"),
            field("Location", "/next"),
        ],
    }
}

fn profile() -> Profile {
    let span = |start, end| {
        Some(Span {
            start: Duration::from_millis(start),
            end: Duration::from_millis(end),
        })
    };
    Profile {
        connect: span(0, 2),
        request: span(2, 3),
        response: span(4, 5),
        protocol: Some("http/1.1"),
        ..Profile::default()
    }
}

fn finished(outcome: Result<Answer, IoFailure>) -> IoEvent {
    IoEvent::Finished(Box::new(Finished {
        outcome,
        profile: Arc::new(profile()),
        would_refuse: Vec::new(),
    }))
}

fn broken() -> IoFailure {
    IoFailure {
        failure: Failure::Network(NetworkFault::ConnectionReset),
        reason: "it broke".to_owned(),
        refusal: None,
    }
}

/// What a front end is told that attaches now, and until `more` has happened.
fn told(world: &mut World, more: impl FnOnce(&mut World)) -> Vec<Value> {
    let (outlet, mut queue) = Outlet::new();
    let session = Session::new(
        Arc::clone(&world.target),
        Arc::clone(&outlet),
        Control::default(),
    );
    let enabled = session.answer(r#"{"id":1,"method":"Network.enable"}"#);
    let mut events: Vec<Value> = enabled
        .before
        .iter()
        .map(|event| serde_json::from_str(&event.text()).unwrap())
        .collect();
    more(world);
    while let Ok(text) = queue.try_recv() {
        events.push(serde_json::from_str(&text).unwrap());
    }
    events
}

/// Each call begins once, and ends once and last.
fn check_pairs(events: &[Value]) {
    let mut calls: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for event in events {
        let id = event["params"]["requestId"].as_str().unwrap();
        calls.entry(id).or_default().push(event);
    }
    for events in calls.values() {
        let methods: Vec<&str> = events
            .iter()
            .map(|it| {
                it["method"]
                    .as_str()
                    .unwrap()
                    .trim_start_matches("Network.")
            })
            .collect();
        let is_socket = methods[0] == "webSocketCreated";
        let count = |name: &[&str]| methods.iter().filter(|it| name.contains(it)).count();
        if is_socket {
            assert_eq!(count(&["webSocketCreated"]), 1, "{methods:?}");
            assert_eq!(count(&["webSocketClosed"]), 1, "{methods:?}");
            assert_eq!(methods.last(), Some(&"webSocketClosed"), "{methods:?}");
            assert_eq!(count(&["requestWillBeSent"]), 0, "{methods:?}");
            continue;
        }
        let ends = ["loadingFinished", "loadingFailed"];
        assert_eq!(count(&ends), 1, "{methods:?}");
        assert!(ends.contains(methods.last().unwrap()), "{methods:?}");
        assert!(count(&["responseReceived"]) <= 1, "{methods:?}");
        let sent = events
            .iter()
            .filter(|it| it["method"] == "Network.requestWillBeSent");
        let redirected = sent.map(|it| it["params"]["redirectResponse"].is_object());
        for (place, redirected) in redirected.enumerate() {
            assert_eq!(redirected, place > 0, "{methods:?}");
        }
        assert_eq!(methods[0], "requestWillBeSent", "{methods:?}");
    }
}

fn schema() -> (Schemas, SchemaIndex) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let har = include_str!("har/schema.json");
    let har = serde_json::from_str(har).unwrap();
    compiler.add_resource("har.json", har).unwrap();
    let index = compiler.compile("har.json", &mut schemas).unwrap();
    (schemas, index)
}

/// By the schema of HAR 1.2, and times add up.
fn check_har(log: &CallLog, called: usize) {
    thread_local! {
        static SCHEMA: (Schemas, SchemaIndex) = schema();
    }
    let entries = log.entries();
    assert_eq!(entries.len(), called);
    let har = har(&entries, Secrets::Masked);
    SCHEMA.with(|(schemas, index)| {
        let valid = schemas.validate(&har, *index);
        assert!(valid.is_ok(), "{}\n{har:#}", valid.unwrap_err());
    });
    let told = har["log"]["entries"].as_array().unwrap();
    let hops: usize = entries.iter().map(|entry| entry.hops.len()).sum();
    assert_eq!(told.len(), called + hops);
    for entry in told {
        let timings = entry["timings"].as_object().unwrap();
        let times = timings.iter().filter(|(name, _)| *name != "ssl");
        let times = times.map(|(_, time)| time.as_f64().unwrap().max(0.0));
        let sum: f64 = times.sum();
        assert!(
            (sum - entry["time"].as_f64().unwrap()).abs() < 1e-6,
            "{entry}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_call_begins_and_ends_once_for_devtools_and_a_har_file_is_valid(
        before in proptest::collection::vec(act(), 0..40),
        after in proptest::collection::vec(act(), 0..40),
    ) {
        let mut world = World::new();
        let from_the_first = told(&mut world, |world| {
            before.into_iter().for_each(|act| world.act(act));
            let from_the_middle = told(world, |world| {
                after.into_iter().for_each(|act| world.act(act));
                check_har(&world.log, world.called);
                world.close();
            });
            check_pairs(&from_the_middle);
        });
        check_pairs(&from_the_first);
        let late = told(&mut world, |_| {});
        check_pairs(&late);
        let ids = |events: &[Value]| -> std::collections::BTreeSet<String> {
            let ids = events.iter().map(|it| it["params"]["requestId"].as_str().unwrap());
            ids.map(str::to_owned).collect()
        };
        prop_assert_eq!(ids(&late), ids(&from_the_first));
        check_har(&world.log, world.called);
    }
}

#[test]
fn the_schema_refuses_what_is_no_har() {
    let (schemas, index) = schema();
    let mut world = World::new();
    world.act(Act::Call(Kind::Request));
    let good = har(&world.log.entries(), Secrets::Masked);
    schemas.validate(&good, index).unwrap();
    for (path, value) in [
        ("/log/entries/0/request/method", Value::Null),
        ("/log/entries/0/startedDateTime", "yesterday".into()),
        ("/log/entries/0/response/status", "200".into()),
        ("/log/entries/0/timings/send", Value::Null),
        ("/log/version", 1.into()),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        assert!(schemas.validate(&bad, index).is_err(), "{path}");
    }
}
