//! An app's own files, for `wx.getFileSystemManager()`: the same ones that the network uploads and downloads.

#[cfg(test)]
mod tests;

use std::{
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use appnet::DirectorySandbox;
use appnet_policy::files::FileName;
use cap_std::fs::{Dir, Metadata, OpenOptions};

/// `wx.env.USER_DATA_PATH`.
pub(super) const USER_DATA_PATH: &str = "wxfile://usr";

/// Every operation takes the app's own path, as the network does (F2). Temporary files can be read, moved away and removed, not written.
#[derive(Debug)]
pub(super) struct Files {
    sandbox: Arc<DirectorySandbox>,
}

/// Why an operation on a file failed; `files.js` has the text that the app hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FileError {
    /// There is no such file or folder.
    #[error("ENOENT")]
    Missing,
    /// Not the app's own, or not to be written.
    #[error("EACCES")]
    Denied,
    /// It is there already.
    #[error("EEXIST")]
    Exists,
    /// The folder has something in it.
    #[error("ENOTEMPTY")]
    NotEmpty,
    /// It is a folder.
    #[error("EISDIR")]
    Folder,
    /// It is no folder.
    #[error("ENOTDIR")]
    NoFolder,
    /// A name or a place in a file that cannot be.
    #[error("EINVAL")]
    Invalid,
    /// Over the app's quota, or the disk is full.
    #[error("ENOSPC")]
    Full,
    /// Anything else of the system.
    #[error("EIO")]
    Failed,
}

/// What is known of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stats {
    pub(super) folder: bool,
    pub(super) size: u64,
    /// Seconds since 1970.
    pub(super) modified: u64,
    /// Seconds since 1970.
    pub(super) accessed: u64,
}

type Result<T> = std::result::Result<T, FileError>;

/// An open directory, and a path below it.
struct Place<'a> {
    directory: &'a Dir,
    path: PathBuf,
}

impl Files {
    pub(super) const fn new(sandbox: Arc<DirectorySandbox>) -> Self {
        Self { sandbox }
    }

    /// The bytes from `position` on, so many or as many as there are.
    pub(super) fn read(&self, path: &str, position: u64, length: Option<u64>) -> Result<Vec<u8>> {
        let place = self.place(path)?;
        let size = place.file()?.len();
        let wanted = length
            .unwrap_or(u64::MAX)
            .min(size.checked_sub(position).ok_or(FileError::Invalid)?);
        let mut file = place.directory.open(&place.path)?;
        file.seek(SeekFrom::Start(position))?;
        let mut bytes = Vec::with_capacity(usize::try_from(wanted).map_err(|_| FileError::Full)?);
        file.take(wanted).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let place = self.writable(path)?;
        self.make_room(&place, bytes.len() as u64)?;
        Ok(place.directory.write(&place.path, bytes)?)
    }

    /// The file must be there.
    pub(super) fn append(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let place = self.writable(path)?;
        let mut file = place
            .directory
            .open_with(&place.path, OpenOptions::new().append(true))?;
        self.room(bytes.len() as u64)?;
        Ok(file.write_all(bytes)?)
    }

    pub(super) fn stat(&self, path: &str) -> Result<Stats> {
        let place = self.place(path)?;
        let meta = place.directory.metadata(&place.path)?;
        Ok(Stats {
            folder: meta.is_dir(),
            size: meta.len(),
            modified: seconds(meta.modified()),
            accessed: seconds(meta.accessed()),
        })
    }

    pub(super) fn unlink(&self, path: &str) -> Result<()> {
        let place = self.place(path)?;
        place.file()?;
        Ok(place.directory.remove_file(&place.path)?)
    }

    pub(super) fn mkdir(&self, path: &str, recursive: bool) -> Result<()> {
        let Place { directory, path } = self.writable(path)?;
        Ok(if recursive {
            directory.create_dir_all(path)
        } else {
            directory.create_dir(path)
        }?)
    }

