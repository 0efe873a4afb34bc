//! Names of files as an app writes them (F2): `wxfile://usr/…` and `wxfile://tmp_…`.

mod extension;

#[cfg(test)]
mod tests;

use crate::failure::AppFault;
use std::fmt;

use crate::Failure;
pub use extension::{extension, media_type};

/// A name inside an app's sandbox. It has been read into parts that each name one thing: no `..`, no absolute path, no separator or
/// control character inside a part. Where it leads is the sandbox's business (`appnet-io`), which follows no link out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileName {
    /// Below the app's user directory, `wxfile://usr/…`; at least one part.
    User(Vec<String>),
    /// A temporary file, `wxfile://tmp_…`: the whole name after `wxfile://`.
    Temporary(String),
}

/// What both kinds of names begin with.
const SCHEME: &str = "wxfile://";
/// Bytes of a whole name: `PATH_MAX` of the systems that set one.
const NAME_BYTES: usize = 4096;
/// Bytes of one part: `NAME_MAX` of the usual file systems.
const PART_BYTES: usize = 255;

impl FileName {
    /// What a name of the user directory begins with; also `wx.env.USER_DATA_PATH`, without the last slash.
    pub const USER: &str = "wxfile://usr/";
    /// What a temporary name begins with.
    pub const TEMPORARY: &str = "wxfile://tmp_";

    /// Reads a name. A file has one spelling: nothing is decoded, folded or left out, so a doubled slash (which could be the start of an
    /// absolute path) and a slash at the end (which only a directory has) are refused, and so is a name of more than 4096 bytes or
    /// with a part of more than 255.
    ///
    /// # Errors
    /// [`AppFault::FilePermissionDenied`] for what is not such a name.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        Self::read(text).ok_or(Failure::App(AppFault::FilePermissionDenied))
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > NAME_BYTES {
            return None;
        }
        if let Some(path) = text.strip_prefix(Self::USER) {
            let parts = path.split('/').map(part);
            return parts.collect::<Option<_>>().map(Self::User);
        }
        text.strip_prefix(Self::TEMPORARY)
            .filter(|rest| !rest.is_empty())?;
        text.strip_prefix(SCHEME)
            .and_then(part)
            .map(Self::Temporary)
    }

    /// The last part: what a person calls the file's name.
    #[must_use]
    pub fn last_part(&self) -> &str {
        match self {
            Self::User(parts) => parts.last().map_or("", String::as_str),
            Self::Temporary(name) => name,
        }
    }
}

/// A part that names one thing on every system: a backslash separates on some, a NUL ends a name on others.
fn part(text: &str) -> Option<String> {
    let names_one_thing = !matches!(text, "" | "." | "..")
        && text.len() <= PART_BYTES
        && !text
            .chars()
            .any(|c| matches!(c, '/' | '\\') || c.is_control());
    names_one_thing.then(|| text.to_owned())
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(parts) => write!(f, "{}{}", Self::USER, parts.join("/")),
            Self::Temporary(name) => write!(f, "{SCHEME}{name}"),
        }
    }
}
