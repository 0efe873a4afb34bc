//! The parts of a frame that both directions share; the header's bits are tungstenite's to read and write.

use rand::random;
use tungstenite::protocol::frame::{FrameHeader, coding::OpCode};

/// Close codes (RFC 6455 §7.4.1).
pub(super) mod code {
    /// The peer's frames are against the rules.
    pub(in super::super) const PROTOCOL: u16 = 1002;
    /// Stands for a close frame without a code; never sent.
    pub(in super::super) const NONE: u16 = 1005;
    /// Stands for a missing close frame; never sent.
    pub(in super::super) const ABNORMAL: u16 = 1006;
    /// A message is not what its type says.
    pub(in super::super) const INVALID_DATA: u16 = 1007;
    /// A message is too big for us.
    pub(in super::super) const TOO_BIG: u16 = 1009;

    /// Whether it may stand in a close frame: those of the RFC, of its registry (1012–1014), of libraries and of applications.
    pub(in super::super) const fn may_be_sent(code: u16) -> bool {
        matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// The most that a control frame carries (RFC 6455 §5.5).
pub(super) const CONTROL_BYTES: usize = 125;

/// The payload of a close frame; `None` if it would not fit or the code may not be sent.
pub(super) fn close_payload(close: Option<u16>, reason: &str) -> Option<Vec<u8>> {
    let Some(code) = close else {
        return reason.is_empty().then(Vec::new);
    };
    let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
    (code::may_be_sent(code) && payload.len() <= CONTROL_BYTES).then_some(payload)
}

/// Appends the header of a whole frame to `output`, with a fresh mask, which it returns (RFC 6455 §5.3: from a strong source).
pub(super) fn begin(
    output: &mut Vec<u8>,
    opcode: OpCode,
    compressed: bool,
    length: usize,
) -> [u8; 4] {
    let mask = random();
    let header = FrameHeader {
        is_final: true,
        rsv1: compressed,
        opcode,
        mask: Some(mask),
        ..FrameHeader::default()
    };
    header
        .format(length as u64, output)
        .expect("a Vec takes whatever is written to it");
    mask
}

/// Masks bytes that begin where the mask does.
pub(super) fn apply(mask: [u8; 4], data: &mut [u8]) {
    let words = u32::from_ne_bytes(mask);
    let (chunks, rest) = data.as_chunks_mut::<4>();
    for chunk in chunks {
        *chunk = (u32::from_ne_bytes(*chunk) ^ words).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_turns_over_its_own_bytes_in_their_order() {
        let mut data = *b"abcdefg";
        apply([1, 2, 4, 8], &mut data);
        assert_eq!(
            data,
            [
                b'a' ^ 1,
                b'b' ^ 2,
                b'c' ^ 4,
                b'd' ^ 8,
                b'e' ^ 1,
                b'f' ^ 2,
                b'g' ^ 4
            ]
        );
    }

    #[test]
    fn every_frame_has_a_mask_of_its_own() {
        let masks: Vec<_> = (0..4)
            .map(|_| begin(&mut Vec::new(), OpCode::from(1), false, 0))
            .collect();
        assert!(masks.iter().any(|mask| *mask != masks[0]), "{masks:?}");
    }

    #[test]
    fn w3_a_close_frame_holds_123_bytes_of_reason_and_a_code_that_may_be_sent() {
        assert_eq!(close_payload(None, ""), Some(Vec::new()));
        assert_eq!(close_payload(Some(1000), "x"), Some(vec![0x03, 0xe8, b'x']));
        assert!(close_payload(Some(4999), &"é".repeat(61)).is_some());
        assert_eq!(close_payload(Some(1000), &"é".repeat(62)), None);
        assert_eq!(close_payload(None, "a reason needs a code"), None);
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
            assert_eq!(close_payload(Some(code), ""), None, "{code}");
        }
    }
}