    pub(super) fn rmdir(&self, path: &str, recursive: bool) -> Result<()> {
        let Place { directory, path } = self.writable(path)?;
        Ok(if recursive {
            directory.remove_dir_all(path)
        } else {
            directory.remove_dir(path)
        }?)
    }

    /// Names, in order.
    pub(super) fn readdir(&self, path: &str) -> Result<Vec<String>> {
        let place = self.place(path)?;
        let entries = place.directory.read_dir(&place.path)?;
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    /// Moves a file or a folder; a temporary file becomes one of the app's own.
    pub(super) fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (self.place(from)?, self.writable(to)?);
        if from.path == Path::new(ROOT) {
            return Err(FileError::Denied);
        }
        if !std::ptr::eq(from.directory, to.directory) {
            self.make_room(&to, from.file()?.len())?;
        }
        Ok(from.directory.rename(&from.path, to.directory, &to.path)?)
    }

    pub(super) fn copy(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (self.place(from)?, self.writable(to)?);
        let size = from.file()?.len();
        if std::ptr::eq(from.directory, to.directory) && from.path == to.path {
            return Ok(()); // to write over it would empty it first
        }
        self.make_room(&to, size)?;
        from.directory.copy(&from.path, to.directory, &to.path)?;
        Ok(())
    }

    /// Where a path leads.
    fn place(&self, path: &str) -> Result<Place<'_>> {
        // F2: a file has one spelling. That of a folder may end in a slash.
        let path = path.strip_suffix('/').unwrap_or(path);
        if path == USER_DATA_PATH {
            return Ok(Place {
                directory: self.sandbox.user_files(),
                path: PathBuf::from(ROOT),
            });
        }
        Ok(
            match FileName::parse(path).map_err(|_outside| FileError::Denied)? {
                FileName::User(parts) => Place {
                    directory: self.sandbox.user_files(),
                    path: parts.iter().collect(),
                },
                FileName::Temporary(name) => Place {
                    directory: self.sandbox.temporary_files(),
                    path: PathBuf::from(name),
                },
            },
        )
    }

    /// A place below the user directory.
    fn writable(&self, path: &str) -> Result<Place<'_>> {
        let place = self.place(path)?;
        let own = std::ptr::eq(place.directory, self.sandbox.user_files());
        (own && place.path != Path::new(ROOT))
            .then_some(place)
            .ok_or(FileError::Denied)
    }

    /// Whether the place can have a file of so many bytes.
    fn make_room(&self, place: &Place<'_>, bytes: u64) -> Result<()> {
        let replaced = match place.file() {
            Ok(there) => there.len(),
            Err(FileError::Missing) => 0,
            Err(error) => return Err(error),
        };
        self.room(bytes.saturating_sub(replaced))
    }

    fn room(&self, more: u64) -> Result<()> {
        self.sandbox
            .check_room(more)
            .map_err(|_over_quota| FileError::Full)
    }
}

/// The directory itself.
const ROOT: &str = ".";

impl Place<'_> {
    /// What is known of the file that is there.
    fn file(&self) -> Result<Metadata> {
        let meta = self.directory.metadata(&self.path)?;
        if meta.is_dir() {
            Err(FileError::Folder)
        } else if meta.is_file() {
            Ok(meta)
        } else {
            Err(FileError::Denied)
        }
    }
}

fn seconds(time: io::Result<cap_std::time::SystemTime>) -> u64 {
    time.ok()
        .and_then(|at| at.into_std().duration_since(std::time::UNIX_EPOCH).ok())
        .unwrap_or_default()
        .as_secs()
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::AlreadyExists => Self::Exists,
            io::ErrorKind::DirectoryNotEmpty => Self::NotEmpty,
            io::ErrorKind::IsADirectory => Self::Folder,
            io::ErrorKind::NotADirectory => Self::NoFolder,
            io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => Self::Invalid,
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::Full,
            _ => Self::Failed,
        }
    }
}
