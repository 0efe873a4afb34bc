//! An app's files in a directory of the host's, and the only code that touches it: `usr/…` what the app keeps, `tmp/…` temporary files,
//! `part/…` what is being written, and beside them the host's records of the app.

mod append;
mod operations;
mod ownership;
mod pending;
mod quota;
mod record;
#[cfg(test)]
mod tests;
mod tree;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use appnet_policy::{exchange::SaveTo, files::FileName, preset::FileLimits};
use cap_std::{
    ambient_authority,
    fs::{Dir, Metadata},
};

pub use self::{operations::Stats, ownership::OpenError, record::Record};
use self::{
    ownership::{MARKER, Ownership},
    pending::{Pending, Target},
    quota::{Accounts, Area, Books, Room},
    tree::unless_gone,
};
use super::{FileError, FileSandbox, PendingFile, Readable};

type Result<T> = std::result::Result<T, FileError>;

/// Files below one directory, reached through open directories only: `..`, absolute paths and symbolic links that lead out do not open,
/// whoever made them.
///
/// A directory belongs to one sandbox at a time, and a sandbox to one app. Opening one removes the temporary files and parts that an
/// earlier one left behind, and counts the rest; from then on the count is kept, so nobody else may put files there (I3).
pub struct DirectorySandbox {
    places: Arc<Places>,
}

/// The open directories.
struct Places {
    root: Dir,
    user: Dir,
    temporary: Dir,
    parts: Dir,
    accounts: Arc<Accounts>,
    /// Held by whoever changes more than one name, or a file in place. Taken before the lock of the books.
    structure: Mutex<()>,
    /// The last to go.
    _ownership: Ownership,
}

/// Where a name leads: an open directory, and a path below it.
struct Spot<'a> {
    area: Area,
    directory: &'a Dir,
    path: PathBuf,
}

impl DirectorySandbox {
    /// Opens the sandbox in this directory, which is made if need be. `limits` are those of the network's policy.
    ///
    /// # Errors
    /// [`OpenError`]: a directory that has other things in it, or that is in use, is left as it is.
    pub fn open(directory: &Path, limits: FileLimits) -> std::result::Result<Self, OpenError> {
        let unusable = |error: io::Error| OpenError::unusable(directory, error);
        std::fs::create_dir_all(directory).map_err(unusable)?;
        let root = Dir::open_ambient_dir(directory, ambient_authority()).map_err(unusable)?;
        let ownership = Ownership::take(&root, directory)?;
        let places = Places::open(root, limits, ownership).map_err(unusable)?;
        Ok(Self {
            places: Arc::new(places),
        })
    }

    /// The bounds that it keeps.
    #[must_use]
    pub fn limits(&self) -> &FileLimits {
        self.places.accounts.limits()
    }

    /// Begins a file that will have at least so many bytes.
    fn begin(&self, target: Target, bytes: u64) -> Result<Pending> {
        let places = &self.places;
        let freed = |books: &Books| places.freed_by(books, &target);
        let claim = places
            .accounts
            .claim(target.area(), Room::file(bytes), freed)?;
        Pending::begin(places, target, claim)
    }

    /// A file of the user directory that is to be written; its directory must be there.
    fn user_target(&self, name: &FileName) -> Result<Target> {
        let path = self.places.creatable(name)?;
        self.places.check_replaceable(&path)?;
        Ok(Target::User {
            name: name.clone(),
            path,
        })
    }
}

impl Places {
    fn open(root: Dir, limits: FileLimits, ownership: Ownership) -> io::Result<Self> {
        let place = |name: &str| {
            root.create_dir_all(name)?;
            root.open_dir(name)
        };
        let (user, temporary, parts) = (place("usr")?, place("tmp")?, place("part")?);
        // What is here was left by a host that crashed.
        tree::empty(&temporary, drop)?;
        tree::empty(&parts, drop)?;
        let mut kept = tree::room_below(&user, Path::new("."))?;
        for record in records(&root)? {
            kept.bytes = kept.bytes.saturating_add(record.bytes);
            kept.entries += record.entries;
        }
        Ok(Self {
            root,
            user,
            temporary,
            parts,
            accounts: Arc::new(Accounts::new(limits, kept)),
            structure: Mutex::default(),
            _ownership: ownership,
        })
    }

