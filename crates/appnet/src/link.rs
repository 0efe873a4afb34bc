//! What an app's port and its actor share: [`appnet_core::Link`] behind a lock, and how each side is woken.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use actix::{Message, Recipient};
use appnet_core::{
    AskId, CallRecord, CheckedCall, Delivery, Inbound, Instant, Link, Malformed, Move, Notice,
    Sight, SocketAsk, TaskId,
    link::Rejected,
    surroundings::{QueryAnswer, Surroundings},
};
use appnet_io::{Account, Shaping};
use appnet_policy::{Rules, connectivity::Connectivity, identity::AppId, shape::Shape};

use crate::{clock::Clock, observe::Onlookers, running_app::RunningApp};

/// Something waits for the app's actor.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Wake;

/// The shared part of one app.
pub(crate) struct SharedLink {
    app: AppId,
    /// What the app has not taken (I2). It outlives the actor, as what it counts does.
    account: Account,
    /// What the app's connections find their network to be like.
    shaping: Shaping,
    clock: Arc<dyn Clock>,
    onlookers: Onlookers,
    state: Mutex<State>,
}

struct State {
    link: Link,
    /// Where the actor is told that something waits.
    actor: Option<Recipient<Wake>>,
    /// The UI layer, when it waits for a delivery.
    taker: Option<Waker>,
}

impl SharedLink {
    /// A link without an actor yet.
    pub(crate) fn new(
        rules: Arc<Rules>,
        clock: Arc<dyn Clock>,
        onlookers: Onlookers,
        connectivity: Connectivity,
    ) -> Self {
        let app = rules.identity().app_id.clone();
        let account = Account::new(rules.policy().untaken_bytes);
        let state = State {
            link: Link::new(rules, connectivity),
            actor: None,
            taker: None,
        };
        Self {
            app,
            account,
            shaping: Shaping::default(),
            clock,
            onlookers,
            state: Mutex::new(state),
        }
    }

    pub(crate) const fn app(&self) -> &AppId {
        &self.app
    }

    pub(crate) const fn account(&self) -> &Account {
        &self.account
    }

    pub(crate) const fn shaping(&self) -> &Shaping {
        &self.shaping
    }

    /// Whether the host has an inspector or measures.
    pub(crate) const fn is_watched(&self) -> bool {
        self.onlookers.watch()
    }

    /// Shows something of a task to the host's inspector.
    pub(crate) fn show(&self, task: TaskId, sight: Sight<'_>) {
        self.onlookers.see(&self.app, task, sight);
    }

    // ---- the port's side -----------------------------------------------------------------------------------------------------

