//! Stopping many exchanges without holding up those that go on.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinHandle};

/// One thread's order of teardown. To close a TLS connection costs some 15 µs, an interruption of many apps closes thousands of
/// them, and the same thread has other apps to tell and to serve: so exchanges are stopped one at a time, and whatever else is
/// ready has its turn between two of them.
#[derive(Debug, Clone)]
pub(crate) struct Teardown(Arc<Semaphore>);

impl Teardown {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }

    /// Stops the task when its turn comes.
    pub(crate) fn abort_in_turn(&self, task: JoinHandle<()>) {
        let Self(turn) = self.clone();
        actix_rt::spawn(async move {
            let _turn = turn.acquire().await; // never closed
            task.abort();
            let _ = task.await; // cancelled, as asked
        });
    }

    /// Returns when all that stand in the order now have had their turn.
    pub(crate) async fn passed(&self) {
        let _ = self.0.acquire().await; // never closed
    }
}
