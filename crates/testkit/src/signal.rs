//! How a test waits for what happens in a server's thread.

use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How long a test waits for an event, in real time even where the test's own time is virtual. Generous, because it decides
/// only how soon a broken test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often waiters look at the clock.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Says "something changed" to all who wait for a condition.
#[derive(Debug, Default)]
pub(crate) struct Signal(Notify);

impl Signal {
    /// To be called after each change.
    pub(crate) fn changed(&self) {
        self.0.notify_waiters();
    }

    /// Wakes waiters so that they notice when their patience ends: their own runtime may have no timers, or virtual ones.
    pub(crate) async fn beat(&self) {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            self.changed();
        }
    }

    /// Waits until `probe` finds what it looks for.
    ///
    /// # Panics
    /// After 20 seconds of real time, with the text of `missing`: a failed test says more than one that hangs.
    pub(crate) async fn until<R>(
        &self,
        mut probe: impl FnMut() -> Option<R>,
        missing: impl Fn() -> String,
    ) -> R {
        let start = Instant::now();
        loop {
            let mut change = std::pin::pin!(self.0.notified());
            // Listen before looking: a change between the two must not be lost.
            change.as_mut().enable();
            if let Some(found) = probe() {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "{}", missing());
            change.await;
        }
    }
}
