//! What ends a program from outside: time and signals.
//!
//! A program that never returns to the main loop must be stopped too, so the watching is done on a thread of its own: it sets a
//! flag, which the engine reads while the program runs, and wakes the main loop.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime, sync::Notify};

use crate::ending::Ending;

/// Set once, by whichever comes first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    why: Mutex<Option<Ending>>,
    wake: Notify,
}

impl Stop {
    /// Starts watching: signals, and the clock.
    ///
    /// # Errors
    /// The system gives no thread or refuses to tell of signals.
    pub(crate) fn watch(max_time: Option<Duration>) -> io::Result<Self> {
        let stop = Self::default();
        let watched = stop.clone();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let signals = runtime.block_on(async { Signals::listen() })?;
        std::thread::Builder::new()
            .name("stop".to_owned())
            .spawn(move || watched.set(runtime.block_on(first(signals, max_time))))?;
        Ok(stop)
    }

    /// Stops the program, unless something did before.
    pub(crate) fn set(&self, why: Ending) {
        self.0
            .why
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(why);
        self.0.wake.notify_one();
    }

    /// Why the program is to stop, if it is.
    pub(crate) fn why(&self) -> Option<Ending> {
        self.0
            .why
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns when the program is to stop.
    pub(crate) async fn wait(&self) {
        while self.why().is_none() {
            self.0.wake.notified().await;
        }
    }
}

async fn first(signals: Signals, max_time: Option<Duration>) -> Ending {
    let time = async {
        match max_time {
            Some(time) => tokio::time::sleep(time).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ending = signals.next() => ending,
        () = time => Ending::TimedOut,
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(mut self) -> Ending {
        tokio::select! {
            _ = self.interrupt.recv() => Ending::Interrupted,
            _ = self.terminate.recv() => Ending::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(self) -> Ending {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Ending::Interrupted,
            Err(_unavailable) => std::future::pending().await,
        }
    }
}
