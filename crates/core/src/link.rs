//! What an app's port and its core share.
//!
//! ```text
//!   port ──call, abort, ask──▶ ┌───────┐ ──next_inbound──▶ core
//!   host ──move───────────────▶│ Link  │
//!   port ◀──next_delivery──────└───────┘ ◀──deliver─────── core
//! ```
//!
//! It decides what may come in (I2, P8), keeps the order, and outlives the core: what a core that crashed leaves open is ended here. It is
//! plain data. To share it between threads, put a lock around it: nothing here takes long.

mod bounds;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use appnet_policy::{
    Failure, Rules,
    connectivity::Connectivity,
    failure::{HostFault, InternalFault},
    identity::AppId,
    shape::Shape,
};

use self::bounds::Bounds;
use crate::{
    AskId, CallRecord, CheckedCall, Delivery, Event, Inbound, Instant, Malformed, Move, Notice,
    SocketAsk, TaskEvent, TaskId,
    ending::{Cause, EndedCall},
    holdings::{AppState, Holdings, OpenTasks},
    inbox::Inbox,
    ledger::Ledger,
    outbox::Outbox,
    surroundings::{NetworkNews, QueryAnswer, Surroundings},
    task::About,
};

/// The shared part of one app.
#[derive(Debug)]
pub struct Link {
    app: AppId,
    rules: Arc<Rules>,
    bounds: Bounds,
    core: Core,
    inbox: Inbox,
    outbox: Outbox,
    ledger: Ledger,
    surroundings: Surroundings,
    /// What the host said last; a core that is started begins with it.
    last_move: Option<Move>,
    /// The time that the core was told last.
    latest: Instant,
}

/// Whether anybody takes what comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Core {
    /// There is none, because nothing has come in for one yet.
    NotNeeded,
    /// Something waits for it; `asked` once somebody was told to start it.
    Needed { asked: bool },
    /// It runs; `called` once it was told that something waits and has not taken all of it.
    Up { called: bool },
    /// It crashed, and the next one is not there yet.
    Down,
    /// The host has asked to close the app: nothing comes in any more (B7).
    Closing,
    /// The app is closed (B7).
    Closed,
}

/// Why a command did not get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// The app is closed (B7).
    Closed,
    /// The app sends faster than it is served, or does not take its events.
    Busy,
    /// What its calls hold together is over the bound in bytes (I2).
    Full,
    /// The app's core crashed and is not back yet (P8).
    Down,
}

/// A command that did not get through.
#[derive(Debug)]
pub struct Rejected {
    /// Why.
    pub why: RejectReason,
    /// What the app hears in its place, and the record of a call. `None` if it asked for nothing that has an answer.
    pub notice: Option<Notice>,
}

impl Link {
    /// A link without a core yet, of an app that finds the device's network so.
    #[must_use]
    pub fn new(rules: Arc<Rules>, connectivity: Connectivity) -> Self {
        Self {
            app: rules.identity().app_id.clone(),
            bounds: Bounds::of(rules.policy()),
            rules,
            core: Core::NotNeeded,
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            ledger: Ledger::default(),
            surroundings: Surroundings::new(connectivity),
            last_move: None,
            latest: Instant::default(),
        }
    }

    // ---- the port's side -----------------------------------------------------------------------------------------------------

