//! [`AppCore`]: lifecycle, permits and tasks of one app, composed.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use appnet_policy::{
    Api, Failure, Rules,
    exchange::{Answer, Profile},
    prepare::{self, Prepared, RequestOptions},
    rules::Refusal,
};

use crate::{
    CallRecord, Effect, Epoch, Event, HttpJob, Instant, IoEvent, JobId, TaskId,
    effect::{Finished, IoFailure},
    event::CallProfile,
    lifecycle::{Admission, Lifecycle},
    pool::{Admitted, Permit},
    task::{About, Phase, Running, Task},
    tasks::{Ended, Tasks},
};

/// The network of one app.
///
/// Whoever drives it calls one `handle_*`, then drains [`poll_event`](Self::poll_event), [`poll_record`](Self::poll_record) and
/// [`poll_effect`](Self::poll_effect), then looks at [`poll_timeout`](Self::poll_timeout). `now` never goes back. A timer that
/// fires early or late is harmless: what is due by `now` is done first, whichever verb is called.
#[derive(Debug)]
pub struct AppCore {
    rules: Arc<Rules>,
    epoch: Epoch,
    unix_zero: Duration,
    lifecycle: Lifecycle,
    tasks: Tasks,
    last_task: Option<TaskId>,
    effects: VecDeque<Effect>,
    events: VecDeque<Event>,
    records: VecDeque<CallRecord>,
}

/// What was ended when an app was closed (B7).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CloseReport {
    /// Tasks that ran.
    pub running: Vec<TaskId>,
    /// Tasks that waited for a permit.
    pub queued: Vec<TaskId>,
}

/// Why a task ends, seen from the core.
enum Ending {
    Answered(Answer, Profile),
    Failed(IoFailure, Option<Profile>),
    /// Decided here; a transport that is still at it is told to stop.
    Decided(Failure),
}

impl AppCore {
    /// An app in its life `epoch`. `unix_zero` is the wall-clock time of [`Instant`]'s zero, counted from the Unix epoch: profiles
    /// are reported in it (C2).
    #[must_use]
    pub fn new(rules: Arc<Rules>, epoch: Epoch, lifecycle: Lifecycle, unix_zero: Duration) -> Self {
        let tasks = Tasks::new(rules.policy());
        Self {
            rules,
            epoch,
            unix_zero,
            lifecycle,
            tasks,
            last_task: None,
            effects: VecDeque::new(),
            events: VecDeque::new(),
            records: VecDeque::new(),
        }
    }

    // ---- what happens ------------------------------------------------------------------------------------------------------

    /// The app calls `wx.request`. A task id that is not greater than every one before it is no new call and is ignored.
    pub fn handle_request(&mut self, task: TaskId, options: RequestOptions, now: Instant) {
        self.expire(now);
        if !self.is_new(task) {
            return;
        }
        let about = About::request(&options, now);
        if let Some(failure) = self.not_admitted() {
            return self.refuse(task, about, failure.into(), now);
        }
        match prepare::request(&self.rules, options) {
            Ok(prepared) => self.accept(task, about, prepared, now),
            Err(refusal) => self.refuse(task, about, refusal.into(), now),
        }
    }

    /// The app called with options that could not be read (R7).
    pub fn handle_unreadable(&mut self, task: TaskId, api: Api, refusal: Refusal, now: Instant) {
        self.expire(now);
        if self.is_new(task) {
            self.refuse(task, About::unread(api, now), refusal.into(), now);
        }
    }

    /// The app aborts a task (C4). After its end, nothing happens.
    pub fn handle_abort(&mut self, task: TaskId, now: Instant) {
        self.expire(now);
        self.end(task, Ending::Decided(Failure::Aborted), now);
        self.start_waiting(now);
    }

    /// The app left the screen (B1, B5).
    pub fn handle_enter_background(&mut self, pinned: bool, now: Instant) {
        self.expire(now);
        self.lifecycle = self
            .lifecycle
            .entered_background(pinned, now, self.rules.policy().grace);
        self.expire(now); // a grace of zero ends at once
    }

    /// The app is on the screen again (B4).
    pub fn handle_enter_foreground(&mut self, now: Instant) {
        self.expire(now);
        self.lifecycle = self.lifecycle.entered_foreground();
    }

    /// The host changed the app's configuration (D7). Calls that were accepted keep the rules they were checked by.
    pub fn handle_configure(&mut self, rules: Arc<Rules>, now: Instant) {
        self.expire(now);
        self.rules = rules;
    }

