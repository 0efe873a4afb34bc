//! An app whose life a test plays, instant by instant. Every verb drains everything, and what holds for any app at any time is
//! checked on the way by the [`Witness`].

mod fixtures;
mod sockets;
mod witness;

use appnet_policy::failure::NetworkFault;
use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Api, Failure, Policy, Rules,
    exchange::Progress,
    prepare::{Call, RequestOptions, Warning},
    rules::Refusal,
    socket::CloseFrame,
};

use crate::{
    AppCore, CallRecord, CheckedCall, Delivery, Effect, Epoch, Event, HttpJob, Instant, IoEvent,
    JobId, Link, Malformed, Move, Notice, SocketJob, TaskEvent, TaskId, app::CloseReport,
    link::Rejected,
};
pub(crate) use fixtures::*;
pub(crate) use sockets::*;
use witness::Witness;

pub(crate) const EPOCH: Epoch = Epoch(7);

/// Wall-clock time of the tests' zero.
pub(crate) const UNIX_ZERO: Duration = Duration::from_secs(1_700_000_000);

pub(crate) const fn ms(since_zero: u64) -> Instant {
    Instant::at(Duration::from_millis(since_zero))
}

pub(crate) const fn secs(since_zero: u64) -> Instant {
    Instant::at(Duration::from_secs(since_zero))
}

pub(crate) fn id(task: u64) -> TaskId {
    TaskId::new(task).expect("tests number their tasks from 1")
}

/// The job of a task in the life that tests play.
pub(crate) fn job(task: u64) -> JobId {
    JobId {
        task: id(task),
        epoch: EPOCH,
    }
}

/// An effect, as a test states it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Did {
    /// An exchange, or the handshake of a socket.
    Start(u64),
    /// Either of them, or an open socket.
    Cancel(u64),
    /// On a socket, under this ask.
    Send(u64, u64),
    /// A socket, with this code and reason.
    Close(u64, u16, String),
}

impl Did {
    pub(crate) const fn task(&self) -> u64 {
        match self {
            Self::Start(task)
            | Self::Cancel(task)
            | Self::Send(task, _)
            | Self::Close(task, ..) => *task,
        }
    }
}

/// An event, as a test states it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    Warning(u64, Warning),
    Headers(u64),
    Chunk(u64, usize),
    Progress(u64, Progress),
    Success(u64, u16),
    Fail(u64, Failure),
    Socket(u64, Said),
}

impl Heard {
    pub(crate) const fn is_terminal(&self) -> bool {
        match self {
            Self::Success(..) | Self::Fail(..) => true,
            Self::Socket(_, said) => said.is_end(),
            Self::Warning(..) | Self::Headers(_) | Self::Chunk(..) | Self::Progress(..) => false,
        }
    }

    pub(crate) const fn task(&self) -> u64 {
        match self {
            Self::Warning(task, _)
            | Self::Headers(task)
            | Self::Chunk(task, _)
            | Self::Progress(task, _)
            | Self::Success(task, _)
            | Self::Fail(task, _)
            | Self::Socket(task, _) => *task,
        }
    }
}

impl From<&Event> for Heard {
    fn from(event: &Event) -> Self {
        let task = event.task.number();
        match &event.what {
            TaskEvent::Warning(warning) => Self::Warning(task, warning.clone()),
            TaskEvent::HeadersReceived(_) => Self::Headers(task),
            TaskEvent::Chunk(data) => Self::Chunk(task, data.len()),
            TaskEvent::Sent(progress) | TaskEvent::Written(progress) => {
                Self::Progress(task, *progress)
            }
            TaskEvent::Success(success) => Self::Success(task, success.answer.head.status),
            TaskEvent::Fail { failure, .. } => Self::Fail(task, failure.clone()),
            TaskEvent::Socket(event) => Self::Socket(task, event.into()),
        }
    }
}

/// What one verb led to.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) did: Vec<Did>,
    pub(crate) heard: Vec<Heard>,
    pub(crate) jobs: Vec<HttpJob>,
    pub(crate) sockets: Vec<SocketJob>,
    pub(crate) events: Vec<Event>,
    /// What the UI layer did wrong.
    pub(crate) malformed: Vec<Malformed>,
    /// Whether the idle transport was given up.
    pub(crate) released: bool,
}

impl Turn {
    /// The events without their tasks.
    pub(crate) fn what(&self) -> Vec<&TaskEvent> {
        self.events.iter().map(|event| &event.what).collect()
    }

    /// Whether neither I/O nor the app noticed anything.
    pub(crate) fn is_quiet(&self) -> bool {
        self.did.is_empty() && self.heard.is_empty()
    }
}

/// An app, with the link to its port, and everything it ever said.
pub(crate) struct AppUnderTest {
    pub(crate) core: AppCore,
    pub(crate) link: Link,
    pub(crate) records: Vec<CallRecord>,
    /// Of a call that ended at the link, and whose end the app has not taken.
    ended_at_link: Option<Box<CallRecord>>,
    witness: Witness,
}

