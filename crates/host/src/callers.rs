//! Where in the program the calls are made that a rule refuses.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use appnet::CallRecord;

/// How many calls are remembered. More are not under way at once; those whose port was full have no end that would forget them.
const MOST: usize = 4096;

/// How many places of a stack are told: often the first ones are a helper's around `wx.request`.
const PLACES: usize = 3;

/// The places of the calls that are under way, by the numbers of their tasks.
#[derive(Debug, Default)]
pub(crate) struct Callers(Mutex<BTreeMap<u64, String>>);

impl Callers {
    /// The engine tells of a call: its stack is that of the authors' files.
    pub(crate) fn called(&self, task: u64, stack: &str) {
        let mut calls = self.calls();
        calls.insert(task, places(stack));
        if calls.len() > MOST {
            calls.pop_first();
        }
    }

    /// A call has ended; the network has told of a refusal just before.
    pub(crate) fn ended(&self, record: &CallRecord) {
        let place = self.calls().remove(&record.task.number());
        let refuses = match (&record.refusal, &record.would_refuse[..]) {
            (Some(_), _) => "a rule refuses",
            (None, [_, ..]) => "a release would refuse",
            (None, []) => return,
        };
        if let Some(place) = place.filter(|place| !place.is_empty()) {
            let (app, task) = (&record.app, record.task);
            tracing::warn!(%app, %task, "the call that {refuses} was made at {place}");
        }
    }

    /// Nothing that holds the lock can leave it half changed.
    fn calls(&self) -> MutexGuard<'_, BTreeMap<u64, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `api.js:3:5, from t.js:1:1`
fn places(stack: &str) -> String {
    let place = |line: &str| {
        let line = line.trim().trim_end_matches(')');
        let at = line.rsplit_once('(').map_or_else(
            || line.strip_prefix("at ").unwrap_or(line),
            |(_, place)| place,
        );
        let counted = at.ends_with(|last: char| last.is_ascii_digit());
        counted.then(|| at.to_owned())
    };
    let places: Vec<String> = stack.lines().filter_map(place).take(PLACES).collect();
    places.join(", from ")
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn a_stack_becomes_its_first_places() {
        let stack = "    at get (utils/api.js:3:5)\n    at forEach (native)\n    at <anonymous> (t.js:1:1)\n    at a (b.js:1:1)\n    at c (d.js:2:2)";
        assert_eq!(
            places(stack),
            "utils/api.js:3:5, from t.js:1:1, from b.js:1:1"
        );
        assert_eq!(places(""), "");
    }
}
