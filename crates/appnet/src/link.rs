//! What an app's port and its actor share.
//!
//! The [`Ledger`] of open tasks is here, and not in the actor, because it must outlive a crash.

use appnet_policy::failure::{AppFault, HostFault, InternalFault};
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use actix::{Addr, dev::SendError};
use appnet_bus::{Command, Malformed};
use appnet_core::{AskId, Event, TaskId, event::SocketVerb};
use appnet_policy::{Api, Failure, identity::AppId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{
    app_net::AppNet,
    ledger::{Ledger, unanswered},
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
    ledger: Ledger,
    /// What the host last said; a restarted actor begins with it.
    last_move: Option<Move>,
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
            ledger: Ledger::default(),
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

    /// Hands a command to the actor. A call is in the ledger from here to its terminal event, what is asked of a socket to its answer.
    pub(crate) fn submit(&self, command: Command) -> Result<(), NotSent> {
        let mut state = self.lock();
        if state.events.is_none() {
            return Err(NotSent::Closed);
        }
        if let Some((task, api)) = command.opens() {
            return self.submit_call(&mut state, task, api, command);
        }
        if let Some((task, ask, verb)) = command.asks() {
            return self.submit_ask(&mut state, task, ask, verb, command);
        }
        state.abort(command);
        Ok(())
    }

    fn submit_call(
        &self,
        state: &mut State,
        task: TaskId,
        api: Api,
        command: Command,
    ) -> Result<(), NotSent> {
        let last = state.ledger.last_task();
        if last.is_some_and(|last| task <= last) {
            self.send(state, Delivery::Malformed(reused(task, last)));
            return Ok(());
        }
        self.push(state, command)?;
        state.ledger.enter_call(task, api);
        Ok(())
    }

    fn submit_ask(
        &self,
        state: &mut State,
        task: TaskId,
        ask: AskId,
        verb: SocketVerb,
        command: Command,
    ) -> Result<(), NotSent> {
        if state.ledger.has_socket(task) && !state.ledger.is_asked(task, ask) {
            if !state.first_close(task, &command) {
                self.push(state, command)?;
            } else if let Some(actor) = &state.actor {
                actor.do_send(FromPort(command));
            }
            state.ledger.enter_ask(task, ask, verb);
            return Ok(());
        }
        self.take_one_more()?;
        let answer = if state.ledger.is_asked(task, ask) {
            Delivery::Malformed(asked_twice(task, ask))
        } else {
            Delivery::Event(unanswered(
                task,
                ask,
                verb,
                Failure::App(AppFault::SocketNotOpen),
            ))
        };
        self.send(state, answer);
        Ok(())
    }

    /// Hands over what an app may send faster than it is served.
    fn push(&self, state: &State, command: Command) -> Result<(), NotSent> {
        self.take_one_more()?;
        let actor = state.actor.as_ref().ok_or(NotSent::Down)?;
        actor
            .try_send(FromPort(command))
            .map_err(|error| match error {
                SendError::Full(_) => NotSent::Busy,
                SendError::Closed(_) => NotSent::Down,
            })
    }

    /// Who does not take events is not served.
    fn take_one_more(&self) -> Result<(), NotSent> {
        if self.untaken.load(Ordering::Relaxed) >= self.backlog {
            return Err(NotSent::Busy);
        }
        Ok(())
    }

    /// Answers a message that was no command. `false` if the app is closed or does not take its events.
    pub(crate) fn reject(&self, error: Malformed) -> Result<(), NotSent> {
        let state = self.lock();
        self.take_one_more()?;
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
        self.end_all(&mut state, &Failure::Internal(InternalFault::Crashed));
    }

    /// The app is closed: what is still open ends, and nothing is delivered after it (B7). Returns what it ended.
    pub(crate) fn close(&self) -> Vec<TaskId> {
        let mut state = self.lock();
        state.actor = None;
        let ended = state.ledger.tasks();
        self.end_all(&mut state, &Failure::Host(HostFault::AppClosed));
        state.events = None;
        ended
    }

    // ---- the actor's side ----------------------------------------------------------------------------------------------------

    /// Delivers an event, unless its task has had its terminal one, or its ask its answer.
    pub(crate) fn deliver(&self, event: Event) {
        let mut state = self.lock();
        if state.ledger.is_due(&event) {
            self.send(&state, Delivery::Event(event));
        }
    }

    // ---- how -----------------------------------------------------------------------------------------------------------------

    fn end_all(&self, state: &mut State, failure: &Failure) {
        for event in state.ledger.end_all(failure) {
            self.send(state, Delivery::Event(event));
        }
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
        if !self.ledger.abort(*task) {
            return;
        }
        if let Some(actor) = &self.actor {
            actor.do_send(FromPort(command));
        }
    }

    /// The first close of a socket always gets through, as an abort does: an app that is too busy for it would never get rid of what makes
    /// it busy.
    fn first_close(&mut self, task: TaskId, command: &Command) -> bool {
        matches!(command, Command::CloseSocket { .. }) && self.ledger.close_asked(task)
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

fn asked_twice(task: TaskId, ask: AskId) -> Malformed {
    Malformed {
        task: Some(task),
        field: "id".to_owned(),
        expected: "another one than those that wait for their answer".to_owned(),
        found: ask.to_string(),
    }
}
