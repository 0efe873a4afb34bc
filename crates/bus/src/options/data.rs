//! `data` in the bus's own form (R5, W2).

use appnet_policy::body::CallData;
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    Malformed,
    fields::{Fields, shortened, string},
    malformed,
};

const FORM: &str = "Object with one of text, json, bytes, unserialisable";
const NAMES: &str = "text, json, bytes, unserialisable";

/// Reads what is one of `{"text": "…"}`, `{"json": …}`, `{"bytes": 0}`, `{"unserialisable": true}`.
pub(super) fn read(value: &RawValue, attachments: &[Bytes]) -> Result<CallData, Malformed> {
    let attached = Attached::read("options.data", FORM, value)?;
    match attached.form() {
        "text" => attached.text().map(CallData::Text),
        "json" => Ok(CallData::Json(attached.content.to_owned())),
        "bytes" => attached.bytes(attachments).map(CallData::Bytes),
        "unserialisable" => attached.unserialisable(),
        _ => Err(attached.unknown(NAMES)),
    }
}

/// An object with one field, whose name says what its value is.
pub(crate) struct Attached<'a> {
    /// Where it stands.
    path: &'static str,
    form: String,
    content: &'a RawValue,
}

impl<'a> Attached<'a> {
    /// Reads the object; `expected` is what it should be.
    pub(crate) fn read(
        path: &'static str,
        expected: &str,
        value: &'a RawValue,
    ) -> Result<Self, Malformed> {
        let fields = Fields::read(value.get())
            .ok_or_else(|| malformed::wrong_type(path, expected, Some(value)))?;
        let distinct = fields.distinct();
        let [(form, content)] = distinct[..] else {
            let found = format!("Object with {} fields", distinct.len());
            return Err(malformed::new(path, expected, found));
        };
        Ok(Self {
            path,
            form: form.to_owned(),
            content,
        })
    }

    pub(crate) fn form(&self) -> &str {
        &self.form
    }

    pub(crate) fn text(&self) -> Result<String, Malformed> {
        string(self.content).ok_or_else(|| {
            malformed::wrong_type(&format!("{}.text", self.path), "String", Some(self.content))
        })
    }

    pub(crate) fn bytes(&self, attachments: &[Bytes]) -> Result<Bytes, Malformed> {
        let place: Option<usize> = serde_json::from_str(self.content.get()).ok();
        let bytes = place.and_then(|place| attachments.get(place));
        bytes.cloned().ok_or_else(|| {
            let expected = format!(
                "an attachment's index (the message has {})",
                attachments.len()
            );
            let field = format!("{}.bytes", self.path);
            malformed::new(field, expected, shortened(self.content.get()))
        })
    }

    fn unserialisable(&self) -> Result<CallData, Malformed> {
        match self.content.get() {
            "true" => Ok(CallData::Unserialisable),
            other => Err(malformed::new(
                format!("{}.unserialisable", self.path),
                "true",
                shortened(other),
            )),
        }
    }

    /// A form that is none of `known`.
    pub(crate) fn unknown(&self, known: &str) -> Malformed {
        malformed::unknown_name(&format!("{}.", self.path), &self.form, known)
    }
}
