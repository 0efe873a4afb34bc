//! Permits: how many tasks of an app run at once (C1, C2).

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use appnet_policy::{Api, preset::Permits};

use crate::TaskId;

/// The right to run one task. Only [`Pools`] make one; it goes back there when the task ends. It cannot be copied, so what runs
/// is never more than what the pool gave out.
#[derive(Debug)]
#[must_use = "a permit that is not given back is lost to its app"]
pub struct Permit {
    pool: PoolIndex,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PoolIndex(usize);

/// The pools of one app: a shared one, or one for each API, each with its queue.
#[derive(Debug)]
pub struct Pools {
    /// One pool (shared), or three: request and handshakes, uploads, downloads.
    pools: Vec<Pool>,
    queue_limit: usize,
}

#[derive(Debug)]
struct Pool {
    free: usize,
    /// First in, first out: the order of ids is the order of calls.
    waiting: BTreeSet<TaskId>,
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
    pub fn new(permits: Permits, queue_limit: usize) -> Self {
        let sizes = match permits {
            Permits::Shared(size) => vec![size],
            Permits::PerApi {
                request,
                upload_file,
                download_file,
            } => vec![request, upload_file, download_file],
        };
        let pools = sizes
            .into_iter()
            .map(|size| Pool {
                free: size.get(),
                waiting: BTreeSet::new(),
            })
            .collect();
        Self { pools, queue_limit }
    }

    /// Gives a permit to the task, or a place in the queue. A task that waits already is never overtaken.
    pub fn admit(&mut self, api: Api, task: TaskId) -> Admitted {
        let index = self.index(api);
        let queue_limit = self.queue_limit;
        let pool = self.pool(index);
        if pool.free > 0 && pool.waiting.is_empty() {
            pool.free -= 1;
            Admitted::Now(Permit { pool: index })
        } else if pool.waiting.len() < queue_limit {
            pool.waiting.insert(task);
            Admitted::Waits
        } else {
            Admitted::Full
        }
    }

    /// Takes a permit back.
    pub fn give_back(&mut self, permit: Permit) {
        self.pool(permit.pool).free += 1;
    }

    /// Takes a task out of the queue.
    pub fn leave_queue(&mut self, api: Api, task: TaskId) {
        let index = self.index(api);
        self.pool(index).waiting.remove(&task);
    }

    /// The next task whose turn has come, with its permit.
    pub fn next_turn(&mut self) -> Option<(TaskId, Permit)> {
        self.pools.iter_mut().enumerate().find_map(|(index, pool)| {
            let task = if pool.free > 0 {
                pool.waiting.pop_first()?
            } else {
                return None;
            };
            pool.free -= 1;
            Some((
                task,
                Permit {
                    pool: PoolIndex(index),
                },
            ))
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
