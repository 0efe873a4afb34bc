//! An app's files in a directory of the host's: `usr/…` what the app keeps, `tmp/…` temporary files, `part/…` downloads under way.

mod pending;
mod quota;
#[cfg(test)]
mod tests;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use appnet_policy::{exchange::SaveTo, files::FileName, preset::FileLimits};
use cap_std::{ambient_authority, fs::Dir};

use self::{
    pending::{Pending, Target},
    quota::{Accounts, Area},
};
use super::{FileError, FileSandbox, PendingFile, Readable};

/// Files below one directory, reached through open directories only: `..`, absolute paths and symbolic links that lead out do not open,
/// whoever made them.
///
/// A directory belongs to one sandbox at a time: opening one removes the temporary files and parts that an earlier one left behind.
pub struct DirectorySandbox {
    places: Arc<Places>,
}

/// The open directories.
struct Places {
    user: Dir,
    temporary: Dir,
    parts: Dir,
    accounts: Arc<Accounts>,
}

impl DirectorySandbox {
    /// Opens the sandbox in this directory, which is made if need be. `limits` are those of the network's policy.
    ///
    /// # Errors
    /// The directory cannot be made, opened or cleaned.
    pub fn open(directory: &Path, limits: FileLimits) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let root = Dir::open_ambient_dir(directory, ambient_authority())?;
        let place = |name: &str| {
            root.create_dir_all(name)?;
            root.open_dir(name)
        };
        let places = Places {
            user: place("usr")?,
            temporary: place("tmp")?,
            parts: place("part")?,
            accounts: Arc::new(Accounts::new(limits)),
        };
        // What is here was left by a host that crashed.
        remove_all_in(&places.temporary)?;
        remove_all_in(&places.parts)?;
        Ok(Self {
            places: Arc::new(places),
        })
    }

    /// The app's user directory, `wxfile://usr/`, for what else an app does with files.
    #[must_use]
    pub fn user_files(&self) -> &Dir {
        &self.places.user
    }

    /// Where `wxfile://tmp_…` is, under the same names.
    #[must_use]
    pub fn temporary_files(&self) -> &Dir {
        &self.places.temporary
    }

    /// Whether the user directory has room for so many bytes more.
    ///
    /// # Errors
    /// [`FileError::OverQuota`]
    pub fn check_room(&self, more: u64) -> Result<(), FileError> {
        let Places { user, accounts, .. } = &*self.places;
        accounts.check(Area::User, bytes_below(user)?, more)
    }

    fn target(&self, to: &SaveTo) -> Result<(Area, Target, u64), FileError> {
        match to {
            SaveTo::Temporary => Ok((Area::Temporary, Target::Temporary(None), 0)),
            SaveTo::User(FileName::Temporary(_)) => {
                Err(FileError::Denied("not in the user directory"))
            }
            SaveTo::User(FileName::User(parts)) => {
                let path: PathBuf = parts.iter().collect();
                let replaces = self.replaced(&path)?;
                let parts = parts.clone();
                Ok((Area::User, Target::User { parts, path }, replaces))
            }
        }
    }

    /// How many bytes the file has that is there now. Its directory must be there.
    fn replaced(&self, path: &Path) -> Result<u64, FileError> {
        match self.places.user.metadata(path) {
            Ok(there) if there.is_file() => Ok(there.len()),
            Ok(_) => Err(FileError::Denied("there is something else of this name")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let directory = path.parent().filter(|parent| *parent != Path::new(""));
                let there = directory.map_or(Ok(true), |directory| {
                    self.places
                        .user
                        .metadata(directory)
                        .map(|there| there.is_dir())
                });
                if there? {
                    Ok(0)
                } else {
                    Err(FileError::Denied("a file is no directory"))
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl FileSandbox for DirectorySandbox {
    fn open(&self, name: &FileName) -> Result<Readable, FileError> {
        let (directory, path) = match name {
            FileName::User(parts) => (&self.places.user, parts.iter().collect()),
            FileName::Temporary(name) => (&self.places.temporary, PathBuf::from(name)),
        };
        // Looked at first: some things that are no files do not even open without waiting.
        if !directory.metadata(&path)?.is_file() {
            return Err(FileError::Denied("this is no file"));
        }
        let file = directory.open(&path)?;
        Ok(Readable {
            length: file.metadata()?.len(),
            content: Box::new(file),
        })
    }

    fn create(&self, to: &SaveTo) -> Result<Box<dyn PendingFile>, FileError> {
        let places = &self.places;
        let (area, target, replaces) = self.target(to)?;
        let count = || match area {
            Area::User => bytes_below(&places.user),
            Area::Temporary => bytes_below(&places.temporary),
        };
        let claim = places.accounts.claim(area, replaces, count)?;
        Ok(Box::new(Pending::begin(places, target, claim)?))
    }

    fn remove_temporaries(&self) {
        for name in self.places.accounts.take_temporaries() {
            // The app may have removed or moved it.
            if let Err(error) = self.places.temporary.remove_file(&name)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::error!(%error, "a temporary file is left behind until the next launch");
            }
        }
    }
}

impl fmt::Debug for DirectorySandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectorySandbox").finish_non_exhaustive()
    }
}

fn remove_all_in(directory: &Dir) -> io::Result<()> {
    for entry in directory.entries()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            directory.remove_dir_all(entry.file_name())?;
        } else {
            directory.remove_file(entry.file_name())?;
        }
    }
    Ok(())
}

/// Bytes of all files below. By paths, and not by open directories: an app can nest more of them than a process may open. What
/// disappears while it is counted does not count.
fn bytes_below(root: &Dir) -> Result<u64, FileError> {
    let mut bytes = 0_u64;
    let mut directories = vec![PathBuf::from(".")];
    while let Some(directory) = directories.pop() {
        let Some(entries) = unless_gone(root.read_dir(&directory))? else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            match unless_gone(entry.metadata())? {
                Some(found) if found.is_dir() => {
                    directories.push(directory.join(entry.file_name()))
                }
                Some(found) => bytes = bytes.saturating_add(found.len()),
                None => {}
            }
        }
    }
    Ok(bytes)
}

fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
