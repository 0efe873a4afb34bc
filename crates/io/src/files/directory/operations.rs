//! What else an app does with its files. Each of these is one operation of `FileSystemManager`.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use appnet_policy::files::FileName;

use super::{
    DirectorySandbox, Places, Result, Spot,
    pending::{random_name, settle_replaced},
    quota::{Area, Room},
    room_of, tree,
};
use crate::files::{FileError, PendingFile as _};

/// What is known of a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// It is a directory, else a file.
    pub is_directory: bool,
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was changed; 1970 where that is not known.
    pub modified: SystemTime,
    /// When it was read; 1970 where that is not known.
    pub accessed: SystemTime,
}

/// Bytes that are copied at once.
const PIECE: usize = 64 << 10;

impl DirectorySandbox {
    /// The bytes of a file from `position` on, so many or as many as there are.
    ///
    /// # Errors
    /// [`FileError::Invalid`] for a position behind the end; else as the name says.
    pub fn read(&self, name: &FileName, position: u64, length: Option<u64>) -> Result<Vec<u8>> {
        let spot = self.places.locate(name);
        let rest = spot.file()?.len().checked_sub(position);
        let rest = rest.ok_or(FileError::Invalid("a place behind the end of the file"))?;
        let wanted = length.unwrap_or(u64::MAX).min(rest);
        let mut file = spot.directory.open(&spot.path)?;
        file.seek(SeekFrom::Start(position))?;
        let capacity = usize::try_from(wanted)
            .map_err(|_| FileError::Failed("longer than memory".to_owned()))?;
        let mut bytes = Vec::with_capacity(capacity);
        file.take(wanted).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Makes or replaces a file of the user directory. Others see the old one or the new one, whole.
    ///
    /// # Errors
    /// [`FileError`]; the old one is there then.
    pub fn write(&self, name: &FileName, data: &[u8]) -> Result<()> {
        let target = self.user_target(name)?;
        let mut file = self.begin(target, data.len() as u64)?;
        file.write(data)?;
        file.publish()
    }

    /// Copies a file to one of the user directory, a piece at a time.
    ///
    /// # Errors
    /// [`FileError`]; what was there under the new name is there then.
    pub fn copy(&self, from: &FileName, to: &FileName) -> Result<()> {
        self.places.changeable(to)?;
        let mut source = self.places.locate(from).open_file()?;
        if from == to {
            return Ok(());
        }
        let mut copy = self.begin(self.user_target(to)?, source.length)?;
        let mut piece = vec![0; PIECE];
        loop {
            match source.content.read(&mut piece)? {
                0 => return copy.publish(),
                read => copy.write(&piece[..read])?,
            }
        }
    }

    /// Moves a file or directory; a temporary file becomes one of the user directory. What had the new name is replaced.
    ///
    /// # Errors
    /// [`FileError`]; nothing has changed then.
    pub fn rename(&self, from: &FileName, to: &FileName) -> Result<()> {
        let places = &self.places;
        let path = places.changeable(to)?;
        let from = places.locate(from);
        let _structure = places.structure();
        if from.area == Area::Temporary {
            from.file()?;
        }
        places.check_depth(&from, to)?;
        if from.area == Area::User && from.path == path {
            from.directory.symlink_metadata(&path)?;
            return Ok(());
        }
        places.move_to_user(&from, &path)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn unlink(&self, name: &FileName) -> Result<()> {
        let _structure = self.places.structure();
        let mut books = self.places.accounts.books();
        let spot = self.places.locate(name);
        spot.file()?;
        let room = room_of(&spot.directory.symlink_metadata(&spot.path)?);
        spot.directory.remove_file(&spot.path)?;
        books.give_back(spot.area, room);
        Ok(())
    }

    /// Makes a directory below the user directory; `recursive`: also those above it, and it may be there.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn mkdir(&self, name: &FileName, recursive: bool) -> Result<()> {
        let path = self.places.creatable(name)?;
        let _structure = self.places.structure();
        if !recursive {
            return self.places.make_directory(&path);
        }
        let parts = path.components().count();
        for (level, above) in (1..=parts).zip(ancestors(&path)) {
            if !self.places.user.is_dir(above) {
                let made = self.places.make_directory(above);
                made.map_err(|error| below_a_file(error, level < parts))?;
            }
        }
        Ok(())
    }

    /// Removes a directory below the user directory; `recursive`: and all that is in it.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn rmdir(&self, name: &FileName, recursive: bool) -> Result<()> {
        let path = self.places.changeable(name)?;
        let _structure = self.places.structure();
        if recursive {
            self.places.remove_tree(&path)
        } else {
            let mut books = self.places.accounts.books();
            self.places.user.remove_dir(&path)?;
            books.give_back(Area::User, Room::ENTRY);
            Ok(())
        }
    }

