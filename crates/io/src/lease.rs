//! A connection in the hands of one exchange.

use std::rc::Rc;

use crate::{
    connection::{Connection, Heard},
    origin::Origin,
};

/// A connection lent to one exchange. Dropped before [`finish`](Self::finish), the exchange was given up: an HTTP/1 connection,
/// which nobody else has, is closed there and then (C4); one that is shared loses the stream only. One that fell silent serves no other: nobody says
/// that a way of UDP was closed, and each call would wait for its deadline.
pub(crate) struct Lease {
    connection: Rc<Connection>,
    origin: Rc<Origin>,
    reused: bool,
    finished: bool,
    heard: Option<Heard>,
}

impl Lease {
    pub(crate) fn new(connection: Rc<Connection>, origin: Rc<Origin>) -> Self {
        Self {
            reused: connection.begin(),
            heard: connection.heard(),
            connection,
            origin,
            finished: false,
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether the connection had served before.
    pub(crate) const fn is_reused(&self) -> bool {
        self.reused
    }

    /// The server wants HTTP/1.1 instead.
    pub(crate) fn require_http1(&self) {
        self.origin.require_http1();
    }

    /// The exchange is over, and its connection can serve another.
    pub(crate) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.connection.end();
        let is_silent = |heard| self.connection.is_silent_since(heard);
        if !self.finished && self.heard.is_some_and(is_silent) {
            self.connection.retire();
        }
        if self.finished && self.connection.may_be_kept() {
            self.origin.put_back(Rc::clone(&self.connection));
        }
    }
}
