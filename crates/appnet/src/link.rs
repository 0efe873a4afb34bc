//! What an app's port and its actor share.
//!
//! The ledger of open tasks is here, and not in the actor, because it must outlive a crash: it is what makes sure that each
//! accepted call gets exactly one terminal event (P8), whatever became of the actor.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix::{Addr, dev::SendError};
use appnet_bus::{Command, Malformed};
use appnet_core::{Event, TaskId};
use appnet_policy::{Api, Failure, identity::AppId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{
    app_net::AppNet,
    messages::{FromPort, Move},
};

/// What goes to an app's UI layer.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// An event of a task.
    Event(Event),
    /// The answer to a message that was no command.
    Malformed(Malformed),
}

/// The shared part of one app.
#[derive(Debug)]
pub(crate) struct Link {
    app: AppId,
    /// Commands and events that may wait, each way.
    backlog: usize,
    /// Events that were sent and not yet taken.
    untaken: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Where commands go; `None` while the actor is down after a crash, and once the app is closed.
    actor: Option<Addr<AppNet>>,
    /// Where events go; `None` once the app is closed.
    events: Option<UnboundedSender<Delivery>>,
    /// Tasks without a terminal event so far.
    open: BTreeMap<TaskId, OpenTask>,
    last_task: Option<TaskId>,
    /// What the host last said; a restarted actor begins with it.
    last_move: Option<Move>,
}

#[derive(Debug)]
struct OpenTask {
    api: Api,
    aborted: bool,
}

/// Why a command did not get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The app is closed.
    Closed,
    /// It sends faster than it is served, or does not take its events.
    Busy,
    /// Its actor crashed and is not back yet.
    Down,
}

impl Link {
    /// A link without an actor yet, and the receiving end of its events.
    pub(crate) fn new(app: AppId, backlog: usize) -> (Self, UnboundedReceiver<Delivery>) {
        let (events, receiver) = unbounded_channel();
        let state = State {
            actor: None,
            events: Some(events),
            open: BTreeMap::new(),
            last_task: None,
            last_move: None,
        };
        (
            Self {
                app,
                backlog,
                untaken: AtomicUsize::new(0),
                state: Mutex::new(state),
            },
            receiver,
        )
    }

    pub(crate) const fn app(&self) -> &AppId {
        &self.app
    }

    // ---- the port's side -----------------------------------------------------------------------------------------------------

    /// Hands a command to the actor. A call is in the ledger from here to its terminal event.
    pub(crate) fn submit(&self, command: Command) -> Result<(), NotSent> {
        let mut state = self.lock();
        if state.events.is_none() {
            return Err(NotSent::Closed);
        }
        match command.opens() {
            Some((task, api)) => self.submit_call(&mut state, task, api, command),
            None => {
                state.abort(command);
                Ok(())
            }
        }
    }

    fn submit_call(
        &self,
        state: &mut State,
        task: TaskId,
        api: Api,
        command: Command,
    ) -> Result<(), NotSent> {
        if state.last_task.is_some_and(|last| task <= last) {
            self.send(state, Delivery::Malformed(reused(task, state.last_task)));
            return Ok(());
        }
        if self.untaken.load(Ordering::Relaxed) >= self.backlog {
            return Err(NotSent::Busy);
        }
        let actor = state.actor.as_ref().ok_or(NotSent::Down)?;
        actor
            .try_send(FromPort(command))
            .map_err(|error| match error {
                SendError::Full(_) => NotSent::Busy,
                SendError::Closed(_) => NotSent::Down,
            })?;
        state.last_task = Some(task);
        state.open.insert(
            task,
            OpenTask {
                api,
                aborted: false,
            },
        );
        Ok(())
    }

    /// Answers a message that was no command. `false` if the app is closed or does not take its events.
    pub(crate) fn reject(&self, error: Malformed) -> Result<(), NotSent> {
        let state = self.lock();
        if self.untaken.load(Ordering::Relaxed) >= self.backlog {
            return Err(NotSent::Busy);
        }
        if self.send(&state, Delivery::Malformed(error)) {
            Ok(())
        } else {
            Err(NotSent::Closed)
        }
    }

