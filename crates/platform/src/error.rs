//! Why a project cannot be read.

use std::{io, path::PathBuf};

/// Why a project cannot be read. Its text is for the project's author: file, place, what is wrong, and what would be right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// There is nothing of this name.
    #[error("no file or folder {}: give a mini-program's folder, or one .js file", .0.display())]
    Nothing(PathBuf),
    /// A folder without app.json and game.json.
    #[error("no app.json (or game.json) in {}: give a mini-program's folder, or one .js or .ts file", .0.display())]
    NoApp(PathBuf),
    /// The file that runs first is not there.
    #[error("no {} (or {other}) beside {}: it is the first file that runs", .entry.display(), .json.display())]
    NoEntry {
        /// Where it should be.
        entry: PathBuf,
        /// Its other name.
        other: &'static str,
        /// The app.json or game.json beside it.
        json: PathBuf,
    },
    /// `miniprogramRoot` is no path below the project's folder.
    #[error("{}: miniprogramRoot is {below:?}, which leads out of the project: it should be a folder below it", .file.display())]
    RootOutside {
        /// The file that says so.
        file: PathBuf,
        /// What it says.
        below: String,
    },
    /// `miniprogramRoot` names no folder.
    #[error("{}: miniprogramRoot is {below:?}, and there is no folder {}: it should name the folder that app.json is in, or be left out", .file.display(), .folder.display())]
    NoRoot {
        /// The file that says so.
        file: PathBuf,
        /// What it says.
        below: String,
        /// Where the folder should be.
        folder: PathBuf,
    },
    /// A file that is there, and cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file that is no JSON, or not of the right shape.
    #[error("{}:{line}:{column}: {what}\n  {remedy}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// In bytes, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
        /// What would be right.
        remedy: &'static str,
    },
}
