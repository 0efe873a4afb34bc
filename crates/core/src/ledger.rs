//! What an app has asked for and has not heard the end of: its open tasks, and what it asked of its sockets.
//!
//! Each accepted call gets exactly one terminal event and one record (P8), and each ask one answer (W2), whatever became of the core: the
//! ledger outlives it, lets an event pass only if it is due, and knows what is missing after a crash.

use std::{collections::BTreeMap, sync::Arc};

use appnet_policy::identity::AppId;

use crate::{
    AskId, Event, Instant, Notice, SocketEvent, TaskEvent, TaskId,
    call::CallFacts,
    ending::{Cause, EndedCall, GoneSocket, SocketEnding},
    event::SocketVerb,
    holdings::OpenTasks,
    task::About,
};

/// The ledger of one app.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    open: BTreeMap<TaskId, OpenTask>,
    /// What was asked of sockets and has no answer; also of some that ended meanwhile.
    asked: BTreeMap<(TaskId, AskId), Asked>,
    last_task: Option<TaskId>,
    /// Bytes that open tasks and asks hold (I2).
    held: usize,
}

/// A task without a terminal event so far.
#[derive(Debug)]
struct OpenTask {
    facts: Arc<CallFacts>,
    called: Instant,
    /// When it left the queue, if it did.
    started: Option<Instant>,
    aborted: bool,
    close_asked: bool,
    heard: Heard,
}

#[derive(Debug)]
struct Asked {
    verb: SocketVerb,
    cost: usize,
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

    /// Bytes that open tasks and asks hold.
    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    /// A call was handed over.
    pub(crate) fn enter_call(&mut self, task: TaskId, facts: Arc<CallFacts>, called: Instant) {
        self.last_task = Some(task);
        self.held += facts.cost;
        let open = OpenTask {
            facts,
            called,
            started: None,
            aborted: false,
            close_asked: false,
            heard: Heard::Nothing,
        };
        self.open.insert(task, open);
    }

    /// A call was refused at the port: its id is used.
    pub(crate) const fn note_refused(&mut self, task: TaskId) {
        self.last_task = Some(task);
    }

    /// A task left the queue.
    pub(crate) fn started(&mut self, task: TaskId, at: Instant) {
        if let Some(open) = self.open.get_mut(&task) {
            open.started = Some(at);
        }
    }

    /// Something asked of a socket was handed over.
    pub(crate) fn enter_ask(&mut self, task: TaskId, ask: AskId, verb: SocketVerb, cost: usize) {
        self.held += cost;
        self.asked.insert((task, ask), Asked { verb, cost });
    }

    /// How many asks wait for their answer.
    pub(crate) fn asks(&self) -> usize {
        self.asked.len()
    }

    /// Whether this ask waits for its answer.
    pub(crate) fn is_asked(&self, task: TaskId, ask: AskId) -> bool {
        self.asked.contains_key(&(task, ask))
    }

    /// How far the open tasks are.
    pub(crate) fn open_tasks(&self) -> OpenTasks {
        let mut tasks = OpenTasks::default();
        for task in self.open.values() {
            let count = match (task.heard, task.started) {
                (Heard::Opened, _) => &mut tasks.sockets,
                (Heard::Nothing | Heard::Accepted, Some(_)) => &mut tasks.running,
                (Heard::Nothing | Heard::Accepted, None) => &mut tasks.queued,
            };
            *count += 1;
        }
        tasks
    }

    /// Whether this abort is the first one of an open task; the others have no effect.
    pub(crate) fn abort(&mut self, task: TaskId) -> bool {
        let open = self.open.get_mut(&task);
        open.is_some_and(|open| !std::mem::replace(&mut open.aborted, true))
    }

    /// Whether this close is the first one of a socket.
    pub(crate) fn close_asked(&mut self, task: TaskId) -> bool {
        let open = self.open.get_mut(&task);
        open.is_some_and(|open| !std::mem::replace(&mut open.close_asked, true))
    }

    /// Whether this event is due: its task has not ended, its ask has not been answered. It is taken as told.
    pub(crate) fn is_due(&mut self, event: &Event) -> bool {
        let task = event.task;
        match &event.what {
            TaskEvent::Socket(event) => self.is_socket_event_due(task, event),
            TaskEvent::Success(_) | TaskEvent::Fail { .. } => self.ends(task),
            TaskEvent::Warning(_)
            | TaskEvent::HeadersReceived(_)
            | TaskEvent::Chunk(_)
            | TaskEvent::Sent(_)
            | TaskEvent::Written(_) => self.open.contains_key(&task),
        }
    }

    fn is_socket_event_due(&mut self, task: TaskId, event: &SocketEvent) -> bool {
        match event {
            SocketEvent::Accepted => self.note(task, Heard::Accepted),
            SocketEvent::Opened(_) => self.note(task, Heard::Opened),
            SocketEvent::Message(_) | SocketEvent::Error(_) => self.open.contains_key(&task),
            SocketEvent::Answered { ask, .. } => self.answers(task, *ask),
            SocketEvent::Closed(_) => self.ends(task),
        }
    }

    fn note(&mut self, task: TaskId, heard: Heard) -> bool {
        let open = self.open.get_mut(&task);
        open.map(|open| open.heard = heard).is_some()
    }

    fn ends(&mut self, task: TaskId) -> bool {
        let ended = self.open.remove(&task);
        self.held -= ended.as_ref().map_or(0, |open| open.facts.cost);
        ended.is_some()
    }

    fn answers(&mut self, task: TaskId, ask: AskId) -> bool {
        let answered = self.asked.remove(&(task, ask));
        self.held -= answered.as_ref().map_or(0, |asked| asked.cost);
        answered.is_some()
    }

    /// Ends everything: what is missing, in order.
    pub(crate) fn end_all(&mut self, cause: &Cause, app: &AppId, now: Instant) -> Vec<Notice> {
        let (open, asked) = (
            std::mem::take(&mut self.open),
            std::mem::take(&mut self.asked),
        );
        self.held = 0;
        let answers = asked.into_iter().map(|((task, ask), asked)| {
            Event::not_done(task, ask, asked.verb, cause.failure.clone()).into()
        });
        let ends = open
            .into_iter()
            .flat_map(|(task, open)| open.ended(task, cause, app, now));
        answers.chain(ends).collect()
    }

    /// The tasks that are open.
    pub(crate) fn tasks(&self) -> Vec<TaskId> {
        self.open.keys().copied().collect()
    }
}

impl OpenTask {
    fn ended(self, task: TaskId, cause: &Cause, app: &AppId, now: Instant) -> Vec<Notice> {
        let call = EndedCall {
            task,
            about: About::new(self.facts, self.called),
            started: self.started,
            ended: now,
        };
        if self.heard == Heard::Nothing {
            return vec![call.failed(cause.clone(), None, app.clone())];
        }
        let gone = GoneSocket {
            call,
            was_open: self.heard == Heard::Opened,
            handshake: None,
            unanswered: Vec::new(), // the ledger answers all asks by itself
        };
        gone.notices(SocketEnding::Broken(cause.clone()), app.clone())
    }
}
