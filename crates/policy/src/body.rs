//! What `data` becomes: a body or a query (R5).

mod form;

#[cfg(test)]
mod tests;

use crate::failure::AppFault;
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{Failure, exchange::Method};

/// `data` of a call.
#[derive(Debug, Clone, Default)]
pub enum CallData {
    /// Absent, `undefined` or `null`.
    #[default]
    None,
    /// A string, sent as it is.
    Text(String),
    /// An ArrayBuffer.
    Bytes(Bytes),
    /// Anything that JSON can say: an object, an array, a number, a boolean; its text.
    Json(Box<RawValue>),
    /// What has no text form, such as an object that holds itself. The reader of the call found that out.
    Unserialisable,
}

/// Where `data` goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placed {
    /// Nowhere: there is none, or the method takes none.
    Nowhere,
    /// Behind the query of the URL, percent-encoded and not empty.
    Query(String),
    /// Into the body.
    Body(Bytes),
}

/// Decides where `data` goes and in what form (R5).
///
/// # Errors
/// [`AppFault::UnserialisableData`] if it has no text form.
pub(crate) fn place(
    data: CallData,
    method: Method,
    content_type: Option<&str>,
) -> Result<Placed, Failure> {
    if matches!(data, CallData::Unserialisable) {
        return Err(Failure::App(AppFault::UnserialisableData));
    }
    if method.takes_body() {
        return Ok(Placed::Body(body(data, content_type)?));
    }
    match data {
        CallData::Json(json) if form::has_keys(&json) => {
            let query = form::encode(&json)?;
            Ok(if query.is_empty() {
                Placed::Nowhere
            } else {
                Placed::Query(query)
            })
        }
        // R5 has an object go into the query and no body go out: a string, bytes, a number have no place then.
        CallData::None
        | CallData::Text(_)
        | CallData::Bytes(_)
        | CallData::Json(_)
        | CallData::Unserialisable => Ok(Placed::Nowhere),
    }
}

fn body(data: CallData, content_type: Option<&str>) -> Result<Bytes, Failure> {
    let text = match data {
        CallData::None => return Ok(Bytes::new()),
        CallData::Bytes(bytes) => return Ok(bytes),
        CallData::Unserialisable => return Err(Failure::App(AppFault::UnserialisableData)),
        CallData::Text(text) => text,
        CallData::Json(json) => json_body(&json, content_type)?,
    };
    Ok(Bytes::from(text))
}

fn json_body(json: &RawValue, content_type: Option<&str>) -> Result<String, Failure> {
    match json.get() {
        "null" => Ok(String::new()),
        string if string.starts_with('"') => form::text_of(json),
        _ if form::has_keys(json) && content_type.is_some_and(is_form) => form::encode(json),
        text => Ok(text.to_owned()),
    }
}

/// Whether a Content-Type is that of an HTML form, whatever its parameters.
fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
