//! Who an app is.

use std::{fmt, sync::Arc};

/// A mini-program's id (`wx…`): what the host launches it under.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(Arc<str>);

impl AppId {
    /// Takes the id as the host gives it. It stands in the Referer (R1), so it is checked there: see [`Identity::check`].
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an app's code comes from; decides the `{version}` of the Referer (R1) and whether checks can be skipped (U8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Env {
    /// A published version.
    #[default]
    Release,
    /// A version under trial, or under audit.
    Trial,
    /// A developer's version on a device.
    Develop,
    /// Inside the developer tools.
    Devtools,
}

/// Id, version and environment of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The app's id.
    pub app_id: AppId,
    /// Its release number, such as `42`; used for [`Env::Release`] only.
    pub version: String,
    /// Where its code comes from.
    pub env: Env,
}

/// An identity that cannot stand in a Referer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The id is empty or has a character that is none of `A-Z a-z 0-9 _ - .`
    #[error("app id {0:?} should be 1 to 64 letters, digits, `_`, `-` or `.`")]
    AppId(String),
    /// The version is empty or has a character that is none of `A-Z a-z 0-9 _ - .`
    #[error("version {0:?} should be 1 to 64 letters, digits, `_`, `-` or `.`")]
    Version(String),
}

impl Identity {
    /// Checks that id and version can stand in a URL's path as they are.
    ///
    /// # Errors
    /// [`IdentityError`] names the part and what it may be.
    pub fn check(&self) -> Result<(), IdentityError> {
        if !is_path_word(self.app_id.as_str()) {
            return Err(IdentityError::AppId(self.app_id.as_str().to_owned()));
        }
        if !is_path_word(&self.version) {
            return Err(IdentityError::Version(self.version.clone()));
        }
        Ok(())
    }

    /// What its version is called in a Referer (R1): `0` for development, trial and audit, `devtools` in the developer tools.
    #[must_use]
    pub const fn version_name(&self) -> &str {
        match self.env {
            Env::Release => self.version.as_str(),
            Env::Trial | Env::Develop => "0",
            Env::Devtools => "devtools",
        }
    }
}

fn is_path_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && text.bytes().any(|b| b != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(app_id: &str, version: &str, env: Env) -> Identity {
        Identity {
            app_id: AppId::new(app_id),
            version: version.to_owned(),
            env,
        }
    }

    #[test]
    fn r1_id_and_version_are_words_that_can_stand_in_a_path() {
        let long = "a".repeat(64);
        for word in ["wx1234567890abcdef", "A-b_c.9", long.as_str()] {
            assert_eq!(identity(word, word, Env::Release).check(), Ok(()));
            assert_eq!(AppId::new(word).to_string(), word);
        }
        let too_long = "a".repeat(65);
        for word in [
            "",
            ".",
            "..",
            "a/b",
            "a b",
            "a\r\nb",
            "é",
            "a?b",
            "a%2f",
            too_long.as_str(),
        ] {
            let (app_id, version) = (
                identity(word, "1", Env::Release),
                identity("a", word, Env::Devtools),
            );
            assert_eq!(app_id.check(), Err(IdentityError::AppId(word.to_owned())));
            assert_eq!(
                version.check(),
                Err(IdentityError::Version(word.to_owned()))
            );
        }
    }
}
