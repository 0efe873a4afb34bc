//! `k=v&…` of an object (R5), as an app would write it with `encodeURIComponent`.

use crate::failure::AppFault;
use std::{collections::HashMap, fmt};

use serde::{
    Deserializer as _,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::Failure;

/// Whether it is an object, or an array, which is an object with the keys 0, 1, 2 …
pub(super) fn has_keys(json: &RawValue) -> bool {
    json.get().starts_with(['{', '['])
}

/// The pairs of an object or array in their order; of a key that comes twice the last value, as JSON.parse has it.
///
/// # Errors
/// [`AppFault::UnserialisableData`] for half a surrogate pair in a key or value, where `encodeURIComponent` throws.
pub(super) fn encode(json: &RawValue) -> Result<String, Failure> {
    let mut deserializer = serde_json::Deserializer::from_str(json.get());
    let pairs = deserializer
        .deserialize_any(Pairs)
        .map_err(|_| Failure::App(AppFault::UnserialisableData))?;
    let mut text = String::new();
    for (key, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        push_component(&mut text, &key);
        text.push('=');
        push_component(&mut text, &text_of(value)?);
    }
    Ok(text)
}

/// A string as it is, anything else as its JSON text.
pub(super) fn text_of(value: &RawValue) -> Result<String, Failure> {
    match value.get() {
        string if string.starts_with('"') => {
            serde_json::from_str(string).map_err(|_| Failure::App(AppFault::UnserialisableData))
        }
        text => Ok(text.to_owned()),
    }
}

/// JavaScript's `encodeURIComponent` (ECMA-262 §19.2.6.4).
fn push_component(text: &mut String, component: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in component.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(HEX[usize::from(nibble & 0xf)]);
            text.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
}

/// Reads the pairs of one level; what is below stays text.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs: Self::Value = Vec::new();
        let mut places = HashMap::new();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            match places
                .get(&key)
                .and_then(|&place: &usize| pairs.get_mut(place))
            {
                Some(earlier) => earlier.1 = value,
                None => {
                    places.insert(key.clone(), pairs.len());
                    pairs.push((key, value));
                }
            }
        }
        Ok(pairs)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut pairs: Self::Value = Vec::new();
        while let Some(value) = seq.next_element()? {
            pairs.push((pairs.len().to_string(), value));
        }
        Ok(pairs)
    }
}