impl AppUnderTest {
    /// A released app in the foreground, with the platform's values.
    pub(crate) fn new() -> Self {
        Self::with(Policy::seed())
    }

    pub(crate) fn with(policy: Policy) -> Self {
        Self::configured(rules(policy))
    }

    pub(crate) fn configured(rules: Arc<Rules>) -> Self {
        let (app, policy) = (rules.identity().app_id.clone(), Arc::clone(rules.policy()));
        let mut link = Link::new(rules, Default::default());
        assert!(link.attach());
        Self {
            witness: Witness::new(&policy),
            core: AppCore::new(app, policy, EPOCH, UNIX_ZERO),
            link,
            records: Vec::new(),
            ended_at_link: None,
        }
    }

    /// An app of the seed policy with these tasks, all called at zero.
    pub(crate) fn with_calls(tasks: impl IntoIterator<Item = u64>) -> Self {
        let mut app = Self::new();
        for task in tasks {
            app.call(task, ms(0));
        }
        app
    }

    pub(crate) fn call(&mut self, task: u64, now: Instant) -> Turn {
        self.call_with(task, options(), now)
    }

    pub(crate) fn call_with(&mut self, task: u64, options: RequestOptions, now: Instant) -> Turn {
        self.begin(task, Call::Request(options), now)
    }

    /// A call of any API.
    pub(crate) fn begin(&mut self, task: u64, call: Call, now: Instant) -> Turn {
        let call = CheckedCall::new(&self.link.rules(), call);
        self.submit_call(task, call, now)
    }

    pub(crate) fn call_unreadable(&mut self, task: u64, refusal: Refusal, now: Instant) -> Turn {
        let call = CheckedCall::unreadable(Api::Request, refusal);
        self.submit_call(task, call, now)
    }

    /// What is due by now is done first, as by a timer: a call that the link refuses wakes nobody.
    fn submit_call(&mut self, task: u64, call: CheckedCall, now: Instant) -> Turn {
        let mut turn = self.timer(now);
        let called = self.link.call(id(task), call, now);
        let called = called.map(|record| self.ended_at_link = record);
        turn.append(self.submit(|_| called, now));
        turn
    }

    pub(crate) fn abort(&mut self, task: u64, now: Instant) -> Turn {
        self.submit(|link| link.abort(id(task)), now)
    }

    pub(crate) fn background(&mut self, now: Instant) -> Turn {
        self.says_background(false, now);
        self.hears(now)
    }

    pub(crate) fn background_pinned(&mut self, now: Instant) -> Turn {
        self.says_background(true, now);
        self.hears(now)
    }

    pub(crate) fn foreground(&mut self, now: Instant) -> Turn {
        self.says_foreground(now);
        self.hears(now)
    }

    /// The host says it, and a busy thread has not heard it yet.
    pub(crate) fn says_background(&mut self, pinned: bool, at: Instant) {
        self.link.move_to(Move::Background { pinned, at });
    }

    /// The same.
    pub(crate) fn says_foreground(&mut self, at: Instant) {
        self.link.move_to(Move::Foreground { at });
    }

    pub(crate) fn configure(&mut self, rules: Arc<Rules>) {
        self.link.configure(rules);
    }

    pub(crate) fn io(&mut self, job: JobId, event: IoEvent, now: Instant) -> Turn {
        let time = self.link.time(now);
        self.core.handle_io(job, event, time);
        self.drain(time)
    }

    /// What the port is given; then the core takes all that waits.
    pub(crate) fn submit(
        &mut self,
        verb: impl FnOnce(&mut Link) -> Result<(), Rejected>,
        now: Instant,
    ) -> Turn {
        let rejected = verb(&mut self.link).err();
        let mut turn = self.hears(now);
        if let Some(Notice { event, record }) = rejected.and_then(|rejected| rejected.notice) {
            self.records.extend(record.map(|record| *record));
            turn.heard.push(Heard::from(&event));
            turn.events.push(event);
        }
        turn
    }

    /// The core takes all that waits.
    pub(crate) fn hears(&mut self, now: Instant) -> Turn {
        let mut turn = Turn::default();
        while let Some((inbound, time)) = self.link.next_inbound(now) {
            self.core.handle_inbound(inbound, time);
            turn.append(self.drain(time));
        }
        turn.append(self.drain(now)); // what the link said by itself
        turn
    }

    pub(crate) fn headers(&mut self, task: u64, now: Instant) -> Turn {
        self.io(job(task), IoEvent::HeadersReceived(head(200).into()), now)
    }

    pub(crate) fn chunk(&mut self, task: u64, bytes: usize, now: Instant) -> Turn {
        self.io(job(task), chunk(bytes), now)
    }

