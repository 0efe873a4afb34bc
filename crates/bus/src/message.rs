//! One message of the bus.

use bytes::Bytes;

/// JSON text and the binary parts it refers to by index: `{"bytes": 0}` stands for `attachments[0]`. Nothing binary is ever
/// turned into base64 in process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// One JSON object.
    pub json: String,
    /// What its `bytes` members refer to.
    pub attachments: Vec<Bytes>,
}

impl Message {
    /// A message without attachments.
    pub fn new(json: impl Into<String>) -> Self {
        Self {
            json: json.into(),
            attachments: Vec::new(),
        }
    }
}

impl From<&str> for Message {
    fn from(json: &str) -> Self {
        Self::new(json)
    }
}

impl From<String> for Message {
    fn from(json: String) -> Self {
        Self::new(json)
    }
}
