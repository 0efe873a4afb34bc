//! A clock that stands still until a test moves it.

use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    time::Duration,
};

use appnet_core::Instant;
use tokio::runtime::{Builder, Handle, Runtime};

use super::Clock;

/// A clock for the tests of a host, with the feature `manual-clock`: the time of the network stands still, and goes on by
/// [`advance`](Self::advance) alone. See [`NetworkBuilder::clock`](crate::NetworkBuilder::clock).
///
/// All that the network does by time follows it: the grace in the background (B1), timeouts (T1, T2), the back-off of restarts, how long names and
/// connections are kept. Connections are real, and need no time of this clock. Not of this clock are the dates that cookies, certificates and
/// kept answers go by: these are the system's.
///
/// A clone is the same clock. Several networks may share one.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Since this clock was made.
    passed: Mutex<Duration>,
    /// Of each thread whose time goes by this clock. A runtime that has ended stays here and has no time any more.
    runtimes: Mutex<Vec<Handle>>,
}

impl ManualClock {
    /// A clock that stands at its zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets so much time pass at once, as if the threads had been held up for that long: what was due meanwhile happens now, and each thing once.
    ///
    /// When it returns, the timers that are due have rung on all threads of the network. What comes of that is told to the apps a little later, so a test waits
    /// for the event. Timers are as fine as a millisecond.
    pub async fn advance(&self, by: Duration) {
        *lock(&self.0.passed) += by;
        let advancing: Vec<_> = lock(&self.0.runtimes)
            .iter()
            .map(|runtime| runtime.spawn(tokio::time::advance(by)))
            .collect();
        for advanced in advancing {
            let _ = advanced.await; // an error: the runtime has ended
        }
    }
}

/// A paused runtime of tokio moves its time to the next timer as soon as it has nothing to do, unless a blocking task runs: tokio takes it that
/// this one may have something to say first. Here a server may have. So one runs until the tasks of the runtime are dropped.
fn keep_still(runtime: &Runtime) {
    let (until_dropped, dropped) = mpsc::channel::<()>();
    runtime.spawn(async move {
        let _until_dropped = until_dropped;
        pending::<()>().await;
    });
    runtime.spawn_blocking(move || dropped.recv());
}

/// Nothing that holds one of these locks can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant::at(*lock(&self.0.passed))
    }

    /// The second of January 1970, so that what is counted from it is never before the epoch.
    fn unix_zero(&self) -> Duration {
        Duration::from_secs(24 * 60 * 60)
    }

    fn runtime(&self) -> std::io::Result<Runtime> {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build()?;
        keep_still(&runtime);
        lock(&self.0.runtimes).push(runtime.handle().clone());
        Ok(runtime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn time_stands_still_while_another_thread_is_waited_for() {
        let runtime = ManualClock::new().runtime().unwrap();
        let (asked, asks) = mpsc::channel::<tokio::sync::oneshot::Sender<()>>();
        let server = std::thread::spawn(move || asks.iter().all(|ask| ask.send(()).is_ok()));
        runtime.block_on(async {
            let begun = tokio::time::Instant::now();
            let timer = tokio::spawn(tokio::time::sleep(HOUR));
            for _ in 0..100 {
                let (answer, answered) = tokio::sync::oneshot::channel();
                asked.send(answer).unwrap();
                answered.await.unwrap();
            }
            assert_eq!(begun.elapsed(), Duration::ZERO);
            assert!(!timer.is_finished());
        });
        drop(asked);
        assert!(server.join().unwrap());
    }

    #[tokio::test]
    async fn timers_that_are_due_have_rung_on_every_thread_when_time_has_passed() {
        let clock = ManualClock::new();
        let (rang, mut rings) = tokio::sync::mpsc::unbounded_channel();
        let threads = [7, 8].map(|number| {
            let (runtime, rang) = (clock.runtime().unwrap(), rang.clone());
            let (stop, until) = tokio::sync::oneshot::channel::<()>();
            let (started, has_started) = mpsc::channel();
            let thread = std::thread::spawn(move || {
                runtime.block_on(async {
                    tokio::spawn(async move {
                        let sleep = tokio::time::sleep(HOUR);
                        started.send(()).unwrap();
                        sleep.await;
                        rang.send(number).unwrap();
                    });
                    until.await.unwrap_or_default();
                });
            });
            has_started.recv().unwrap();
            (thread, stop)
        });
        clock.advance(HOUR - Duration::from_millis(1)).await;
        assert!(rings.try_recv().is_err());
        clock.advance(Duration::from_millis(1)).await;
        let both = [rings.recv().await.unwrap(), rings.recv().await.unwrap()];
        assert_eq!(both.iter().sum::<i32>(), 15);
        assert_eq!(clock.now(), Instant::at(HOUR));
        for (thread, stop) in threads {
            stop.send(()).unwrap();
            thread.join().unwrap();
        }
    }
}
