//! What a fuzzer gives bytes to (`fuzz/`).

use bytes::Bytes;

use crate::{Message, command, event};

/// A message of an app, with up to two attachments; what comes of it can be told as JSON.
///
/// # Panics
/// If reading it panics, or if the error it leads to is no JSON.
pub fn message(data: &[u8]) {
    let attachments: Vec<_> = data
        .first()
        .map(|&byte| vec![Bytes::from_static(b"attached"); usize::from(byte % 3)])
        .unwrap_or_default();
    let json = String::from_utf8_lossy(data.get(1..).unwrap_or_default());
    let message = Message {
        json: json.into_owned(),
        attachments,
    };
    if let Err(malformed) = command::read(&message) {
        let told = event::write_error(&malformed);
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&told.json);
        assert!(parsed.is_ok(), "{}", told.json);
    }
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn saved_inputs_of_the_fuzz_target_hold() {
        replay("message", super::message);
    }
}
