//! The header of a member of gzip (RFC 1952 §2.3).

use super::super::decoder::{Damaged, Field};

/// A header, read byte by byte. Nothing of it is needed, not even its checksum.
#[derive(Default)]
pub(super) struct Header {
    /// What is still to come.
    flags: u8,
    part: Part,
}

/// What the next byte belongs to.
enum Part {
    /// The ten bytes that every member has; so many of them were read.
    Start(u8),
    ExtraLength(Field<2>),
    /// So many bytes more.
    Skipped(u16),
    /// A name or a comment, up to a zero.
    Text,
}

/// What a byte was.
pub(super) enum Reading {
    GoesOn,
    /// The last one of the header.
    Done,
    /// None of a member.
    NotGzip,
}

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const METHOD_DEFLATE: u8 = 8;
const START_BYTES: u8 = 10;

const CHECKSUM: u8 = 0x02;
const EXTRA: u8 = 0x04;
const NAME: u8 = 0x08;
const COMMENT: u8 = 0x10;
const RESERVED: u8 = 0xe0;

impl Default for Part {
    fn default() -> Self {
        Self::Start(0)
    }
}

impl Header {
    /// Whether what was read can only be a member.
    pub(super) const fn is_certain(&self) -> bool {
        !matches!(self.part, Part::Start(0 | 1))
    }

    pub(super) fn push(&mut self, byte: u8) -> Result<Reading, Damaged> {
        let is_over = match &mut self.part {
            Part::Start(place) => {
                match (*place, byte) {
                    (0 | 1, byte) if byte != MAGIC[usize::from(*place)] => {
                        return Ok(Reading::NotGzip);
                    }
                    (2, byte) if byte != METHOD_DEFLATE => return Err("an unknown method".into()),
                    (3, byte) if byte & RESERVED != 0 => return Err("an unknown flag".into()),
                    (3, byte) => self.flags = byte,
                    _ => {}
                }
                *place += 1;
                *place == START_BYTES
            }
            Part::ExtraLength(length) => match length.push(&[byte]).1.map(u16::from_le_bytes) {
                Some(length) if length > 0 => {
                    self.part = Part::Skipped(length);
                    false
                }
                over => over.is_some(),
            },
            Part::Skipped(left) => {
                *left -= 1;
                *left == 0
            }
            Part::Text => byte == 0,
        };
        Ok(if is_over {
            self.next_part()
        } else {
            Reading::GoesOn
        })
    }

    fn next_part(&mut self) -> Reading {
        let (flag, part) = match self.flags {
            flags if flags & EXTRA != 0 => (EXTRA, Part::ExtraLength(Field::new())),
            flags if flags & NAME != 0 => (NAME, Part::Text),
            flags if flags & COMMENT != 0 => (COMMENT, Part::Text),
            flags if flags & CHECKSUM != 0 => (CHECKSUM, Part::Skipped(2)),
            _ => return Reading::Done,
        };
        self.flags &= !flag;
        self.part = part;
        Reading::GoesOn
    }
}