    /// The rules that a call is checked by now.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        self.lock().link.rules()
    }

    /// See [`Link::call`].
    pub(crate) fn call(&self, task: TaskId, call: CheckedCall) -> Result<(), Rejected> {
        let now = self.clock.now();
        let mut called = self.with(|link| link.call(task, call, now));
        self.observe(match &mut called {
            Ok(record) => record.take(),
            Err(rejected) => rejected.notice.as_mut().and_then(|it| it.record.take()),
        });
        called.map(drop)
    }

    /// See [`Link::ask`].
    pub(crate) fn ask(&self, task: TaskId, ask: AskId, what: SocketAsk) -> Result<(), Rejected> {
        self.with(|link| link.ask(task, ask, what))
    }

    /// See [`Link::abort`].
    pub(crate) fn abort(&self, task: TaskId) -> Result<(), Rejected> {
        self.with(|link| link.abort(task))
    }

    /// See [`Link::answer`].
    pub(crate) fn answer(
        &self,
        task: TaskId,
        answer: impl FnOnce(&Surroundings) -> QueryAnswer,
    ) -> Result<(), Rejected> {
        self.with(|link| link.answer(task, answer))
    }

    /// See [`Link::reject`].
    pub(crate) fn reject(&self, malformed: Malformed) -> Result<(), Rejected> {
        self.with(|link| link.reject(malformed))
    }

    /// The next delivery; `None` once the app is closed and all was taken.
    pub(crate) fn poll_delivery(&self, cx: &Context<'_>) -> Poll<Option<Delivery>> {
        let mut state = self.lock();
        if let Some(delivery) = state.link.next_delivery() {
            return Poll::Ready(Some(delivery));
        }
        if state.link.is_over() {
            return Poll::Ready(None);
        }
        state.taker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// See [`Link::stop_listening`].
    pub(crate) fn stop_listening(&self) {
        self.with(Link::stop_listening);
    }

    /// See [`Link::next_task`].
    pub(crate) fn next_task(&self) -> u64 {
        self.lock().link.next_task()
    }

    // ---- the host's side -----------------------------------------------------------------------------------------------------

    /// See [`Link::move_to`]. It does not go through the supervisor: a call that the app makes afterwards must find it (B3).
    pub(crate) fn move_to(&self, to: impl FnOnce(Instant) -> Move) {
        self.with(|link| link.move_to(to(self.clock.now())));
    }

    /// What the app has.
    pub(crate) fn running_app(&self) -> RunningApp {
        let now = self.clock.now();
        let holdings = self.lock().link.holdings(now);
        RunningApp::new(self.app.clone(), holdings, self.account.untaken())
    }

    /// See [`Link::listen_again`].
    pub(crate) fn listen_again(&self) -> bool {
        self.lock().link.listen_again()
    }

    /// See [`Link::set_connectivity`].
    pub(crate) fn set_connectivity(&self, connectivity: Connectivity) {
        self.with(|link| link.set_connectivity(connectivity));
    }

    /// What the app's network is like from now on: for its connections, and for what it is told.
    pub(crate) fn shape(&self, shape: Option<Shape>) {
        self.shaping.set(shape);
        self.with(|link| link.set_shape(shape));
    }

    /// See [`Link::configure`].
    pub(crate) fn configure(&self, rules: Arc<Rules>) {
        self.with(|link| link.configure(rules));
    }

    /// See [`Link::begin_close`].
    pub(crate) fn begin_close(&self) {
        self.with(Link::begin_close);
    }

    // ---- the actor's side ----------------------------------------------------------------------------------------------------

    /// See [`Link::attach`].
    pub(crate) fn attach(&self, actor: Recipient<Wake>) -> bool {
        let mut state = self.lock();
        state.actor = Some(actor);
        let attached = state.link.attach();
        self.wake(state);
        attached
    }

    /// See [`Link::next_inbound`].
    pub(crate) fn next_inbound(&self) -> Option<(Inbound, Instant)> {
        let now = self.clock.now();
        self.lock().link.next_inbound(now)
    }

    /// See [`Link::time`].
    pub(crate) fn time(&self) -> Instant {
        let now = self.clock.now();
        self.lock().link.time(now)
    }

    /// Notes which tasks left the queue, and delivers what the core said; the host sees the records of what was delivered.
    pub(crate) fn deliver(&self, started: &[TaskId], at: Instant, notices: Vec<Notice>) {
        if started.is_empty() && notices.is_empty() {
            return;
        }
        let records: Vec<_> = self.with(|link| {
            started.iter().for_each(|task| link.started(*task, at));
            notices
                .into_iter()
                .filter_map(|notice| link.deliver(notice))
                .collect()
        });
        self.observe(records);
    }

    // ---- the supervisor's side -----------------------------------------------------------------------------------------------

    /// See [`Link::detach`].
    pub(crate) fn detach(&self) {
        let now = self.clock.now();
        let records = self.with(|link| link.detach(now));
        self.lock().actor = None;
        self.observe(records.into_iter().map(Box::new));
    }

    /// See [`Link::close`]. Returns the tasks that were still open.
    pub(crate) fn close(&self) -> Vec<TaskId> {
        let now = self.clock.now();
        let (ended, records) = self.with(|link| link.close(now));
        self.lock().actor = None;
        self.observe(records.into_iter().map(Box::new));
        ended
    }

    // ---- how -----------------------------------------------------------------------------------------------------------------

    /// Changes the link, then wakes those who have something to do.
    fn with<T>(&self, change: impl FnOnce(&mut Link) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state.link);
        self.wake(state);
        changed
    }

    /// The actor is told inside the lock, so that it is told in order; the UI layer outside, for it may run at once.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        if state.link.calls_core()
            && let Some(actor) = &state.actor
        {
            actor.do_send(Wake);
        }
        let has_news = state.link.has_delivery() || state.link.is_over();
        let taker = if has_news { state.taker.take() } else { None };
        drop(state);
        if let Some(taker) = taker {
            taker.wake();
        }
    }

    fn observe(&self, records: impl IntoIterator<Item = Box<CallRecord>>) {
        for record in records {
            self.onlookers.ended(&record);
        }
    }

    /// Nothing that holds the lock can leave the state half changed, so a poisoned lock is as good as a whole one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for SharedLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SharedLink").field(&self.app).finish()
    }
}
