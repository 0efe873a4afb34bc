//! JSON files that a person wrote: read with messages for a person.

use std::{fs, io, path::Path};

use serde::de::DeserializeOwned;

/// Reads one; `remedy` says what the file should be.
///
/// # Errors
/// A text with file, line, column and the remedy.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, remedy: &str) -> Result<T, String> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    parse(path, &text, remedy)
}

/// As [`read`]; `None` if there is no such file.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_if_there<T: DeserializeOwned>(
    path: &Path,
    remedy: &str,
) -> Result<Option<T>, String> {
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text, remedy).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str, remedy: &str) -> Result<T, String> {
    // Editors of Windows leave a byte order mark, which is no JSON.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or(&what);
        let what = if is_comment(text, error.line(), error.column()) {
            "JSON has no comments: take this one out"
        } else {
            what
        };
        format!(
            "{}:{}:{}: {what}\n  {remedy}",
            path.display(),
            error.line(),
            error.column()
        )
    })
}

/// Whether a comment of JavaScript begins at a place; both count from 1.
fn is_comment(text: &str, line: usize, column: usize) -> bool {
    let line = text.lines().nth(line.saturating_sub(1));
    let rest = line.and_then(|line| line.get(column.saturating_sub(1)..));
    rest.is_some_and(|rest| rest.starts_with("//") || rest.starts_with("/*"))
}
