//! Permits: how many tasks of an app run at once, and whose turn is next (C1, C2).
//!
//! A task that waits has a rank: its place in the queue of its pool, and a number of places behind it by its priority. The lowest rank
//! goes first. A rank never changes, so a task is overtaken by a bounded number of later ones and never starves. Where all priorities are
//! equal, that is first in, first out.
//!
//! A host may have fewer permits than there are. What waits for a place at its host stands in that host's lane, and only the first of a
//! lane that has a place is among those that can start: a busy host holds up nobody else, and costs no search.

mod lanes;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use appnet_policy::{
    Api, Policy,
    preset::{HostPermits, Permits, QueueOrder},
};

use self::lanes::{Lane, Lanes};
use crate::TaskId;

/// The right to run one task. Only [`Pools`] make one; it goes back there when the task ends. It cannot be copied, so what runs
/// is never more than what the pool gave out.
#[derive(Debug)]
#[must_use = "a permit that is not given back is lost to its app"]
pub struct Permit {
    pool: PoolIndex,
    /// Where it holds a place at a host too.
    lane: Option<Lane>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PoolIndex(usize);

/// Who goes first: the lowest. Of equal places the more urgent goes first: it stands fewer places behind its own. The task is there to
/// tell equals apart.
type Rank = (u64, u64, TaskId);

/// The pools of one app: a shared one, or one for each API, each with its queue.
#[derive(Debug)]
pub struct Pools {
    /// One pool (shared), or three: request and handshakes, uploads, downloads.
    pools: Vec<Pool>,
    queue_limit: usize,
    order: QueueOrder,
    host_permits: HostPermits,
}

#[derive(Debug)]
struct Pool {
    free: usize,
    /// Tasks that ever joined the queue.
    joined: u64,
    /// Who waits, and where.
    waiting: BTreeMap<TaskId, Place>,
    /// Of those, who can start as soon as a permit is free.
    ready: BTreeSet<Rank>,
    /// Places at hosts, and who waits for one.
    lanes: Lanes,
}

/// Where a task stands.
#[derive(Debug)]
struct Place {
    rank: Rank,
    lane: Option<Lane>,
}

/// What a pool answers to a new task.
#[derive(Debug)]
pub enum Admitted {
    /// It starts now.
    Now(Permit),
    /// It waits for its turn.
    Waits,
    /// The queue is full (C2).
    Full,
}

impl Pools {
    /// Pools with all their permits in them.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let sizes = match policy.permits {
            Permits::Shared(size) => vec![size],
            Permits::PerApi {
                request,
                upload_file,
                download_file,
            } => vec![request, upload_file, download_file],
        };
        Self {
            pools: sizes
                .into_iter()
                .map(|size| Pool::new(size.get()))
                .collect(),
            queue_limit: policy.queue_limit,
            order: policy.queue_order,
            host_permits: policy.host_permits,
        }
    }

    /// Gives a permit to a task that goes to `host`, or a place in the queue. A task that waits already and could start is never
    /// overtaken.
    pub fn admit(&mut self, api: Api, host: &str, task: TaskId) -> Admitted {
        let index = self.index(api);
        let places_behind = self.order.places_behind(api);
        let most = self.host_permits.of(api);
        let lane = most.map(|most| Lane::new(api, host, most));
        let queue_limit = self.queue_limit;
        let pool = self.pool(index);
        if pool.free > 0 && pool.ready.is_empty() && pool.lanes.has_room(lane.as_ref()) {
            Admitted::Now(pool.permit(index, lane))
        } else if pool.waiting.len() < queue_limit {
            pool.join(task, places_behind, lane);
            Admitted::Waits
        } else {
            Admitted::Full
        }
    }

    /// Takes a permit back.
    pub fn give_back(&mut self, permit: Permit) {
        let pool = self.pool(permit.pool);
        pool.free += 1;
        if let Some(lane) = permit.lane {
            pool.lanes.leave(&lane, &mut pool.ready);
        }
    }

    /// Takes a task out of the queue.
    pub fn leave_queue(&mut self, api: Api, task: TaskId) {
        let index = self.index(api);
        self.pool(index).leave(task);
    }

    /// The next task whose turn has come, with its permit.
    pub fn next_turn(&mut self) -> Option<(TaskId, Permit)> {
        let pools = self.pools.iter_mut().enumerate();
        pools
            .filter(|(_, pool)| pool.free > 0)
            .find_map(|(index, pool)| {
                let (_, _, task) = *pool.ready.first()?;
                let lane = pool.leave(task);
                Some((task, pool.permit(PoolIndex(index), lane)))
            })
    }

    fn index(&self, api: Api) -> PoolIndex {
        PoolIndex(match api {
            Api::Request | Api::ConnectSocket => 0,
            Api::UploadFile => 1.min(self.pools.len() - 1),
            Api::DownloadFile => 2.min(self.pools.len() - 1),
        })
    }

    fn pool(&mut self, index: PoolIndex) -> &mut Pool {
        self.pools
            .get_mut(index.0)
            .expect("an index is made by `index` or `next_turn` alone")
    }
}

impl Pool {
    fn new(permits: usize) -> Self {
        Self {
            free: permits,
            joined: 0,
            waiting: BTreeMap::new(),
            ready: BTreeSet::new(),
            lanes: Lanes::default(),
        }
    }

    /// A permit out of those that are free, with a place at its host.
    fn permit(&mut self, pool: PoolIndex, lane: Option<Lane>) -> Permit {
        self.free -= 1;
        if let Some(lane) = &lane {
            self.lanes.enter(lane, &mut self.ready);
        }
        Permit { pool, lane }
    }

    fn join(&mut self, task: TaskId, places_behind: u64, lane: Option<Lane>) {
        let place = self.joined.saturating_add(places_behind);
        let rank = (place, places_behind, task);
        self.joined += 1;
        match &lane {
            Some(lane) => self.lanes.wait(lane, rank, &mut self.ready),
            None => {
                self.ready.insert(rank);
            }
        }
        self.waiting.insert(task, Place { rank, lane });
    }

    /// Takes a task out of the queue; returns the lane that it stood in.
    fn leave(&mut self, task: TaskId) -> Option<Lane> {
        let Place { rank, lane } = self.waiting.remove(&task)?;
        match &lane {
            Some(lane) => self.lanes.give_up(lane, rank, &mut self.ready),
            None => {
                self.ready.remove(&rank);
            }
        }
        lane
    }
}
