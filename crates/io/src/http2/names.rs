//! Which pseudo-header fields a header block has (RFC 9113 §8.3), as far as h2 does not look.
//!
//! h2 drops `:path` in an answer and every pseudo-header field in trailers without a word; both make a message malformed. We allow no
//! dynamic table (`SETTINGS_HEADER_TABLE_SIZE` 0), so a block can be read by itself, and a byte of it never stands for kilobytes.

/// What was found in one header block (RFC 7541 §6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// `:status`
    pub(super) status: bool,
    /// That status is one of an interim answer (1xx).
    pub(super) interim: bool,
    /// Any other pseudo-header field.
    pub(super) other: bool,
    /// The most that the decoded list can measure, as `SETTINGS_MAX_HEADER_LIST_SIZE` counts it.
    pub(super) list_size: usize,
}

/// The last entry of the static table that is a pseudo-header field, and the first and last that are `:status`.
const LAST_PSEUDO: usize = 14;
const FIRST_STATUS: usize = 8;

/// `:status` in the Huffman code of RFC 7541.
const STATUS_CODED: &[u8] = &[0xb8, 0x84, 0x8d, 0x36, 0xa3];

/// `:` has seven bits in that code.
const COLON_CODE: u8 = 0b101_1100;

/// What a field costs beside its bytes (RFC 9113 §6.5.2).
const FIELD_COST: usize = 32;

/// About the longest name and value of the static table.
const STATIC_LENGTH: usize = 48;

/// Reads the names of a block. What cannot be read is h2's to complain about: it reads the same bytes.
pub(super) fn names(mut block: &[u8]) -> Names {
    let mut names = Names::default();
    while let Some(rest) = field(block, &mut names) {
        block = rest;
    }
    names
}

/// Reads one field; `None` at the end of the block, and where it cannot be read.
fn field<'a>(block: &'a [u8], names: &mut Names) -> Option<&'a [u8]> {
    let &first = block.first()?;
    // A change of the dynamic table's size (§6.3) is no field.
    if first & 0xe0 == 0x20 {
        return integer(block, 5).map(|(_, rest)| rest);
    }
    names.list_size = names.list_size.saturating_add(FIELD_COST);
    let indexed = first & 0x80 != 0;
    let prefix = match first {
        0x80.. => 7,
        0x40.. => 6,
        _ => 4,
    };
    let (index, mut rest) = integer(block, prefix)?;
    let had_status = names.status;
    if index == 0 && !indexed {
        let name;
        (name, rest) = string(rest)?;
        names.note_literal(&name);
        names.count(&name);
    } else {
        names.note_index(index);
    }
    if !indexed {
        let value;
        (value, rest) = string(rest)?;
        names.count(&value);
        if names.status && !had_status {
            names.interim = value.begins_with_one();
        }
    }
    Some(rest)
}

/// A string literal (§5.2).
struct Literal<'a> {
    coded: bool,
    bytes: &'a [u8],
}

impl Literal<'_> {
    /// `1` has five bits in the Huffman code.
    fn begins_with_one(&self) -> bool {
        self.bytes.first().is_some_and(|&first| match self.coded {
            true => first >> 3 == 0b0_0001,
            false => first == b'1',
        })
    }
}

impl Names {
    fn note_index(&mut self, index: usize) {
        match index {
            FIRST_STATUS..=LAST_PSEUDO => self.status = true,
            1..FIRST_STATUS => self.other = true,
            _ => {}
        }
        self.list_size = self.list_size.saturating_add(STATIC_LENGTH);
    }

    fn note_literal(&mut self, name: &Literal<'_>) {
        let (status, pseudo) = match name.bytes.first() {
            Some(first) if name.coded => (name.bytes == STATUS_CODED, first >> 1 == COLON_CODE),
            Some(first) => (name.bytes == b":status", *first == b':'),
            None => (false, false),
        };
        self.status |= status;
        self.other |= pseudo && !status;
    }

    /// A coded character has five bits at least.
    fn count(&mut self, literal: &Literal<'_>) {
        let length = literal.bytes.len();
        let decoded = if literal.coded {
            length.saturating_mul(8) / 5
        } else {
            length
        };
        self.list_size = self.list_size.saturating_add(decoded);
    }
}

fn string(block: &[u8]) -> Option<(Literal<'_>, &[u8])> {
    let coded = block.first()? & 0x80 != 0;
    let (length, rest) = integer(block, 7)?;
    let (bytes, rest) = rest.split_at_checked(length)?;
    Some((Literal { coded, bytes }, rest))
}

/// An integer with a prefix of so many bits (§5.1).
fn integer(block: &[u8], prefix: u32) -> Option<(usize, &[u8])> {
    let (&first, mut rest) = block.split_first()?;
    let most = (1_usize << prefix) - 1;
    let mut value = usize::from(first) & most;
    if value < most {
        return Some((value, rest));
    }
    for shift in [0, 7, 14, 21] {
        let &byte;
        (byte, rest) = rest.split_first()?;
        value += usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(block: &[u8]) -> (bool, bool) {
        let names = names(block);
        (names.status, names.other)
    }

    #[test]
    fn pseudo_fields_are_found_in_every_form() {
        let cases: [(&[u8], (bool, bool)); 9] = [
            (b"\x88", (true, false)),                   // :status 200, indexed
            (b"\x48\x03201", (true, false)),            // a name by index
            (b"\x00\x07:status\x03200", (true, false)), // a literal name
            (b"\x10\x85\xb8\x84\x8d\x36\xa3\x03200", (true, false)), // coded
            (b"\x88\x84", (true, true)),                // :path /
            (b"\x88\x00\x05:path\x01/", (true, true)),
            (b"\x00\x83\xb9\x58\xd3\x01/", (false, true)), // :path, coded
            (b"\x20\x88\x00\x01a\x01b", (true, false)),    // behind a change of size
            (b"\x0f\x0d\x01x", (false, false)),            // content-length by a long index
        ];
        for (block, expected) in cases {
            assert_eq!(found(block), expected, "{block:?}");
        }
    }

    #[test]
    fn an_interim_status_is_known_by_its_first_digit() {
        // 103 as a literal, and 100 in the Huffman code: 00001 00000 00000 1.
        for block in [
            &b"\x48\x03103"[..],
            b"\x48\x82\x08\x01",
            b"\x00\x07:status\x03199",
        ] {
            assert!(names(block).interim, "{block:?}");
        }
        for block in [&b"\x88"[..], b"\x48\x03200", b"\x48\x82\x10\x01"] {
            assert!(!names(block).interim, "{block:?}");
        }
    }

    #[test]
    fn a_block_that_is_cut_gives_what_came_before() {
        assert_eq!(found(b"\x88\x00\x05:pa"), (true, false));
        assert_eq!(found(b"\x88\xff\xff\xff\xff\xff\xff"), (true, false));
    }

    #[test]
    fn the_size_is_never_less_than_that_of_the_list() {
        let list = names(b"\x88\x00\x01a\x85\xb8\x84\x8d\x36\xa3");
        assert!(list.list_size >= 2 * 32 + ":status200".len() + "a:status".len());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(block in prop::collection::vec(any::<u8>(), 0..200)) {
            let _names = names(&block);
        }
    }
}
