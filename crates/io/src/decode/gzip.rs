//! gzip: one member after another (RFC 1952 §2.2), and nothing after the last.

mod header;

use flate2::{Crc, Decompress};

use self::header::{Header, Reading};
use super::{
    decoder::{Damaged, Decoder, Field, Step},
    deflate::inflate,
};

/// Undoes gzip. Bytes after the last member that begin no other (padding, a stray line break) are ignored, as browsers do.
pub(super) struct Gzip {
    stream: Decompress,
    sum: Crc,
    is_first: bool,
    state: State,
}

enum State {
    Header(Header),
    Blocks,
    Trailer(Field<8>),
    Ended,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            stream: Decompress::new(false),
            sum: Crc::new(),
            is_first: true,
            state: State::Header(Header::default()),
        }
    }

    fn read_header(&mut self, input: &[u8]) -> Result<usize, Damaged> {
        let State::Header(header) = &mut self.state else {
            return Ok(0);
        };
        for (place, &byte) in input.iter().enumerate() {
            match header.push(byte)? {
                Reading::GoesOn => {}
                Reading::Done => {
                    self.stream.reset(false);
                    self.sum.reset();
                    self.state = State::Blocks;
                    return Ok(place + 1);
                }
                Reading::NotGzip if self.is_first => return Err("this is not gzip".into()),
                Reading::NotGzip => {
                    self.state = State::Ended;
                    return Ok(place);
                }
            }
        }
        Ok(input.len())
    }

    fn read_trailer(&mut self, input: &[u8]) -> Result<usize, Damaged> {
        let State::Trailer(trailer) = &mut self.state else {
            return Ok(0);
        };
        let (read, found) = trailer.push(input);
        if let Some(found) = found {
            let [sum, length] = [self.sum.sum(), self.sum.amount()].map(u32::to_le_bytes);
            if found != *[sum, length].as_flattened() {
                return Err("its checksum is another".into());
            }
            self.is_first = false;
            self.state = State::Header(Header::default());
        }
        Ok(read)
    }

    fn read_blocks(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Damaged> {
        let step = inflate(&mut self.stream, input, output)?;
        self.sum.update(&output[..step.written]);
        if step.ended {
            self.state = State::Trailer(Field::new());
        }
        Ok(Step {
            ended: false,
            ..step
        })
    }
}

impl Decoder for Gzip {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Damaged> {
        let read = match &self.state {
            State::Header(_) => self.read_header(input)?,
            State::Blocks => return self.read_blocks(input, output),
            State::Trailer(_) => self.read_trailer(input)?,
            State::Ended => 0,
        };
        Ok(Step {
            read,
            written: 0,
            ended: matches!(self.state, State::Ended),
        })
    }

    fn is_whole(&mut self) -> bool {
        match &self.state {
            State::Header(header) => !self.is_first && !header.is_certain(),
            State::Blocks => false,
            State::Trailer(_) | State::Ended => true,
        }
    }
}
