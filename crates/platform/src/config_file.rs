//! JSON files that a person wrote: read with messages for a person.

use std::{fs, io, path::Path};

use serde::de::DeserializeOwned;

use crate::error::ProjectError;

type Result<T> = std::result::Result<T, ProjectError>;

/// Reads one; `remedy` says what the file should be.
///
/// # Errors
/// [`ProjectError::Unreadable`], [`ProjectError::Malformed`].
pub(crate) fn read<T: DeserializeOwned>(path: &Path, remedy: &'static str) -> Result<T> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
    parse(path, &text, remedy)
}

/// As [`read`]; `None` if there is no such file.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_if_there<T: DeserializeOwned>(
    path: &Path,
    remedy: &'static str,
) -> Result<Option<T>> {
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text, remedy).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn unreadable(path: &Path, error: io::Error) -> ProjectError {
    ProjectError::Unreadable {
        path: path.to_owned(),
        error,
    }
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str, remedy: &'static str) -> Result<T> {
    // Editors of Windows leave a byte order mark, which is no JSON.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let malformed = |line, column, what: &str| ProjectError::Malformed {
        path: path.to_owned(),
        line,
        column,
        what: what.to_owned(),
        remedy,
    };
    // serde would take the fields of a structure from an array, in their order.
    if let Some(place) = text.find(|first: char| !first.is_whitespace())
        && text[place..].starts_with('[')
    {
        let before = &text[..place];
        let line = before.matches('\n').count() + 1;
        let column = place - before.rfind('\n').map_or(0, |end| end + 1) + 1;
        return Err(malformed(
            line,
            column,
            "an array, where an object should be",
        ));
    }
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or(&what);
        if is_comment(text, line, column) {
            return malformed(line, column, "JSON has no comments: take this one out");
        }
        malformed(line, column, what)
    })
}

/// Whether a comment of JavaScript begins at a place; both count from 1.
fn is_comment(text: &str, line: usize, column: usize) -> bool {
    let line = text.lines().nth(line.saturating_sub(1));
    let rest = line.and_then(|line| line.get(column.saturating_sub(1)..));
    rest.is_some_and(|rest| rest.starts_with("//") || rest.starts_with("/*"))
}
