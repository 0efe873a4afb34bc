//! Why a file cannot be used: one set of reasons for uploads, downloads, and what else is done with an app's files.

use std::io;

/// Why an operation on an app's files failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is none, or its directory is gone.
    #[error("there is no such file or directory")]
    Missing,
    /// The name leads to what is not the app's, or to what may not be used so.
    #[error("{0}")]
    Denied(&'static str),
    /// There is something of this name already.
    #[error("there is a file or directory of this name")]
    Exists,
    /// The directory has something in it.
    #[error("the directory is not empty")]
    NotEmpty,
    /// A file was wanted, and this is a directory.
    #[error("a directory is no file")]
    IsDirectory,
    /// A directory was wanted, and this is a file.
    #[error("a file is no directory")]
    NotDirectory,
    /// A name that no file can have, or a place behind the end of a file.
    #[error("{0}")]
    Invalid(&'static str),
    /// More directories lie above it than the bound says (I3).
    #[error("a path has at most {0} parts")]
    TooDeep(usize),
    /// All files of its kind together would be over the app's quota, in bytes (F4, I3).
    #[error("over the quota of {0} bytes")]
    OverQuota(u64),
    /// All files and directories of the app together would be more than the bound says (I3).
    #[error("over the quota of {0} files and directories")]
    TooManyEntries(usize),
    /// The disk has no room, whatever the app's quota says.
    #[error("the disk is full")]
    DiskFull,
    /// The host's sandbox panicked; what it did is not known (P8).
    #[error("the host's file sandbox panicked")]
    Crashed,
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
            io::ErrorKind::AlreadyExists => Self::Exists,
            io::ErrorKind::DirectoryNotEmpty => Self::NotEmpty,
            io::ErrorKind::IsADirectory => Self::IsDirectory,
            io::ErrorKind::NotADirectory => Self::NotDirectory,
            io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => {
                Self::Invalid("a name that no file can have")
            }
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull,
            kind => Self::Failed(kind.to_string()),
        }
    }
}