    /// I/O answers. What belongs to an ended task or an older life is dropped.
    pub fn handle_io(&mut self, job: JobId, event: IoEvent, now: Instant) {
        self.expire(now);
        if job.epoch != self.epoch || !self.tasks.is_running(job.task) {
            return;
        }
        match event {
            IoEvent::HeadersReceived(head) => self.events.push_back(Event::HeadersReceived {
                task: job.task,
                head,
            }),
            IoEvent::Finished(finished) => {
                let Finished { outcome, profile } = *finished;
                let ending = match outcome {
                    Ok(answer) => Ending::Answered(answer, profile),
                    Err(failure) => Ending::Failed(failure, Some(profile)),
                };
                self.end(job.task, ending, now);
            }
            IoEvent::Crashed => self.end(job.task, Ending::Failed(crashed(), None), now),
        }
        self.start_waiting(now);
    }

    /// The worker that had all exchanges is gone (P8).
    pub fn handle_worker_lost(&mut self, now: Instant) {
        self.expire(now);
        for task in self.tasks.running() {
            self.end(task, Ending::Failed(crashed(), None), now);
        }
        self.start_waiting(now);
    }

    /// The time asked for by [`poll_timeout`](Self::poll_timeout) has come, or some other.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.expire(now);
    }

    /// The app is closed (B7): all its tasks end, and nothing starts any more.
    pub fn handle_close(&mut self, now: Instant) -> CloseReport {
        self.expire(now);
        self.lifecycle = Lifecycle::Closed;
        let running = self.tasks.running();
        let queued = self
            .tasks
            .ids()
            .into_iter()
            .filter(|id| !running.contains(id))
            .collect();
        self.end_all(&Failure::AppClosed, now);
        CloseReport { running, queued }
    }

    // ---- what is to be done ------------------------------------------------------------------------------------------------

    /// The next thing for I/O to do.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The next thing for the app to hear.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next ended call, for the host.
    #[must_use]
    pub fn poll_record(&mut self) -> Option<CallRecord> {
        self.records.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) should be called, if nothing else happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.tasks.next_deadline(), self.lifecycle.interrupts_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Where the app is.
    #[must_use]
    pub const fn lifecycle(&self) -> Lifecycle {
        self.lifecycle
    }

    /// How many tasks have not ended.
    #[must_use]
    pub fn open_tasks(&self) -> usize {
        self.tasks.ids().len()
    }

    // ---- how ---------------------------------------------------------------------------------------------------------------

    fn is_new(&mut self, task: TaskId) -> bool {
        let new = self.last_task.is_none_or(|last| task > last);
        if new {
            self.last_task = Some(task);
        }
        new
    }

    fn not_admitted(&self) -> Option<Failure> {
        match self
            .lifecycle
            .admission(self.rules.policy().background_calls)
        {
            Admission::Open => None,
            Admission::Interrupted => Some(Failure::Interrupted),
            Admission::Closed => Some(Failure::AppClosed),
        }
    }

    fn accept(&mut self, task: TaskId, about: About, mut prepared: Prepared, now: Instant) {
        let about = about.prepared(&prepared);
        let warnings = std::mem::take(&mut prepared.warnings);
        self.events.extend(
            warnings
                .into_iter()
                .map(|warning| Event::Warning { task, warning }),
        );
        match self.tasks.admit(about.api, task) {
            Admitted::Now(permit) => self.start(task, about, prepared, permit, now),
            Admitted::Waits => self.tasks.insert_queued(
                task,
                Task {
                    about,
                    phase: Phase::Queued(Box::new(prepared)),
                },
            ),
            Admitted::Full => self.refuse(task, about, Failure::TooManyTasks.into(), now),
        }
    }

    fn start(
        &mut self,
        task: TaskId,
        about: About,
        prepared: Prepared,
        permit: Permit,
        now: Instant,
    ) {
        let Prepared {
            request,
            reading,
            timeout,
            warnings: _,
        } = prepared;
        self.tasks.insert_running(
            task,
            about,
            Running {
                permit,
                started: now,
                deadline: now + timeout,
            },
        );
        let id = JobId {
            task,
            epoch: self.epoch,
        };
        self.effects.push_back(Effect::StartHttp(Box::new(HttpJob {
            id,
            request,
            reading,
        })));
    }

    /// Starts those whose turn has come (C1: in the same turn in which a permit came back).
    fn start_waiting(&mut self, now: Instant) {
        while let Some((id, Task { about, phase }, permit)) = self.tasks.next_turn() {
            match phase {
                Phase::Queued(prepared) => self.start(id, about, *prepared, permit, now),
                Phase::Running(_) => unreachable!("who runs has left the queue"),
            }
        }
    }

    /// Does what is due by `now`, in the order in which it was due.
    fn expire(&mut self, now: Instant) {
        loop {
            let grace_ends = self.lifecycle.interrupts_at().filter(|ends| *ends <= now);
            let overdue = self.tasks.first_overdue(now);
            match (grace_ends, overdue, self.tasks.next_deadline()) {
                (Some(ends), _, deadline) if deadline.is_none_or(|deadline| ends <= deadline) => {
                    self.interrupt(now)
                }
                (_, Some(task), _) => {
                    self.end(task, Ending::Decided(Failure::TimedOut), now);
                    self.start_waiting(now);
                }
                (Some(_), None, _) | (None, None, _) => return,
            }
        }
    }

    /// B2: the grace is over.
    fn interrupt(&mut self, now: Instant) {
        self.lifecycle = Lifecycle::Interrupted;
        self.end_all(&Failure::Interrupted, now);
    }

    fn end_all(&mut self, failure: &Failure, now: Instant) {
        for task in self.tasks.ids() {
            self.end(task, Ending::Decided(failure.clone()), now);
        }
    }

    /// The one place where an accepted task ends: its permit is free, then its terminal event and its record follow.
    fn end(&mut self, task: TaskId, ending: Ending, now: Instant) {
        let Some(Ended { about, started }) = self.tasks.remove(task) else {
            return;
        };
        let times = Times {
            invoked: about.invoked,
            started,
            ended: now,
        };
        match ending {
            Ending::Answered(answer, profile) => self.succeed(task, about, times, answer, profile),
            Ending::Failed(failure, profile) => {
                self.fail(task, about, times, failure.into(), profile)
            }
            Ending::Decided(failure) => {
                if started.is_some() {
                    self.effects.push_back(Effect::CancelHttp(JobId {
                        task,
                        epoch: self.epoch,
                    }));
                }
                self.fail(task, about, times, failure.into(), None);
            }
        }
    }

    /// A call that never became a task.
    fn refuse(&mut self, task: TaskId, about: About, cause: Cause, now: Instant) {
        let times = Times {
            invoked: about.invoked,
            started: None,
            ended: now,
        };
        self.fail(task, about, times, cause, None);
    }

    fn succeed(
        &mut self,
        task: TaskId,
        about: About,
        times: Times,
        answer: Answer,
        exchange: Profile,
    ) {
        let api = about.api;
        let profile = about.wants_profile.then(|| {
            let [invoked, started] =
                [times.invoked, times.left_queue()].map(|at| self.unix_zero + at.since_zero());
            Box::new(CallProfile {
                invoked,
                started,
                exchange: exchange.clone(),
            })
        });
        let outcome = Ok(answer.head.status);
        self.records.push_back(self.record(
            task,
            about,
            times,
            outcome,
            None,
            None,
            Some(exchange),
        ));
        self.events.push_back(Event::Success {
            task,
            api,
            answer,
            profile,
        });
    }

    fn fail(
        &mut self,
        task: TaskId,
        about: About,
        times: Times,
        cause: Cause,
        profile: Option<Profile>,
    ) {
        let Cause {
            failure,
            reason,
            refusal,
        } = cause;
        self.events.push_back(Event::Fail {
            task,
            api: about.api,
            failure: failure.clone(),
        });
        self.records.push_back(self.record(
            task,
            about,
            times,
            Err(failure),
            reason,
            refusal,
            profile,
        ));
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one record, each named by its type"
    )]
    fn record(
        &self,
        task: TaskId,
        about: About,
        times: Times,
        outcome: Result<u16, Failure>,
        reason: Option<String>,
        refusal: Option<Refusal>,
        profile: Option<Profile>,
    ) -> CallRecord {
        let About {
            api,
            method,
            url,
            would_refuse,
            invoked: _,
            wants_profile: _,
        } = about;
        let app = self.rules.identity().app_id.clone();
        let (queued, ran) = (times.queued(), times.ran());
        CallRecord {
            app,
            task,
            api,
            method,
            url,
            outcome,
            reason,
            refusal,
            would_refuse,
            queued,
            ran,
            profile,
        }
    }
}

