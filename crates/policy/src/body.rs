//! What `data` becomes: a body or a query (R5).

use bytes::Bytes;
use serde_json::value::RawValue;

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
}
