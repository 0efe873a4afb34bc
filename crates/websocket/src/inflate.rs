//! Compressed messages received (RFC 7692 §7.2.2), unpacked in bounded steps (I1).

use appnet_policy::{failure::Bound, socket::SocketLimits};
use flate2::{Decompress, FlushDecompress, Status};

use crate::{error::Violation, extension::PerMessageDeflate};

/// What the sender left out at the end of each message.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Below this the ratio means nothing: the start of a stream of equal bytes compresses beyond any.
const RATIO_MATTERS_FROM: u64 = 1 << 20;

/// The most that one step gives.
const STEP: usize = 16 << 10;

/// Unpacks one message after the other.
///
/// The window is always the largest: it reads what was compressed with any smaller one (`server_max_window_bits`).
#[derive(Debug)]
pub(crate) struct Inflater {
    stream: Decompress,
    forgets: bool,
    ratio: u64,
    /// What the last step gave.
    output: Vec<u8>,
    /// Of the message under way: how much has come, was taken, and was given.
    come: u64,
    taken: u64,
    given: u64,
    /// Whether all that was taken has been given.
    drained: bool,
    /// Whether the last block said that it is the last: a sender that cannot flush does so (§7.2.3.4).
    ended: bool,
    /// How much of the tail was taken.
    tail: usize,
}

impl Inflater {
    pub(crate) fn new(agreed: PerMessageDeflate, limits: &SocketLimits) -> Self {
        Self {
            stream: Decompress::new(false),
            forgets: agreed.server_no_context_takeover,
            ratio: u64::from(limits.decompression_ratio),
            output: Vec::with_capacity(STEP),
            come: 0,
            taken: 0,
            given: 0,
            drained: true,
            ended: false,
            tail: 0,
        }
    }

    /// What the last step gave.
    pub(crate) fn output(&self) -> &[u8] {
        &self.output
    }

    /// Whether nothing more comes out before more goes in.
    pub(crate) const fn is_drained(&self) -> bool {
        self.drained
    }

    /// Takes some of `piece`; how many bytes.
    ///
    /// # Errors
    /// [`Violation::Undecodable`].
    pub(crate) fn step(&mut self, piece: &[u8]) -> Result<usize, Violation> {
        if piece.is_empty() && self.drained {
            self.output.clear();
            return Ok(0);
        }
        self.come = self.taken + piece.len() as u64;
        let taken = self.decompress(piece)?;
        self.taken += taken as u64;
        Ok(taken)
    }

    /// A step of the end of the message; to be called until it says that this was the last.
    pub(crate) fn finish_step(&mut self) -> Result<bool, Violation> {
        self.output.clear();
        if !self.ended {
            self.tail += self.decompress(&TAIL[self.tail..])?;
        }
        let last = self.ended || (self.drained && self.tail == TAIL.len());
        Ok(last)
    }

    /// The message is whole.
    pub(crate) fn begin_message(&mut self) {
        if self.forgets {
            self.stream.reset(false);
        }
        (self.come, self.taken, self.given, self.tail) = (0, 0, 0, 0);
        (self.drained, self.ended) = (true, false);
    }

    fn decompress(&mut self, input: &[u8]) -> Result<usize, Violation> {
        self.output.clear();
        let before = self.stream.total_in();
        let status = self
            .stream
            .decompress_vec(input, &mut self.output, FlushDecompress::Sync)
            .map_err(|_| Violation::Undecodable)?;
        let taken = usize::try_from(self.stream.total_in() - before)
            .expect("no more is taken than there was");
        let whole = taken == input.len();
        self.given += self.output.len() as u64;
        match status {
            Status::StreamEnd => {
                self.stream.reset(false);
                (self.drained, self.ended) = (whole, whole);
            }
            Status::Ok | Status::BufError => {
                let stuck = taken == 0 && self.output.is_empty() && !input.is_empty();
                if stuck {
                    return Err(Violation::Undecodable);
                }
                // Room that was not used says that there is nothing left to give.
                self.drained = whole && self.output.len() < self.output.capacity();
                self.ended = false;
            }
        }
        Ok(taken)
    }

    /// P6, to be asked after each step.
    ///
    /// # Errors
    /// [`Violation::TooLarge`]: too much came out of what has come.
    pub(crate) fn check_ratio(&self) -> Result<(), Violation> {
        let over = self.given > self.come.saturating_mul(self.ratio);
        if self.given > RATIO_MATTERS_FROM && over {
            return Err(Violation::TooLarge(Bound::DecompressionRatio));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflater(ratio: u32) -> Inflater {
        let limits = SocketLimits {
            decompression_ratio: ratio,
            ..SocketLimits::seed()
        };
        Inflater::new(PerMessageDeflate::PLAIN, &limits)
    }

    /// As a sender leaves it: without the tail.
    fn compressed(data: &[u8]) -> Vec<u8> {
        let mut stream = flate2::Compress::new(flate2::Compression::best(), false);
        let mut output = Vec::with_capacity(data.len() + 1024);
        stream
            .compress_vec(data, &mut output, flate2::FlushCompress::Sync)
            .unwrap();
        output.truncate(output.len() - TAIL.len());
        output
    }

    /// All that comes out of pieces of so many bytes.
    fn unpacked(
        inflater: &mut Inflater,
        mut data: &[u8],
        piece: usize,
    ) -> Result<Vec<u8>, Violation> {
        let mut out = Vec::new();
        while !data.is_empty() || !inflater.is_drained() {
            let taken = inflater.step(&data[..data.len().min(piece)])?;
            data = &data[taken..];
            out.extend_from_slice(inflater.output());
            inflater.check_ratio()?;
        }
        loop {
            let last = inflater.finish_step()?;
            out.extend_from_slice(inflater.output());
            inflater.check_ratio()?;
            if last {
                inflater.begin_message();
                return Ok(out);
            }
        }
    }

    /// Half of it is gone when it is compressed.
    fn digits(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'0' + u8::try_from(state >> 24).unwrap() % 10
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn w4_a_message_is_whole_however_much_comes_out_of_its_last_bytes() {
        let mut inflater = inflater(100_000);
        let around = |step: usize| step - 300..=step + 300;
        for count in around(STEP).chain(around(2 * STEP)).chain([100_000]) {
            let data = compressed(&vec![7; count]);
            assert_eq!(
                unpacked(&mut inflater, &data, 1000).unwrap(),
                vec![7; count]
            );
        }
    }

    #[test]
    fn p6_the_ratio_is_that_of_all_that_came_out_to_all_that_came() {
        let data = digits(3 << 20);
        let sent = compressed(&data);
        assert!(sent.len() < data.len() / 2, "{}", sent.len());
        assert_eq!(unpacked(&mut inflater(3), &sent, 1000).unwrap(), data);
        let over = Violation::TooLarge(Bound::DecompressionRatio);
        assert_eq!(unpacked(&mut inflater(1), &sent, 1000), Err(over));
    }

    #[test]
    fn p6_up_to_one_mebibyte_the_ratio_does_not_matter() {
        for (count, fits) in [(1 << 20, true), ((1 << 20) + 1, false)] {
            let data = compressed(&vec![0; count]);
            let unpacked = unpacked(&mut inflater(1), &data, 1000);
            assert_eq!(unpacked.is_ok(), fits, "{count}");
        }
    }
}
