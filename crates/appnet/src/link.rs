//! What an app's port and its actor share: [`appnet_core::Link`] behind a lock, and how each side is woken.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
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
use parking_lot::{Mutex, MutexGuard};

use crate::{clock::Clock, observe::Onlookers, running_app::RunningApp};

/// How long the actor waits for the link, before the other apps of its thread have their turn. Whoever is there is done in a microsecond if it has a core. The
/// actor waits asleep: on its own core it may be what the other waits for.
const PATIENCE: Duration = Duration::from_micros(50);

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

/// What the actor takes at once.
pub(crate) struct Taken {
    /// What the app and the host asked for, each with the time for it.
    pub(crate) inbound: Vec<(Inbound, Instant)>,
    /// The time after that.
    pub(crate) now: Instant,
}

/// What the actor has to tell.
#[derive(Default)]
pub(crate) struct Untold {
    /// The tasks that have left the queue, and when.
    pub(crate) started: Vec<(TaskId, Instant)>,
    /// What the core said.
    pub(crate) notices: Vec<Notice>,
}

impl Untold {
    pub(crate) const fn is_empty(&self) -> bool {
        self.started.is_empty() && self.notices.is_empty()
    }
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
    //
    // A thread of the app or of the host that is at the link may lose its core there, for milliseconds. The actor does not wait for that: the
    // other apps of the actor's thread would wait, too (I1). It gives up soon and comes back.

    /// See [`Link::attach`].
    pub(crate) fn attach(&self, actor: Recipient<Wake>) -> bool {
        let mut state = self.lock();
        state.actor = Some(actor);
        let attached = state.link.attach();
        self.wake(state);
        attached
    }

    /// So much of what waits, at most. `None`: the link is not free.
    pub(crate) fn try_take(&self, most: usize) -> Option<Taken> {
        let mut state = self.try_lock()?;
        let now = self.clock.now();
        let next = || state.link.next_inbound(now);
        let inbound = std::iter::from_fn(next).take(most).collect();
        let now = state.link.time(now);
        Some(Taken { inbound, now })
    }

    /// See [`Link::time`]. `None`: the link is not free.
    pub(crate) fn try_time(&self) -> Option<Instant> {
        let mut state = self.try_lock()?;
        Some(state.link.time(self.clock.now()))
    }

    /// Notes which tasks left the queue, and delivers what the core said; the host sees the records of what was delivered. If the link is not free, it
    /// stays untold.
    pub(crate) fn try_deliver(&self, untold: &mut Untold) {
        if !untold.is_empty()
            && let Some(state) = self.try_lock()
        {
            self.deliver_to(state, untold);
        }
    }

    /// The time and a delivery, however long it takes: for the end of an app, which comes once.
    pub(crate) fn time(&self) -> Instant {
        self.lock().link.time(self.clock.now())
    }

    /// See [`time`](Self::time).
    pub(crate) fn deliver(&self, untold: &mut Untold) {
        self.deliver_to(self.lock(), untold);
    }

    fn deliver_to(&self, mut state: MutexGuard<'_, State>, untold: &mut Untold) {
        let Untold { started, notices } = std::mem::take(untold);
        let link = &mut state.link;
        started
            .into_iter()
            .for_each(|(task, at)| link.started(task, at));
        let records: Vec<_> = notices
            .into_iter()
            .filter_map(|notice| link.deliver(notice))
            .collect();
        self.wake(state);
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

    fn try_lock(&self) -> Option<MutexGuard<'_, State>> {
        self.state.try_lock_for(PATIENCE)
    }

    /// Nothing that holds the lock can leave the state half changed, so it does not matter that the lock knows no poison.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl std::fmt::Debug for SharedLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SharedLink").field(&self.app).finish()
    }
}
