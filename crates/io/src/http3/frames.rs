//! The frames of one stream as they pass (RFC 9114 §7). Pure.
//!
//! h3 keeps a frame that is no DATA until it is whole, however long its sender says it is, and takes an empty DATA frame, and the end of the
//! stream inside one, for the end of the body. So what it gets goes through here first.

use bytes::{Buf as _, Bytes};

/// What is wrong with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// One header block, or all frames together that are no DATA, are longer than they may be.
    Headers,
    /// More frames without meaning than a server has reason to send.
    Noise,
    /// The stream ended inside a frame.
    CutShort,
}

/// Passes frames on piece by piece.
pub(super) struct Frames {
    input: Bytes,
    head: Head,
    /// Bytes of the current frame's payload that are still to come.
    left: u64,
    /// What all frames together may still cost that bring the body no further.
    allowance: u64,
    most_headers: u64,
}

/// Type and length of a frame, as far as they came: two integers of at most 8 bytes.
#[derive(Default)]
struct Head {
    bytes: [u8; 16],
    length: usize,
}

const DATA: u64 = 0;
const HEADERS: u64 = 1;

/// Frames that are unknown, and empty ones, of one stream: enough for every use of them that was seen.
const NOISE: u64 = 16 << 10;

impl Frames {
    /// `most_headers`: bytes that a header block may have on the wire.
    pub(super) fn new(most_headers: usize) -> Self {
        let most_headers = most_headers as u64;
        Self {
            input: Bytes::new(),
            head: Head::default(),
            left: 0,
            // Some interim answers, the final one, and trailers.
            allowance: most_headers.saturating_mul(4).saturating_add(NOISE),
            most_headers,
        }
    }

    /// More bytes came; asked for when [`next`](Self::next) had no more.
    pub(super) fn push(&mut self, input: Bytes) {
        self.input = input;
    }

    /// The next piece to pass on; `None`: more bytes are needed.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        while !self.input.is_empty() {
            if self.left > 0 {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX);
                let piece = self.input.split_to(most.min(self.input.len()));
                self.left -= piece.len() as u64;
                return Ok(Some(piece));
            }
            if let Some((kind, length)) = self.head.read(&mut self.input) {
                let head = self.head.take();
                self.judge(kind, length)?;
                if kind != DATA || length > 0 {
                    self.left = length;
                    return Ok(Some(head));
                }
            }
        }
        Ok(None)
    }

    /// The stream ended.
    pub(super) const fn end(&self) -> Result<(), Fault> {
        if self.left > 0 || self.head.length > 0 {
            return Err(Fault::CutShort);
        }
        Ok(())
    }

    fn judge(&mut self, kind: u64, length: u64) -> Result<(), Fault> {
        let (cost, overrun) = match kind {
            DATA if length > 0 => return Ok(()),
            HEADERS if length > self.most_headers => return Err(Fault::Headers),
            HEADERS => (length.saturating_add(1), Fault::Headers),
            _ if length > NOISE => return Err(Fault::Noise),
            _ => (length.saturating_add(1), Fault::Noise),
        };
        self.allowance = self.allowance.checked_sub(cost).ok_or(overrun)?;
        Ok(())
    }
}

impl Head {
    /// Takes bytes of the input until type and length are here.
    fn read(&mut self, input: &mut Bytes) -> Option<(u64, u64)> {
        loop {
            let known = &self.bytes[..self.length];
            if let Some((kind, rest)) = integer(known)
                && let Some((length, _)) = integer(rest)
            {
                return Some((kind, length));
            }
            if input.is_empty() {
                return None;
            }
            self.bytes[self.length] = input.get_u8();
            self.length += 1;
        }
    }

    fn take(&mut self) -> Bytes {
        let length = std::mem::take(&mut self.length);
        Bytes::copy_from_slice(&self.bytes[..length])
    }
}

/// RFC 9000 §16: the first two bits say how long it is.
fn integer(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (&first, _) = bytes.split_first()?;
    let length = 1 << (first >> 6);
    let (number, rest) = bytes.split_at_checked(length)?;
    let number = number
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    let unused = 64 - (8 * length - 2);
    Some((number << unused >> unused, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What passes of an input that comes in parts of this size.
    fn pass(input: &[u8], size: usize, most_headers: usize) -> Result<Vec<u8>, Fault> {
        let (mut frames, mut passed) = (Frames::new(most_headers), Vec::new());
        for part in input.chunks(size) {
            frames.push(Bytes::copy_from_slice(part));
            while let Some(piece) = frames.next()? {
                assert!(!piece.is_empty());
                passed.extend_from_slice(&piece);
            }
        }
        Ok(passed)
    }

    #[test]
    fn frames_pass_as_they_are_but_for_empty_data() {
        let whole = b"\x01\x02ab\x00\x03xyz\x21\x01?\x00\x40\x01w";
        let with_empty = b"\x01\x02ab\x00\x00\x00\x03xyz\x21\x01?\x00\x80\x00\x00\x00\x00\x40\x01w";
        for size in 1..=with_empty.len() {
            assert_eq!(pass(whole, size, 100).as_deref(), Ok(&whole[..]));
            assert_eq!(pass(with_empty, size, 100).as_deref(), Ok(&whole[..]));
        }
    }

    #[test]
    fn p6_a_header_block_that_says_it_is_too_long_is_not_waited_for() {
        let long = b"\x01\x80\x01\x00\x00"; // 65,536 bytes
        assert_eq!(pass(long, 1, 65_535), Err(Fault::Headers));
        assert_eq!(pass(long, 1, 65_536).as_deref(), Ok(&long[..]));
        assert_eq!(
            pass(b"\x21\xc0\xff\xff\xff\xff\xff\xff\xff", 9, 100),
            Err(Fault::Noise)
        );
    }

    #[test]
    fn h5_frames_without_meaning_have_an_end() {
        assert_eq!(
            pass(&b"\x00\x00".repeat(100_000), 1000, 100),
            Err(Fault::Noise)
        );
        assert_eq!(
            pass(&b"\x21\x01?".repeat(100_000), 1000, 100),
            Err(Fault::Noise)
        );
        assert_eq!(
            pass(&b"\x01\x01?".repeat(100_000), 1000, 100),
            Err(Fault::Headers)
        );
        let data = b"\x00\x01x".repeat(100_000);
        assert_eq!(pass(&data, 1000, 100).as_deref(), Ok(&data[..]));
    }

    #[test]
    fn rfc9114_7_1_a_stream_that_ends_inside_a_frame_is_cut_short() {
        for (input, ended) in [
            (&b"\x00\x02ab"[..], Ok(())),
            (b"\x00\x02a", Err(Fault::CutShort)),
            (b"\x00", Err(Fault::CutShort)),
            (b"", Ok(())),
        ] {
            let mut frames = Frames::new(100);
            frames.push(Bytes::from_static(input));
            while frames.next().unwrap().is_some() {}
            assert_eq!(frames.end(), ended, "{input:?}");
        }
    }

    #[test]
    fn rfc9000_16_integers_have_four_lengths() {
        for (bytes, number) in [
            (&b"\x25"[..], 37),
            (b"\x7b\xbd", 15_293),
            (b"\x9d\x7f\x3e\x7d", 494_878_333),
            (b"\xc2\x19\x7c\x5e\xff\x14\xe8\x8c", 151_288_809_941_952_652),
        ] {
            assert_eq!(integer(bytes), Some((number, &b""[..])));
            assert_eq!(integer(&bytes[..bytes.len() - 1]), None);
        }
    }
}
