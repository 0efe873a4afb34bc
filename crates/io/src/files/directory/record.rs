//! Records: what the host keeps of an app beside the app's own files, such as its storage. They count in the quota of the user directory.

use std::io::Read as _;

use super::{DirectorySandbox, Result, pending::Target, room_at};
use crate::files::{FileError, PendingFile as _};

/// A file of the host's. No name of the app's leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// What `wx.setStorage` keeps.
    Storage,
    /// The answers of calls with `enableCache`.
    Cache,
}

impl Record {
    const fn file_name(self) -> &'static str {
        match self {
            Self::Storage => "storage.json",
            Self::Cache => "cache.bin",
        }
    }
}

/// How many broken records are kept before a person has to look.
const SET_ASIDE: usize = 10;

impl DirectorySandbox {
    /// All of a record, if there is one.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn read_record(&self, record: Record) -> Result<Option<Vec<u8>>> {
        let mut content = Vec::new();
        match self.places.root.open(record.file_name()) {
            Ok(mut file) => file.read_to_end(&mut content)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(content))
    }

    /// Replaces a record. Whenever this process or the machine stops, the old one or the new one is there, whole.
    ///
    /// # Errors
    /// [`FileError`]; the old one is there then.
    pub fn write_record(&self, record: Record, content: &[u8]) -> Result<()> {
        let mut file = self.begin(Target::Record(record.file_name()), content.len() as u64)?;
        file.write(content)?;
        file.sync()?;
        file.publish()
    }

    /// Gives a record that cannot be read another name, under which a person finds it; that name.
    ///
    /// # Errors
    /// [`FileError::Exists`] when too many have been set aside; else as the system says.
    pub fn set_record_aside(&self, record: Record) -> Result<String> {
        let _structure = self.places.structure();
        let root = &self.places.root;
        let broken = format!("{}.broken", record.file_name());
        let more = (2..=SET_ASIDE).map(|number| format!("{broken}-{number}"));
        for name in std::iter::once(broken.clone()).chain(more) {
            if room_at(root, name.as_ref())?.entries == 0 {
                root.rename(record.file_name(), root, &name)?;
                return Ok(name);
            }
        }
        Err(FileError::Exists)
    }
}
