//! Picks options by type and remembers the wrong ones (R7).

use appnet_policy::{body::CallData, exchange::Header, failure::ParameterError};
use bytes::Bytes;
use serde_json::value::RawValue;

use super::{OptionsError, data};
use crate::{
    Malformed,
    fields::{Fields, JsonType, given, json_type, shortened, string, tagged_type, type_name},
};

/// Each method takes one option by its name. Absent, `null` and `undefined` are not given (J2).
pub(crate) struct Reader<'a> {
    options: &'a Fields<'a>,
    wrong: Vec<ParameterError>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(options: &'a Fields<'a>) -> Self {
        Self {
            options,
            wrong: Vec::new(),
        }
    }

    /// What was read, if nothing was wrong.
    pub(crate) fn finish<T>(self, read: T) -> Result<T, OptionsError> {
        if self.wrong.is_empty() {
            Ok(read)
        } else {
            Err(OptionsError::Parameters(self.wrong))
        }
    }

    pub(super) fn required_string(&mut self, name: &str) -> String {
        let value = self.options.get(name);
        value.and_then(string).unwrap_or_else(|| {
            self.mistake(name, "String", value);
            String::new()
        })
    }

    pub(crate) fn string(&mut self, name: &str) -> Option<String> {
        let value = self.given(name)?;
        self.checked(name, "String", value, string(value))
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        let value = self.given(name)?;
        let boolean = serde_json::from_str(value.get()).ok();
        self.checked(name, "Boolean", value, boolean)
    }

    /// T1: what is not a number counts as not given; it is not a mistake.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        serde_json::from_str(self.given(name)?.get()).ok()
    }

    /// A number that is a mistake if it is none.
    pub(crate) fn checked_number(&mut self, name: &str) -> Option<f64> {
        let value = self.given(name)?;
        self.checked(name, "Number", value, self.number(name))
    }

    /// W4. One text counts as a list of it, which libraries send.
    pub(super) fn strings(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.given(name) else {
            return Vec::new();
        };
        if let Some(one) = string(value) {
            return vec![one];
        }
        let values = serde_json::from_str::<Vec<&RawValue>>(value.get()).ok();
        let values = self.checked(name, "Array", value, values).into_iter();
        let mut texts = Vec::new();
        for (i, value) in values.flatten().enumerate() {
            let path = format!("{name}[{i}]");
            texts.extend(self.checked(&path, "String", value, string(value)));
        }
        texts
    }

    /// R5. What no form of the bus can hold, such as a function, comes as the name of its type.
    pub(super) fn data(
        &mut self,
        name: &str,
        attachments: &[Bytes],
    ) -> Result<CallData, Malformed> {
        let Some(value) = self.given(name) else {
            return Ok(CallData::None);
        };
        if tagged_type(value).is_some() {
            self.mistake(name, "String/Object/ArrayBuffer", Some(value));
            return Ok(CallData::None);
        }
        data::read(value, attachments)
    }

    /// R2. A value is a text, or what has one text: a number, a boolean.
    pub(super) fn headers(&mut self, name: &str) -> Vec<Header> {
        let headers = self.texts(name, |_| None).into_iter();
        headers
            .map(|(name, value)| Header { name, value })
            .collect()
    }

    /// F1, J9. As headers; an object or array counts as its JSON text, byte for byte.
    pub(super) fn form_data(&mut self, name: &str) -> Vec<(String, String)> {
        self.texts(name, |value| {
            tagged_type(value).is_none().then(|| value.get().to_owned())
        })
    }

    /// The fields of an object in order, with their texts; what is absent is left out (J2). `nested` is what becomes of objects and
    /// arrays.
    fn texts(
        &mut self,
        name: &str,
        nested: fn(&RawValue) -> Option<String>,
    ) -> Vec<(String, String)> {
        let Some(value) = self.given(name) else {
            return Vec::new();
        };
        let untagged = Some(value).filter(|value| tagged_type(value).is_none());
        let fields = untagged.and_then(|value| Fields::read(value.get()));
        let Some(fields) = self.checked(name, "Object", value, fields) else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (field, value) in fields.distinct() {
            let Some(value) = given(Some(value)) else {
                continue;
            };
            let path = format!("{name}.{}", shortened(field));
            let text = self.checked(&path, "String", value, text(value, nested));
            texts.extend(text.map(|text| (field.to_owned(), text)));
        }
        texts
    }

    fn given(&self, name: &str) -> Option<&'a RawValue> {
        given(self.options.get(name))
    }

    /// What was read of a value; if that is nothing, a mistake.
    fn checked<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        value: &RawValue,
        read: Option<T>,
    ) -> Option<T> {
        if read.is_none() {
            self.mistake(name, expected, Some(value));
        }
        read
    }

    fn mistake(&mut self, name: &str, expected: &'static str, found: Option<&RawValue>) {
        self.wrong.push(mistake(name, expected, found));
    }
}

pub(super) fn mistake(
    name: &str,
    expected: &'static str,
    found: Option<&RawValue>,
) -> ParameterError {
    ParameterError::new(name, expected, type_name(found))
}

/// One value of a wrong type (R7).
pub(crate) fn wrong_type(
    name: &str,
    expected: &'static str,
    found: Option<&RawValue>,
) -> OptionsError {
    OptionsError::Parameters(vec![mistake(name, expected, found)])
}

fn text(value: &RawValue, nested: fn(&RawValue) -> Option<String>) -> Option<String> {
    match json_type(value) {
        JsonType::String => string(value),
        JsonType::Number | JsonType::Boolean => Some(value.get().to_owned()),
        JsonType::Object | JsonType::Array => nested(value),
        JsonType::Null => None,
    }
}
