//! The connections to one server that can be used again, and whose turn it is to make one.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, MutexGuard};

use crate::{connect::Destination, connection::Connection};

/// What an app has of one destination.
pub(crate) struct Origin {
    destination: Destination,
    /// HTTP/1, the last used at the end.
    idle: RefCell<Vec<Rc<Connection>>>,
    most_idle: usize,
    /// HTTP/2 and HTTP/3: one connection for all.
    shared: RefCell<Option<Rc<Connection>>>,
    /// Whoever holds it makes the connection that the others may share.
    turn: Mutex<()>,
    /// Connections that could not be made.
    failures: Cell<u64>,
    protocols: Cell<Protocols>,
}

/// What is known of the versions of HTTP that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocols {
    Unknown,
    /// It answered an offer of HTTP/2 with HTTP/1: nobody waits for a connection to share.
    Http1,
    /// It speaks HTTP/2 and wants HTTP/1.1 for what was asked of it (HTTP_1_1_REQUIRED).
    Http1Required,
}

/// How a new connection is to be made.
pub(crate) enum ConnectPlan<'a> {
    /// Another call has just made one to share.
    Share(Rc<Connection>),
    /// It is this call's turn; others wait for what comes of it.
    Lead(MutexGuard<'a, ()>),
    /// Whatever others do: there is nothing to share.
    Alone,
}

impl Origin {
    pub(crate) fn new(destination: Destination, most_idle: usize) -> Self {
        Self {
            destination,
            idle: RefCell::default(),
            most_idle,
            shared: RefCell::default(),
            turn: Mutex::default(),
            failures: Cell::new(0),
            protocols: Cell::new(Protocols::Unknown),
        }
    }

    pub(crate) const fn destination(&self) -> &Destination {
        &self.destination
    }

    /// A connection that may be used again: nothing came that nobody asked for.
    pub(crate) fn reuse(&self) -> Option<Rc<Connection>> {
        self.shared().or_else(|| self.take_idle())
    }

    /// Waits for what is known only when the first connection is made: whether others can share it.
    pub(crate) async fn plan(&self) -> ConnectPlan<'_> {
        if !self.destination.may_share() || self.protocols.get() != Protocols::Unknown {
            return ConnectPlan::Alone;
        }
        let failures = self.failures.get();
        let turn = self.turn.lock().await;
        match self.shared() {
            Some(connection) => ConnectPlan::Share(connection),
            // Whoever had its turn before has learnt that there is nothing to wait for.
            None if self.protocols.get() != Protocols::Unknown => ConnectPlan::Alone,
            None if self.failures.get() != failures => ConnectPlan::Alone,
            None => ConnectPlan::Lead(turn),
        }
    }

    /// A connection was made; where there is one to share already, that one is given back.
    pub(crate) fn made(&self, connection: Rc<Connection>) -> Rc<Connection> {
        if !connection.is_shared() {
            if self.destination.may_share() {
                self.protocols.set(Protocols::Http1);
            }
            return connection;
        }
        if self.protocols.get() == Protocols::Http1 {
            self.protocols.set(Protocols::Unknown);
        }
        match self.shared() {
            Some(earlier) => earlier,
            None => Rc::clone(self.shared.borrow_mut().insert(connection)),
        }
    }

    pub(crate) fn failed(&self) {
        self.failures.set(self.failures.get() + 1);
    }

    /// The server wants HTTP/1.1.
    pub(crate) fn require_http1(&self) {
        self.protocols.set(Protocols::Http1Required);
    }

    pub(crate) fn requires_http1(&self) -> bool {
        self.protocols.get() == Protocols::Http1Required
    }

    /// An exchange over HTTP/1 is over.
    pub(crate) fn put_back(&self, connection: Rc<Connection>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.most_idle {
            idle.push(connection);
        }
    }

    pub(crate) fn close_long_idle(&self, timeout: Duration, now: Instant) {
        let keep = |connection: &Rc<Connection>| {
            connection.idle_for(now).is_none_or(|idle| idle < timeout)
        };
        self.idle.borrow_mut().retain(keep);
        self.shared
            .borrow_mut()
            .take_if(|connection| !keep(connection));
    }

    /// Whether nothing is known or kept here.
    pub(crate) fn is_empty(&self) -> bool {
        self.idle.borrow().is_empty()
            && self.shared.borrow().is_none()
            && self.protocols.get() == Protocols::Unknown
    }

    fn shared(&self) -> Option<Rc<Connection>> {
        let mut shared = self.shared.borrow_mut();
        shared.take_if(|connection| !connection.is_ready());
        shared.clone()
    }

    /// The last used first: it is the least likely to be closed by now.
    fn take_idle(&self) -> Option<Rc<Connection>> {
        let mut idle = self.idle.borrow_mut();
        while let Some(connection) = idle.pop() {
            if connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }
}
