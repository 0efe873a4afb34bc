//! What an app's port and its actor share: [`appnet_core::Link`] behind a lock, and how each side is woken.

mod lock;

use std::{
    sync::Arc,
    task::{Context, Poll},
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

pub(crate) use self::lock::Starter;
use self::lock::{Lock, State};
use crate::{clock::Clock, observe::Onlookers, running_app::RunningApp};

/// Something waits for the app's actor, or the link that it found taken is free.
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
    state: Lock,
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

impl SharedLink {
    /// A link without an actor yet. `starter` is called when something waits for one.
    pub(crate) fn new(
        rules: Arc<Rules>,
        clock: Arc<dyn Clock>,
        onlookers: Onlookers,
        connectivity: Connectivity,
        starter: Starter,
    ) -> Self {
        let app = rules.identity().app_id.clone();
        let account = Account::new(rules.policy().untaken_bytes);
        Self {
            app,
            account,
            shaping: Shaping::default(),
            clock,
            onlookers,
            state: Lock::new(Link::new(rules, connectivity), starter),
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
        self.with(|link| link.rules())
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
        self.state.with(|State { link, taker, .. }| {
            if let Some(delivery) = link.next_delivery() {
                return Poll::Ready(Some(delivery));
            }
            if link.is_over() {
                return Poll::Ready(None);
            }
            *taker = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// See [`Link::stop_listening`].
    pub(crate) fn stop_listening(&self) {
        self.with(Link::stop_listening);
    }

    /// See [`Link::next_task`].
    pub(crate) fn next_task(&self) -> u64 {
        self.with(|link| link.next_task())
    }

    // ---- the host's side -----------------------------------------------------------------------------------------------------

    /// See [`Link::move_to`]. It does not go through the supervisor: a call that the app makes afterwards must find it (B3).
    pub(crate) fn move_to(&self, to: impl FnOnce(Instant) -> Move) {
        self.with(|link| link.move_to(to(self.clock.now())));
    }

    /// What the app has.
    pub(crate) fn running_app(&self) -> RunningApp {
        let now = self.clock.now();
        let holdings = self.with(|link| link.holdings(now));
        RunningApp::new(self.app.clone(), holdings, self.account.untaken())
    }

    /// See [`Link::listen_again`].
    pub(crate) fn listen_again(&self) -> bool {
        self.with(Link::listen_again)
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
    // The actor does not wait for the link: see `lock`. Only its start and its end do, which come once.

    /// See [`Link::attach`].
    pub(crate) fn attach(&self, actor: Recipient<Wake>) -> bool {
        self.state.with(|state| {
            state.actor = Some(Arc::new(actor));
            state.link.attach()
        })
    }

    /// So much of what waits, at most. `None`: the link is not free, and the actor is called back.
    pub(crate) fn try_take(&self, most: usize) -> Option<Taken> {
        self.state.try_with(|State { link, .. }| {
            let now = self.clock.now();
            let next = || link.next_inbound(now);
            let inbound = std::iter::from_fn(next).take(most).collect();
            let now = link.time(now);
            Taken { inbound, now }
        })
    }

    /// See [`Link::time`]. `None`: the link is not free, and the actor is called back.
    pub(crate) fn try_time(&self) -> Option<Instant> {
        self.state
            .try_with(|State { link, .. }| link.time(self.clock.now()))
    }

    /// Notes which tasks left the queue, and delivers what the core said; the host sees the records of what was delivered. If the link is not free, it
    /// stays untold, and the actor is called back.
    pub(crate) fn try_deliver(&self, untold: &mut Untold) {
        if !untold.is_empty() {
            let records = self
                .state
                .try_with(|State { link, .. }| Self::deliver_to(link, untold));
            self.observe(records.into_iter().flatten());
        }
    }

    /// The time, however long it takes: for the end of an app.
    pub(crate) fn time(&self) -> Instant {
        self.with(|link| link.time(self.clock.now()))
    }

    /// Delivers, however long it takes: for the end of an app.
    pub(crate) fn deliver(&self, untold: &mut Untold) {
        let records = self.with(|link| Self::deliver_to(link, untold));
        self.observe(records);
    }

    /// Returns the records of what was delivered.
    fn deliver_to(
        link: &mut Link,
        untold: &mut Untold,
    ) -> impl IntoIterator<Item = Box<CallRecord>> + use<> {
        let Untold { started, notices } = std::mem::take(untold);
        started
            .into_iter()
            .for_each(|(task, at)| link.started(task, at));
        notices
            .into_iter()
            .filter_map(|notice| link.deliver(notice))
            .collect::<Vec<_>>()
    }

    // ---- the supervisor's side -----------------------------------------------------------------------------------------------

    /// See [`Link::detach`].
    pub(crate) fn detach(&self) {
        let now = self.clock.now();
        let records = self.state.with(|state| {
            state.actor = None;
            state.link.detach(now)
        });
        self.observe(records.into_iter().map(Box::new));
    }

    /// See [`Link::close`]. Returns the tasks that were still open.
    pub(crate) fn close(&self) -> Vec<TaskId> {
        let now = self.clock.now();
        let (ended, records) = self.state.with(|state| {
            state.actor = None;
            state.link.close(now)
        });
        self.observe(records.into_iter().map(Box::new));
        ended
    }

    // ---- how -----------------------------------------------------------------------------------------------------------------

    fn with<T>(&self, change: impl FnOnce(&mut Link) -> T) -> T {
        self.state.with(|State { link, .. }| change(link))
    }

    fn observe(&self, records: impl IntoIterator<Item = Box<CallRecord>>) {
        for record in records {
            self.onlookers.ended(&record);
        }
    }
}

impl std::fmt::Debug for SharedLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SharedLink").field(&self.app).finish()
    }
}
