//! Names of files as an app writes them (F2): `wxfile://usr/…` and `wxfile://tmp_…`.

use std::fmt;

use crate::Failure;

/// A name inside an app's sandbox. It has been read into parts that each name one thing: no `..`, no absolute path, no separator or
/// control character inside a part. Where it leads is the sandbox's business (`appnet-io`), which follows no link out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileName {
    /// Below the app's user directory, `wxfile://usr/…`; at least one part.
    User(Vec<String>),
    /// A temporary file, `wxfile://tmp_…`: the whole name after `wxfile://`.
    Temporary(String),
}

impl FileName {
    /// What a name of the user directory begins with; also `wx.env.USER_DATA_PATH`, without the last slash.
    pub const USER: &str = "wxfile://usr/";
    /// What a temporary name begins with.
    pub const TEMPORARY: &str = "wxfile://tmp_";

    /// Reads a name.
    ///
    /// # Errors
    /// [`Failure::FilePermissionDenied`] for what is no such name.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let _ = text;
        todo!()
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

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(parts) => write!(f, "{}{}", Self::USER, parts.join("/")),
            Self::Temporary(name) => write!(f, "wxfile://{name}"),
        }
    }
}
