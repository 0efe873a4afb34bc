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
    AppCore, CallRecord, Effect, Epoch, Event, HttpJob, Instant, IoEvent, JobId, SocketJob, TaskId,
    app::CloseReport, lifecycle::Lifecycle,
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
        let task = event.task().number();
        match event {
            Event::Warning { warning, .. } => Self::Warning(task, warning.clone()),
            Event::HeadersReceived { .. } => Self::Headers(task),
            Event::Chunk { data, .. } => Self::Chunk(task, data.len()),
            Event::Progress { progress, .. } => Self::Progress(task, *progress),
            Event::Success { answer, .. } => Self::Success(task, answer.head.status),
            Event::Fail { failure, .. } => Self::Fail(task, failure.clone()),
            Event::Socket { event, .. } => Self::Socket(task, event.into()),
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
}

impl Turn {
    /// Whether neither I/O nor the app noticed anything.
    pub(crate) fn is_quiet(&self) -> bool {
        self.did.is_empty() && self.heard.is_empty()
    }
}

/// An app with everything it ever said.
pub(crate) struct AppUnderTest {
    pub(crate) core: AppCore,
    pub(crate) records: Vec<CallRecord>,
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
        Self {
            witness: Witness::new(rules.policy()),
            core: AppCore::new(rules, EPOCH, Lifecycle::Foreground, UNIX_ZERO),
            records: Vec::new(),
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
        self.core.handle_call(id(task), call, now);
        self.drain()
    }

    pub(crate) fn call_unreadable(&mut self, task: u64, refusal: Refusal, now: Instant) -> Turn {
        self.core
            .handle_unreadable(id(task), Api::Request, refusal, now);
        self.drain()
    }

    pub(crate) fn abort(&mut self, task: u64, now: Instant) -> Turn {
        self.core.handle_abort(id(task), now);
        self.drain()
    }

    pub(crate) fn background(&mut self, now: Instant) -> Turn {
        self.core.handle_enter_background(false, now);
        self.drain()
    }

    pub(crate) fn background_pinned(&mut self, now: Instant) -> Turn {
        self.core.handle_enter_background(true, now);
        self.drain()
    }

    pub(crate) fn foreground(&mut self, now: Instant) -> Turn {
        self.core.handle_enter_foreground(now);
        self.drain()
    }

    pub(crate) fn configure(&mut self, rules: Arc<Rules>, now: Instant) -> Turn {
        self.core.handle_configure(rules, now);
        self.drain()
    }

    pub(crate) fn io(&mut self, job: JobId, event: IoEvent, now: Instant) -> Turn {
        self.core.handle_io(job, event, now);
        self.drain()
    }

    pub(crate) fn headers(&mut self, task: u64, now: Instant) -> Turn {
        self.io(job(task), IoEvent::HeadersReceived(head(200)), now)
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
        self.drain()
    }

    pub(crate) fn timer(&mut self, now: Instant) -> Turn {
        self.core.handle_timeout(now);
        self.drain()
    }

    pub(crate) fn close(&mut self, now: Instant) -> (CloseReport, Turn) {
        let report = self.core.handle_close(now);
        (report, self.drain())
    }

    pub(crate) fn wakes_at(&self) -> Option<Instant> {
        self.core.poll_timeout()
    }

    /// The record of an ended task.
    pub(crate) fn record(&self, task: u64) -> &CallRecord {
        self.records
            .iter()
            .find(|record| record.task == id(task))
            .expect("the test has ended this task")
    }

    fn drain(&mut self) -> Turn {
        let mut turn = Turn::default();
        while let Some(effect) = self.core.poll_effect() {
            match effect {
                Effect::StartHttp(started) => {
                    turn.did.push(Did::Start(started.id.task.number()));
                    turn.jobs.push(*started);
                }
                Effect::StartSocket(started) => {
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
            }
        }
        while let Some(event) = self.core.poll_event() {
            turn.heard.push(Heard::from(&event));
            turn.events.push(event);
        }
        let before = self.records.len();
        self.records
            .extend(std::iter::from_fn(|| self.core.poll_record()));
        self.witness.sees(&turn, &self.records[before..]);
        turn
    }
}
