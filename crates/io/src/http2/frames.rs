//! The frames of HTTP/2 as they pass, without their contents (RFC 9113 §4.1).
//!
//! h2 reads and writes the frames; this looks on, so that it is known what a server sends and for which call.

/// What a frame is (RFC 9113 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Headers,
    Reset,
    Settings,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    /// PRIORITY, PUSH_PROMISE, and what later documents add.
    Other,
}

/// A frame that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    flags: u8,
    pub(super) stream: u32,
    /// Bytes of the payload.
    pub(super) length: usize,
    /// The payload, of those kinds whose payload is kept.
    pub(super) payload: &'a [u8],
}

impl Frame<'_> {
    pub(super) const fn ends_stream(&self) -> bool {
        matches!(self.kind, Kind::Data | Kind::Headers) && self.flags & 0x1 != 0
    }

    pub(super) const fn ends_headers(&self) -> bool {
        self.flags & 0x4 != 0
    }

    pub(super) const fn is_ack(&self) -> bool {
        self.flags & 0x1 != 0
    }

    /// The parameters of a SETTINGS frame.
    pub(super) fn settings(&self) -> impl Iterator<Item = (u32, u32)> {
        let (settings, _) = self.payload.as_chunks::<6>();
        settings.iter().map(|[id @ .., a, b, c, d]| {
            let &[high, low] = id;
            (
                u32::from_be_bytes([0, 0, high, low]),
                u32::from_be_bytes([*a, *b, *c, *d]),
            )
        })
    }

    /// Bytes on the wire.
    pub(super) const fn size(&self) -> u64 {
        (HEADER + self.length) as u64
    }

    /// The piece of a header block in a HEADERS frame, without padding and priority; nothing if they do not fit.
    pub(super) fn header_block(&self) -> &[u8] {
        let mut block = self.payload;
        let mut padding = 0;
        if self.flags & 0x8 != 0 {
            let Some((length, rest)) = block.split_first() else {
                return &[];
            };
            (padding, block) = (usize::from(*length), rest);
        }
        if self.flags & 0x20 != 0 {
            block = block.get(5..).unwrap_or_default();
        }
        block
            .get(..block.len().saturating_sub(padding))
            .unwrap_or_default()
    }
}

/// Bytes of a frame's own header.
const HEADER: usize = 9;

/// The largest payload that is kept: we allow frames of this size and no larger.
const LARGEST_KEPT: usize = 16 << 10;

/// Cuts one direction of a connection into frames, whatever pieces it comes in.
#[derive(Debug)]
pub(super) struct FrameReader {
    /// Bytes before the first frame that are still to come.
    preface: usize,
    header: [u8; HEADER],
    /// Bytes of the header, then of the payload, that have passed.
    passed: usize,
    payload: Vec<u8>,
}

impl FrameReader {
    /// For what the server sends.
    pub(super) const fn of_server() -> Self {
        Self {
            preface: 0,
            header: [0; HEADER],
            passed: 0,
            payload: Vec::new(),
        }
    }

    /// For what we send, which begins with 24 bytes that are no frame (RFC 9113 §3.4).
    pub(super) const fn of_client() -> Self {
        let mut reader = Self::of_server();
        reader.preface = 24;
        reader
    }

    /// Looks at bytes that pass, and gives each frame when its last byte has passed.
    pub(super) fn pass(&mut self, mut bytes: &[u8], mut frame: impl FnMut(&Frame<'_>)) {
        let preface = self.preface.min(bytes.len());
        self.preface -= preface;
        bytes = &bytes[preface..];
        while !bytes.is_empty() {
            bytes = self.pass_some(bytes);
            if self.passed >= HEADER && self.passed == HEADER + self.length() {
                frame(&self.frame());
                self.passed = 0;
                self.payload.clear();
            }
        }
    }

    /// Takes bytes of the header, or of the payload; the rest is returned.
    fn pass_some<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let end = if self.passed < HEADER {
            HEADER
        } else {
            HEADER + self.length()
        };
        let (taken, rest) = bytes.split_at(bytes.len().min(end - self.passed));
        if self.passed < HEADER {
            self.header[self.passed..self.passed + taken.len()].copy_from_slice(taken);
        } else if self.is_kept() {
            self.payload.extend_from_slice(taken);
        }
        self.passed += taken.len();
        rest
    }

