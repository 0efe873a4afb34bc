//! `data` in the bus's own form (R5).

use appnet_policy::body::CallData;
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    Malformed,
    fields::{Fields, shortened, string},
};

const FORM: &str = "Object with one of text, json, bytes, unserialisable";

/// Reads what is one of `{"text": "…"}`, `{"json": …}`, `{"bytes": 0}`, `{"unserialisable": true}`.
pub(super) fn read(value: &RawValue, attachments: &[Bytes]) -> Result<CallData, Malformed> {
    let fields = Fields::read(value.get())
        .ok_or_else(|| Malformed::wrong_type("options.data", FORM, Some(value)))?;
    let distinct = fields.distinct();
    let [(form, content)] = distinct[..] else {
        let found = format!("Object with {} fields", distinct.len());
        return Err(Malformed::new("options.data", FORM, found));
    };
    match form {
        "text" => text(content),
        "json" => Ok(CallData::Json(content.to_owned())),
        "bytes" => bytes(content, attachments),
        "unserialisable" => unserialisable(content),
        other => Err(Malformed::unknown_name(
            "options.data.",
            other,
            "text, json, bytes, unserialisable",
        )),
    }
}

fn text(content: &RawValue) -> Result<CallData, Malformed> {
    let text = string(content)
        .ok_or_else(|| Malformed::wrong_type("options.data.text", "String", Some(content)))?;
    Ok(CallData::Text(text))
}

fn bytes(index: &RawValue, attachments: &[Bytes]) -> Result<CallData, Malformed> {
    let place: Option<usize> = serde_json::from_str(index.get()).ok();
    let bytes = place
        .and_then(|place| attachments.get(place))
        .ok_or_else(|| {
            let expected = format!(
                "an attachment's index (the message has {})",
                attachments.len()
            );
            Malformed::new("options.data.bytes", expected, shortened(index.get()))
        })?;
    Ok(CallData::Bytes(bytes.clone()))
}

fn unserialisable(content: &RawValue) -> Result<CallData, Malformed> {
    match content.get() {
        "true" => Ok(CallData::Unserialisable),
        other => Err(Malformed::new(
            "options.data.unserialisable",
            "true",
            shortened(other),
        )),
    }
}
