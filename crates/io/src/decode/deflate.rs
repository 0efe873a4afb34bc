//! `deflate`: zlib by the book (RFC 9110 §8.4.1.2, RFC 1950), raw DEFLATE from many servers.

use flate2::{Decompress, FlushDecompress, Status};
use zlib_rs::adler32::adler32;

use super::decoder::{Damaged, Decoder, Field, Step};

/// One step of raw DEFLATE (RFC 1951).
pub(super) fn inflate(
    stream: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
) -> Result<Step, Damaged> {
    let (read, written) = (stream.total_in(), stream.total_out());
    let status = stream
        .decompress(input, output, FlushDecompress::None)
        .map_err(|error| Damaged(error.to_string()))?;
    let since = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
    Ok(Step {
        read: since(stream.total_in(), read),
        written: since(stream.total_out(), written),
        ended: status == Status::StreamEnd,
    })
}

/// Undoes `deflate`, whichever of the two it is.
pub(super) struct Deflate {
    stream: Decompress,
    state: State,
}

enum State {
    /// The first two bytes tell which it is.
    Start(Field<2>),
    Raw,
    /// With the checksum so far.
    Zlib(u32),
    Trailer(u32, Field<4>),
    Ended,
}

impl Deflate {
    pub(super) fn new() -> Self {
        Self {
            stream: Decompress::new(false),
            state: State::Start(Field::new()),
        }
    }
}

impl Decoder for Deflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Damaged> {
        match &mut self.state {
            State::Start(start) => {
                let (read, start) = start.push(input);
                let mut step = Step::default();
                match start {
                    None => {}
                    Some(start) if is_zlib(start) => self.state = State::Zlib(1),
                    Some(start) => {
                        step = inflate(&mut self.stream, &start, output)?;
                        self.state = if step.ended { State::Ended } else { State::Raw };
                    }
                }
                Ok(Step { read, ..step })
            }
            State::Raw => {
                let step = inflate(&mut self.stream, input, output)?;
                if step.ended {
                    self.state = State::Ended;
                }
                Ok(step)
            }
            State::Zlib(sum) => {
                let step = inflate(&mut self.stream, input, output)?;
                *sum = adler32(*sum, &output[..step.written]);
                if step.ended {
                    self.state = State::Trailer(*sum, Field::new());
                }
                Ok(Step {
                    ended: false,
                    ..step
                })
            }
            State::Trailer(sum, trailer) => {
                let (read, found) = trailer.push(input);
                let ended = match found {
                    None => false,
                    Some(found) if u32::from_be_bytes(found) == *sum => true,
                    Some(_) => return Err("its checksum is another".into()),
                };
                Ok(Step {
                    read,
                    ended,
                    ..Step::default()
                })
            }
            State::Ended => Ok(Step {
                ended: true,
                ..Step::default()
            }),
        }
    }

    fn is_whole(&mut self) -> bool {
        match self.state {
            State::Start(_) | State::Raw | State::Zlib(_) => false,
            State::Trailer(..) | State::Ended => true,
        }
    }
}

/// RFC 1950 §2.2: the method 8 with a window of up to 32 KiB, no dictionary, and a number that 31 divides. Raw data that looked like it would begin
/// with a stored block and stray bits in its padding, which no encoder writes.
const fn is_zlib([first, second]: [u8; 2]) -> bool {
    const DICTIONARY: u8 = 0x20;
    first & 0x0f == 8
        && first >> 4 <= 7
        && second & DICTIONARY == 0
        && u16::from_be_bytes([first, second]).is_multiple_of(31)
}
