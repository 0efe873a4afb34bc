//! A JSON object as its fields, values still text: the first of two stages of reading, so that a wrong value can be named and a
//! large one is never parsed into a tree.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The fields of an object in their order; of a repeated name the last one counts, as in JavaScript.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Reads an object; `None` for any other JSON.
    pub(crate) fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0
            .iter()
            .rev()
            .find(|(field, _)| field == name)
            .map(|(_, value)| *value)
    }

    /// The first field that is none of `known`.
    pub(crate) fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.0
            .iter()
            .map(|(name, _)| name.as_ref())
            .find(|name| !known.contains(name))
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(Name(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// A field's name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// What a value is in JavaScript's words, as R7 names it. `{"$type": "Function"}` stands for what JSON does not have.
pub(crate) fn type_name(value: Option<&RawValue>) -> String {
    let Some(value) = value else {
        return "Undefined".to_owned();
    };
    let name = match value.get().as_bytes().first() {
        Some(b'"') => "String",
        Some(b'{') => return tagged_type(value).unwrap_or_else(|| "Object".to_owned()),
        Some(b'[') => "Array",
        Some(b't' | b'f') => "Boolean",
        Some(b'n') => "Null",
        _ => "Number",
    };
    name.to_owned()
}

/// The name in `{"$type": "…"}`.
pub(crate) fn tagged_type(value: &RawValue) -> Option<String> {
    let fields = Fields::read(value.get())?;
    match fields.0.as_slice() {
        [(name, tag)] if name == "$type" => string(tag),
        _ => None,
    }
}

/// The text of a JSON string. A lone surrogate, which JSON can say and UTF-8 cannot, becomes U+FFFD as in any UTF-8 text of the web.
pub(crate) fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get())
        .ok()
        .or_else(|| string_with_lone_surrogates(value.get()))
}

fn string_with_lone_surrogates(json: &str) -> Option<String> {
    if !json.starts_with('"') {
        return None;
    }
    // serde_json reads a string into bytes with lone surrogates in their three-byte form (WTF-8).
    let bytes: Vec<u8> = serde_json::from_str::<LooseBytes>(json).ok()?.0;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

struct LooseBytes(Vec<u8>);

impl<'de> Deserialize<'de> for LooseBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;

        impl Visitor<'_> for BytesVisitor {
            type Value = LooseBytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(LooseBytes(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(BytesVisitor)
    }
}
