//! What `wx.setStorage` keeps: JSON texts by key, in one record of the app's sandbox, replaced whole by every change.
//!
//! A key is known by its JSON text too: a string of JavaScript may have halves of characters, which no text of ours can (`"\ud800"`).

mod format;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use appnet_io::files::{DirectorySandbox, FileError, Record};
use serde_json::value::RawValue;

/// The storage of one app. What it says is kept is on the disk: a change replaces the record whole, and is kept or told as an error.
///
/// Keys and values are JSON texts, as `JSON.stringify` makes them: the key `a` is `"a"`, with its quotes. Bounds are those of the sandbox ([`FileLimits`](appnet_policy::preset::FileLimits)). An app has one of these at a
/// time: two would not see each other's changes. Changes block while they write.
#[derive(Debug)]
pub struct Storage {
    sandbox: Arc<DirectorySandbox>,
    entries: Entries,
}

/// JSON texts of values by those of their keys.
type Entries = BTreeMap<String, String>;

/// What an app has stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageInfo {
    /// All keys, as JSON texts.
    pub keys: Vec<String>,
    /// Bytes of keys, without their quotes, and values together.
    pub bytes: u64,
    /// Bytes that they may have.
    pub limit: u64,
}

/// Why a change was not kept; what was kept before still is. The text is what the app hears behind the name of the function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The key is no JSON text of a string, or the value no JSON text.
    #[error("a key and its value should be JSON texts, the key that of a string")]
    NotJson,
    /// A key and its value have more bytes than one may have. The words of the platform; libraries look for them.
    #[error("entry size limit reached")]
    EntryTooLarge,
    /// All together would have more than so many bytes. The words of the platform; libraries look for them.
    #[error("exceed storage max size {}Mb", .0 >> 20)]
    TooLarge(u64),
    /// There would be more than so many keys (I3).
    #[error("exceed storage max count {0}")]
    TooMany(usize),
    /// The record could not be read or written.
    #[error("cannot be stored: {0}")]
    File(#[from] FileError),
}

type Result<T> = std::result::Result<T, StorageError>;

impl Storage {
    /// Reads what is kept. A record that cannot be understood is set aside, where a person finds it, and the storage begins empty.
    ///
    /// # Errors
    /// The record cannot be read or set aside.
    pub fn open(sandbox: Arc<DirectorySandbox>) -> Result<Self> {
        let record = sandbox.read_record(Record::Storage)?;
        let entries = match record.as_deref().map(format::read) {
            None => Entries::new(),
            Some(Ok(entries)) => entries,
            Some(Err(error)) => {
                let name = sandbox.set_record_aside(Record::Storage)?;
                tracing::warn!(
                    "the app's storage cannot be read ({error}): it is kept as {name} beside the app's files, and the app begins with none"
                );
                Entries::new()
            }
        };
        Ok(Self { sandbox, entries })
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// Keeps a value.
    ///
    /// # Errors
    /// [`StorageError`]; the key has the value that it had.
    pub fn set(&mut self, key: &str, value: String) -> Result<()> {
        // What does not parse would make the whole record unreadable.
        if !key.starts_with('"') || !is_json(key) || !is_json(&value) {
            return Err(StorageError::NotJson);
        }
        if size(key, &value) > self.sandbox.limits().storage_entry_bytes {
            return Err(StorageError::EntryTooLarge);
        }
        if self.entries.get(key) == Some(&value) {
            return Ok(());
        }
        let before = self.entries.insert(key.to_owned(), value);
        self.check()
            .and_then(|()| self.save(&self.entries))
            .inspect_err(|_| put_back(&mut self.entries, key, before))
    }

    /// Forgets a key.
    ///
    /// # Errors
    /// [`StorageError::File`]; the key has the value that it had.
    pub fn remove(&mut self, key: &str) -> Result<()> {
        let Some(before) = self.entries.remove(key) else {
            return Ok(());
        };
        self.save(&self.entries)
            .inspect_err(|_| put_back(&mut self.entries, key, Some(before)))
    }

    /// Forgets all keys.
    ///
    /// # Errors
    /// [`StorageError::File`]; they have the values that they had.
    pub fn clear(&mut self) -> Result<()> {
        self.save(&Entries::new())?;
        self.entries.clear();
        Ok(())
    }

    /// Its keys, and how much of it there is.
    #[must_use]
    pub fn info(&self) -> StorageInfo {
        StorageInfo {
            keys: self.entries.keys().cloned().collect(),
            bytes: total(&self.entries),
            limit: self.sandbox.limits().storage_bytes,
        }
    }

    fn check(&self) -> Result<()> {
        let limits = self.sandbox.limits();
        if self.entries.len() > limits.entries {
            Err(StorageError::TooMany(limits.entries))
        } else if total(&self.entries) > limits.storage_bytes {
            Err(StorageError::TooLarge(limits.storage_bytes))
        } else {
            Ok(())
        }
    }

    fn save(&self, entries: &Entries) -> Result<()> {
        let record = format::write(entries);
        Ok(self.sandbox.write_record(Record::Storage, &record)?)
    }
}

fn put_back(entries: &mut Entries, key: &str, before: Option<String>) {
    match before {
        Some(value) => entries.insert(key.to_owned(), value),
        None => entries.remove(key),
    };
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

fn total(entries: &Entries) -> u64 {
    let sizes = entries.iter().map(|(key, value)| size(key, value));
    sizes.sum()
}

/// Bytes of a key, without its quotes, and of a value.
const fn size(key: &str, value: &str) -> u64 {
    (key.len().saturating_sub(2) + value.len()) as u64
}
