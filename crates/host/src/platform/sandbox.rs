//! An app's own files: `wxfile://usr/…`, kept in a folder that nothing leads out of.

use std::{io, path::Path};

use cap_std::{ambient_authority, fs::Dir};

/// What programs write before their paths; `wx.env.USER_DATA_PATH`.
pub(super) const USER_DATA_PATH: &str = "wxfile://usr";

/// The folder. Every operation takes the app's own path.
#[derive(Debug)]
pub(super) struct Sandbox {
    // A capability: `..`, absolute paths and symbolic links out of it do not open, whoever made them.
    root: Dir,
}

/// Why an operation on a file failed; the app hears a text for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FileError {
    /// There is no such file or folder.
    #[error("ENOENT")]
    Missing,
    /// Not the app's own, or not allowed.
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
}

type Result<T> = std::result::Result<T, FileError>;

impl Sandbox {
    /// # Errors
    /// The folder cannot be made or opened.
    pub(super) fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join("usr");
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            root: Dir::open_ambient_dir(folder, ambient_authority())?,
        })
    }

    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>> {
        Ok(self.root.read(place(path)?)?)
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        Ok(self.root.write(place(path)?, bytes)?)
    }

    /// The file must be there.
    pub(super) fn append(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self
            .root
            .open_with(place(path)?, cap_std::fs::OpenOptions::new().append(true))?;
        Ok(io::Write::write_all(&mut file, bytes)?)
    }

    pub(super) fn stat(&self, path: &str) -> Result<Stats> {
        let meta = self.root.metadata(place(path)?)?;
        let since = meta
            .modified()
            .ok()
            .and_then(|at| at.into_std().duration_since(std::time::UNIX_EPOCH).ok());
        Ok(Stats {
            folder: meta.is_dir(),
            size: meta.len(),
            modified: since.unwrap_or_default().as_secs(),
        })
    }

    pub(super) fn unlink(&self, path: &str) -> Result<()> {
        if self.stat(path)?.folder {
            return Err(FileError::Folder);
        }
        Ok(self.root.remove_file(place(path)?)?)
    }

    pub(super) fn mkdir(&self, path: &str, recursive: bool) -> Result<()> {
        let place = place(path)?;
        Ok(if recursive {
            self.root.create_dir_all(place)
        } else {
            self.root.create_dir(place)
        }?)
    }

    pub(super) fn rmdir(&self, path: &str, recursive: bool) -> Result<()> {
        let place = place(path)?;
        if place == "." {
            return Err(FileError::Denied);
        }
        Ok(if recursive {
            self.root.remove_dir_all(place)
        } else {
            self.root.remove_dir(place)
        }?)
    }

    /// Names, in order.
    pub(super) fn readdir(&self, path: &str) -> Result<Vec<String>> {
        let entries = self.root.read_dir(place(path)?)?;
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> Result<()> {
        Ok(self.root.rename(place(from)?, &self.root, place(to)?)?)
    }

    pub(super) fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.root.copy(place(from)?, &self.root, place(to)?)?;
        Ok(())
    }
}

/// Below the folder: F2, no `..` and nothing absolute, whatever it would lead to.
fn place(path: &str) -> Result<&str> {
    let below = path.strip_prefix(USER_DATA_PATH).ok_or(FileError::Denied)?;
    let Some(below) = below.strip_prefix('/') else {
        return if below.is_empty() {
            Ok(".")
        } else {
            Err(FileError::Denied)
        };
    };
    let below = below.trim_matches('/');
    if below.split('/').any(|part| part == "..") || below.contains(['\0', '\\']) {
        return Err(FileError::Denied);
    }
    Ok(if below.is_empty() { "." } else { below })
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
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FileError, Sandbox};

    fn sandbox() -> (tempfile::TempDir, Sandbox) {
        let data = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(data.path()).unwrap();
        (data, sandbox)
    }

    #[test]
    fn what_is_written_is_read_listed_renamed_and_removed() {
        let (_data, files) = sandbox();
        files.mkdir("wxfile://usr/a/b", true).unwrap();
        files.write("wxfile://usr/a/b/one", b"1").unwrap();
        files.append("wxfile://usr/a/b/one", b"2").unwrap();
        files
            .copy("wxfile://usr/a/b/one", "wxfile://usr/two")
            .unwrap();
        files
            .rename("wxfile://usr/a/b/one", "wxfile://usr/a/one")
            .unwrap();
        assert_eq!(files.read("wxfile://usr/a/one"), Ok(b"12".to_vec()));
        assert_eq!(
            files.readdir("wxfile://usr"),
            Ok(vec!["a".to_owned(), "two".to_owned()])
        );
        assert_eq!(
            files.rmdir("wxfile://usr/a", false),
            Err(FileError::NotEmpty)
        );
        assert_eq!(files.unlink("wxfile://usr/a"), Err(FileError::Folder));
        files.rmdir("wxfile://usr/a", true).unwrap();
        files.unlink("wxfile://usr/two").unwrap();
        assert_eq!(files.readdir("wxfile://usr/"), Ok(vec![]));
    }

    #[test]
    fn f2_nothing_outside_can_be_named() {
        let (data, files) = sandbox();
        std::fs::write(data.path().join("storage.json"), "secret").unwrap();
        for path in [
            "/etc/passwd",
            "wxfile://usr/../storage.json",
            "wxfile://usr/a/../../storage.json",
            "wxfile://usrx",
            "wxfile://tmp_1",
            "usr/a",
            "",
            "wxfile://usr/..\\x",
        ] {
            assert_eq!(files.read(path), Err(FileError::Denied), "{path}");
            assert_eq!(files.write(path, b""), Err(FileError::Denied), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn f2_a_symbolic_link_out_of_it_does_not_open() {
        let (data, files) = sandbox();
        std::fs::write(data.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink("../secret", data.path().join("usr/link")).unwrap();
        std::os::unix::fs::symlink("/etc", data.path().join("usr/etc")).unwrap();
        for path in ["wxfile://usr/link", "wxfile://usr/etc/passwd"] {
            assert_eq!(files.read(path), Err(FileError::Denied), "{path}");
        }
    }

    #[test]
    fn what_is_missing_says_so() {
        let (_data, files) = sandbox();
        assert_eq!(files.read("wxfile://usr/x"), Err(FileError::Missing));
        assert_eq!(files.append("wxfile://usr/x", b""), Err(FileError::Missing));
        assert_eq!(files.stat("wxfile://usr/x"), Err(FileError::Missing));
        assert_eq!(files.rmdir("wxfile://usr", true), Err(FileError::Denied));
    }
}
