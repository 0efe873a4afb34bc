//! What `wx.setStorage` keeps: JSON texts by key, in one record of the app's sandbox, replaced whole by every change.
//!
//! A key is known by its JSON text too: a string of JavaScript may have halves of characters, which no text of ours can (`"\ud800"`).

mod format;
#[cfg(test)]
mod tests;

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use appnet::{
    DirectorySandbox,
    files::{FileError, Record},
};

/// The storage of one app. What it says is kept is on the disk.
#[derive(Debug)]
pub(super) struct Storage {
    sandbox: Arc<DirectorySandbox>,
    entries: RefCell<Entries>,
}

/// JSON texts of values by those of their keys.
type Entries = BTreeMap<String, String>;

/// Why a change was not kept; what was kept before still is. `storage.js` gives the text to the app.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum StorageError {
    /// The words of the platform; libraries look for them.
    #[error("entry size limit reached")]
    EntryTooLarge,
    /// The words of the platform; libraries look for them.
    #[error("exceed storage max size {}Mb", .0 >> 20)]
    TooLarge(u64),
    #[error("exceed storage max count {0}")]
    TooMany(usize),
    #[error("cannot be stored: {0}")]
    File(#[from] FileError),
}

type Result<T> = std::result::Result<T, StorageError>;

impl Storage {
    /// Reads what is kept. A record that cannot be understood is set aside, where a person finds it, and the storage begins empty.
    ///
    /// # Errors
    /// The record cannot be read or set aside.
    pub(super) fn open(sandbox: Arc<DirectorySandbox>) -> Result<Self> {
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
        Ok(Self {
            sandbox,
            entries: RefCell::new(entries),
        })
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<String> {
        self.entries.borrow().get(key).cloned()
    }

    /// Keeps a value.
    ///
    /// # Errors
    /// [`StorageError`]; the key has the value that it had.
    pub(super) fn set(&self, key: &str, value: String) -> Result<()> {
        if size(key, &value) > self.sandbox.limits().storage_entry_bytes {
            return Err(StorageError::EntryTooLarge);
        }
        let mut entries = self.entries.borrow_mut();
        if entries.get(key) == Some(&value) {
            return Ok(());
        }
        let before = entries.insert(key.to_owned(), value);
        self.check(&entries)
            .and_then(|()| self.save(&entries))
            .inspect_err(|_| put_back(&mut entries, key, before))
    }

    /// Forgets a key.
    ///
    /// # Errors
    /// [`StorageError::File`]; the key has the value that it had.
    pub(super) fn remove(&self, key: &str) -> Result<()> {
        let mut entries = self.entries.borrow_mut();
        let Some(before) = entries.remove(key) else {
            return Ok(());
        };
        self.save(&entries)
            .inspect_err(|_| put_back(&mut entries, key, Some(before)))
    }

    /// Forgets all keys.
    ///
    /// # Errors
    /// [`StorageError::File`]; they have the values that they had.
    pub(super) fn clear(&self) -> Result<()> {
        self.save(&Entries::new())?;
        self.entries.borrow_mut().clear();
        Ok(())
    }

    /// All keys, and the bytes that keys and values have.
    pub(super) fn info(&self) -> (Vec<String>, u64) {
        let entries = self.entries.borrow();
        (entries.keys().cloned().collect(), total(&entries))
    }

    /// Bytes that keys and values may have.
    pub(super) fn limit(&self) -> u64 {
        self.sandbox.limits().storage_bytes
    }

    fn check(&self, entries: &Entries) -> Result<()> {
        let limits = self.sandbox.limits();
        if entries.len() > limits.entries {
            Err(StorageError::TooMany(limits.entries))
        } else if total(entries) > limits.storage_bytes {
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

fn total(entries: &Entries) -> u64 {
    let sizes = entries.iter().map(|(key, value)| size(key, value));
    sizes.sum()
}

/// Bytes of a key, without its quotes, and of a value.
const fn size(key: &str, value: &str) -> u64 {
    (key.len().saturating_sub(2) + value.len()) as u64
}
