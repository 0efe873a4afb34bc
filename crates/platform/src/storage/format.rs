//! The record of a storage: one JSON object whose members are JSON texts, as `{"key":"[1]"}`.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::Entries;

/// Reads a record.
///
/// # Errors
/// It is no such object, or a member is no JSON.
pub(super) fn read(record: &[u8]) -> serde_json::Result<Entries> {
    serde_json::from_slice::<Members>(record).map(|members| members.0)
}

/// Writes a record.
pub(super) fn write(entries: &Entries) -> Vec<u8> {
    let length: usize = entries
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    let mut record = Vec::with_capacity(length + 16 * entries.len() + 2);
    record.push(b'{');
    for (key, value) in entries {
        if record.len() > 1 {
            record.push(b',');
        }
        record.extend(key.as_bytes());
        record.push(b':');
        record.extend(
            serde_json::Value::from(value.as_str())
                .to_string()
                .as_bytes(),
        );
    }
    record.push(b'}');
    record
}

struct Members(Entries);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of JSON texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Entries::new();
        while let Some((key, value)) = map.next_entry::<Box<RawValue>, String>()? {
            serde_json::from_str::<&RawValue>(&value).map_err(serde::de::Error::custom)?;
            entries.insert(canonical(key.get()), value);
        }
        Ok(entries)
    }
}

/// A key has one JSON text, that of `JSON.stringify`, however a person wrote it into the file.
fn canonical(key: &str) -> String {
    match serde_json::from_str::<String>(key) {
        Ok(text) => serde_json::Value::from(text).to_string(),
        Err(_half_a_character) => key.to_owned(),
    }
}
