//! The sockets of an app after their handshake. Before that, a socket is a task (C1); after its end, nothing of it is left.
//!
//! ```text
//!   task ──Opened──▶ Open ──close()──▶ Closing ──the peer's close frame, or none in time──▶ gone
//!                      └──the peer closes, or it breaks───────────────────────────────────────▲
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use appnet_policy::{Failure, exchange::Profile, failure::AppFault, socket::SocketLimits};

use crate::{AskId, Instant, TaskId, task::About};

/// One that is open or closing.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) about: About,
    /// When it left the queue.
    pub(crate) started: Instant,
    /// Where the time of its handshake went.
    pub(crate) profile: Arc<Profile>,
    limits: SocketLimits,
    /// Messages that are not with the transport yet, and what each costs (W2).
    unsent: BTreeMap<AskId, usize>,
    /// What they cost together.
    unsent_cost: usize,
    /// Set when the app has closed it: until when the peer may take to answer.
    closing: Option<Instant>,
}

impl Socket {
    pub(crate) const fn new(
        about: About,
        started: Instant,
        profile: Arc<Profile>,
        limits: SocketLimits,
    ) -> Self {
        Self {
            about,
            started,
            profile,
            limits,
            unsent: BTreeMap::new(),
            unsent_cost: 0,
            closing: None,
        }
    }

    /// The asks that have no answer yet.
    pub(crate) fn unanswered(&self) -> Vec<AskId> {
        self.unsent.keys().copied().collect()
    }

    /// W2
    fn takes(&mut self, ask: AskId, cost: usize) -> Result<(), Failure> {
        if self.closing.is_some() {
            return Err(Failure::App(AppFault::SocketNotOpen));
        }
        let unsent_cost = self.unsent_cost.saturating_add(cost);
        if unsent_cost > self.limits.unsent_bytes {
            return Err(Failure::App(AppFault::TooMuchUnsent));
        }
        self.unsent_cost = unsent_cost;
        self.unsent.insert(ask, cost);
        Ok(())
    }
}

/// All sockets of an app. One that is closing has its deadline in `deadlines` too. Only the methods below change them, so that they agree.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    all: BTreeMap<TaskId, Socket>,
    deadlines: BTreeSet<(Instant, TaskId)>,
}

impl Sockets {
    pub(crate) fn insert(&mut self, id: TaskId, socket: Socket) {
        self.all.insert(id, socket);
    }

    /// Takes it out for good, its deadline too.
    pub(crate) fn remove(&mut self, id: TaskId) -> Option<Socket> {
        let socket = self.all.remove(&id)?;
        if let Some(until) = socket.closing {
            self.deadlines.remove(&(until, id));
        }
        Some(socket)
    }

    /// A message is given to send (W2).
    ///
    /// # Errors
    /// [`AppFault::SocketNotOpen`], [`AppFault::TooMuchUnsent`]
    pub(crate) fn send(&mut self, id: TaskId, ask: AskId, cost: usize) -> Result<(), Failure> {
        match self.all.get_mut(&id) {
            Some(socket) => socket.takes(ask, cost),
            None => Err(Failure::App(AppFault::SocketNotOpen)),
        }
    }

    /// A message waits no more; `false` if it did not.
    pub(crate) fn settle(&mut self, id: TaskId, ask: AskId) -> bool {
        let Some(socket) = self.all.get_mut(&id) else {
            return false;
        };
        let cost = socket.unsent.remove(&ask);
        socket.unsent_cost -= cost.unwrap_or(0);
        cost.is_some()
    }

    /// The app closes it; nothing is sent or heard any more. The peer has the time that its limits give it, and I/O, which counts it too,
    /// what it may take to part.
    ///
    /// # Errors
    /// [`AppFault::SocketNotOpen`]
    pub(crate) fn close(&mut self, id: TaskId, now: Instant) -> Result<(), Failure> {
        let open = |socket: &&mut Socket| socket.closing.is_none();
        let socket = self.all.get_mut(&id).filter(open);
        let socket = socket.ok_or(Failure::App(AppFault::SocketNotOpen))?;
        let until = now + socket.limits.close_wait + socket.limits.end_wait;
        socket.closing = Some(until);
        self.deadlines.insert((until, id));
        Ok(())
    }

    /// Whether the app has opened it and not closed it.
    pub(crate) fn is_open(&self, id: TaskId) -> bool {
        let socket = self.all.get(&id);
        socket.is_some_and(|socket| socket.closing.is_none())
    }

    /// Whether it is open or closing.
    pub(crate) fn has(&self, id: TaskId) -> bool {
        self.all.contains_key(&id)
    }

    /// Open and closing ones, in the order of their calls.
    pub(crate) fn ids(&self) -> Vec<TaskId> {
        self.all.keys().copied().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The first deadline, and whose it is.
    pub(crate) fn next_deadline(&self) -> Option<(Instant, TaskId)> {
        self.deadlines.first().copied()
    }
}
