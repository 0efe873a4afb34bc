//! [`AppCore`]: lifecycle, permits, tasks and sockets of one app, composed.

mod sockets;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use appnet_policy::{
    Api, Failure, Policy,
    exchange::{Progress, ResponseHead},
    failure::{AppFault, HostFault, NetworkFault},
    identity::AppId,
    prepare::PreparedCall,
};
use bytes::Bytes;

use crate::{
    Effect, Epoch, Event, HttpJob, Instant, IoEvent, JobId, Notice, SocketEvent, SocketJob, TaskId,
    call::CheckedCall,
    ending::{Cause, EndedCall, Ending},
    event::TaskEvent,
    idle::Idle,
    inbox::{Inbound, Move},
    lifecycle::{Admission, Lifecycle},
    pool::{Admitted, Permit},
    socket::Sockets,
    task::{About, Running, Waiting, Work},
    tasks::{Removed, Tasks},
};

/// The network of one app.
///
/// Its driver calls `handle_*` once or several times, then drains [`poll_notice`](Self::poll_notice) and [`poll_effect`](Self::poll_effect), then looks at
/// [`poll_timeout`](Self::poll_timeout). `now` never goes back. A timer that fires early or late is harmless: what is due by `now` is
/// done first, whichever verb is called.
///
/// Each verb ends what is due, then does its own work, then starts the tasks that wait: nothing is started that the same turn would end.
#[derive(Debug)]
pub struct AppCore {
    app: AppId,
    policy: Arc<Policy>,
    epoch: Epoch,
    unix_zero: Duration,
    lifecycle: Lifecycle,
    tasks: Tasks,
    sockets: Sockets,
    transport: Idle,
    effects: VecDeque<Effect>,
    notices: VecDeque<Notice>,
}

/// What was ended when an app was closed (B7).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CloseReport {
    /// Tasks that ran.
    pub running: Vec<TaskId>,
    /// Tasks that waited for a permit, or to be looked at.
    pub queued: Vec<TaskId>,
    /// Sockets that were open or closing.
    pub sockets: Vec<TaskId>,
}

/// Something that happens at a point in time. If several do at once, the first in this list goes first.
#[derive(Debug)]
pub(crate) enum Due {
    /// B2
    GraceEnds,
    /// T2, or the end of the time that the peer has to answer a close frame.
    Deadline(TaskId),
    /// The transport was not used for a while.
    TransportIdle,
}

impl AppCore {
    /// An app in its life `epoch`, in the foreground. `unix_zero` is the wall-clock time of [`Instant`]'s zero, counted from the Unix
    /// epoch: profiles are reported in it (C2).
    #[must_use]
    pub fn new(app: AppId, policy: Arc<Policy>, epoch: Epoch, unix_zero: Duration) -> Self {
        let tasks = Tasks::new(&policy);
        Self {
            app,
            policy,
            epoch,
            unix_zero,
            lifecycle: Lifecycle::Foreground,
            tasks,
            sockets: Sockets::default(),
            transport: Idle::default(),
            effects: VecDeque::new(),
            notices: VecDeque::new(),
        }
    }

    // ---- what happens ------------------------------------------------------------------------------------------------------

    /// The next thing that the app or the host asked for.
    pub fn handle_inbound(&mut self, inbound: Inbound, now: Instant) {
        match inbound {
            Inbound::Call { task, call, at } => self.handle_call(task, *call, at, now),
            Inbound::Abort { task } => self.handle_abort(task, now),
            Inbound::Ask { task, ask, what } => self.handle_ask(task, ask, what, now),
            Inbound::Move(Move::Foreground { at }) => self.handle_enter_foreground(at),
            Inbound::Move(Move::Background { pinned, at }) => {
                self.handle_enter_background(pinned, at);
            }
        }
    }

    /// The app called, at `called`. The lifecycle decides before the rules: an app in the background does not hear whether its call
    /// would have been let through.
    pub fn handle_call(&mut self, task: TaskId, call: CheckedCall, called: Instant, now: Instant) {
        self.catch_up(now); // a place that is free by now is no reason to refuse
        let about = About::new(call.facts, called);
        if let Some(failure) = self.not_admitted() {
            return self.refuse(task, about, failure.into(), now);
        }
        match call.outcome {
            Ok(prepared) => self.accept(task, about, prepared, now),
            Err(refusal) => self.refuse(task, about, refusal.into(), now),
        }
    }

