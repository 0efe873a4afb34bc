//! What a program may do beyond `wx`: only what the person who starts it has said, as with deno (I4).

use std::{
    io,
    path::{Path, PathBuf},
};

use cap_std::{ambient_authority, fs::Dir};

use crate::cli::AllowArgs;

/// What `--allow-read`, `--allow-write` and `--allow-env` say.
#[derive(Debug, Default)]
pub(crate) struct Permissions {
    read: Vec<Folder>,
    write: Vec<Folder>,
    environment: Environment,
}

#[derive(Debug)]
struct Folder {
    // A capability: what a path or a symbolic link leads out of it cannot be opened.
    open: Dir,
    /// As it was given, and as the system knows it: a program may use either.
    names: [PathBuf; 2],
}

#[derive(Debug, Default)]
enum Environment {
    #[default]
    None,
    These(Vec<String>),
    All,
}

impl Permissions {
    /// # Errors
    /// A text that names a folder that cannot be opened.
    pub(crate) fn of(args: &AllowArgs) -> Result<Self, String> {
        Ok(Self {
            read: folders(&args.allow_read, "--allow-read")?,
            write: folders(&args.allow_write, "--allow-write")?,
            environment: match &args.allow_env {
                None => Environment::None,
                Some(names) if names.is_empty() => Environment::All,
                Some(names) => Environment::These(names.clone()),
            },
        })
    }

    /// # Errors
    /// A text that names the flag that would allow it, or says why the file cannot be read.
    pub(crate) fn read_text(&self, path: &str) -> Result<String, String> {
        let (folder, below) = within(&self.read, path).ok_or_else(|| {
            format!("reading {path} needs --allow-read=DIR with a folder above it")
        })?;
        folder
            .read_to_string(below)
            .map_err(|error| format!("cannot read {path}: {}", reason(&error, "--allow-read")))
    }

    /// # Errors
    /// A text that names the flag that would allow it, or says why the file cannot be written.
    pub(crate) fn write_text(&self, path: &str, text: &str) -> Result<(), String> {
        let (folder, below) = within(&self.write, path).ok_or_else(|| {
            format!("writing {path} needs --allow-write=DIR with a folder above it")
        })?;
        folder
            .write(below, text)
            .map_err(|error| format!("cannot write {path}: {}", reason(&error, "--allow-write")))
    }

    /// A variable of the environment; `None` if it is not set.
    ///
    /// # Errors
    /// A text that names the flag that would allow it.
    pub(crate) fn variable(&self, name: &str) -> Result<Option<String>, String> {
        let allowed = match &self.environment {
            Environment::None => false,
            Environment::These(names) => names.iter().any(|known| known == name),
            Environment::All => true,
        };
        if !allowed {
            return Err(format!(
                "the variable {name} needs --allow-env={name}, or --allow-env for all"
            ));
        }
        // What has no name of a variable is not set: `std::env::var` says so of `=` and of nothing.
        Ok(std::env::var(name).ok())
    }
}

fn folders(paths: &[PathBuf], flag: &str) -> Result<Vec<Folder>, String> {
    paths
        .iter()
        .map(|path| Folder::open(path))
        .zip(paths)
        .map(|(folder, path)| {
            folder.map_err(|error| format!("{flag}={}: {error}; it takes a folder", path.display()))
        })
        .collect()
}

impl Folder {
    fn open(path: &Path) -> io::Result<Self> {
        let real = path.canonicalize()?;
        Ok(Self {
            open: Dir::open_ambient_dir(&real, ambient_authority())?,
            names: [std::path::absolute(path)?, real],
        })
    }
}

/// The folder that a path is below, and the path from there; `..` in it is cap-std's to judge.
fn within<'a>(folders: &'a [Folder], path: &str) -> Option<(&'a Dir, PathBuf)> {
    let path = std::path::absolute(path).ok()?;
    folders.iter().find_map(|folder| {
        let below = folder
            .names
            .iter()
            .find_map(|name| path.strip_prefix(name).ok())?;
        Some((&folder.open, below.to_owned()))
    })
}

fn reason(error: &io::Error, flag: &str) -> String {
    // What cap-std says of a path that leaves its folder has no number of the system.
    if error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none() {
        format!("it leads out of the folder that {flag} names")
    } else {
        error.to_string()
    }
}

#[cfg(test)]
mod tests;