    /// The rules that a call is checked by now.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules)
    }

    /// Whether the app is closed, or is being closed (B7).
    const fn is_closed(&self) -> bool {
        matches!(self.core, Core::Closing | Core::Closed)
    }

    /// The app calls. The call is in the ledger from here to its terminal event. One that the rules refuse ends here, if the lifecycle has no word to
    /// say before them: then its record is returned, for the host.
    ///
    /// # Errors
    /// [`Rejected`]
    pub fn call(
        &mut self,
        task: TaskId,
        call: CheckedCall,
        now: Instant,
    ) -> Result<Option<Box<CallRecord>>, Rejected> {
        if let Some(last) = self.ledger.last_task().filter(|last| task <= *last) {
            return self.misused(reused(task, last)).map(|()| None);
        }
        let admitted = self
            .admitted()
            .and_then(|()| self.room_for(call.facts.cost));
        if let Err(why) = admitted {
            self.ledger.note_refused(task);
            return Err(self.rejected_call(task, &call, why, now));
        }
        if let Some(refusal) = call.outcome.as_ref().err().filter(|_| self.admits_calls()) {
            let cause = Cause::from(refusal.clone());
            self.ledger.note_refused(task);
            let Notice { event, record } = self.ended_call(task, &call, cause, now);
            self.outbox.push_event(event);
            return Ok(record);
        }
        self.ledger.enter_call(task, Arc::clone(&call.facts), now);
        self.enter(Inbound::Call {
            task,
            call: Box::new(call),
            at: now,
        });
        Ok(None)
    }

    /// The app asks something of a socket. The ask is in the ledger from here to its answer.
    ///
    /// # Errors
    /// [`Rejected`]
    pub fn ask(&mut self, task: TaskId, ask: AskId, what: SocketAsk) -> Result<(), Rejected> {
        let (verb, cost) = (what.verb(), what.cost());
        if self.ledger.is_asked(task, ask) {
            return self.misused(asked_twice(task, ask));
        }
        // The first close of a socket always gets through, as an abort does: an app that is too busy for it would never get rid of what
        // makes it busy.
        let first_close = matches!(what, SocketAsk::Close(_)) && self.ledger.close_asked(task);
        let admitted = match first_close {
            true => self.up(),
            false => self
                .admitted()
                .and_then(|()| self.bounds.one_more(self.ledger.asks()))
                .and_then(|()| self.room_for(cost)),
        };
        let rejected = |why| {
            let event = Event::not_done(task, ask, verb, self.bounds.ask_failure(why));
            Rejected {
                why,
                notice: Some(event.into()),
            }
        };
        admitted.map_err(rejected)?;
        self.ledger.enter_ask(task, ask, verb, cost);
        self.enter(Inbound::Ask { task, ask, what });
        Ok(())
    }

    /// The app aborts a task. It always gets through, once for each open task.
    ///
    /// # Errors
    /// [`Rejected`]: the app is closed.
    pub fn abort(&mut self, task: TaskId) -> Result<(), Rejected> {
        if self.is_closed() {
            return Err(Rejected::silent(RejectReason::Closed));
        }
        if self.ledger.abort(task) {
            self.enter(Inbound::Abort { task });
        }
        Ok(())
    }

    /// Answers what needs no server; the answer is on its way when this returns.
    ///
    /// # Errors
    /// [`Rejected`]: the app is closed, or does not take its events.
    pub fn answer(
        &mut self,
        task: TaskId,
        answer: impl FnOnce(&Surroundings) -> QueryAnswer,
    ) -> Result<(), Rejected> {
        self.admitted().map_err(Rejected::silent)?;
        let answer = answer(&self.surroundings);
        self.outbox.push_answer(task, answer);
        Ok(())
    }

    /// Answers a message that was not a command.
    ///
    /// # Errors
    /// [`Rejected`]: the app is closed, or does not take its events.
    pub fn reject(&mut self, malformed: Malformed) -> Result<(), Rejected> {
        self.misused(malformed)
    }

    /// The next thing for the app to hear.
    pub fn next_delivery(&mut self) -> Option<Delivery> {
        self.outbox.pop()
    }

    /// Whether the app has something to hear.
    #[must_use]
    pub fn has_delivery(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Whether the app will hear nothing more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.core == Core::Closed && self.outbox.is_empty()
    }

    /// Nobody takes deliveries any more: those that wait are dropped, and so are those to come until somebody listens again.
    pub fn stop_listening(&mut self) {
        self.outbox.stop();
    }

    /// Somebody takes deliveries again, from now on. `false`: somebody does already.
    #[must_use]
    pub const fn listen_again(&mut self) -> bool {
        self.outbox.resume()
    }

    /// The least number that the app's next call may have.
    #[must_use]
    pub fn next_task(&self) -> u64 {
        self.ledger.last_task().map_or(1, |last| last.number() + 1)
    }

    // ---- the host's side -----------------------------------------------------------------------------------------------------

    /// The host moves the app: in the order of its calls, and before any command that the app sends afterwards (B3).
    pub fn move_to(&mut self, to: Move) {
        self.last_move = Some(to.continuing(self.last_move));
        // No core is started for a move: the first one begins with the last.
        if self.up().is_ok() && self.core != Core::NotNeeded {
            self.inbox.push(Inbound::Move(to));
        }
    }

    /// What the app has now. It takes a look at each open task, of which there are as many as the app may have.
    #[must_use]
    pub fn holdings(&self, now: Instant) -> Holdings {
        let OpenTasks {
            running,
            queued,
            sockets,
        } = self.ledger.open_tasks();
        let state = match self.is_closed() {
            true => AppState::Closing,
            false => AppState::after(self.last_move, now, self.rules.policy().grace),
        };
        Holdings {
            state,
            running,
            queued,
            sockets,
            waiting_bytes: self.ledger.held() + self.outbox.bytes(),
        }
    }

    /// The host changed the app's configuration (D7): for every call that is made from now on. Calls made before keep the rules they
    /// were checked by.
    pub fn configure(&mut self, rules: Arc<Rules>) {
        self.rules = rules;
    }

    /// The host says what it knows of the device's network; the app hears of what changed.
    pub fn set_connectivity(&mut self, connectivity: Connectivity) {
        let news = self.surroundings.set_connectivity(connectivity);
        self.push_news(news);
    }

    /// The host says what it wants the app's network to be like; the app hears of what changed.
    pub fn set_shape(&mut self, shape: Option<Shape>) {
        let news = self.surroundings.set_shape(shape);
        self.push_news(news);
    }

    fn push_news(&mut self, news: Vec<NetworkNews>) {
        if self.core != Core::Closed {
            news.into_iter()
                .for_each(|news| self.outbox.push_news(news));
        }
    }

    // ---- the core's side -----------------------------------------------------------------------------------------------------

    /// Whether somebody is to start the first core: something waits for it. It is asked for once.
    pub fn needs_core(&mut self) -> bool {
        let needs = self.core == Core::Needed { asked: false };
        if needs {
            self.core = Core::Needed { asked: true };
        }
        needs
    }

    /// A core takes over. It hears first of all where the app is. `false` if the app was closed meanwhile.
    pub fn attach(&mut self) -> bool {
        if self.is_closed() {
            return false;
        }
        if matches!(self.core, Core::NotNeeded | Core::Down) {
            self.enter_last_move();
        }
        self.core = Core::Up { called: false };
        true
    }

    /// Whether the core is to be told that something waits. It is told once; then it takes until nothing is left.
    pub fn calls_core(&mut self) -> bool {
        let calls = self.core == Core::Up { called: false } && self.inbox.len() > 0;
        if calls {
            self.core = Core::Up { called: true };
        }
        calls
    }

    /// The next thing for the core, and the time for it. After `None` the core is told again.
    pub fn next_inbound(&mut self, now: Instant) -> Option<(Inbound, Instant)> {
        let time = self.time(now);
        match self.inbox.pop() {
            Some(inbound) => Some((inbound, time)),
            None => {
                if let Core::Up { called } = &mut self.core {
                    *called = false;
                }
                None
            }
        }
    }

    /// The time for the core: it never goes back, and never passes a move that the core has not heard (B4).
    pub fn time(&mut self, now: Instant) -> Instant {
        self.latest = self.latest.max(self.inbox.time(now));
        self.latest
    }

    /// A task left the queue.
    pub fn started(&mut self, task: TaskId, at: Instant) {
        self.ledger.started(task, at);
    }

    /// Delivers what the core said, as far as it is due: of a task that has had its terminal event, and of an ask that has its answer,
    /// nothing more is told. The record of a terminal event that was delivered is for the host.
    #[must_use = "the host gets the record"]
    pub fn deliver(&mut self, notice: Notice) -> Option<Box<CallRecord>> {
        if self.core == Core::Closed || !self.ledger.is_due(&notice.event) {
            return None;
        }
        let Notice { mut event, record } = notice;
        let news = record
            .as_deref()
            .map(|record| self.surroundings.observe(record));
        if let TaskEvent::Success(success) = &mut event.what
            && let Some(profile) = &mut success.profile
        {
            profile.estimates = self.surroundings.estimates();
        }
        self.outbox.push_event(event);
        if let Some(news) = news.flatten() {
            self.outbox.push_news(news);
        }
        record
    }

    // ---- the supervisor's side -----------------------------------------------------------------------------------------------

    /// The host asks to close the app: from now on its calls hear that it is closed (B7).
    pub fn begin_close(&mut self) {
        if self.core != Core::Closed {
            self.core = Core::Closing;
        }
    }

    /// The core crashed: what it had ends (P8). The records are for the host.
    #[must_use = "the host gets the records"]
    pub fn detach(&mut self, now: Instant) -> Vec<CallRecord> {
        if !self.is_closed() {
            self.core = Core::Down;
        }
        let failure = Failure::Internal(InternalFault::Crashed);
        self.end_all(&Cause::new(failure, "the app's actor crashed"), now)
    }

    /// The app is closed: what is still open ends, and nothing comes in or is delivered after it (B7). Returns the tasks that it ended,
    /// and their records.
    #[must_use = "the host gets the records"]
    pub fn close(&mut self, now: Instant) -> (Vec<TaskId>, Vec<CallRecord>) {
        let ended = self.ledger.tasks();
        let records = self.end_all(&Failure::Host(HostFault::AppClosed).into(), now);
        self.core = Core::Closed;
        (ended, records)
    }

    // ---- how -----------------------------------------------------------------------------------------------------------------

    /// Something comes in, which needs a core.
    fn enter(&mut self, inbound: Inbound) {
        if self.core == Core::NotNeeded {
            self.enter_last_move();
            self.core = Core::Needed { asked: false };
        }
        self.inbox.push(inbound);
    }

    fn enter_last_move(&mut self) {
        if let Some(last) = self.last_move {
            self.inbox.push(Inbound::Move(last));
        }
    }

    fn end_all(&mut self, cause: &Cause, now: Instant) -> Vec<CallRecord> {
        self.inbox.clear();
        let mut records = Vec::new();
        for Notice { event, record } in self.ledger.end_all(cause, &self.app, now) {
            self.outbox.push_event(event);
            records.extend(record.map(|record| *record));
        }
        records
    }

    const fn up(&self) -> Result<(), RejectReason> {
        match self.core {
            Core::NotNeeded | Core::Needed { .. } | Core::Up { .. } => Ok(()),
            Core::Down => Err(RejectReason::Down),
            Core::Closing | Core::Closed => Err(RejectReason::Closed),
        }
    }

    /// Whether the lifecycle lets calls start, once it has heard what the host said last (B3, B5). A core that is to come says the same.
    const fn admits_calls(&self) -> bool {
        match self.last_move {
            None | Some(Move::Foreground { .. } | Move::Background { pinned: true, .. }) => true,
            Some(Move::Background { pinned: false, .. }) => false, // the core knows how long ago that was
        }
    }

    /// Whether the app may ask for one more thing.
    fn admitted(&self) -> Result<(), RejectReason> {
        self.up()?;
        self.bounds.one_more(self.inbox.len() + self.outbox.owed())
    }

    fn room_for(&self, cost: usize) -> Result<(), RejectReason> {
        let held = self.ledger.held() + self.outbox.bytes();
        self.bounds.room_for(cost, held)
    }

    /// The UI layer's mistake is told to it, within the same bounds as everything else.
    fn misused(&mut self, malformed: Malformed) -> Result<(), Rejected> {
        if self.is_closed() {
            return Err(Rejected::silent(RejectReason::Closed));
        }
        self.bounds
            .one_more(self.inbox.len() + self.outbox.owed())
            .map_err(Rejected::silent)?;
        self.outbox.push_malformed(malformed);
        Ok(())
    }

    fn rejected_call(
        &self,
        task: TaskId,
        call: &CheckedCall,
        why: RejectReason,
        now: Instant,
    ) -> Rejected {
        let cause = Cause::new(self.bounds.call_failure(why), why.reason());
        Rejected {
            why,
            notice: Some(self.ended_call(task, call, cause, now)),
        }
    }

    /// The end of a call that the core never had.
    fn ended_call(&self, task: TaskId, call: &CheckedCall, cause: Cause, now: Instant) -> Notice {
        let ended = EndedCall {
            task,
            about: About::new(Arc::clone(&call.facts), now),
            started: None,
            ended: now,
        };
        ended.failed(cause, None, self.app.clone())
    }
}

impl Rejected {
    const fn silent(why: RejectReason) -> Self {
        Self { why, notice: None }
    }
}

fn reused(task: TaskId, last: TaskId) -> Malformed {
    let next = last.number() + 1;
    Malformed {
        task: Some(task),
        field: "task".to_owned(),
        expected: format!("greater than every task before it: {next} or more"),
        found: task.to_string(),
    }
}

fn asked_twice(task: TaskId, ask: AskId) -> Malformed {
    Malformed {
        task: Some(task),
        field: "id".to_owned(),
        expected: "another one than those that wait for their answer".to_owned(),
        found: ask.to_string(),
    }
}
