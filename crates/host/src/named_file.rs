//! A file that the command line names.

use std::{fs, io, path::Path};

/// Its bytes.
///
/// # Errors
/// A text that names the file.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Its text, without a byte order mark.
///
/// # Errors
/// A text that names the file.
pub(crate) fn text(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}
