//! A file that is being written: under a name of its own among the parts, until it is kept.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use appnet_policy::files::FileName;
use cap_std::fs::{Dir, File, OpenOptions};

use super::{Places, quota::Claim};
use crate::files::{FileError, PendingFile};

/// Where it will go.
pub(super) enum Target {
    User {
        parts: Vec<String>,
        path: PathBuf,
    },
    /// `None`: the name is not chosen yet.
    Temporary(Option<String>),
}

/// The file. Whatever ends it before it is kept, its part is removed first and its bytes are free then.
pub(super) struct Pending {
    /// `None` once it is sealed.
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
    fn move_to(&mut self, directory: &Dir, path: &Path) -> Result<(), FileError> {
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
            tracing::error!(%error, "a part of a download is left behind until the next launch");
        }
    }
}

impl Pending {
    pub(super) fn begin(
        places: &Arc<Places>,
        target: Target,
        claim: Claim,
    ) -> Result<Self, FileError> {
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
}

/// 128 random bits: no app guesses the name of a file that it was not told, and no name comes twice.
fn random_name() -> String {
    format!("{:032x}", rand::random::<u128>())
}

impl PendingFile for Pending {
    fn announce(&mut self, bytes: u64) -> Result<(), FileError> {
        self.claim.grow_to(bytes)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), FileError> {
        let written = self.written + data.len() as u64;
        self.claim.grow_to(written)?;
        let sealed = || FileError::Failed("written after it was sealed".to_owned());
        self.file.as_mut().ok_or_else(sealed)?.write_all(data)?;
        self.written = written;
        Ok(())
    }

    /// `docs/decisions/0004-files-of-an-app.md`: what an app keeps in its own directory is on the disk before its name is; a temporary file
    /// does not outlive a crash anyway.
    fn seal(&mut self, extension: Option<&str>) -> Result<FileName, FileError> {
        let file = self.file.take();
        match &mut self.target {
            Target::User { parts, .. } => {
                file.map_or(Ok(()), |file| file.sync_all())?;
                Ok(FileName::User(parts.clone()))
            }
            Target::Temporary(chosen) => {
                let dot = extension.map_or_else(String::new, |extension| format!(".{extension}"));
                let name = format!("tmp_{}{dot}", random_name());
                *chosen = Some(name.clone());
                Ok(FileName::Temporary(name))
            }
        }
    }

    fn keep(self: Box<Self>) -> Result<(), FileError> {
        let Self {
            mut part,
            target,
            written,
            claim,
            ..
        } = *self;
        let places = Arc::clone(&part.places);
        match &target {
            Target::User { path, .. } => part.move_to(&places.user, path)?,
            Target::Temporary(Some(name)) => {
                places.accounts.note_temporary(name);
                part.move_to(&places.temporary, Path::new(name))?;
            }
            Target::Temporary(None) => {
                return Err(FileError::Failed("kept before it was sealed".to_owned()));
            }
        }
        claim.kept(written);
        Ok(())
    }
}
