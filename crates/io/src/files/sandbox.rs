//! What the network wants of an app's files.

use std::io;

use appnet_policy::{exchange::SaveTo, files::FileName};

use super::FileError;

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

    /// The answers that the app's earlier life kept (`enableCache`), as they were written; `None` if there are none.
    ///
    /// # Errors
    /// [`FileError`]
    fn read_cache(&self) -> Result<Option<Vec<u8>>, FileError> {
        Ok(None)
    }

    /// Keeps the app's answers for its next life, in the place of those that were kept before. They count in the app's quota (I3). A sandbox that does
    /// not implement this keeps them in memory only.
    ///
    /// # Errors
    /// [`FileError`]; what was kept before is there then.
    fn write_cache(&self, content: &[u8]) -> Result<(), FileError> {
        let _ = content;
        Ok(())
    }

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

    /// Adds to it. Room is reserved before it is written (I3).
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
