//! Which entry an engineer may have meant (U5).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::{Entry, registrable};
use crate::Api;

/// What was found so far, so that it is worked out once for an app and host: an app can be refused thousands of times a second.
#[derive(Debug, Default)]
pub(super) struct Found(Mutex<BTreeMap<(Api, String), Option<usize>>>);

/// Hosts that are remembered. An app that calls more of them is looked up anew from time to time.
const MOST_REMEMBERED: usize = 64;

impl Found {
    /// The nearest of the entries of this API to a host.
    pub(super) fn entry<'a>(
        &self,
        api: Api,
        entries: &'a [Entry],
        host: &str,
    ) -> Option<&'a Entry> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (api, host.to_owned());
        if let Some(place) = known.get(&key) {
            return entries.get((*place)?);
        }
        let place = place(entries, host);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(key, place);
        entries.get(place?)
    }
}

/// Same host with another port (nothing is more similar), then same registrable domain, then the most similar name; the first of
/// equals.
fn place(entries: &[Entry], host: &str) -> Option<usize> {
    let domain = registrable::domain(host);
    let rank = |(_, entry): &(usize, &Entry)| {
        let is_other_domain = registrable::domain(entry.host()) != domain;
        (is_other_domain, distance(entry.host(), host))
    };
    let nearest = entries.iter().enumerate().min_by_key(rank);
    nearest.map(|(place, _)| place)
}

/// Names longer than this are not compared letter by letter: the work grows with the product of both lengths.
const LONGEST_COMPARED: usize = 64;

/// Levenshtein's distance. A name that is too long to compare is as far as can be.
fn distance(a: &str, b: &str) -> usize {
    if a.len().max(b.len()) > LONGEST_COMPARED {
        return usize::MAX;
    }
    strsim::levenshtein(a, b)
}