    /// The port took an event.
    pub(crate) fn taken(&self) {
        self.untaken.fetch_sub(1, Ordering::Relaxed);
    }

    // ---- the host's side -----------------------------------------------------------------------------------------------------

    /// Tells the actor, and remembers for its successor. In the order of the host's calls, and before any command that the app sends
    /// afterwards: that is why it does not go through the supervisor (B3).
    pub(crate) fn move_app(&self, to: Move) {
        let mut state = self.lock();
        state.last_move = Some(to.continuing(state.last_move));
        if let Some(actor) = &state.actor {
            actor.do_send(to);
        }
    }

    // ---- the supervisor's side -----------------------------------------------------------------------------------------------

    /// Commands go to this actor from now on; first of all it hears where the app is. `false` if the app was closed meanwhile.
    pub(crate) fn attach(&self, actor: Addr<AppNet>) -> bool {
        let mut state = self.lock();
        if state.events.is_none() {
            return false;
        }
        if let Some(last) = state.last_move {
            actor.do_send(last);
        }
        state.actor = Some(actor);
        true
    }

    /// The actor is gone: what it had ends (P8).
    pub(crate) fn detach(&self) {
        let mut state = self.lock();
        state.actor = None;
        self.fail_open(&mut state, &Failure::Crashed);
    }

    /// The app is closed: what is still open ends, and nothing is delivered after it (B7). Returns what it ended.
    pub(crate) fn close(&self) -> Vec<TaskId> {
        let mut state = self.lock();
        state.actor = None;
        let ended = self.fail_open(&mut state, &Failure::AppClosed);
        state.events = None;
        ended
    }

    // ---- the actor's side ----------------------------------------------------------------------------------------------------

    /// Delivers an event, unless its task has had its terminal one.
    pub(crate) fn deliver(&self, event: Event) {
        let mut state = self.lock();
        let task = event.task();
        let open = if event.is_terminal() {
            state.open.remove(&task).is_some()
        } else {
            state.open.contains_key(&task)
        };
        if open {
            self.send(&state, Delivery::Event(event));
        }
    }

    // ---- how -----------------------------------------------------------------------------------------------------------------

    fn fail_open(&self, state: &mut State, failure: &Failure) -> Vec<TaskId> {
        let open = std::mem::take(&mut state.open);
        for (task, OpenTask { api, .. }) in &open {
            self.send(
                state,
                Delivery::Event(Event::Fail {
                    task: *task,
                    api: *api,
                    failure: failure.clone(),
                }),
            );
        }
        open.into_keys().collect()
    }

    fn send(&self, state: &State, delivery: Delivery) -> bool {
        let Some(events) = &state.events else {
            return false;
        };
        self.untaken.fetch_add(1, Ordering::Relaxed);
        let sent = events.send(delivery).is_ok();
        if !sent {
            self.taken(); // the UI layer dropped its end
        }
        sent
    }

    /// Nothing that holds the lock can leave the state half changed, so a poisoned lock is as good as a whole one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// An abort always gets through: it is sent at most once for an open task, so the mailbox stays bounded.
    fn abort(&mut self, command: Command) {
        let Command::Abort { task } = &command else {
            return;
        };
        let Some(open) = self.open.get_mut(task).filter(|open| !open.aborted) else {
            return;
        };
        open.aborted = true;
        if let Some(actor) = &self.actor {
            actor.do_send(FromPort(command));
        }
    }
}

impl Move {
    /// What a successor should hear: a second `Background` does not begin a second grace (B4).
    const fn continuing(self, last: Option<Self>) -> Self {
        match (self, last) {
            (
                Self::Background { pinned: false, .. },
                Some(Self::Background { pinned: false, at }),
            ) => Self::Background { pinned: false, at },
            (to, _) => to,
        }
    }
}

fn reused(task: TaskId, last: Option<TaskId>) -> Malformed {
    Malformed {
        task: Some(task),
        field: "task".to_owned(),
        expected: format!(
            "greater than every task before it: {} or more",
            last.map_or(1, |last| last.number() + 1)
        ),
        found: task.to_string(),
    }
}
