//! The tasks of an app that have not ended, with their permits, their queue and their deadlines.

use std::collections::{BTreeMap, BTreeSet};

use appnet_policy::{Api, Policy};

use crate::{
    Instant, TaskId,
    pool::{Admitted, Permit, Pools},
    task::{Phase, Running, Task},
};

/// Every open task is in `open`; those that run have their deadline in `deadlines` and a permit of `pools`, those that wait
/// stand in a queue of `pools`. Only the verbs below change them, so that the three agree.
#[derive(Debug)]
pub(crate) struct Tasks {
    open: BTreeMap<TaskId, Task>,
    pools: Pools,
    deadlines: BTreeSet<(Instant, TaskId)>,
}

impl Tasks {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            open: BTreeMap::new(),
            pools: Pools::new(policy.permits, policy.queue_limit),
            deadlines: BTreeSet::new(),
        }
    }

    pub(crate) fn admit(&mut self, api: Api, task: TaskId) -> Admitted {
        self.pools.admit(api, task)
    }

    /// Takes in a task that waits.
    pub(crate) fn insert_queued(&mut self, id: TaskId, task: Task) {
        self.open.insert(id, task);
    }

    /// Takes in a task that runs until `deadline`.
    pub(crate) fn insert_running(
        &mut self,
        id: TaskId,
        about: crate::task::About,
        running: Running,
    ) {
        self.deadlines.insert((running.deadline, id));
        self.open.insert(
            id,
            Task {
                about,
                phase: Phase::Running(running),
            },
        );
    }

    /// The next task whose turn has come; its queued form is taken out.
    pub(crate) fn next_turn(&mut self) -> Option<(TaskId, Task, Permit)> {
        let (id, permit) = self.pools.next_turn()?;
        let task = self
            .open
            .remove(&id)
            .expect("who stands in a queue is open");
        Some((id, task, permit))
    }

    /// Takes a task out for good: its permit is free, its place in the queue and its deadline are gone.
    pub(crate) fn remove(&mut self, id: TaskId) -> Option<Ended> {
        let Task { about, phase } = self.open.remove(&id)?;
        let started = match phase {
            Phase::Queued(_) => {
                self.pools.leave_queue(about.api, id);
                None
            }
            Phase::Running(running) => {
                self.deadlines.remove(&(running.deadline, id));
                self.pools.give_back(running.permit);
                Some(running.started)
            }
        };
        Some(Ended { about, started })
    }

    pub(crate) fn is_running(&self, id: TaskId) -> bool {
        self.open
            .get(&id)
            .is_some_and(|task| matches!(task.phase, Phase::Running(_)))
    }

    /// Open tasks in the order of their calls.
    pub(crate) fn ids(&self) -> Vec<TaskId> {
        self.open.keys().copied().collect()
    }

    /// Tasks with a permit, in the order of their calls.
    pub(crate) fn running(&self) -> Vec<TaskId> {
        self.open
            .iter()
            .filter(|(_, task)| matches!(task.phase, Phase::Running(_)))
            .map(|(id, _)| *id)
            .collect()
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The first task whose deadline is not after `now`.
    pub(crate) fn first_overdue(&self, now: Instant) -> Option<TaskId> {
        self.deadlines
            .first()
            .filter(|(deadline, _)| *deadline <= now)
            .map(|(_, id)| *id)
    }
}

/// What is left of a task that was taken out.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) about: crate::task::About,
    /// When it left the queue, if it did.
    pub(crate) started: Option<Instant>,
}
