//! Headers and masks of frames (RFC 6455 §5.2, §5.3). tungstenite reads and writes the bits of a header; what a server may say in one is
//! checked here.

use std::io::Cursor;

use bytes::{Buf as _, BytesMut};
use rand::random;
use tungstenite::protocol::frame::{FrameHeader, coding::OpCode};

use crate::error::Violation;

/// The most that a control frame carries (RFC 6455 §5.5).
pub(crate) const CONTROL_BYTES: usize = 125;

/// The header at the front of `input`, taken off, with the length that it announces; `None` asks for more bytes.
///
/// # Errors
/// A header that no server may send, whatever came before it.
pub(crate) fn read(input: &mut BytesMut) -> Result<Option<(FrameHeader, u64)>, Violation> {
    let mut cursor = Cursor::new(&input[..]);
    let parsed = FrameHeader::parse(&mut cursor)
        .map_err(|_| Violation::Protocol("a frame of a kind that does not exist"))?;
    let Some((header, length)) = parsed else {
        return Ok(None);
    };
    let header_length = cursor.position();
    if header_length != header.len(length) as u64 {
        return Err(Violation::Protocol(
            "a length that is not in its shortest form",
        ));
    }
    input.advance(usize::try_from(header_length).expect("a header has 14 bytes at most"));
    check(&header, length)?;
    Ok(Some((header, length)))
}

fn check(header: &FrameHeader, length: u64) -> Result<(), Violation> {
    if header.mask.is_some() {
        return Err(Violation::Protocol("a masked frame")); // §5.1
    }
    if header.rsv2 || header.rsv3 {
        return Err(reserved_bit());
    }
    match header.opcode {
        OpCode::Control(_) => check_control(header, length),
        OpCode::Data(_) => Ok(()),
    }
}

/// §5.5
const fn check_control(header: &FrameHeader, length: u64) -> Result<(), Violation> {
    if header.rsv1 {
        return Err(reserved_bit());
    }
    if !header.is_final {
        return Err(Violation::Protocol("a control frame in fragments"));
    }
    if length > CONTROL_BYTES as u64 {
        return Err(Violation::Protocol(
            "a control frame of more than 125 bytes",
        ));
    }
    Ok(())
}

pub(crate) const fn reserved_bit() -> Violation {
    Violation::Protocol("a frame with a reserved bit set")
}

/// Appends the header of a whole frame to `output`, with a fresh mask, which it returns (RFC 6455 §5.3: from a strong source).
pub(crate) fn begin(
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

/// Appends masked bytes of a payload to `output`; they begin at `offset` of the payload.
pub(crate) fn append_masked(output: &mut Vec<u8>, mut mask: [u8; 4], offset: usize, data: &[u8]) {
    let start = output.len();
    output.extend_from_slice(data);
    mask.rotate_left(offset % 4);
    let words = u32::from_ne_bytes(mask);
    let (chunks, rest) = output[start..].as_chunks_mut::<4>();
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
    fn a_mask_turns_over_its_own_bytes_in_their_order_wherever_a_payload_is_cut() {
        let mask = [1, 2, 4, 8];
        let expected: Vec<u8> = (0..11u8)
            .map(|i| (b'a' + i) ^ mask[usize::from(i) % 4])
            .collect();
        for cut in 0..11 {
            let mut output = b"head".to_vec();
            append_masked(&mut output, mask, 0, &b"abcdefghijk"[..cut]);
            append_masked(&mut output, mask, cut, &b"abcdefghijk"[cut..]);
            assert_eq!(output[4..], expected);
        }
    }

    #[test]
    fn every_frame_has_a_mask_of_its_own() {
        let masks: Vec<_> = (0..4)
            .map(|_| begin(&mut Vec::new(), OpCode::from(1), false, 0))
            .collect();
        assert!(masks.iter().any(|mask| *mask != masks[0]), "{masks:?}");
    }
}
