//! Adding to a file in place, while a download may take its name.

use std::{io::Write as _, path::PathBuf};

use appnet_policy::files::FileName;
use cap_std::fs::{File, OpenOptions};

use super::{
    DirectorySandbox, Places, Result,
    quota::{Appended, Area, Room},
};

impl DirectorySandbox {
    /// Adds to a file of the user directory, which must be there.
    ///
    /// # Errors
    /// [`FileError`](crate::files::FileError); nothing was added then.
    pub fn append(&self, name: &FileName, data: &[u8]) -> Result<()> {
        let places = &self.places;
        let path = places.changeable(name)?;
        let _structure = places.structure();
        let file = places.begin_append(name, path)?;
        let bytes = data.len() as u64;
        let added = (places.accounts)
            .claim(Area::User, Room::bytes(bytes), |_| Room::NONE)
            .and_then(|claim| add_all(&file, data).map(|()| claim));
        let replaced = places.end_append();
        let claim = added?;
        // The bytes of a file that was replaced meanwhile are gone with its name.
        if !replaced {
            claim.settle(bytes);
        }
        Ok(())
    }
}

impl Places {
    pub(super) fn begin_append(&self, name: &FileName, path: PathBuf) -> Result<File> {
        let mut books = self.accounts.books(); // no other file takes the name before it is noted
        self.locate(name).file()?;
        let file = (self.user).open_with(&path, OpenOptions::new().append(true))?;
        books.appended = Some(Appended {
            path,
            length: file.metadata()?.len(),
            replaced: false,
        });
        Ok(file)
    }

    /// Whether the file lost its name meanwhile.
    pub(super) fn end_append(&self) -> bool {
        let appended = self.accounts.books().appended.take();
        appended.is_some_and(|file| file.replaced)
    }
}

/// Adds all of it or nothing.
fn add_all(mut file: &File, data: &[u8]) -> Result<()> {
    let length = file.metadata()?.len();
    file.write_all(data).or_else(|error| {
        file.set_len(length)?;
        Err(error.into())
    })
}
