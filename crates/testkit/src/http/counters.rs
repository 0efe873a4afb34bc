//! What an origin counts.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::signal::Signal;

/// Numbers at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests read whole, since the start.
    pub requests: usize,
    /// Requests being answered: from the last byte of the request to just before the last byte of the answer leaves, so that a
    /// client that starts one when another has ended is never counted twice. An abort counts until the server notices it.
    pub in_flight: usize,
    /// The most that were ever in flight.
    pub max_in_flight: usize,
    /// Connections accepted, since the start.
    pub connections: usize,
    /// Connections open.
    pub open: usize,
}

/// The counters behind them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicUsize,
    in_flight: AtomicUsize,
    max_in_flight: AtomicUsize,
    connections: AtomicUsize,
    open: AtomicUsize,
    pub(super) signal: Signal,
}

impl Counters {
    pub(super) fn now(&self) -> Counts {
        Counts {
            requests: self.requests.load(SeqCst),
            in_flight: self.in_flight.load(SeqCst),
            max_in_flight: self.max_in_flight.load(SeqCst),
            connections: self.connections.load(SeqCst),
            open: self.open.load(SeqCst),
        }
    }

    /// Counts a connection, says which one it is, and counts it as open until the guard is dropped.
    pub(super) fn connection(&self) -> (usize, Guard<'_>) {
        let index = self.connections.fetch_add(1, SeqCst);
        (index, self.guard(&self.open))
    }

    /// Counts a request, and counts it as in flight until the guard is dropped.
    pub(super) fn request(&self) -> Guard<'_> {
        // In flight first: who sees the request counted must find it in flight too.
        let now = self.in_flight.fetch_add(1, SeqCst) + 1;
        self.max_in_flight.fetch_max(now, SeqCst);
        self.requests.fetch_add(1, SeqCst);
        self.signal.changed();
        Guard {
            counter: &self.in_flight,
            signal: &self.signal,
        }
    }

    fn guard<'a>(&'a self, counter: &'a AtomicUsize) -> Guard<'a> {
        counter.fetch_add(1, SeqCst);
        self.signal.changed();
        Guard {
            counter,
            signal: &self.signal,
        }
    }
}

/// Counts one less when it is dropped.
#[derive(Debug)]
pub(super) struct Guard<'a> {
    counter: &'a AtomicUsize,
    signal: &'a Signal,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.counter.fetch_sub(1, SeqCst);
        self.signal.changed();
    }
}
