//! Messages to be sent compressed (RFC 7692 §7.2.1).

use flate2::{Compress, Compression, FlushCompress, Status};
use tokio::task::yield_now;

use super::extension::Deflating;

/// What each flush ends with, and a message leaves out.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Compressed in one go; other tasks of the thread have a turn between two.
const STEP: usize = 64 << 10;

/// Encodes one message after the other.
#[derive(Debug)]
pub(super) struct Deflate {
    stream: Compress,
    forgets: bool,
}

impl Deflate {
    /// `None` if the server wants a window of 256 bytes, which zlib does not make: messages may always go uncompressed (§6).
    pub(super) fn new(agreed: &Deflating) -> Option<Self> {
        let bits = agreed.client_window_bits;
        (bits > 8).then(|| Self {
            stream: Compress::new_with_window_bits(Compression::default(), false, bits),
            forgets: agreed.client_no_context_takeover,
        })
    }

    /// The payload of a compressed message.
    pub(super) async fn encode(&mut self, message: &[u8]) -> Vec<u8> {
        let mut output = Vec::with_capacity(message.len() / 2 + 64);
        let mut pieces = message.chunks(STEP).peekable();
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_some() {
                self.feed(piece, FlushCompress::None, &mut output);
                yield_now().await;
            } else {
                self.feed(piece, FlushCompress::Sync, &mut output);
            }
        }
        if output.ends_with(&TAIL) {
            output.truncate(output.len() - TAIL.len());
        }
        if self.forgets {
            self.stream.reset();
        }
        output
    }

    fn feed(&mut self, mut piece: &[u8], flush: FlushCompress, output: &mut Vec<u8>) {
        loop {
            if output.len() == output.capacity() {
                output.reserve(output.len().max(64));
            }
            let before = self.stream.total_in();
            let status = self.stream.compress_vec(piece, output, flush);
            let taken = self.stream.total_in() - before;
            piece = &piece[usize::try_from(taken).unwrap_or(piece.len())..];
            let room_left = output.len() < output.capacity();
            match status.expect("compressing memory to memory cannot fail") {
                Status::Ok | Status::BufError | Status::StreamEnd
                    if piece.is_empty() && room_left =>
                {
                    return;
                }
                Status::Ok | Status::BufError | Status::StreamEnd => {}
            }
        }
    }
}