    fn frame(&self) -> Frame<'_> {
        let [_, _, _, _, flags, stream @ ..] = self.header;
        Frame {
            kind: self.kind(),
            flags,
            stream: u32::from_be_bytes(stream) & 0x7fff_ffff,
            length: self.length(),
            payload: &self.payload,
        }
    }

    const fn kind(&self) -> Kind {
        match self.header[3] {
            0x0 => Kind::Data,
            0x1 => Kind::Headers,
            0x3 => Kind::Reset,
            0x4 => Kind::Settings,
            0x6 => Kind::Ping,
            0x7 => Kind::GoAway,
            0x8 => Kind::WindowUpdate,
            0x9 => Kind::Continuation,
            _ => Kind::Other,
        }
    }

    const fn is_kept(&self) -> bool {
        match self.kind() {
            Kind::Headers | Kind::Continuation | Kind::GoAway | Kind::Settings => {
                self.length() <= LARGEST_KEPT
            }
            Kind::Data | Kind::Reset | Kind::Ping | Kind::WindowUpdate | Kind::Other => false,
        }
    }

    const fn length(&self) -> usize {
        let [high, middle, low, ..] = self.header;
        u32::from_be_bytes([0, high, middle, low]) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PING, then HEADERS with padding and priority.
    const BYTES: &[u8] =
        b"\0\0\x08\x06\0\0\0\0\0pingpong\0\0\x0b\x01\x2d\x80\0\0\x05\x02prio!abc\0\0";

    type Seen = (Kind, u32, usize, Vec<u8>);

    fn seen(
        reader: &mut FrameReader,
        parts: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Vec<Seen> {
        let mut seen = Vec::new();
        for part in parts {
            reader.pass(part.as_ref(), |frame| {
                seen.push((
                    frame.kind,
                    frame.stream,
                    frame.length,
                    frame.header_block().to_vec(),
                ));
            });
        }
        seen
    }

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let expected = [
            (Kind::Ping, 0, 8, Vec::new()),
            (Kind::Headers, 5, 11, b"abc".to_vec()),
        ];
        assert_eq!(seen(&mut FrameReader::of_server(), [BYTES]), expected);
        assert_eq!(
            seen(&mut FrameReader::of_server(), BYTES.chunks(1)),
            expected
        );
        let with_preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BYTES].concat();
        assert_eq!(
            seen(&mut FrameReader::of_client(), with_preface.chunks(7)),
            expected
        );
    }

    #[test]
    fn settings_are_read() {
        let bytes = b"\0\0\x0c\x04\0\0\0\0\0\0\x03\0\0\0\x07\x10\x01\x01\0\0\0";
        let mut read = Vec::new();
        FrameReader::of_server().pass(bytes, |frame| read.extend(frame.settings()));
        assert_eq!(read, [(3, 7), (0x1001, 1 << 24)]);
    }

    #[test]
    fn a_frame_without_payload_ends_with_its_header() {
        let ack = b"\0\0\0\x04\x01\0\0\0\0";
        assert_eq!(
            seen(&mut FrameReader::of_server(), [ack]),
            [(Kind::Settings, 0, 0, Vec::new())]
        );
    }

    #[test]
    fn padding_longer_than_the_frame_leaves_nothing() {
        let bytes = b"\0\0\x02\x01\x08\0\0\0\x01\xffx";
        assert_eq!(
            seen(&mut FrameReader::of_server(), [bytes]),
            [(Kind::Headers, 1, 2, Vec::new())]
        );
    }
}
