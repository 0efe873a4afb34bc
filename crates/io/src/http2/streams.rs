//! How many calls may be on a connection at a time, and who waits (H5).
//!
//! h2 would take a call that has to wait, too, but sends it even if it was given up meanwhile, only to reset it.

use std::{cell::Cell, rc::Rc, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The streams that the server allows: one until it says how many (RFC 9113 §6.5.2).
#[derive(Debug, Clone)]
pub(super) struct Streams(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    room: Arc<Semaphore>,
    most: Cell<usize>,
    /// Streams that are open beyond what the server has allowed since.
    excess: Cell<usize>,
}

/// One stream of those that are allowed.
#[derive(Debug)]
pub(super) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    streams: Streams,
}

/// Before the server's SETTINGS are here nobody knows how many streams it allows: a burst waits for them.
const BEFORE_SETTINGS: usize = 1;

impl Streams {
    pub(super) fn new() -> Self {
        Self(Rc::new(Inner {
            room: Arc::new(Semaphore::new(BEFORE_SETTINGS)),
            most: Cell::new(BEFORE_SETTINGS),
            excess: Cell::new(0),
        }))
    }

    /// Waits for a place, first come, first served; `None` once the connection takes no more calls.
    pub(super) async fn place(&self) -> Option<Place> {
        let permit = Arc::clone(&self.0.room).acquire_owned().await.ok()?;
        Some(Place {
            permit: Some(permit),
            streams: self.clone(),
        })
    }

    /// The server says how many it allows; those that are open stay.
    pub(super) fn allow(&self, most: usize) {
        let inner = &self.0;
        let most = most.min(Semaphore::MAX_PERMITS);
        let before = inner.most.replace(most);
        if most < before {
            let fewer = before - most;
            let open = fewer - inner.room.forget_permits(fewer);
            inner.excess.set(inner.excess.get() + open);
        } else {
            let more = most - before;
            let paid = more.min(inner.excess.get());
            inner.excess.set(inner.excess.get() - paid);
            inner.room.add_permits(more - paid);
        }
    }

    /// No more calls begin.
    pub(super) fn close(&self) {
        self.0.room.close();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let excess = &self.streams.0.excess;
        if excess.get() > 0
            && let Some(permit) = self.permit.take()
        {
            excess.set(excess.get() - 1);
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn places(streams: &Streams) -> Vec<Place> {
        std::iter::from_fn(|| streams.place().now_or_never().flatten()).collect()
    }

    #[test]
    fn h5_as_many_calls_begin_as_the_server_allows_now() {
        let streams = Streams::new();
        let first = places(&streams);
        assert_eq!(first.len(), 1);
        streams.allow(3);
        let mut open = places(&streams);
        assert_eq!(open.len(), 2);
        streams.allow(1);
        open.clear();
        assert_eq!(places(&streams).len(), 0);
        drop(first);
        assert_eq!(places(&streams).len(), 1);
        streams.allow(0);
        assert_eq!(places(&streams).len(), 0);
        streams.allow(usize::MAX);
        assert!(streams.place().now_or_never().is_some());
    }

    #[test]
    fn more_streams_are_none_while_too_many_are_open() {
        let streams = Streams::new();
        streams.allow(3);
        let open = places(&streams);
        streams.allow(1);
        streams.allow(2);
        assert_eq!((open.len(), places(&streams).len()), (3, 0));
        drop(open);
        assert_eq!(places(&streams).len(), 2);
    }

    #[test]
    fn whoever_waits_hears_that_no_more_calls_begin() {
        let streams = Streams::new();
        let _open = places(&streams);
        let mut waiting = Box::pin(streams.place());
        assert!(waiting.as_mut().now_or_never().is_none());
        streams.close();
        assert!(waiting.now_or_never().unwrap().is_none());
    }
}
