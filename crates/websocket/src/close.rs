//! The payload of a close frame (RFC 6455 §5.5.1), both ways.

use crate::{code, error::Violation, frame::CONTROL_BYTES};

/// What a peer's close frame says; the code is [`code::NONE`] if it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CloseReason {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

/// The payload to send; `None` if it would not fit or the code may not be sent (W3).
pub(crate) fn write(code: Option<u16>, reason: &str) -> Option<Vec<u8>> {
    let Some(code) = code else {
        return reason.is_empty().then(Vec::new);
    };
    let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
    (code::may_be_sent(code) && payload.len() <= CONTROL_BYTES).then_some(payload)
}

/// Reads what came (§7.4).
pub(crate) fn read(payload: &[u8]) -> Result<CloseReason, Violation> {
    let (code, reason) = match payload {
        [] => (code::NONE, &[][..]),
        [_] => return Err(Violation::Protocol("a close frame with half a code")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !payload.is_empty() && !code::may_be_sent(code) {
        return Err(Violation::Protocol(
            "a close frame with a code that may not be sent",
        ));
    }
    let reason = str::from_utf8(reason).map_err(|_| Violation::NotUtf8("a close reason"))?;
    Ok(CloseReason {
        code,
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w3_a_close_frame_holds_123_bytes_of_reason_and_a_code_that_may_be_sent() {
        assert_eq!(write(None, ""), Some(Vec::new()));
        assert_eq!(write(Some(1000), "x"), Some(vec![0x03, 0xe8, b'x']));
        assert!(write(Some(4999), &"é".repeat(61)).is_some());
        assert_eq!(write(Some(1000), &"é".repeat(62)), None);
        assert_eq!(write(None, "a reason needs a code"), None);
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
            assert_eq!(write(Some(code), ""), None, "{code}");
        }
    }
}
