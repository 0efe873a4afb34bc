//! Where in the program calls are made: told with the warning of those that a rule refuses, and to DevTools and the HAR file of each.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use appnet::CallRecord;
use appnet_inspect::{CallFrame, Stack};
use appnet_js::OWN_FILES;

use crate::loaded::Loaded;

/// How many calls are remembered. More are not under way at once; those whose port was full have no end that would forget them.
const MOST: usize = 4096;

/// How many places of a stack are told: often the first ones are a helper's around `wx.request`.
const PLACES: usize = 3;

/// The place of one call.
#[derive(Debug)]
pub(crate) struct CallSite {
    /// As the engine writes it.
    stack: Box<str>,
    loaded: Arc<Loaded>,
}

impl CallSite {
    pub(crate) fn new(stack: &str, loaded: &Arc<Loaded>) -> Self {
        Self {
            stack: stack.into(),
            loaded: Arc::clone(loaded),
        }
    }
}

impl Stack for CallSite {
    /// The places in the author's files.
    fn frames(&self) -> Vec<CallFrame> {
        frames(&self.loaded.trace("", &self.stack))
    }

    fn source(&self, file: &str) -> Option<String> {
        self.loaded.source(file)
    }
}

/// The places of the calls that are under way, by the numbers of their tasks.
#[derive(Debug, Default)]
pub(crate) struct Callers(Mutex<BTreeMap<u64, Arc<CallSite>>>);

impl Callers {
    /// The program makes a call here.
    pub(crate) fn called(&self, task: u64, site: Arc<CallSite>) {
        let mut calls = self.calls();
        calls.insert(task, site);
        if calls.len() > MOST {
            calls.pop_first();
        }
    }

    /// A call has ended; the network has told of a refusal just before.
    pub(crate) fn ended(&self, record: &CallRecord) {
        let site = self.calls().remove(&record.task.number());
        let refuses = match (&record.refusal, &record.would_refuse[..]) {
            (Some(_), _) => "a rule refuses",
            (None, [_, ..]) => "a release would refuse",
            (None, []) => return,
        };
        let place = site.map_or_else(String::new, |site| places(&site.frames()));
        if !place.is_empty() {
            let (app, task) = (&record.app, record.task);
            tracing::warn!(%app, %task, "the call that {refuses} was made at {place}");
        }
    }

    /// Nothing that holds the lock can leave it half changed.
    fn calls(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<CallSite>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `api.js:3:5, from t.js:1:1`
fn places(stack: &[CallFrame]) -> String {
    let place = |CallFrame {
                     file, line, column, ..
                 }: &CallFrame| format!("{file}:{line}:{column}");
    let places: Vec<String> = stack.iter().take(PLACES).map(place).collect();
    places.join(", from ")
}

/// The places of a stack, as it is written: `    at get (utils/api.js:3:5)`. Those in the engine itself and in what `wx` is made of are left
/// out.
fn frames(stack: &str) -> Vec<CallFrame> {
    let frames = stack.lines().filter_map(frame);
    frames
        .filter(|it| !it.file.starts_with(OWN_FILES))
        .collect()
}

fn frame(line: &str) -> Option<CallFrame> {
    let line = line.trim();
    let line = line.strip_prefix("at ").unwrap_or(line);
    let (function, place) = match line.strip_suffix(')').and_then(|it| it.split_once(" (")) {
        Some((function, place)) => (function, place),
        None => ("", line),
    };
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some(CallFrame {
        function: if function == NO_NAME { "" } else { function }.to_owned(),
        file: file.to_owned(),
        line: line.parse().ok()?,
        column: column.parse().ok()?,
    })
}

/// What the engine calls a function that has no name.
const NO_NAME: &str = "<anonymous>";

#[cfg(test)]
mod tests {
    use super::{frames, places};

    #[test]
    fn a_stack_becomes_its_first_places() {
        let stack = "    at get (utils/api.js:3:5)\n    at forEach (native)\n    at <anonymous> (t.js:1:1)\n    at b.js:1:1\n    at c (d (1).js:2:2)\n    at run (appnet:wx.js:1:1)";
        let frames = frames(stack);
        assert_eq!(
            places(&frames),
            "utils/api.js:3:5, from t.js:1:1, from b.js:1:1"
        );
        let functions: Vec<&str> = frames.iter().map(|it| it.function.as_str()).collect();
        assert_eq!(functions, ["get", "", "", "c"]);
        assert_eq!(places(&[]), "");
    }
}
