//! Whose a directory is: a marker says that it is ours, a lock on the marker that it is this sandbox's (I3).

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use cap_std::fs::{Dir, OpenOptions};

/// The file that says that a directory is ours. A person may put an empty one into a directory to give it to an app.
pub(super) const MARKER: &str = ".appnet-sandbox";

const NOTE: &[u8] = b"The files of an app of appnet are in this directory. Opening it removes what is in tmp and part.\n";

/// Why a directory cannot be an app's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There are files in it, and it is not known that they are an app's.
    #[error(
        "{} is not empty and has no {MARKER}: it was not made for an app, and opening it would remove files; name a directory that is \
         new or empty, or put an empty file named {MARKER} into it to give it to the app",
        .0.display()
    )]
    NotOurs(PathBuf),
    /// Another network or another run has it open.
    #[error(
        "{} is in use by another network or run: wait until that has ended, or name another directory",
        .0.display()
    )]
    InUse(PathBuf),
    /// It cannot be made, opened, locked, counted or cleaned.
    #[error("{} cannot hold the files of an app: {reason}", .directory.display())]
    Unusable {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl OpenError {
    pub(super) fn unusable(directory: &Path, reason: impl ToString) -> Self {
        Self::Unusable {
            directory: directory.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// Holds a directory for one sandbox. The system lets go of it when this is dropped, and when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Ownership(#[expect(dead_code, reason = "held for its lock")] File);

impl Ownership {
    /// Takes the directory that is open as `root`, if it is ours or empty, and nobody else's.
    pub(super) fn take(root: &Dir, directory: &Path) -> Result<Self, OpenError> {
        let unusable = |error: io::Error| OpenError::unusable(directory, error);
        if !is_ours(root).map_err(unusable)? {
            return Err(OpenError::NotOurs(directory.to_owned()));
        }
        let marker = open_marker(root).map_err(unusable)?;
        match marker.try_lock() {
            Ok(()) => write_note(&marker).map_err(unusable)?,
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(directory.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        Ok(Self(marker))
    }
}

/// Whether it has a marker, or nothing at all.
fn is_ours(root: &Dir) -> io::Result<bool> {
    Ok(root.is_file(MARKER) || root.entries()?.next().is_none())
}

fn open_marker(root: &Dir) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    Ok(root.open_with(MARKER, &options)?.into_std())
}

/// Tells a person what the marker is for.
fn write_note(mut marker: &File) -> io::Result<()> {
    if marker.metadata()?.len() == 0 {
        io::Write::write_all(&mut marker, NOTE)?;
    }
    Ok(())
}
