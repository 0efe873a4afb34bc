//! A file that is being written: under a name of its own among the parts, until it is kept.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use appnet_policy::files::FileName;
use cap_std::fs::{Dir, File, OpenOptions};

use super::{
    Places, Result,
    quota::{Area, Books, Claim, Room},
};
use crate::files::{FileError, PendingFile};

/// Where it will go.
pub(super) enum Target {
    User {
        name: FileName,
        path: PathBuf,
    },
    /// `None`: the name is not chosen yet.
    Temporary(Option<String>),
    /// Beside the app's own files.
    Record(&'static str),
}

impl Target {
    pub(super) const fn area(&self) -> Area {
        match self {
            Self::User { .. } | Self::Record(_) => Area::User,
            Self::Temporary(_) => Area::Temporary,
        }
    }
}

/// The file. Whatever ends it before it is kept, its part is removed first and its room is free then.
pub(super) struct Pending {
    /// `None` once nothing is added any more.
    file: Option<File>,
    part: Part,
    target: Target,
    written: u64,
    claim: Claim,
}

/// A name among the parts. Dropped before it is moved, nothing has it.
struct Part {
    places: Arc<Places>,
    name: String,
    moved: bool,
}

impl Part {
    fn move_to(&mut self, directory: &Dir, path: &Path) -> Result<()> {
        self.places.parts.rename(&self.name, directory, path)?;
        self.moved = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.moved
            && let Err(error) = self.places.parts.remove_file(&self.name)
        {
            tracing::error!(%error, "a part of a file is left behind until the next launch");
        }
    }
}

impl Pending {
    pub(super) fn begin(places: &Arc<Places>, target: Target, claim: Claim) -> Result<Self> {
        let name = random_name();
        let options = OpenOptions::new().write(true).create_new(true).clone();
        let file = places.parts.open_with(&name, &options)?;
        Ok(Self {
            file: Some(file),
            part: Part {
                places: Arc::clone(places),
                name,
                moved: false,
            },
            target,
            written: 0,
            claim,
        })
    }

    /// Reserves so many bytes in all. What the target replaces counts as free only once it is replaced; see [`Pending::publish`].
    fn reserve(&mut self, bytes: u64) -> Result<()> {
        let (places, target) = (&self.part.places, &self.target);
        self.claim
            .grow_to(bytes, |books| places.freed_by(books, target))
    }

    /// Nothing is added any more; what was is on the disk.
    pub(super) fn sync(&mut self) -> Result<()> {
        match self.file.take() {
            Some(file) => Ok(file.sync_all()?),
            None => Ok(()),
        }
    }

    /// Gives it its name, in place of what had it.
    pub(super) fn publish(mut self) -> Result<()> {
        self.file = None; // some systems do not rename what is open
        self.take_name()?;
        let Self {
            part,
            claim,
            written,
            ..
        } = self;
        drop(part); // who waits for the claim finds the directory free
        claim.settle(written);
        Ok(())
    }

    fn take_name(&mut self) -> Result<()> {
        let places = Arc::clone(&self.part.places);
        let mut books = places.accounts.books();
        match &self.target {
            Target::User { path, .. } => {
                let freed = places.occupant(&books, path)?;
                // What was to be replaced may be smaller by now, or have another name.
                places
                    .accounts
                    .check(&books, Area::User, Room::NONE, freed)?;
                self.part.move_to(&places.user, path)?;
                settle_replaced(&mut books, path, freed);
            }
            Target::Record(record) => {
                let freed = places.freed_by(&books, &self.target);
                self.part.move_to(&places.root, Path::new(record))?;
                books.give_back(Area::User, freed);
            }
            Target::Temporary(Some(name)) => {
                self.part.move_to(&places.temporary, Path::new(name))?;
            }
            Target::Temporary(None) => {
                return Err(FileError::Failed("kept before it was sealed".to_owned()));
            }
        }
        Ok(())
    }
}

/// A file of the user directory is gone because another has its name.
pub(super) fn settle_replaced(books: &mut Books, path: &Path, freed: Room) {
    books.give_back(Area::User, freed);
    if let Some(file) = &mut books.appended
        && file.path == path
    {
        file.replaced = true;
    }
}

/// 128 random bits: no app guesses the name of a file that it was not told, and no name comes twice.
pub(super) fn random_name() -> String {
    format!("{:032x}", rand::random::<u128>())
}

impl PendingFile for Pending {
    fn announce(&mut self, bytes: u64) -> Result<()> {
        self.reserve(bytes)
    }

    fn write(&mut self, data: &[u8]) -> Result<()> {
        let written = self.written + data.len() as u64;
        self.reserve(written)?;
        let sealed = || FileError::Failed("written after it was sealed".to_owned());
        self.file.as_mut().ok_or_else(sealed)?.write_all(data)?;
        self.written = written;
        Ok(())
    }

    /// `docs/decisions/0004-files-of-an-app.md`: what an app keeps in its own directory is on the disk before its name is; a temporary file
    /// does not outlive a crash anyway.
    fn seal(&mut self, extension: Option<&str>) -> Result<FileName> {
        match &mut self.target {
            Target::User { name, .. } => {
                let name = name.clone();
                self.sync()?;
                Ok(name)
            }
            Target::Temporary(chosen) => {
                self.file = None;
                let dot = extension.map_or_else(String::new, |extension| format!(".{extension}"));
                let name = format!("tmp_{}{dot}", random_name());
                *chosen = Some(name.clone());
                Ok(FileName::Temporary(name))
            }
            Target::Record(_) => Err(FileError::Denied("a record has no name of the app's")),
        }
    }

    fn keep(self: Box<Self>) -> Result<()> {
        self.publish()
    }
}
