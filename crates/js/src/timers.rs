//! When a program's timers are due. The functions are in `timers.js`.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

/// Timers in the order in which they fire: by time, then by the order in which they were set.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<(Instant, u64), u32>,
    places: HashMap<u32, (Instant, u64)>,
    set: u64,
}

impl Timers {
    pub(crate) fn set(&mut self, id: u32, now: Instant, delay: Duration) {
        self.clear(id);
        self.set += 1;
        let place = (now + delay, self.set);
        self.due.insert(place, id);
        self.places.insert(id, place);
    }

    pub(crate) fn clear(&mut self, id: u32) {
        if let Some(place) = self.places.remove(&id) {
            self.due.remove(&place);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((due, _), _)| *due)
    }

    /// Where the present ends: [`take`](Self::take) with it leaves alone what is set from now on, so that a timer that sets another
    /// for at once does not keep the rest waiting.
    pub(crate) const fn mark(&self) -> u64 {
        self.set
    }

    pub(crate) fn take(&mut self, now: Instant, mark: u64) -> Option<u32> {
        let (place, id) = self
            .due
            .iter()
            .take_while(|((due, _), _)| *due <= now)
            .find(|((_, set), _)| *set <= mark)?;
        let (place, id) = (*place, *id);
        self.due.remove(&place);
        self.places.remove(&id);
        Some(id)
    }
}