    fn locate(&self, name: &FileName) -> Spot<'_> {
        match name {
            FileName::User(parts) => Spot {
                area: Area::User,
                directory: &self.user,
                path: parts.iter().collect(),
            },
            FileName::Temporary(name) => Spot {
                area: Area::Temporary,
                directory: &self.temporary,
                path: PathBuf::from(name),
            },
        }
    }

    /// A path of the user directory that may lead to something new (I3: its depth is bounded).
    fn creatable(&self, name: &FileName) -> Result<PathBuf> {
        let depth = self.accounts.limits().path_depth;
        match name {
            FileName::User(parts) if parts.len() > depth => Err(FileError::TooDeep(depth)),
            FileName::User(_) | FileName::Temporary(_) => self.changeable(name),
        }
    }

    /// A path of the user directory.
    fn changeable(&self, name: &FileName) -> Result<PathBuf> {
        match name {
            FileName::User(parts) => Ok(parts.iter().collect()),
            FileName::Temporary(_) => Err(FileError::Denied("not in the user directory")),
        }
    }

    /// Whether a file can have this path: nothing else has it, and its directory is there.
    fn check_replaceable(&self, path: &Path) -> Result<()> {
        if let Some(there) = unless_gone(self.user.metadata(path))? {
            return only_file(&there);
        }
        let Some(directory) = path.parent().filter(|parent| *parent != Path::new("")) else {
            return Ok(());
        };
        if self.user.metadata(directory)?.is_dir() {
            Ok(())
        } else {
            Err(FileError::NotDirectory)
        }
    }

    /// What is free once the target is in its place.
    fn freed_by(&self, books: &Books, target: &Target) -> Room {
        match target {
            Target::User { path, .. } => self.occupant(books, path),
            Target::Temporary(_) => Ok(Room::NONE),
            Target::Record(record) => room_at(&self.root, Path::new(record)),
        }
        .unwrap_or(Room::NONE)
    }

    /// What a path of the user directory takes now, as the books have it.
    fn occupant(&self, books: &Books, path: &Path) -> io::Result<Room> {
        match &books.appended {
            Some(file) if file.path == path && !file.replaced => Ok(Room::file(file.length)),
            Some(_) | None => room_at(&self.user, path),
        }
    }

    fn structure(&self) -> MutexGuard<'_, ()> {
        self.structure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spot<'_> {
    /// Opens what must be a file.
    fn open_file(&self) -> Result<Readable> {
        self.file()?;
        let file = self.directory.open(&self.path)?;
        Ok(Readable {
            length: file.metadata()?.len(),
            content: Box::new(file),
        })
    }

    /// What is known of what must be a file. Looked at before it is opened: some things that are no files do not even open without
    /// waiting.
    fn file(&self) -> Result<Metadata> {
        let there = self.directory.metadata(&self.path)?;
        only_file(&there)?;
        Ok(there)
    }
}

fn only_file(there: &Metadata) -> Result<()> {
    if there.is_file() {
        Ok(())
    } else if there.is_dir() {
        Err(FileError::IsDirectory)
    } else {
        Err(FileError::Denied("this is no file"))
    }
}

/// What this path itself takes: of a link, the link, and of a directory nothing that is in it.
fn room_at(directory: &Dir, path: &Path) -> io::Result<Room> {
    let there = unless_gone(directory.symlink_metadata(path))?;
    Ok(there.map_or(Room::NONE, |there| room_of(&there)))
}

fn room_of(there: &Metadata) -> Room {
    if there.is_dir() {
        Room::ENTRY
    } else {
        Room::file(there.len())
    }
}

/// The files beside the three places.
fn records(root: &Dir) -> io::Result<Vec<Room>> {
    let mut records = Vec::new();
    for entry in root.entries()? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != MARKER {
            records.push(Room::file(entry.metadata()?.len()));
        }
    }
    Ok(records)
}

impl FileSandbox for DirectorySandbox {
    fn open(&self, name: &FileName) -> Result<Readable> {
        self.places.locate(name).open_file()
    }

    fn create(&self, to: &SaveTo) -> Result<Box<dyn PendingFile>> {
        let target = match to {
            SaveTo::Temporary => Target::Temporary(None),
            SaveTo::User(name) => self.user_target(name)?,
        };
        Ok(Box::new(self.begin(target, 0)?))
    }

    fn read_cache(&self) -> Result<Option<Vec<u8>>> {
        self.read_record(Record::Cache)
    }

    fn write_cache(&self, content: &[u8]) -> Result<()> {
        self.write_record(Record::Cache, content)
    }

    fn remove_temporaries(&self) {
        let Places {
            temporary,
            accounts,
            ..
        } = &*self.places;
        accounts.wait_for_claims();
        let freed = |room| accounts.books().give_back(Area::Temporary, room);
        if let Err(error) = tree::empty(temporary, freed) {
            tracing::error!(%error, "temporary files are left behind until the next launch");
        }
    }
}

impl fmt::Debug for DirectorySandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectorySandbox").finish_non_exhaustive()
    }
}