    /// The app aborts a task (C4). After its end, nothing happens.
    pub fn handle_abort(&mut self, task: TaskId, now: Instant) {
        self.expire(now);
        self.stop(task, Failure::App(AppFault::Aborted), now);
        self.start_waiting(now);
    }

    /// The app left the screen (B1, B5).
    pub fn handle_enter_background(&mut self, pinned: bool, now: Instant) {
        self.expire(now);
        let grace = self.policy.grace;
        self.lifecycle = self.lifecycle.entered_background(pinned, now, grace);
        self.catch_up(now); // a grace of zero ends at once
    }

    /// The app is on the screen again (B4).
    pub fn handle_enter_foreground(&mut self, now: Instant) {
        self.catch_up(now);
        self.lifecycle = self.lifecycle.entered_foreground();
    }

    /// I/O answers. What belongs to an ended task or an older life is dropped.
    pub fn handle_io(&mut self, job: JobId, event: IoEvent, now: Instant) {
        self.expire(now);
        if job.epoch == self.epoch {
            match event {
                IoEvent::HeadersReceived(head) => self.tell_headers(job.task, head, now),
                IoEvent::Progress(progress) => self.tell_progress(job.task, progress),
                IoEvent::Chunk(data) => self.tell_chunk(job.task, data, now),
                IoEvent::AwaitsApp => self.stand_still(job.task),
                IoEvent::Redirected(_) | IoEvent::Written(_) => {}
                IoEvent::Finished(finished) => {
                    self.tasks.note(job.task, &finished.would_refuse);
                    self.finish(job.task, (*finished).into(), now);
                }
                IoEvent::Socket(event) => self.hear_socket(job.task, event, now),
                IoEvent::Crashed => self.crash(job.task, now),
            }
        }
        self.start_waiting(now);
    }

    /// The worker that had all exchanges is gone (P8); those of sockets are not. Tasks that wait are started for the next one.
    pub fn handle_worker_lost(&mut self, now: Instant) {
        self.expire(now);
        self.transport = Idle::default();
        for task in self.tasks.running() {
            self.finish(task, Cause::worker_crashed().into(), now);
        }
        self.start_waiting(now);
    }