    /// The names in a directory, in order; without a name, in the user directory.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn list(&self, name: Option<&FileName>) -> Result<Vec<String>> {
        let spot = self.places.locate_or_user(name);
        let entries = spot.directory.read_dir(&spot.path)?;
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    /// What is known of a file or directory; without a name, of the user directory.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn stat(&self, name: Option<&FileName>) -> Result<Stats> {
        let spot = self.places.locate_or_user(name);
        let there = spot.directory.metadata(&spot.path)?;
        let time = |time: std::io::Result<cap_std::time::SystemTime>| {
            time.map_or(UNIX_EPOCH, cap_std::time::SystemTime::into_std)
        };
        Ok(Stats {
            is_directory: there.is_dir(),
            bytes: there.len(),
            modified: time(there.modified()),
            accessed: time(there.accessed()),
        })
    }
}

impl Places {
    fn locate_or_user(&self, name: Option<&FileName>) -> Spot<'_> {
        name.map_or_else(
            || Spot {
                area: Area::User,
                directory: &self.user,
                path: ".".into(),
            },
            |name| self.locate(name),
        )
    }

    fn make_directory(&self, path: &Path) -> Result<()> {
        if self.user.symlink_metadata(path).is_ok() {
            return Err(FileError::Exists); // whether or not there is room
        }
        let claim = self
            .accounts
            .claim(Area::User, Room::ENTRY, |_| Room::NONE)?;
        self.user.create_dir(path)?;
        claim.settle(0);
        Ok(())
    }

    /// Whether what is moved stays within the bound on depth (I3).
    fn check_depth(&self, from: &Spot<'_>, to: &FileName) -> Result<()> {
        let path = self.creatable(to)?;
        let depth = self.accounts.limits().path_depth;
        let there = from.directory.symlink_metadata(&from.path);
        if !there.is_ok_and(|there| there.is_dir()) {
            return Ok(()); // also if there is nothing: the system says so then, and in its order
        }
        let below = tree::height(from.directory, &from.path)?;
        if path.components().count() + below > depth {
            return Err(FileError::TooDeep(depth));
        }
        Ok(())
    }

    fn move_to_user(&self, from: &Spot<'_>, path: &Path) -> Result<()> {
        let mut books = self.accounts.books();
        let freed = self.occupant(&books, path).unwrap_or(Room::NONE);
        let moved = match from.area {
            Area::User => Room::NONE, // counted there already
            Area::Temporary => room_of(&from.directory.symlink_metadata(&from.path)?),
        };
        if from.area == Area::Temporary {
            let more = Room::bytes(moved.bytes);
            self.accounts.check(&books, Area::User, more, freed)?;
        }
        from.directory.rename(&from.path, &self.user, path)?;
        settle_replaced(&mut books, path, freed);
        books.give_back(Area::Temporary, moved);
        books.add(Area::User, moved);
        Ok(())
    }

    /// Takes a directory out of the app's sight at once, and removes it then: that can take long, and nobody waits for it.
    fn remove_tree(&self, path: &Path) -> Result<()> {
        if !self.user.symlink_metadata(path)?.is_dir() {
            return Err(FileError::NotDirectory);
        }
        let grave = random_name();
        {
            let _books = self.accounts.books(); // no file takes a name in it meanwhile
            self.user.rename(path, &self.parts, &grave)?;
        }
        let freed = |room| self.accounts.books().give_back(Area::User, room);
        if let Err(error) = tree::remove(&self.parts, grave.into(), freed) {
            tracing::error!(%error, "a removed directory is left behind until the next launch");
        }
        Ok(())
    }
}

/// A path and those above it, the shortest first.
fn ancestors(path: &Path) -> impl Iterator<Item = &Path> {
    let above: Vec<_> = path.ancestors().collect();
    above.into_iter().rev().skip(1) // the empty path
}

/// A file that has the name of a directory that is needed.
fn below_a_file(error: FileError, needed: bool) -> FileError {
    match error {
        FileError::Exists if needed => FileError::NotDirectory,
        error => error,
    }
}
