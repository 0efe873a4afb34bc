//! One content coding of a body, and the bounds on what it may cost (P6, I1).

use appnet_policy::failure::Bound;
use bytes::{Buf as _, Bytes};

use super::{
    coding::Coding,
    decoder::{Decoder, Step},
};
use crate::error::ExchangeError;

/// How much a step reads at most: compressed data can make each of its bytes cost a microsecond, with one table of codes behind the other.
const STEP_IN: usize = 1 << 10;

/// How much is decoded before it is given on, if there is so much.
const STEP_OUT: usize = 16 << 10;

/// Below this, a ratio says nothing: a few bytes may well stand for a page.
const RATIO_FROM: u64 = 1 << 20;

/// Input that may stand for nothing, such as long headers, and how much of it may come with each byte of output: a flush after each byte costs
/// less. Data over it is nothing but work (I1).
const IDLE_BYTES: u64 = 64 << 10;
const IDLE_RATIO: u64 = 16;

const MOST_STALLS: u8 = 2;

/// Undoes one coding in bounded steps.
pub(super) struct Layer {
    coding: Coding,
    decoder: Box<dyn Decoder>,
    /// The bound on decoded bytes for each received one.
    ratio: u64,
    /// What was pushed and not read yet.
    input: Bytes,
    /// Decoded, up to `filled`.
    output: Vec<u8>,
    filled: usize,
    /// The last step had no room left, so there may be more without more input.
    has_more: bool,
    ended: bool,
    /// Steps in a row that did nothing. One is in order: where the end of the blocks was noticed, and nothing else.
    stalls: u8,
    counts: Counts,
}

/// All bytes so far.
#[derive(Default)]
struct Counts {
    received: u64,
    read: u64,
    written: u64,
    /// Behind the end.
    ignored: u64,
}

/// How far a layer came.
pub(super) enum Advance {
    /// It worked on so many bytes, and can go on.
    Worked(usize),
    /// The next decoded bytes.
    Gives(Bytes),
    /// It needs more input.
    Hungry,
    /// All is decoded and given.
    Ended,
}

impl Layer {
    pub(super) fn new(coding: Coding, ratio: u32) -> Self {
        Self {
            coding,
            decoder: coding.decoder(),
            ratio: u64::from(ratio.max(1)),
            input: Bytes::new(),
            output: vec![0; STEP_OUT],
            filled: 0,
            has_more: false,
            ended: false,
            stalls: 0,
            counts: Counts::default(),
        }
    }

    /// Takes input, when it is hungry, or has ended and ignores it.
    pub(super) fn push(&mut self, data: Bytes) {
        self.counts.received += data.len() as u64;
        self.input = data;
        self.ignore_behind_end();
    }

    /// How many bytes came behind its end.
    pub(super) const fn ignored(&self) -> u64 {
        self.counts.ignored
    }

    /// Does one step, or gives what the steps before have decoded: when it fills the buffer, or when there is no more for now.
    pub(super) fn advance(&mut self) -> Result<Advance, ExchangeError> {
        let hungry = self.input.is_empty() && !self.has_more;
        if self.filled == STEP_OUT || (self.filled > 0 && (hungry || self.ended)) {
            return Ok(Advance::Gives(self.give()));
        }
        if self.ended {
            return Ok(Advance::Ended);
        }
        if hungry {
            return Ok(Advance::Hungry);
        }
        let step = self.step()?;
        self.check()?;
        Ok(Advance::Worked(step.read + step.written))
    }

    /// Whether all of it was read when the input ends (H6). Nothing at all is not even the header of a coding, and yet what many servers mean
    /// by an empty body.
    pub(super) fn finish(&mut self) -> Result<(), ExchangeError> {
        if self.ended || self.counts.received == 0 || self.decoder.is_whole() {
            return Ok(());
        }
        Err(self.damaged("its end is missing"))
    }

    fn step(&mut self) -> Result<Step, ExchangeError> {
        let input = &self.input[..self.input.len().min(STEP_IN)];
        let room = &mut self.output[self.filled..];
        let (offered, free) = (input.len(), room.len());
        let step = self
            .decoder
            .step(input, room)
            .map_err(|damaged| self.damaged(&damaged.0))?;
        self.stalls = if step == Step::default() && offered > 0 {
            self.stalls + 1
        } else {
            0
        };
        if self.stalls > MOST_STALLS {
            return Err(self.damaged("it leads nowhere"));
        }
        self.input.advance(step.read);
        self.filled += step.written;
        self.has_more = step.written == free;
        self.ended = step.ended;
        self.counts.read += step.read as u64;
        self.counts.written += step.written as u64;
        self.ignore_behind_end();
        Ok(step)
    }

    fn ignore_behind_end(&mut self) {
        if self.ended {
            self.counts.ignored += std::mem::take(&mut self.input).len() as u64;
        }
    }

    fn check(&self) -> Result<(), ExchangeError> {
        let Counts {
            received,
            read,
            written,
            ..
        } = self.counts;
        if written > RATIO_FROM && written / self.ratio > received {
            return Err(ExchangeError::BodyTooLarge {
                bound: Bound::DecompressionRatio,
                limit: self.ratio,
            });
        }
        if read > IDLE_BYTES + IDLE_RATIO * written {
            return Err(self.damaged("most of it stands for nothing"));
        }
        Ok(())
    }

    /// What was decoded. The buffer goes with it if that is most of it.
    fn give(&mut self) -> Bytes {
        let filled = std::mem::take(&mut self.filled);
        if filled < STEP_OUT / 4 {
            return Bytes::copy_from_slice(&self.output[..filled]);
        }
        let mut data = std::mem::replace(&mut self.output, vec![0; STEP_OUT]);
        data.truncate(filled);
        data.into()
    }

    fn damaged(&self, words: &str) -> ExchangeError {
        ExchangeError::Malformed(format!(
            "the {} data is damaged or cut short: {words}",
            self.coding
        ))
    }
}
