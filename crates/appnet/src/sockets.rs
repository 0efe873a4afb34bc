//! The workers of an app's sockets.

use std::{collections::BTreeMap, convert::Infallible};

use actix::{Actor, Addr};
use appnet_core::{AskId, IoEvent, JobId, SocketIo, SocketJob};
use appnet_policy::socket::{CloseFrame, SocketMessage};
use tokio::sync::mpsc;

use crate::socket_worker::{
    self, Alive, CloseOnSocket, Connect, DropSocket, Means, SendOnSocket, SocketWorker,
};

/// One worker for each socket that connects, is open or closing.
#[derive(Default)]
pub(crate) struct Sockets {
    workers: BTreeMap<JobId, Addr<SocketWorker>>,
    /// Made with the first worker: most apps have no socket, and a channel takes half a kilobyte.
    lives: Option<Lives>,
}

/// Tells when no worker is left.
struct Lives {
    alive: Alive,
    all_gone: mpsc::Receiver<Infallible>,
}

impl Lives {
    fn new() -> Self {
        let (alive, all_gone) = socket_worker::alive();
        Self { alive, all_gone }
    }
}

impl Sockets {
    pub(crate) fn connect(&mut self, job: Box<SocketJob>, means: Means) {
        let id = job.id;
        let alive = self.lives.get_or_insert_with(Lives::new).alive.clone();
        let worker = SocketWorker::new(means, alive).start();
        worker.do_send(Connect(job));
        self.workers.insert(id, worker);
    }

    pub(crate) fn send(&self, job: JobId, ask: AskId, message: SocketMessage) {
        if let Some(worker) = self.workers.get(&job) {
            worker.do_send(SendOnSocket { ask, message });
        }
    }

    pub(crate) fn close(&self, job: JobId, frame: CloseFrame) {
        if let Some(worker) = self.workers.get(&job) {
            worker.do_send(CloseOnSocket(frame));
        }
    }

    pub(crate) fn cancel(&mut self, job: JobId) {
        if let Some(worker) = self.workers.remove(&job) {
            worker.do_send(DropSocket);
        }
    }

    /// Lets go of the worker of a socket that has ended.
    pub(crate) fn hear(&mut self, job: JobId, event: &IoEvent) {
        if is_end(event) {
            self.workers.remove(&job);
        }
    }

    /// Returns when nothing of any socket is left, also of those that were cancelled before (B7).
    pub(crate) async fn gone(self) {
        drop(self.workers);
        if let Some(Lives {
            alive,
            mut all_gone,
        }) = self.lives
        {
            drop(alive);
            let _ = all_gone.recv().await; // nothing is ever sent: it ends with the last life
        }
    }
}

const fn is_end(event: &IoEvent) -> bool {
    match event {
        IoEvent::Crashed | IoEvent::Socket(SocketIo::Closed { .. } | SocketIo::Failed(_)) => true,
        IoEvent::Socket(
            SocketIo::Opened(_) | SocketIo::Message(_) | SocketIo::Sent(_) | SocketIo::NotSent(..),
        )
        | IoEvent::HeadersReceived(_)
        | IoEvent::Progress(_)
        | IoEvent::Chunk(_)
        | IoEvent::Redirected(_)
        | IoEvent::Written(_)
        | IoEvent::AwaitsApp
        | IoEvent::Finished(_) => false,
    }
}