    /// The time asked for by [`poll_timeout`](Self::poll_timeout) has come, or some other.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.catch_up(now);
    }

    /// The app is closed (B7): all its tasks end, and nothing starts any more.
    pub fn handle_close(&mut self, now: Instant) -> CloseReport {
        self.expire(now);
        self.lifecycle = Lifecycle::Closed;
        let report = CloseReport {
            running: self.tasks.running(),
            queued: self.tasks.waiting(),
            sockets: self.sockets.ids(),
        };
        self.stop_all(&Failure::Host(HostFault::AppClosed), now);
        self.transport = Idle::default(); // it is shut down with the app
        report
    }

    // ---- what is to be done ------------------------------------------------------------------------------------------------

    /// The next thing for I/O to do.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The next thing for the app to hear, and for the host if it ends a call.
    #[must_use]
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) should be called, if nothing else happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_due().map(|(at, _)| at)
    }

    /// Where the app is.
    #[must_use]
    pub const fn lifecycle(&self) -> Lifecycle {
        self.lifecycle
    }

    /// How many tasks have not ended; a socket counts until its handshake is done.
    #[must_use]
    pub fn open_tasks(&self) -> usize {
        self.tasks.len()
    }

    /// How many sockets an app has: that connect, are open, or are closing (C3).
    #[must_use]
    pub fn open_sockets(&self) -> usize {
        self.tasks.sockets() + self.sockets.len()
    }

    /// Whether this exchange's task runs, so that its answer would be the app's. What is due by now must have been done:
    /// [`handle_timeout`](Self::handle_timeout) first.
    #[must_use]
    pub fn is_running(&self, job: JobId) -> bool {
        job.epoch == self.epoch && self.tasks.is_running(job.task)
    }

    /// Whether the task of this job runs, or its socket is open or closing: what I/O tells of it is news.
    #[must_use]
    pub fn awaits(&self, job: JobId) -> bool {
        self.is_running(job) || job.epoch == self.epoch && self.sockets.has(job.task)
    }

    // ---- how ---------------------------------------------------------------------------------------------------------------

    fn not_admitted(&self) -> Option<Failure> {
        match self.lifecycle.admission(self.policy.background_calls) {
            Admission::Open => None,
            Admission::Interrupted => Some(Failure::Host(self.policy.interruption.call.fault())),
            Admission::Closed => Some(Failure::Host(HostFault::AppClosed)),
        }
    }

    fn accept(&mut self, task: TaskId, about: About, mut prepared: PreparedCall, now: Instant) {
        for warning in prepared.take_warnings() {
            self.tell(task, TaskEvent::Warning(warning));
        }
        let api = about.api();
        if let Some(failure) = self.too_many_sockets(api) {
            return self.refuse(task, about, failure.into(), now);
        }
        match self.tasks.admit(api, prepared.target().host(), task) {
            Admitted::Now(permit) => self.start(task, Waiting { about, prepared }, permit, now),
            Admitted::Waits => self.tasks.insert_waiting(task, Waiting { about, prepared }),
            Admitted::Full => {
                let failure = Failure::App(AppFault::TooManyTasks);
                return self.refuse(task, about, failure.into(), now);
            }
        }
        if api == Api::ConnectSocket {
            self.tell_socket(task, SocketEvent::Accepted); // W1: also of one that has to wait
        }
    }

    /// C3: at once, it does not wait for another to end.
    fn too_many_sockets(&self, api: Api) -> Option<Failure> {
        let limit = self.policy.socket_limit;
        let one_more = api == Api::ConnectSocket && self.open_sockets() >= limit;
        one_more.then_some(Failure::App(AppFault::TooManySockets(limit)))
    }

    fn start(&mut self, task: TaskId, waiting: Waiting, permit: Permit, now: Instant) {
        let Waiting { about, prepared } = waiting;
        let running = Running {
            about,
            permit,
            started: now,
            deadline: Some(now + prepared.timeout()), // T2: from leaving the queue
            timeout: prepared.timeout(),
            work: Work::of(&prepared),
        };
        self.tasks.insert_running(task, running);
        self.transport.used();
        let id = self.job(task);
        self.effects.push_back(match prepared {
            PreparedCall::Http(prepared) => Effect::StartHttp(HttpJob {
                id,
                request: prepared.request,
                receive: prepared.receive,
            }),
            PreparedCall::Socket(prepared) => Effect::StartSocket(Box::new(SocketJob {
                id,
                limits: prepared.request.target.rules().policy().socket,
                request: prepared.request,
            })),
        });
    }

    /// Starts the tasks whose turn has come (C1: in the same turn in which a permit came back). Every verb ends here.
    fn start_waiting(&mut self, now: Instant) {
        while let Some((task, waiting, permit)) = self.tasks.next_turn() {
            self.start(task, waiting, permit, now);
        }
        if self.tasks.len() == 0 {
            self.transport.rests(now);
        }
    }

    /// What happens next by itself.
    fn next_due(&self) -> Option<(Instant, Due)> {
        let idle = self.transport.ends().map(|at| (at, Due::TransportIdle));
        self.next_end()
            .into_iter()
            .chain(idle)
            .min_by_key(|(at, _)| *at)
    }

    /// The next end of a task, a socket or the grace.
    pub(crate) fn next_end(&self) -> Option<(Instant, Due)> {
        let grace = self.lifecycle.interrupts_at();
        let deadlines = [self.tasks.next_deadline(), self.sockets.next_deadline()];
        grace
            .map(|at| (at, Due::GraceEnds))
            .into_iter()
            .chain((deadlines.into_iter().flatten()).map(|(at, task)| (at, Due::Deadline(task))))
            .min_by_key(|(at, _)| *at)
    }

    /// Ends what is due by `now`, in the order in which it was due.
    fn expire(&mut self, now: Instant) {
        while let Some((_, due)) = self.next_due().filter(|(at, _)| *at <= now) {
            match due {
                Due::GraceEnds => self.interrupt(now),
                Due::Deadline(task) => {
                    self.stop(task, Failure::Network(NetworkFault::TimedOut), now);
                }
                Due::TransportIdle => {
                    self.transport = Idle::default();
                    self.tasks.give_room_back();
                    self.effects.push_back(Effect::ReleaseTransport);
                }
            }
        }
    }

    fn catch_up(&mut self, now: Instant) {
        self.expire(now);
        self.start_waiting(now);
    }

    /// B2: the grace is over.
    fn interrupt(&mut self, now: Instant) {
        self.lifecycle = Lifecycle::Interrupted;
        let fault = self.policy.interruption.task.fault();
        self.stop_all(&Failure::Host(fault), now);
    }

    /// Ends every task and socket, in the order of their calls.
    fn stop_all(&mut self, failure: &Failure, now: Instant) {
        let tasks = [self.tasks.running(), self.tasks.waiting()];
        let mut open = [tasks.concat(), self.sockets.ids()].concat();
        open.sort_unstable();
        for task in open {
            self.stop(task, failure.clone(), now);
        }
    }

    /// Ends a task by a decision of ours: a transport that is still at it is told to stop (C4).
    fn stop(&mut self, task: TaskId, failure: Failure, now: Instant) {
        if self.tasks.is_socket(task) || self.sockets.has(task) {
            return self.stop_socket(task, failure, now);
        }
        if self.tasks.is_running(task) {
            self.effects.push_back(Effect::CancelHttp(self.job(task)));
        }
        self.end(task, Cause::from(failure).into(), now);
    }

    /// The transport is done with a task; without effect if we are too.
    fn finish(&mut self, task: TaskId, ending: Ending, now: Instant) {
        if self.tasks.is_exchange(task) {
            self.end(task, ending, now);
        }
    }

    /// P8: the worker that had the exchange or the socket is gone.
    fn crash(&mut self, task: TaskId, now: Instant) {
        self.finish(task, Cause::worker_crashed().into(), now);
        self.crash_socket(task, now);
    }

    fn tell_headers(&mut self, task: TaskId, head: Arc<ResponseHead>, now: Instant) {
        let running = self.tasks.running_mut(task);
        if running.is_some_and(Running::hears_headers) {
            self.tell(task, TaskEvent::HeadersReceived(head));
            self.await_chunk(task, now);
        }
    }

    fn tell_chunk(&mut self, task: TaskId, data: Bytes, now: Instant) {
        let running = self.tasks.running_mut(task);
        // An empty chunk would only let a server that sends nothing go on for ever.
        if running.is_some_and(|running| running.hears_chunks()) && !data.is_empty() {
            self.tell(task, TaskEvent::Chunk(data));
            self.await_chunk(task, now);
        }
    }

    fn tell_progress(&mut self, task: TaskId, progress: Progress) {
        let running = self.tasks.running_mut(task);
        if let Some(event) = running.and_then(|running| running.hears_progress(progress)) {
            self.tell(task, event);
        }
    }

    /// T2, in chunks: the next one has the whole time.
    fn await_chunk(&mut self, task: TaskId, now: Instant) {
        if let Some(running) = self.tasks.running_mut(task).filter(|r| r.hears_chunks()) {
            let deadline = now + running.timeout;
            self.tasks.set_deadline(task, Some(deadline));
        }
    }

    /// T2, in chunks: the app lets the server wait.
    fn stand_still(&mut self, task: TaskId) {
        let running = self.tasks.running_mut(task);
        if running.is_some_and(|running| running.hears_chunks()) {
            self.tasks.set_deadline(task, None);
        }
    }

    /// The one place where an accepted exchange ends: its permit is free, then its terminal event and its record follow.
    fn end(&mut self, task: TaskId, ending: Ending, now: Instant) {
        if let Some(Removed { about, started }) = self.tasks.remove(task) {
            let call = EndedCall {
                task,
                about,
                started,
                ended: now,
            };
            self.notices
                .push_back(call.notice(ending, self.app.clone(), self.unix_zero));
        }
    }

    /// A call that never became a task.
    fn refuse(&mut self, task: TaskId, about: About, cause: Cause, now: Instant) {
        let call = EndedCall {
            task,
            about,
            started: None,
            ended: now,
        };
        self.notices
            .push_back(call.failed(cause, None, self.app.clone()));
    }

    fn tell(&mut self, task: TaskId, what: TaskEvent) {
        self.notices.push_back(Event { task, what }.into());
    }

    const fn job(&self, task: TaskId) -> JobId {
        JobId {
            task,
            epoch: self.epoch,
        }
    }
}
