//! Places at hosts (C1): how many tasks of one API run to one host at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Arc,
};

use appnet_policy::Api;

use super::Rank;

/// The places that one API has at one host.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    key: (Api, Arc<str>),
    most: NonZeroUsize,
}

/// The lanes of a pool in which somebody runs or waits. Of each lane that has a place, the first who waits is in the pool's set of those
/// who can start, which every method here takes for that.
#[derive(Debug, Default)]
pub(super) struct Lanes(BTreeMap<(Api, Arc<str>), State>);

#[derive(Debug, Default)]
struct State {
    running: usize,
    waiting: BTreeSet<Rank>,
    /// Who of them is in the set of those who can start.
    listed: Option<Rank>,
}

impl Lane {
    pub(super) fn new(api: Api, host: &str, most: NonZeroUsize) -> Self {
        Self {
            key: (api, Arc::from(host)),
            most,
        }
    }
}

impl Lanes {
    /// Whether a task may start as far as its host is concerned.
    pub(super) fn has_room(&self, lane: Option<&Lane>) -> bool {
        lane.is_none_or(|lane| {
            let state = self.0.get(&lane.key);
            state.is_none_or(|state| state.running < lane.most.get())
        })
    }

    /// A task starts.
    pub(super) fn enter(&mut self, lane: &Lane, ready: &mut BTreeSet<Rank>) {
        self.change(lane, ready, |state| state.running += 1);
    }

    /// A task has ended.
    pub(super) fn leave(&mut self, lane: &Lane, ready: &mut BTreeSet<Rank>) {
        self.change(lane, ready, |state| state.running -= 1);
    }

    /// A task begins to wait.
    pub(super) fn wait(&mut self, lane: &Lane, rank: Rank, ready: &mut BTreeSet<Rank>) {
        self.change(lane, ready, |state| {
            state.waiting.insert(rank);
        });
    }

    /// A task waits no longer.
    pub(super) fn give_up(&mut self, lane: &Lane, rank: Rank, ready: &mut BTreeSet<Rank>) {
        self.change(lane, ready, |state| {
            state.waiting.remove(&rank);
        });
    }

    fn change(&mut self, lane: &Lane, ready: &mut BTreeSet<Rank>, change: impl FnOnce(&mut State)) {
        let state = self.0.entry(lane.key.clone()).or_default();
        change(state);
        if let Some(listed) = state.listed.take() {
            ready.remove(&listed);
        }
        if state.running < lane.most.get() {
            state.listed = state.waiting.first().copied();
            ready.extend(state.listed);
        }
        if state.running == 0 && state.waiting.is_empty() {
            self.0.remove(&lane.key);
        }
    }
}
