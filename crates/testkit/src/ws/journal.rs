//! What a WebSocket origin saw.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::signal::Signal;

/// Numbers at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketCounts {
    /// TCP connections open.
    pub connections: usize,
    /// Sockets open: shaken hands, and their connection not ended.
    pub open: usize,
    /// Messages received, since the start.
    pub messages: usize,
}

/// One handshake, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Path and query.
    pub path: String,
    /// The fields in order; names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Handshake {
    /// The first field of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    pages: Mutex<Pages>,
    pub(super) signal: Signal,
}

#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) counts: SocketCounts,
    pub(super) handshakes: Vec<Handshake>,
    pub(super) closes: Vec<Option<(u16, String)>>,
}

impl Journal {
    pub(super) fn counts(&self) -> SocketCounts {
        self.pages().counts
    }

    pub(super) fn handshake(&self, n: usize) -> Option<Handshake> {
        self.pages().handshakes.get(n).cloned()
    }

    pub(super) fn closed(&self, n: usize) -> Option<Option<(u16, String)>> {
        self.pages().closes.get(n).cloned()
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Pages)) {
        change(&mut self.pages());
        self.signal.changed();
    }

    /// Counts one more until the guard is dropped.
    pub(super) fn count(&self, counter: fn(&mut SocketCounts) -> &mut usize) -> Guard<'_> {
        self.note(|pages| *counter(&mut pages.counts) += 1);
        Guard {
            journal: self,
            counter,
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one less when it is dropped.
pub(super) struct Guard<'a> {
    journal: &'a Journal,
    counter: fn(&mut SocketCounts) -> &mut usize,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.journal
            .note(|pages| *(self.counter)(&mut pages.counts) -= 1);
    }
}