    /// I/O has the next chunk, and the app has not taken those before it.
    pub(crate) fn awaits_app(&mut self, task: u64, now: Instant) -> Turn {
        self.io(job(task), IoEvent::AwaitsApp, now)
    }

    /// So many of 100 bytes.
    pub(crate) fn progress(&mut self, task: u64, done: u64, now: Instant) -> Turn {
        self.io(job(task), IoEvent::Progress(progress(done, Some(100))), now)
    }

    pub(crate) fn succeed(&mut self, task: u64, now: Instant) -> Turn {
        self.io(job(task), success(200), now)
    }

    pub(crate) fn reset(&mut self, task: u64, now: Instant) -> Turn {
        self.io(
            job(task),
            failure(Failure::Network(NetworkFault::ConnectionReset)),
            now,
        )
    }

    pub(crate) fn crash(&mut self, task: u64, now: Instant) -> Turn {
        self.io(job(task), IoEvent::Crashed, now)
    }

    pub(crate) fn worker_lost(&mut self, now: Instant) -> Turn {
        self.core.handle_worker_lost(now);
        self.drain(now)
    }

    pub(crate) fn timer(&mut self, now: Instant) -> Turn {
        let time = self.link.time(now);
        self.core.handle_timeout(time);
        self.drain(time)
    }

    pub(crate) fn close(&mut self, now: Instant) -> (CloseReport, Turn) {
        let report = self.core.handle_close(now);
        let turn = self.drain(now);
        let (left, records) = self.link.close(now);
        assert_eq!(
            (left, records),
            (Vec::new(), Vec::new()),
            "P8: the core ends all"
        );
        (report, turn)
    }

    /// The core crashes, and the next one takes over.
    pub(crate) fn crash_core(&mut self, now: Instant) -> Turn {
        let records = self.link.detach(now);
        let policy = Arc::clone(self.link.rules().policy());
        let app = self.link.rules().identity().app_id.clone();
        self.core = AppCore::new(app, policy, EPOCH, UNIX_ZERO);
        assert!(self.link.attach());
        let mut turn = Turn::default();
        self.witness.forget_jobs();
        self.take(&mut turn);
        self.witness.sees(&turn, &records);
        self.records.extend(records);
        turn.append(self.hears(now));
        turn.append(self.timer(now)); // its grace may be over already
        turn
    }

    /// When something ends next, if nothing happens before.
    pub(crate) fn wakes_at(&self) -> Option<Instant> {
        self.core.next_end().map(|(at, _)| at)
    }

    /// The record of an ended task.
    pub(crate) fn record(&self, task: u64) -> &CallRecord {
        self.records
            .iter()
            .find(|record| record.task == id(task))
            .expect("the test has ended this task")
    }

    fn drain(&mut self, now: Instant) -> Turn {
        let mut turn = Turn::default();
        while let Some(effect) = self.core.poll_effect() {
            match effect {
                Effect::StartHttp(started) => {
                    self.link.started(started.id.task, now);
                    turn.did.push(Did::Start(started.id.task.number()));
                    turn.jobs.push(started);
                }
                Effect::StartSocket(started) => {
                    self.link.started(started.id.task, now);
                    turn.did.push(Did::Start(started.id.task.number()));
                    turn.sockets.push(*started);
                }
                Effect::CancelHttp(job) | Effect::CancelSocket(job) => {
                    turn.did.push(Did::Cancel(job.task.number()));
                }
                Effect::SendSocket { job, ask, .. } => {
                    turn.did.push(Did::Send(job.task.number(), ask.number()));
                }
                Effect::CloseSocket { job, frame } => {
                    let CloseFrame { code, reason } = frame;
                    turn.did.push(Did::Close(job.task.number(), code, reason));
                }
                Effect::ReleaseTransport => turn.released = true,
            }
        }
        let before = self.records.len();
        self.records
            .extend(self.ended_at_link.take().map(|record| *record));
        while let Some(notice) = self.core.poll_notice() {
            let record = self.link.deliver(notice);
            self.records.extend(record.map(|record| *record));
        }
        self.take(&mut turn);
        self.witness.sees(&turn, &self.records[before..]);
        turn
    }

    /// The app takes its events.
    fn take(&mut self, turn: &mut Turn) {
        while let Some(delivery) = self.link.next_delivery() {
            match delivery {
                Delivery::Event(event) => {
                    turn.heard.push(Heard::from(&event));
                    turn.events.push(event);
                }
                Delivery::Malformed(malformed) => turn.malformed.push(malformed),
                Delivery::Answer { .. } | Delivery::News(_) => {}
            }
        }
    }
}

impl Turn {
    /// Goes on with what came next.
    pub(crate) fn append(&mut self, next: Self) {
        self.did.extend(next.did);
        self.heard.extend(next.heard);
        self.jobs.extend(next.jobs);
        self.sockets.extend(next.sockets);
        self.events.extend(next.events);
        self.malformed.extend(next.malformed);
        self.released |= next.released;
    }
}
