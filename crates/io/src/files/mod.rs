//! An app's files, as the network uses them (F2): what an upload reads, and where a download goes.
//!
//! The host implements [`FileSandbox`], or takes [`DirectorySandbox`]. Not here: which names there are
//! ([`FileName`]), and what else an app does with its files.

pub mod directory;
pub(crate) mod pool;
pub(crate) mod saver;

use std::io;

use appnet_policy::{exchange::SaveTo, files::FileName};

pub use self::{directory::DirectorySandbox, saver::WrittenFile};

/// One app's files. Nothing that a name of the app says leads out of them.
///
/// Every method may block, and is called on a thread that may; only [`PendingFile::keep`] is called where an app's other work waits for it.
pub trait FileSandbox: Send + Sync {
    /// Opens a file to be uploaded.
    ///
    /// # Errors
    /// [`FileError`]
    fn open(&self, name: &FileName) -> Result<Readable, FileError>;

    /// Begins a file to be downloaded. Nothing of it is visible to the app.
    ///
    /// # Errors
    /// [`FileError`]; what can be known before the first byte is told here.
    fn create(&self, to: &SaveTo) -> Result<Box<dyn PendingFile>, FileError>;

    /// Removes the app's temporary files; the app is closed (B7). Waits for pending files that are about to be dropped.
    fn remove_temporaries(&self);
}

/// A file that was opened to be read.
pub struct Readable {
    /// From its first byte on.
    pub content: Box<dyn io::Read + Send>,
    /// How many bytes it has.
    pub length: u64,
}

/// A file under way. Dropped before it is kept, nothing of it is left.
pub trait PendingFile: Send {
    /// Says how long it will be, so that what has no room is refused at once.
    ///
    /// # Errors
    /// [`FileError::OverQuota`]
    fn announce(&mut self, bytes: u64) -> Result<(), FileError>;

    /// Adds to it.
    ///
    /// # Errors
    /// [`FileError`]; the file is of no use then.
    fn write(&mut self, data: &[u8]) -> Result<(), FileError>;

    /// Nothing is added any more: it is on the disk as far as the sandbox wants it there, and gets its name. A temporary file's may end in
    /// this extension, which is free of separators.
    ///
    /// # Errors
    /// [`FileError`]
    fn seal(&mut self, extension: Option<&str>) -> Result<FileName, FileError>;

    /// Makes it visible under its name, whole, in place of what was there. A matter of microseconds: no byte is copied.
    ///
    /// # Errors
    /// [`FileError`]; nothing of it is left then.
    fn keep(self: Box<Self>) -> Result<(), FileError>;
}

/// Why a file cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is none, or its directory is gone.
    #[error("there is no such file or directory")]
    Missing,
    /// The name leads to what is not the app's, or to what is no file.
    #[error("{0}")]
    Denied(&'static str),
    /// All files of its kind together would be over the app's quota, in bytes.
    #[error("over the quota of {0} bytes")]
    OverQuota(u64),
    /// The system, in its own words.
    #[error("{0}")]
    Failed(String),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => {
                Self::Denied("not the app's own, or the system does not allow it")
            }
            io::ErrorKind::IsADirectory => Self::Denied("a directory is no file"),
            io::ErrorKind::NotADirectory => Self::Denied("a file is no directory"),
            io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => {
                Self::Denied("a name that no file can have")
            }
            kind => Self::Failed(kind.to_string()),
        }
    }
}
