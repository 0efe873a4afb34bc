//! The threads of a network: one for the supervisor, and some that apps are spread over.

use std::{
    io,
    num::NonZeroUsize,
    sync::{Arc, mpsc},
    thread,
};

use actix::{Actor, Addr};
use actix_rt::{Arbiter, ArbiterHandle, System};
use tokio::sync::watch;

use crate::{clock::Clock, supervisor::NetworkSupervisor};

/// A running actix system on its own threads. Several live side by side: nothing in it is global.
pub(crate) struct Threads {
    /// Nothing is ever sent: the sender is dropped when all threads have ended.
    running: watch::Receiver<()>,
}

impl Threads {
    /// Starts the threads, whose timers go by `clock`, and the supervisor on the first of them.
    pub(crate) fn start(
        apps: NonZeroUsize,
        clock: Arc<dyn Clock>,
        make_supervisor: impl FnOnce(Vec<ArbiterHandle>) -> NetworkSupervisor + Send + 'static,
    ) -> io::Result<(Self, Addr<NetworkSupervisor>)> {
        let runtime = clock.runtime()?;
        let (started, has_started) = mpsc::sync_channel(1);
        let (until_ended, running) = watch::channel(());
        thread::Builder::new()
            .name("appnet".to_owned())
            .spawn(move || {
                let runner = System::with_tokio_rt(|| runtime);
                let arbiters: io::Result<Vec<_>> =
                    (0..apps.get()).map(|_| arbiter(&clock)).collect();
                let arbiters = match arbiters {
                    Ok(arbiters) => arbiters,
                    Err(error) => {
                        let _ = started.send(Err(error)); // it waits for that
                        return;
                    }
                };
                let handles = arbiters.iter().map(Arbiter::handle).collect();
                let supervisor = runner.block_on(async { make_supervisor(handles).start() });
                let _ = started.send(Ok(supervisor));
                let _ = runner.run(); // its code is always 0
                for arbiter in arbiters {
                    arbiter.stop();
                    let _ = arbiter.join(); // an arbiter that panicked has ended too
                }
                drop(until_ended);
            })?;
        let supervisor = has_started
            .recv()
            .map_err(|_| io::Error::other("the network's thread ended at its start"))??;
        Ok((Self { running }, supervisor))
    }

    /// Returns when all threads have ended, however many wait for it. The supervisor ends them: see
    /// [`ShutDown`](crate::supervisor::ShutDown).
    pub(crate) async fn ended(&self) {
        let mut running = self.running.clone();
        while running.changed().await.is_ok() {}
    }
}

/// A thread for apps.
fn arbiter(clock: &Arc<dyn Clock>) -> io::Result<Arbiter> {
    let clock = Arc::clone(clock);
    Arbiter::try_with_tokio_rt(move || clock.runtime())
}
