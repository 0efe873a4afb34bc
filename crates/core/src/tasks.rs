//! The tasks of an app that have not ended, with their permits, their queue and their deadlines.

use std::collections::{BTreeMap, BTreeSet};

use appnet_policy::{Api, Policy, rules::Refusal, socket::SocketLimits};

use crate::{
    Instant, TaskId,
    pool::{Admitted, Permit, Pools},
    task::{About, Running, Waiting},
};

/// A task that waits stands in a queue of `pools`. A task that runs has a permit of `pools`, and its deadline is in `deadlines`. Only the
/// methods below change them, so that they agree.
#[derive(Debug)]
pub(crate) struct Tasks {
    waiting: BTreeMap<TaskId, Waiting>,
    running: BTreeMap<TaskId, Running>,
    pools: Pools,
    deadlines: BTreeSet<(Instant, TaskId)>,
}

/// What is left of a task that was taken out.
#[derive(Debug)]
pub(crate) struct Removed {
    pub(crate) about: About,
    /// When it left the queue, if it did.
    pub(crate) started: Option<Instant>,
}

impl Tasks {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
            pools: Pools::new(policy),
            deadlines: BTreeSet::new(),
        }
    }

    /// There is no task and there may be none for long: a map that is empty again keeps room for eleven tasks.
    pub(crate) fn give_room_back(&mut self) {
        let Self {
            waiting,
            running,
            deadlines,
            pools: _,
        } = self;
        if waiting.is_empty() && running.is_empty() && deadlines.is_empty() {
            (*waiting, *running, *deadlines) = Default::default();
        }
    }

    /// Asks for a permit. A task that waits must then be inserted by [`insert_waiting`](Self::insert_waiting), one that got a permit by
    /// [`insert_running`](Self::insert_running).
    pub(crate) fn admit(&mut self, api: Api, host: &str, task: TaskId) -> Admitted {
        self.pools.admit(api, host, task)
    }

    pub(crate) fn insert_waiting(&mut self, id: TaskId, task: Waiting) {
        self.waiting.insert(id, task);
    }

    pub(crate) fn insert_running(&mut self, id: TaskId, task: Running) {
        self.deadlines
            .extend(task.deadline.map(|deadline| (deadline, id)));
        self.running.insert(id, task);
    }

    /// T2: another deadline for a task that runs, or none.
    pub(crate) fn set_deadline(&mut self, id: TaskId, deadline: Option<Instant>) {
        let Some(task) = self.running.get_mut(&id) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut task.deadline, deadline) {
            self.deadlines.remove(&(old, id));
        }
        self.deadlines
            .extend(deadline.map(|deadline| (deadline, id)));
    }

    /// The next task whose turn has come, taken out of the queue.
    pub(crate) fn next_turn(&mut self) -> Option<(TaskId, Waiting, Permit)> {
        let (id, permit) = self.pools.next_turn()?;
        let task = self
            .waiting
            .remove(&id)
            .expect("who stands in a queue waits");
        Some((id, task, permit))
    }

    /// Takes a task out for good: its permit is free, its place in the queue and its deadline are gone.
    pub(crate) fn remove(&mut self, id: TaskId) -> Option<Removed> {
        if let Some(task) = self.running.remove(&id) {
            if let Some(deadline) = task.deadline {
                self.deadlines.remove(&(deadline, id));
            }
            self.pools.give_back(task.permit);
            Some(Removed {
                about: task.about,
                started: Some(task.started),
            })
        } else {
            let task = self.waiting.remove(&id)?;
            self.pools.leave_queue(task.about.api(), id);
            Some(Removed {
                about: task.about,
                started: None,
            })
        }
    }

    pub(crate) fn is_running(&self, id: TaskId) -> bool {
        self.running.contains_key(&id)
    }

    /// Whether it is an exchange that runs.
    pub(crate) fn is_exchange(&self, id: TaskId) -> bool {
        let running = self.running.get(&id);
        running.is_some_and(|task| task.handshake().is_none())
    }

    /// Whether it is a socket that shakes hands.
    pub(crate) fn is_handshake(&self, id: TaskId) -> bool {
        let running = self.running.get(&id);
        running.is_some_and(|task| task.handshake().is_some())
    }

    /// Whether it is a socket that waits or shakes hands.
    pub(crate) fn is_socket(&self, id: TaskId) -> bool {
        self.about(id)
            .is_some_and(|about| about.api() == Api::ConnectSocket)
    }

    /// How many of them are sockets (C3).
    pub(crate) fn sockets(&self) -> usize {
        let running = self.running.values().map(|task| &task.about);
        let waiting = self.waiting.values().map(|task| &task.about);
        let is_socket = |about: &&About| about.api() == Api::ConnectSocket;
        running.chain(waiting).filter(is_socket).count()
    }

    /// Takes out a socket that has shaken hands, as [`remove`](Self::remove) does; also says when it left the queue, and its bounds.
    pub(crate) fn remove_handshake(
        &mut self,
        id: TaskId,
    ) -> Option<(About, Instant, SocketLimits)> {
        let limits = self.running.get(&id)?.handshake()?;
        let removed = self.remove(id)?;
        Some((removed.about, removed.started?, limits))
    }

    fn about(&self, id: TaskId) -> Option<&About> {
        let running = self.running.get(&id).map(|task| &task.about);
        running.or_else(|| self.waiting.get(&id).map(|task| &task.about))
    }

    /// A task that runs.
    pub(crate) fn running_mut(&mut self, id: TaskId) -> Option<&mut Running> {
        self.running.get_mut(&id)
    }

    /// Notes what a release would have refused on the way (U8).
    pub(crate) fn note(&mut self, id: TaskId, would_refuse: &[Refusal]) {
        if let Some(task) = self.running.get_mut(&id) {
            task.about.noted.extend_from_slice(would_refuse);
        }
    }

    /// The tasks that run, in the order of their calls.
    pub(crate) fn running(&self) -> Vec<TaskId> {
        self.running.keys().copied().collect()
    }

    /// The tasks that wait, in the order of their calls.
    pub(crate) fn waiting(&self) -> Vec<TaskId> {
        self.waiting.keys().copied().collect()
    }

    /// How many have not ended.
    pub(crate) fn len(&self) -> usize {
        self.running.len() + self.waiting.len()
    }

    /// The first deadline, and whose it is.
    pub(crate) fn next_deadline(&self) -> Option<(Instant, TaskId)> {
        self.deadlines.first().copied()
    }
}
