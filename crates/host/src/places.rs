//! Where the pieces of a text that was compiled stood in its author's file.
//!
//! Columns inside are bytes from 0, as the parser and the engine count; what a person is shown counts characters from 1.

/// A line and a column, both from 0; the column in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A piece of one line of the new text.
#[derive(Debug, Clone, Copy)]
struct Piece {
    column: usize,
    from: Place,
    /// The piece is the author's own text, character for character; else all of it stands at one place.
    copied: bool,
}

/// The way back from a new text to the one that it was made of.
#[derive(Debug, Default)]
pub(crate) struct Places(Vec<Vec<Piece>>);

impl Places {
    /// The piece that begins at `at` in the new text. Pieces come in order.
    #[cfg_attr(
        not(any(feature = "compiler", test)),
        expect(dead_code, reason = "without the compiler every text is its author's")
    )]
    pub(crate) fn add(&mut self, at: Place, from: Place, copied: bool) {
        if self.0.len() <= at.line {
            self.0.resize_with(at.line + 1, Vec::new);
        }
        self.0[at.line].push(Piece {
            column: at.column,
            from,
            copied,
        });
    }

    /// Where a place of the new text comes from.
    pub(crate) fn origin(&self, at: Place) -> Option<Place> {
        let line = self.0.get(at.line)?;
        let known = line.partition_point(|piece| piece.column <= at.column);
        let piece = line.get(known.checked_sub(1)?)?;
        let beyond = if piece.copied {
            at.column - piece.column
        } else {
            0
        };
        Some(Place {
            line: piece.from.line,
            column: piece.from.column + beyond,
        })
    }
}

/// A column in bytes as one in characters, counted in UTF-16 as editors and browsers do, from 1.
pub(crate) fn shown_column(line: &str, column: usize) -> usize {
    let before = line.get(..column.min(line.len()));
    before.map_or(column, |text| text.encode_utf16().count()) + 1
}

/// The place of a byte of `text`.
#[cfg(feature = "compiler")]
pub(crate) fn place_of(text: &str, byte: usize) -> Place {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    Place {
        line: memchr::memchr_iter(b'\n', before).count(),
        column: before.len() - line_start,
    }
}

/// What is called at a place that the engine names with "not a function": it points into the callee or at its parenthesis.
pub(crate) fn callee(line: &str, column: usize) -> Option<&str> {
    let open = column + line.get(column..)?.find('(')?;
    let called = line[..open].trim_end();
    let called = called.strip_suffix("?.").unwrap_or(called);
    let bytes = called.as_bytes();
    let mut start = bytes.len();
    while start > 0 {
        let known = match bytes[start - 1] {
            b']' => called[..start - 1].rfind('[')?,
            byte if is_name(byte) || byte == b'.' => start - 1,
            b'?' if bytes.get(start) == Some(&b'.') => start - 1,
            _ => break,
        };
        start = known;
    }
    let name = called[start..].trim_start_matches('.');
    let begins_well = name
        .bytes()
        .next()
        .is_some_and(|byte| is_name(byte) && !byte.is_ascii_digit());
    begins_well.then_some(name)
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::{Place, Places, callee, shown_column};

    #[test]
    fn a_copied_piece_is_followed_and_an_inserted_one_stands_still() {
        let at = |line, column| Place { line, column };
        let mut places = Places::default();
        places.add(at(0, 4), at(0, 0), true);
        places.add(at(0, 9), at(0, 5), false);
        assert_eq!(places.origin(at(0, 3)), None);
        assert_eq!(places.origin(at(0, 6)), Some(at(0, 2)));
        assert_eq!(places.origin(at(0, 12)), Some(at(0, 5)));
        assert_eq!(places.origin(at(7, 0)), None);
    }

    #[test]
    fn columns_are_shown_in_characters() {
        assert_eq!(shown_column("a中b", 4), 3);
        assert_eq!(shown_column("ab", 9), 3);
    }

    #[test]
    fn what_is_called_is_named_as_it_is_written() {
        for (line, column, name) in [
            ("  wx.foo({})", 5, Some("wx.foo")),
            ("o.a ['x y'](1)", 2, None),
            ("o.a['x y'](1)", 2, Some("o.a['x y']")),
            ("new wx.foo()", 4, Some("wx.foo")),
            ("x?.y?.(1)", 3, Some("x?.y")),
            ("(a || b)(1)", 8, None),
            ("no call", 2, None),
        ] {
            assert_eq!(callee(line, column), name, "{line}");
        }
    }
}
