//! Which entry an engineer may have meant (U5).

use super::{Entry, registrable};

/// Same host with another port (nothing is more similar), then same registrable domain, then the most similar name; the first of
/// equals.
pub(super) fn entry<'a>(entries: &'a [Entry], host: &str) -> Option<&'a Entry> {
    let domain = registrable::domain(host);
    entries.iter().min_by_key(|entry| {
        let is_other_domain = registrable::domain(entry.host()) != domain;
        (is_other_domain, distance(entry.host(), host))
    })
}

/// Levenshtein's distance in bytes. A name longer than DNS has is as far as can be: it is an app's to choose, the time is not.
fn distance(a: &str, b: &str) -> usize {
    if b.len() > 253 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, from) in a.bytes().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(b.bytes()) {
            let replaced = diagonal + usize::from(from != to);
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