/// The points in time of an ended call.
#[derive(Debug, Clone, Copy)]
struct Times {
    invoked: Instant,
    started: Option<Instant>,
    ended: Instant,
}

impl Times {
    fn left_queue(self) -> Instant {
        self.started.unwrap_or(self.ended)
    }

    fn queued(self) -> Duration {
        self.left_queue() - self.invoked
    }

    fn ran(self) -> Duration {
        self.ended - self.left_queue()
    }
}

/// Why a call fails: what the app hears, and what only the host sees.
struct Cause {
    failure: Failure,
    reason: Option<String>,
    refusal: Option<Refusal>,
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            reason: None,
            refusal: None,
        }
    }
}

impl From<Refusal> for Cause {
    fn from(refusal: Refusal) -> Self {
        Self {
            failure: refusal.failure.clone(),
            reason: Some(refusal.reason.clone()),
            refusal: Some(refusal),
        }
    }
}

impl From<IoFailure> for Cause {
    fn from(
        IoFailure {
            failure,
            reason,
            refusal,
        }: IoFailure,
    ) -> Self {
        Self {
            failure,
            reason: Some(reason),
            refusal,
        }
    }
}

fn crashed() -> IoFailure {
    IoFailure {
        failure: Failure::Crashed,
        reason: "the worker that had the exchange crashed".to_owned(),
        refusal: None,
    }
}
