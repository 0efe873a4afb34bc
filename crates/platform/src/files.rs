//! An app's own files, for `wx.getFileSystemManager()`: the same ones that the network uploads and downloads.
//!
//! Here are the spellings that the file manager takes, and the words that programs know its errors by. What is done is the sandbox's.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use appnet_io::files::{DirectorySandbox, FileError, Stats};
use appnet_policy::files::FileName;

/// `wx.env.USER_DATA_PATH`.
pub const USER_DATA_PATH: &str = "wxfile://usr";

/// What the platform's file manager does, over one app's sandbox. Every operation takes the app's own path, `wxfile://usr/…` or `wxfile://tmp_…`, as the
/// network does (F2), keeps to the sandbox's bounds (I3), and blocks while it works. Temporary files can be read, moved away and removed, not written.
///
/// A [`FileError`] becomes what the program hears by [`told`].
#[derive(Debug)]
pub struct Files {
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
    /// Over the sandbox that the app was launched with.
    #[must_use]
    pub const fn new(sandbox: Arc<DirectorySandbox>) -> Self {
        Self { sandbox }
    }

    /// The bytes from `position` on, so many or as many as there are.
    ///
    /// # Errors
    /// [`FileError::Invalid`] for a position behind the end; else as the name says.
    pub fn read(&self, path: &str, position: u64, length: Option<u64>) -> Result<Vec<u8>> {
        self.sandbox.read(&file(path)?, position, length)
    }

    /// Replaces a file, or makes it; the folder must be there.
    ///
    /// # Errors
    /// [`FileError`]; what was there before is there then.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.sandbox.write(&own(path)?, bytes)
    }

    /// Adds to a file, which must be there.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn append(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.sandbox.append(&own(path)?, bytes)
    }

    /// What is known of a file or a folder.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn stat(&self, path: &str) -> Result<Stats> {
        self.sandbox.stat(Place::parse(path)?.name())
    }

    /// Removes a file.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn unlink(&self, path: &str) -> Result<()> {
        self.sandbox.unlink(&file(path)?)
    }

    /// Makes a folder; with `recursive` also those above it.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn mkdir(&self, path: &str, recursive: bool) -> Result<()> {
        self.sandbox.mkdir(&own(path)?, recursive)
    }

    /// Removes a folder; with `recursive` also what is in it.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn rmdir(&self, path: &str, recursive: bool) -> Result<()> {
        self.sandbox.rmdir(&own(path)?, recursive)
    }

    /// The names in a folder, in order.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn readdir(&self, path: &str) -> Result<Vec<String>> {
        self.sandbox.list(Place::parse(path)?.name())
    }

    /// Moves a file or a folder; a temporary file becomes one of the app's own.
    ///
    /// # Errors
    /// [`FileError`]; nothing has changed then.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.sandbox.rename(&movable(from)?, &own(to)?)
    }

    /// Copies a file.
    ///
    /// # Errors
    /// [`FileError`]; what was there under the new name is there then.
    pub fn copy(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (Place::parse(from)?, own(to)?);
        let from = from.name().ok_or(FileError::IsDirectory)?;
        self.sandbox.copy(from, &to)
    }
}

/// What a program hears of an error: `readFileSync:fail TEXT, open "PATH"`, and the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Told {
    /// The words of the platform.
    pub text: &'static str,
    /// `errno`
    pub errno: u32,
}

/// The platform's words for an error of a file.
#[must_use]
pub const fn told(error: &FileError) -> Told {
    let (text, errno) = match error {
        FileError::Missing => ("no such file or directory", 1_300_002),
        FileError::Denied(_) => ("permission denied", 1_300_013),
        FileError::Exists => ("file already exists", 1_301_005),
        FileError::NotEmpty => ("directory not empty", 1_300_066),
        FileError::IsDirectory => ("illegal operation on a directory", 1_300_021),
        FileError::NotDirectory => ("not a directory", 1_300_020),
        FileError::Invalid(_) => ("invalid argument", 1_300_022),
        FileError::TooDeep(_) => ("file name too long", 1_300_036),
        FileError::OverQuota(_) | FileError::TooManyEntries(_) | FileError::DiskFull => (
            "the maximum size of the file storage limit is exceeded",
            1_300_202,
        ),
        FileError::Failed(_) | FileError::Crashed => ("system error", 1_300_201),
    };
    Told { text, errno }
}
