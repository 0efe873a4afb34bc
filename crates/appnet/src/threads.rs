//! The threads of a network: one for the supervisor, and some that apps are spread over.

use std::{
    io,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use actix::{Actor, Addr};
use actix_rt::{Arbiter, ArbiterHandle, System};
use tokio::sync::oneshot;

use crate::{messages::CloseAll, supervisor::NetworkSupervisor};

/// A running actix system on its own threads. Several live side by side: nothing in it is global.
pub(crate) struct Threads {
    system: System,
    /// Fires when all threads have ended; taken by the first who waits.
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Threads {
    /// Starts the threads and the supervisor on the first of them.
    pub(crate) fn start(
        apps: usize,
        make_supervisor: impl FnOnce(Vec<ArbiterHandle>) -> NetworkSupervisor + Send + 'static,
    ) -> io::Result<(Self, Addr<NetworkSupervisor>)> {
        let (started, has_started) = mpsc::sync_channel(1);
        let (ending, ended) = oneshot::channel();
        thread::Builder::new()
            .name("appnet".to_owned())
            .spawn(move || {
                let runner = System::new();
                let arbiters: Vec<Arbiter> = (0..apps.max(1)).map(|_| Arbiter::new()).collect();
                let handles = arbiters.iter().map(Arbiter::handle).collect();
                let supervisor = runner.block_on(async { make_supervisor(handles).start() });
                let _ = started.send((System::current(), supervisor)); // nobody waits: the system stops below
                let _ = runner.run(); // its code is always 0
                for arbiter in arbiters {
                    arbiter.stop();
                    let _ = arbiter.join(); // an arbiter that panicked has ended too
                }
                let _ = ending.send(());
            })?;
        let (system, supervisor) = has_started
            .recv()
            .map_err(|_| io::Error::other("the network's thread ended at its start"))?;
        Ok((
            Self {
                system,
                ended: Mutex::new(Some(ended)),
            },
            supervisor,
        ))
    }

    /// Closes every app, ends the threads and waits for that.
    pub(crate) async fn shut_down(&self, supervisor: &Addr<NetworkSupervisor>) {
        let _ = supervisor.send(CloseAll).await; // an error: it is shut down already
        self.system.stop();
        let ended = self
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(ended) = ended {
            let _ = ended.await;
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.system.stop();
    }
}
