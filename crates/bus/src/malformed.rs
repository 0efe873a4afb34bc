//! What the UI layer hears of a message that is no command.

use appnet_core::TaskId;
use serde_json::value::RawValue;

use crate::fields::{shortened, type_name};

/// A message that is no command. Nothing came of it; the app's bus goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} should be {expected} instead of {found}")]
pub struct Malformed {
    /// The task it spoke of, if that could be read.
    pub task: Option<TaskId>,
    /// Where: a path such as `options.data`; `message` for the whole.
    pub field: String,
    /// What would be right.
    pub expected: String,
    /// What is there; of a long text only the beginning.
    pub found: String,
}

impl Malformed {
    /// One whose task is not known here.
    pub(crate) fn new(
        field: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            task: None,
            field: field.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// A value of a wrong type.
    pub(crate) fn wrong_type(field: &str, expected: &str, value: Option<&RawValue>) -> Self {
        Self::new(field, expected, type_name(value))
    }

    /// A field that is not known under this name.
    pub(crate) fn unknown_name(parent: &str, name: &str, known: &str) -> Self {
        let field = format!("{parent}{}", shortened(name));
        Self::new(field, format!("one of {known}"), "another name")
    }

    /// A word that is none of the right ones.
    pub(crate) fn unknown_word(field: &str, expected: &str, word: &str) -> Self {
        Self::new(field, expected, format!("{:?}", shortened(word)))
    }
}
