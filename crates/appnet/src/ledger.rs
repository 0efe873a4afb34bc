//! What an app has asked for and has not heard the end of: its open tasks, and what it asked of its sockets.
//!
//! Each accepted call gets exactly one terminal event (P8) and each ask one answer (W2), whatever became of the actor: the ledger outlives
//! it, lets an event pass only if it is due, and knows what is missing after a crash.

use appnet_policy::failure::HostFault;
use std::collections::BTreeMap;

use appnet_core::{AskId, Event, SocketEvent, TaskId, event::SocketEnd, event::SocketVerb};
use appnet_policy::{Api, Failure};

/// The ledger of one app.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    open: BTreeMap<TaskId, OpenTask>,
    /// What was asked of sockets and has no answer; also of some that ended meanwhile.
    asked: BTreeMap<(TaskId, AskId), SocketVerb>,
    last_task: Option<TaskId>,
}

/// A task without a terminal event so far.
#[derive(Debug)]
struct OpenTask {
    api: Api,
    aborted: bool,
    close_asked: bool,
    heard: Heard,
}

/// How far an app has heard of a task: what is left to say at a sudden end depends on it (W1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// `success` of `wx.connectSocket`.
    Accepted,
    Opened,
}

impl Ledger {
    /// The newest task.
    pub(crate) const fn last_task(&self) -> Option<TaskId> {
        self.last_task
    }

    /// A call was handed over.
    pub(crate) fn enter_call(&mut self, task: TaskId, api: Api) {
        self.last_task = Some(task);
        self.open.insert(
            task,
            OpenTask {
                api,
                aborted: false,
                close_asked: false,
                heard: Heard::Nothing,
            },
        );
    }

    /// Something asked of a socket was handed over.
    pub(crate) fn enter_ask(&mut self, task: TaskId, ask: AskId, verb: SocketVerb) {
        self.asked.insert((task, ask), verb);
    }

    /// Whether this ask waits for its answer.
    pub(crate) fn is_asked(&self, task: TaskId, ask: AskId) -> bool {
        self.asked.contains_key(&(task, ask))
    }

    /// Whether it is a socket whose end the app has not heard.
    pub(crate) fn has_socket(&self, task: TaskId) -> bool {
        self.open
            .get(&task)
            .is_some_and(|open| open.api == Api::ConnectSocket)
    }

    /// Whether this abort is the first one of an open task; the others have no effect.
    pub(crate) fn abort(&mut self, task: TaskId) -> bool {
        self.open
            .get_mut(&task)
            .is_some_and(|open| !std::mem::replace(&mut open.aborted, true))
    }

    /// Whether this close is the first one of a socket.
    pub(crate) fn close_asked(&mut self, task: TaskId) -> bool {
        self.open
            .get_mut(&task)
            .is_some_and(|open| !std::mem::replace(&mut open.close_asked, true))
    }

    /// Whether this event is due: its task has not ended, its ask has not been answered. It is taken as told.
    pub(crate) fn is_due(&mut self, event: &Event) -> bool {
        let task = event.task();
        match event {
            Event::Socket { event, .. } => self.is_socket_event_due(task, event),
            Event::Success { .. } | Event::Fail { .. } => self.open.remove(&task).is_some(),
            Event::Warning { .. }
            | Event::HeadersReceived { .. }
            | Event::Chunk { .. }
            | Event::Progress { .. } => self.open.contains_key(&task),
        }
    }

    fn is_socket_event_due(&mut self, task: TaskId, event: &SocketEvent) -> bool {
        match event {
            SocketEvent::Accepted => self.note(task, Heard::Accepted),
            SocketEvent::Opened(_) => self.note(task, Heard::Opened),
            SocketEvent::Message(_) | SocketEvent::Error(_) => self.open.contains_key(&task),
            SocketEvent::Answered { ask, .. } => self.asked.remove(&(task, *ask)).is_some(),
            SocketEvent::Closed(_) => self.open.remove(&task).is_some(),
        }
    }

    fn note(&mut self, task: TaskId, heard: Heard) -> bool {
        let open = self.open.get_mut(&task);
        open.map(|open| open.heard = heard).is_some()
    }

    /// Ends everything: the events that are missing, in order.
    pub(crate) fn end_all(&mut self, failure: &Failure) -> Vec<Event> {
        let asked = std::mem::take(&mut self.asked).into_iter();
        let answers = asked.map(|((task, ask), verb)| unanswered(task, ask, verb, failure.clone()));
        let open = std::mem::take(&mut self.open).into_iter();
        let ends = open.flat_map(|(task, open)| open.ended(task, failure));
        answers.chain(ends).collect()
    }

    /// The tasks that are open.
    pub(crate) fn tasks(&self) -> Vec<TaskId> {
        self.open.keys().copied().collect()
    }
}

impl OpenTask {
    fn ended(&self, task: TaskId, failure: &Failure) -> Vec<Event> {
        let api = self.api;
        if self.heard == Heard::Nothing {
            let failure = failure.clone();
            return vec![Event::Fail { task, api, failure }];
        }
        // W1: what never opened has failed, and so has what broke; an app that is closed only closes what is open (B7).
        let is_error =
            self.heard != Heard::Opened || *failure != Failure::Host(HostFault::AppClosed);
        let error = is_error.then(|| SocketEvent::Error(failure.clone()));
        let end = SocketEvent::Closed(SocketEnd::Broken(failure.clone()));
        let events = error.into_iter().chain([end]);
        events.map(|event| Event::Socket { task, event }).collect()
    }
}

/// The answer to what will not be done.
pub(crate) fn unanswered(task: TaskId, ask: AskId, verb: SocketVerb, failure: Failure) -> Event {
    let outcome = Err(failure);
    let event = SocketEvent::Answered { ask, verb, outcome };
    Event::Socket { task, event }
}
