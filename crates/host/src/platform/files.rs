//! An app's own files, for `wx.getFileSystemManager()`: the same ones that the network uploads and downloads.
//!
//! Here are the spellings that the file manager takes, and the codes that `files.js` has texts for. What is done is the sandbox's.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::UNIX_EPOCH};

use appnet::{
    DirectorySandbox,
    files::{FileError, Stats},
};
use appnet_policy::files::FileName;

/// `wx.env.USER_DATA_PATH`.
pub(super) const USER_DATA_PATH: &str = "wxfile://usr";

/// Every operation takes the app's own path, as the network does (F2). Temporary files can be read, moved away and removed, not written.
#[derive(Debug)]
pub(super) struct Files {
    sandbox: Arc<DirectorySandbox>,
}

type Result<T> = std::result::Result<T, FileError>;

/// Where a path leads.
enum Place {
    /// The user directory itself.
    UserDirectory,
    Named(FileName),
}

impl Place {
    fn parse(path: &str) -> Result<Self> {
        // F2: a file has one spelling. That of a folder may end in a slash.
        let path = path.strip_suffix('/').unwrap_or(path);
        if path == USER_DATA_PATH {
            return Ok(Self::UserDirectory);
        }
        FileName::parse(path)
            .map(Self::Named)
            .map_err(|_outside| FileError::Denied("not the app's own"))
    }

    /// For what reads or lists: `None` is the user directory.
    fn name(&self) -> Option<&FileName> {
        match self {
            Self::UserDirectory => None,
            Self::Named(name) => Some(name),
        }
    }
}

/// The name of what must be a file.
fn file(path: &str) -> Result<FileName> {
    match Place::parse(path)? {
        Place::Named(name) => Ok(name),
        Place::UserDirectory => Err(FileError::IsDirectory),
    }
}

/// The name of what is moved.
fn movable(path: &str) -> Result<FileName> {
    match Place::parse(path)? {
        Place::Named(name) => Ok(name),
        Place::UserDirectory => Err(FileError::Denied("the user directory stays")),
    }
}

/// A name below the user directory, of what is made, changed or removed.
fn own(path: &str) -> Result<FileName> {
    match movable(path)? {
        name @ FileName::User(_) => Ok(name),
        FileName::Temporary(_) => Err(FileError::Denied("temporary files stay as they are")),
    }
}

impl Files {
    pub(super) const fn new(sandbox: Arc<DirectorySandbox>) -> Self {
        Self { sandbox }
    }

    /// The bytes from `position` on, so many or as many as there are.
    pub(super) fn read(&self, path: &str, position: u64, length: Option<u64>) -> Result<Vec<u8>> {
        self.sandbox.read(&file(path)?, position, length)
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.sandbox.write(&own(path)?, bytes)
    }

    /// The file must be there.
    pub(super) fn append(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.sandbox.append(&own(path)?, bytes)
    }

    pub(super) fn stat(&self, path: &str) -> Result<Stats> {
        self.sandbox.stat(Place::parse(path)?.name())
    }

    pub(super) fn unlink(&self, path: &str) -> Result<()> {
        self.sandbox.unlink(&file(path)?)
    }

    pub(super) fn mkdir(&self, path: &str, recursive: bool) -> Result<()> {
        self.sandbox.mkdir(&own(path)?, recursive)
    }

    pub(super) fn rmdir(&self, path: &str, recursive: bool) -> Result<()> {
        self.sandbox.rmdir(&own(path)?, recursive)
    }

    /// Names, in order.
    pub(super) fn readdir(&self, path: &str) -> Result<Vec<String>> {
        self.sandbox.list(Place::parse(path)?.name())
    }

    /// Moves a file or a folder; a temporary file becomes one of the app's own.
    pub(super) fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.sandbox.rename(&movable(from)?, &own(to)?)
    }

    pub(super) fn copy(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (Place::parse(from)?, own(to)?);
        let from = from.name().ok_or(FileError::IsDirectory)?;
        self.sandbox.copy(from, &to)
    }
}

/// What `files.js` knows an error by.
pub(super) const fn code(error: &FileError) -> &'static str {
    match error {
        FileError::Missing => "ENOENT",
        FileError::Denied(_) => "EACCES",
        FileError::Exists => "EEXIST",
        FileError::NotEmpty => "ENOTEMPTY",
        FileError::IsDirectory => "EISDIR",
        FileError::NotDirectory => "ENOTDIR",
        FileError::Invalid(_) => "EINVAL",
        FileError::TooDeep(_) => "ENAMETOOLONG",
        FileError::OverQuota(_) | FileError::TooManyEntries(_) | FileError::DiskFull => "ENOSPC",
        FileError::Failed(_) | FileError::Crashed => "EIO",
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: std::time::SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
