//! The chunked transfer coding (RFC 9112 §7.1).

use appnet_policy::failure::Bound;
use bytes::{Buf as _, BytesMut};

use super::{Bounds, FramingError, Piece, some_data, take_at_most};

/// Reads a chunked body. Extensions and trailers are dropped: no API of the platform shows them.
#[derive(Debug)]
pub(super) struct Chunks {
    state: State,
    /// Bytes counted against the bound of the header block: the head's, then the trailers'.
    header_bytes: usize,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// In the size; the digits so far.
    Size {
        value: u64,
        digits: usize,
    },
    /// After the size and before the line's end; bytes so far.
    Extension {
        size: u64,
        bytes: usize,
        started: bool,
    },
    /// After the line's CR.
    SizeEnd {
        size: u64,
    },
    /// In a chunk's data.
    Data {
        left: u64,
    },
    /// After the data.
    DataCr,
    DataLf,
    /// In a trailer line; whether it is empty so far.
    Trailer {
        empty: bool,
        lines: usize,
    },
    /// After a CR in a trailer line.
    TrailerLf {
        empty: bool,
        lines: usize,
    },
}

const START: State = State::Size {
    value: 0,
    digits: 0,
};

impl Chunks {
    pub(super) const fn new(head_bytes: usize) -> Self {
        Self {
            state: START,
            header_bytes: head_bytes,
        }
    }

    pub(super) fn next(
        &mut self,
        input: &mut BytesMut,
        bounds: &Bounds,
    ) -> Result<Option<Piece>, FramingError> {
        while !input.is_empty() {
            if let State::Data { left } = &mut self.state {
                let data = take_at_most(input, *left);
                *left -= data.len() as u64;
                if *left == 0 {
                    self.state = State::DataCr;
                }
                return Ok(some_data(data));
            }
            let byte = input.get_u8();
            match self.step(byte, bounds)? {
                Some(state) => self.state = state,
                None => return Ok(Some(Piece::End)),
            }
        }
        Ok(None)
    }

    /// Takes one byte of framing; `None` is the end of the body.
    fn step(&mut self, byte: u8, bounds: &Bounds) -> Result<Option<State>, FramingError> {
        let next = match self.state {
            State::Size { value, digits } => in_size(byte, value, digits, bounds)?,
            State::Extension {
                size,
                bytes,
                started,
            } => in_extension(byte, size, bytes, started, bounds)?,
            State::SizeEnd { size } => after_size(byte, size)?,
            State::DataCr => expect(byte, b'\r', State::DataLf)?,
            State::DataLf => expect(byte, b'\n', START)?,
            State::Trailer { empty, lines } => self.in_trailer(byte, empty, lines, bounds)?,
            State::TrailerLf { empty: true, .. } => {
                expect(byte, b'\n', START)?;
                return Ok(None);
            }
            State::TrailerLf {
                empty: false,
                lines,
            } => expect(
                byte,
                b'\n',
                State::Trailer {
                    empty: true,
                    lines: lines + 1,
                },
            )?,
            State::Data { .. } => self.state,
        };
        Ok(Some(next))
    }

    fn in_trailer(
        &mut self,
        byte: u8,
        empty: bool,
        lines: usize,
        bounds: &Bounds,
    ) -> Result<State, FramingError> {
        self.header_bytes = self.header_bytes.saturating_add(1);
        if self.header_bytes > bounds.header_bytes {
            return Err(FramingError::TooLarge(Bound::HeaderBlock));
        }
        if lines > bounds.header_count {
            return Err(FramingError::TooLarge(Bound::HeaderCount));
        }
        match byte {
            b'\r' => Ok(State::TrailerLf { empty, lines }),
            b'\n' | 0 => Err(FramingError::Malformed("a trailer is not valid")),
            _ => Ok(State::Trailer {
                empty: false,
                lines,
            }),
        }
    }
}

const fn expect(byte: u8, expected: u8, next: State) -> Result<State, FramingError> {
    if byte == expected {
        Ok(next)
    } else {
        Err(FramingError::Malformed(
            "a chunk does not end where it should",
        ))
    }
}

/// Zeros before the number are as many as somebody likes to write, within the bound of the line.
fn in_size(byte: u8, value: u64, digits: usize, bounds: &Bounds) -> Result<State, FramingError> {
    if let Some(digit) = char::from(byte).to_digit(16) {
        if value >> 60 != 0 {
            return Err(FramingError::Malformed("a chunk size is too large"));
        }
        if digits > bounds.chunk_extension_bytes.max(16) {
            return Err(FramingError::TooLarge(Bound::ChunkExtension));
        }
        return Ok(State::Size {
            value: value << 4 | u64::from(digit),
            digits: digits + 1,
        });
    }
    match byte {
        _ if digits == 0 => Err(FramingError::Malformed("a chunk has no size")),
        b'\r' => Ok(State::SizeEnd { size: value }),
        // Old servers pad the size with blanks; RFC 9112 allows blanks before an extension.
        b' ' | b'\t' => Ok(State::Extension {
            size: value,
            bytes: 1,
            started: false,
        }),
        b';' => Ok(State::Extension {
            size: value,
            bytes: 1,
            started: true,
        }),
        _ => Err(FramingError::Malformed(
            "a chunk size is no hexadecimal number",
        )),
    }
}

const fn in_extension(
    byte: u8,
    size: u64,
    bytes: usize,
    started: bool,
    bounds: &Bounds,
) -> Result<State, FramingError> {
    if bytes > bounds.chunk_extension_bytes {
        return Err(FramingError::TooLarge(Bound::ChunkExtension));
    }
    let bytes = bytes + 1;
    match byte {
        b'\r' => Ok(State::SizeEnd { size }),
        b' ' | b'\t' => Ok(State::Extension {
            size,
            bytes,
            started,
        }),
        b';' => Ok(State::Extension {
            size,
            bytes,
            started: true,
        }),
        0..=0x1f | 0x7f => Err(FramingError::Malformed(
            "a chunk extension has a forbidden character",
        )),
        _ if !started => Err(FramingError::Malformed(
            "a chunk size is no hexadecimal number",
        )),
        _ => Ok(State::Extension {
            size,
            bytes,
            started,
        }),
    }
}

const fn after_size(byte: u8, size: u64) -> Result<State, FramingError> {
    let next = if size == 0 {
        State::Trailer {
            empty: true,
            lines: 0,
        }
    } else {
        State::Data { left: size }
    };
    match byte {
        b'\n' => Ok(next),
        _ => Err(FramingError::Malformed(
            "a chunk size line does not end as HTTP lines do",
        )),
    }
}
