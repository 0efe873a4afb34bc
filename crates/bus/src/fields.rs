//! A JSON object as its fields, values still text: the first of two stages of reading, so that a wrong value can be named and a
//! large one is never parsed into a tree.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::strings;

/// The fields of an object in their order; of a repeated name the last one counts, as in JavaScript.
#[derive(Debug)]
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

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

    /// The first name that is none of `known`.
    pub(crate) fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.0
            .iter()
            .map(|(name, _)| name.as_ref())
            .find(|name| !known.contains(name))
    }

    /// Each name once, where it first stands, with its last value: what JavaScript makes of repeated names.
    pub(crate) fn distinct(&self) -> Vec<(&str, &'a RawValue)> {
        let mut places = HashMap::with_capacity(self.0.len());
        let mut distinct: Vec<(&str, &'a RawValue)> = Vec::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let place = *places.entry(name.as_ref()).or_insert(distinct.len());
            match distinct.get_mut(place) {
                Some(earlier) => earlier.1 = value,
                None => distinct.push((name, value)),
            }
        }
        distinct
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
                let mut fields = Vec::with_capacity(8); // a command has 4, most options and headers fewer than 8
                while let Some(raw) = map.next_key()? {
                    // Read from its raw text because serde would refuse lone surrogates here.
                    let name = text(raw).ok_or_else(|| A::Error::custom("a name is a string"))?;
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// The types of JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    String,
    Number,
    Boolean,
    Null,
    Object,
    Array,
}

/// What a value is, told by its first letter.
pub(crate) fn json_type(value: &RawValue) -> JsonType {
    match value.get().as_bytes().first() {
        Some(b'"') => JsonType::String,
        Some(b'{') => JsonType::Object,
        Some(b'[') => JsonType::Array,
        Some(b't' | b'f') => JsonType::Boolean,
        Some(b'n') => JsonType::Null,
        _ => JsonType::Number,
    }
}

/// What a value is in JavaScript's words, as R7 names it. `{"$type": "Function"}` stands for what JSON does not have; what it names
/// is an app's or UI layer's own word and therefore shortened.
pub(crate) fn type_name(value: Option<&RawValue>) -> Cow<'static, str> {
    let Some(value) = value else {
        return Cow::Borrowed("Undefined");
    };
    if let Some(tag) = tagged_type(value) {
        return Cow::Owned(shortened(&tag));
    }
    Cow::Borrowed(match json_type(value) {
        JsonType::String => "String",
        JsonType::Number => "Number",
        JsonType::Boolean => "Boolean",
        JsonType::Null => "Null",
        JsonType::Object => "Object",
        JsonType::Array => "Array",
    })
}

/// The name in `{"$type": "…"}`.
pub(crate) fn tagged_type(value: &RawValue) -> Option<String> {
    let inside = value.get().strip_prefix('{')?.trim_start();
    if !inside.starts_with(r#""$type""#) {
        return None; // hardly any object is a tag, and some are large: not looked through to find that out
    }
    match Fields::read(value.get())?.0.as_slice() {
        [(_, tag)] => string(tag),
        _ => None,
    }
}

/// The value, unless it is as good as absent: `null` or `undefined` (J2).
pub(crate) fn given(value: Option<&RawValue>) -> Option<&RawValue> {
    value.filter(|value| {
        value.get() != "null"
            && !matches!(tagged_type(value).as_deref(), Some("Undefined" | "Null"))
    })
}

/// The text of a JSON string. A lone surrogate, which JSON can say and UTF-8 cannot, becomes U+FFFD as in JavaScript's
/// `toWellFormed`.
pub(crate) fn string(value: &RawValue) -> Option<String> {
    text(value).map(Cow::into_owned)
}

/// As [`string`], borrowed where it has no escapes.
pub(crate) fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let quoted = value.get();
    let inside = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if !inside.contains('\\') {
        return Some(Cow::Borrowed(inside));
    }
    strings::unescape(inside)
        .or_else(|| serde_json::from_str(quoted).ok())
        .or_else(|| string_with_lone_surrogates(quoted))
        .map(Cow::Owned)
}

fn string_with_lone_surrogates(json: &str) -> Option<String> {
    if !json.starts_with('"') {
        return None;
    }
    let Wtf8(bytes) = serde_json::from_str(json).ok()?;
    Some(well_formed(&bytes))
}

/// Bytes of serde_json's reading of a string as bytes: UTF-8, with lone surrogates in the three bytes they would have there.
struct Wtf8(Vec<u8>);

impl<'de> Deserialize<'de> for Wtf8 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;

        impl Visitor<'_> for BytesVisitor {
            type Value = Wtf8;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Wtf8(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(BytesVisitor)
    }
}

/// One U+FFFD for each lone surrogate. Each of its three bytes is invalid by itself, and the first is always 0xED.
fn well_formed(wtf8: &[u8]) -> String {
    let mut text = String::with_capacity(wtf8.len());
    for chunk in wtf8.utf8_chunks() {
        text.push_str(chunk.valid());
        if chunk.invalid() == [0xed] {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// Enough of what somebody made up to recognise it in an error.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN: usize = 64;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
