//! A connection in the hands of one exchange.

use std::{cell::Cell, rc::Rc, time::Instant};

use crate::{
    connect::Destination, connection::Connection, http1::Moments, journal::Traffic, pool::Pool,
    stream::Stream,
};

/// A connection lent to one exchange. Dropped before [`finish`](Self::finish), the exchange was given up: an HTTP/1 connection,
/// which nobody else has, is closed there and then (C4); an HTTP/2 one loses the stream only.
pub(crate) struct Lease {
    connection: Rc<Connection>,
    pool: Rc<Pool>,
    destination: Destination,
    reused: bool,
    finished: bool,
    begun: Instant,
    /// What an HTTP/2 connection had counted before.
    before: (u64, u64),
    /// When the head of an HTTP/2 answer came, and when something was last sent before it.
    head: Cell<Option<(Instant, Option<Instant>)>>,
}

impl Lease {
    pub(crate) fn new(
        connection: Rc<Connection>,
        pool: &Rc<Pool>,
        destination: &Destination,
    ) -> Self {
        let reused = connection.begin();
        Self {
            reused,
            before: http2_counts(&connection),
            connection,
            pool: Rc::clone(pool),
            destination: destination.clone(),
            finished: false,
            begun: Instant::now(),
            head: Cell::new(None),
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether the connection had served before.
    pub(crate) const fn is_reused(&self) -> bool {
        self.reused
    }

    /// The head of the answer is here.
    pub(crate) fn note_head(&self) {
        if let Stream::Http2(wire) = self.connection.stream() {
            self.head
                .set(Some((Instant::now(), wire.borrow().last_sent())));
        }
    }

    /// What this exchange did to the connection so far. On a shared connection (HTTP/2) the neighbours' bytes are in it.
    pub(crate) fn traffic(&self) -> Traffic {
        match self.connection.stream() {
            Stream::Http1(http1) => {
                let http1 = http1.borrow();
                let (sent, received) = http1.counts();
                Traffic {
                    moments: http1.moments(),
                    sent,
                    received,
                }
            }
            Stream::Http2(_) => self.http2_traffic(),
        }
    }

    fn http2_traffic(&self) -> Traffic {
        let (sent, received) = http2_counts(&self.connection);
        let (first_received, last_sent) = self.head.get().unzip();
        let moments = Moments {
            first_sent: Some(self.begun),
            last_sent: last_sent.flatten().map(|last| last.max(self.begun)),
            first_received,
            last_received: first_received.map(|_| Instant::now()),
        };
        Traffic {
            moments,
            sent: sent - self.before.0,
            received: received - self.before.1,
        }
    }

    /// The exchange is over, to its last byte.
    pub(crate) fn finish(mut self) {
        self.finished = true;
    }

    /// A connection that has been silent since the exchange began may be dead without knowing.
    fn is_suspect(&self) -> bool {
        !self.finished && http2_counts(&self.connection).1 == self.before.1
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.connection.end();
        if self.connection.is_http2() {
            if self.is_suspect() {
                self.connection.retire();
            }
        } else if self.finished && self.connection.is_ready() {
            self.pool
                .put_back(&self.destination, Rc::clone(&self.connection));
        }
    }
}

fn http2_counts(connection: &Connection) -> (u64, u64) {
    match connection.stream() {
        Stream::Http1(_) => (0, 0),
        Stream::Http2(wire) => (wire.borrow().sent(), wire.borrow().received()),
    }
}
