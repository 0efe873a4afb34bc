//! Compressed messages received (RFC 7692 §7.2.2).

use appnet_policy::{failure::Bound, socket::SocketLimits};
use flate2::{Decompress, FlushDecompress, Status};

use super::{extension::Deflating, violation::Violation};

/// What the sender left out at the end of each message.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Below this the ratio means nothing: the start of a stream of equal bytes compresses beyond any.
const RATIO_MATTERS_FROM: usize = 1 << 20;

/// How much the output grows by at least.
const SMALLEST_STEP: usize = 4 << 10;

/// Decodes one message after the other.
///
/// The window is always the largest: it reads what was compressed with any smaller one (`server_max_window_bits`).
#[derive(Debug)]
pub(super) struct Inflate {
    stream: Decompress,
    forgets: bool,
    message_bytes: usize,
    ratio: u64,
    /// Received of the message under way.
    received: u64,
    /// Whether the last block said that it is the last: a sender that cannot flush does so (§7.2.3.4).
    ended: bool,
}

impl Inflate {
    pub(super) fn new(agreed: &Deflating, limits: &SocketLimits) -> Self {
        Self {
            stream: Decompress::new(false),
            forgets: agreed.server_no_context_takeover,
            message_bytes: limits.message_bytes,
            ratio: u64::from(limits.decompression_ratio),
            received: 0,
            ended: false,
        }
    }

    /// Decodes a piece of a message onto `output`, which holds what came before of it and nothing else.
    pub(super) fn push(&mut self, piece: &[u8], output: &mut Vec<u8>) -> Result<(), Violation> {
        self.received += piece.len() as u64;
        self.decode(piece, output)
    }

    /// Decodes the end of the message.
    pub(super) fn finish(&mut self, output: &mut Vec<u8>) -> Result<(), Violation> {
        if !self.ended {
            self.decode(&TAIL, output)?;
        }
        if self.forgets {
            self.stream.reset(false);
        }
        (self.received, self.ended) = (0, false);
        Ok(())
    }

    fn decode(&mut self, mut input: &[u8], output: &mut Vec<u8>) -> Result<(), Violation> {
        loop {
            self.make_room(output);
            let (input_before, output_before) = (self.stream.total_in(), output.len());
            let status = self
                .stream
                .decompress_vec(input, output, FlushDecompress::Sync)
                .map_err(|_| Violation::Undecodable)?;
            let taken = self.stream.total_in() - input_before;
            input = &input[usize::try_from(taken).unwrap_or(input.len())..];
            self.check_size(output)?;
            let progress = taken > 0 || output.len() > output_before;
            self.ended = status == Status::StreamEnd && input.is_empty();
            match status {
                Status::StreamEnd => self.stream.reset(false),
                // Room that was not used says that there is nothing left to give.
                Status::Ok | Status::BufError
                    if output.len() < output.capacity() && input.is_empty() =>
                {
                    return Ok(());
                }
                Status::Ok | Status::BufError if !progress => return Err(Violation::Undecodable),
                Status::Ok | Status::BufError => {}
            }
            if self.ended {
                return Ok(());
            }
        }
    }

    /// Never more than one byte over the limit: that byte shows that the message is too large.
    fn make_room(&self, output: &mut Vec<u8>) {
        if output.len() == output.capacity() {
            let most = (self.message_bytes + 1).saturating_sub(output.len());
            output.reserve_exact(output.len().max(SMALLEST_STEP).min(most));
        }
    }

    fn check_size(&self, output: &[u8]) -> Result<(), Violation> {
        if output.len() > self.message_bytes {
            return Err(Violation::TooLarge(Bound::Body));
        }
        let over = output.len() as u64 > self.received.saturating_mul(self.ratio);
        if output.len() > RATIO_MATTERS_FROM && over {
            return Err(Violation::TooLarge(Bound::DecompressionRatio));
        }
        Ok(())
    }
}
