//! What the UI layer hears of a message that is not a command.

use appnet_core::Malformed;
use serde_json::value::RawValue;

use crate::fields::{shortened, type_name};

/// One whose task is not known here.
pub(crate) fn new(
    field: impl Into<String>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Malformed {
    Malformed {
        task: None,
        field: field.into(),
        expected: expected.into(),
        found: found.into(),
    }
}

/// A value of a wrong type.
pub(crate) fn wrong_type(field: &str, expected: &str, value: Option<&RawValue>) -> Malformed {
    new(field, expected, type_name(value))
}

/// A field that is not known under this name.
pub(crate) fn unknown_name(parent: &str, name: &str, known: &str) -> Malformed {
    let field = format!("{parent}{}", shortened(name));
    new(field, format!("one of {known}"), "another name")
}

/// A word that is not one of the right ones.
pub(crate) fn unknown_word(field: &str, expected: &str, word: &str) -> Malformed {
    new(field, expected, format!("{:?}", shortened(word)))
}
