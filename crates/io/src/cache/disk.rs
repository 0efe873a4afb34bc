//! An app's answers between two of its lives: in a file of its sandbox.
//!
//! The file is read once, before the first call that it could answer or make void. It begins with the length of its list, then comes the list as
//! JSON, then the bodies in the list's order. A file that was written by another version, or is damaged, is not used: it is a cache.

use std::sync::Arc;

use appnet_policy::{exchange::ResponseHead, preset::CacheLimits};
use bytes::Bytes;
use http_cache_semantics::CachePolicy;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OnceCell};

use super::{Entry, Kept, Resource};
use crate::files::{FileError, FileSandbox, blocking::apart};

/// Where the answers are while the app is not.
pub(super) struct Disk {
    files: Arc<dyn FileSandbox>,
    pub(super) limits: CacheLimits,
    pub(super) read: OnceCell<()>,
    /// Held by whoever writes: what is written last is what was true last.
    pub(super) writing: Mutex<()>,
}

/// The list of a file.
#[derive(Serialize, Deserialize)]
struct List {
    written_by: String,
    answers: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
struct Listed {
    resource: Resource,
    policy: CachePolicy,
    head: ResponseHead,
    /// How many bytes it has.
    body: usize,
}

/// Another version may understand the parts of a list differently.
const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Disk {
    pub(super) fn new(files: Arc<dyn FileSandbox>, limits: CacheLimits) -> Self {
        Self {
            files,
            limits,
            read: OnceCell::new(),
            writing: Mutex::default(),
        }
    }

    /// What an earlier life of the app kept, the answer that was used last at the end.
    pub(super) async fn load(&self) -> Vec<Entry> {
        let files = Arc::clone(&self.files);
        let loaded = apart(move || {
            let content = files.read_cache()?;
            Ok(content.map(|content| decode(&content)))
        });
        match loaded.await {
            Ok(None) => Vec::new(),
            Ok(Some(Some(entries))) => entries,
            Ok(Some(None)) => {
                tracing::debug!(
                    "the answers on the disk are of another version or damaged, and not used"
                );
                Vec::new()
            }
            Err(error) => {
                tracing::debug!(%error, "the answers on the disk cannot be read");
                Vec::new()
            }
        }
    }

    /// # Errors
    /// [`FileError`], above all [`FileError::OverQuota`].
    pub(super) async fn save(&self, entries: Vec<Entry>) -> Result<(), FileError> {
        let files = Arc::clone(&self.files);
        apart(move || files.write_cache(&encode(entries)?)).await
    }
}

fn encode(entries: Vec<Entry>) -> Result<Vec<u8>, FileError> {
    let mut bodies = Vec::with_capacity(entries.len());
    let mut answers = Vec::with_capacity(entries.len());
    for entry in entries {
        let Kept { head, body } = entry.kept;
        answers.push(Listed {
            resource: entry.resource,
            policy: entry.policy,
            head,
            body: body.len(),
        });
        bodies.push(body);
    }
    let list = List {
        written_by: VERSION.to_owned(),
        answers,
    };
    let list = serde_json::to_vec(&list).map_err(|error| FileError::Failed(error.to_string()))?;
    let length = (list.len() as u64).to_le_bytes();
    let bodies = bodies.iter().map(|body| &body[..]);
    let parts = [&length[..], &list].into_iter().chain(bodies);
    Ok(parts.collect::<Vec<_>>().concat())
}

fn decode(content: &[u8]) -> Option<Vec<Entry>> {
    let (length, rest) = content.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (list, mut bodies) = rest.split_at_checked(length)?;
    let list: List = serde_json::from_slice(list).ok()?;
    if list.written_by != VERSION {
        return None;
    }
    let mut entries = Vec::new();
    for listed in list.answers {
        let (body, rest) = bodies.split_at_checked(listed.body)?;
        bodies = rest;
        entries.push(Entry {
            id: 0, // it gets a number when it is taken in
            resource: listed.resource,
            policy: listed.policy,
            kept: Kept {
                head: listed.head,
                body: Bytes::copy_from_slice(body),
            },
        });
    }
    bodies.is_empty().then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::kept_answers;

    #[test]
    fn what_was_written_is_read_again() {
        let entries = kept_answers();
        let read = decode(&encode(entries.clone()).unwrap()).unwrap();
        let shown = |entries: &[Entry]| {
            let parts = entries
                .iter()
                .map(|it| format!("{:?} {:?} {:?}", it.resource, it.policy, it.kept));
            parts.collect::<Vec<_>>()
        };
        assert_eq!(shown(&read), shown(&entries));
        assert!(decode(&encode(Vec::new()).unwrap()).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_is_damaged_anywhere_is_not_used_and_breaks_nothing() {
        let good = encode(kept_answers()).unwrap();
        for length in 0..good.len() {
            assert!(decode(&good[..length]).is_none(), "cut to {length}");
        }
        let mut longer = good.clone();
        longer.push(b'x');
        assert!(decode(&longer).is_none());
        let mut huge = good.clone();
        huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(decode(&huge).is_none());
        let text = String::from_utf8_lossy(&good[8..]);
        let other = text.replacen(VERSION, "0.0.0", 1).into_bytes();
        let other = [&(other.len() as u64).to_le_bytes()[..], &other].concat();
        assert!(decode(&other).is_none());
    }
}
