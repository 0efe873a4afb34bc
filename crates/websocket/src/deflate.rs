//! Messages to be sent compressed (RFC 7692 §7.2.1).

use flate2::{Compress, Compression, FlushCompress, Status};

use crate::extension::PerMessageDeflate;

/// What each flush ends with, and a message leaves out.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Compresses one message after the other, each in pieces (I1).
#[derive(Debug)]
pub(crate) struct Deflater {
    stream: Compress,
    forgets: bool,
}

impl Deflater {
    /// `None` if the server wants a window of 256 bytes, which zlib does not make: messages may always go uncompressed (§6).
    pub(crate) fn new(agreed: PerMessageDeflate) -> Option<Self> {
        let bits = agreed.client_window_bits;
        (bits > 8).then(|| Self {
            stream: Compress::new_with_window_bits(Compression::default(), false, bits),
            forgets: agreed.client_no_context_takeover,
        })
    }

    /// Compresses the next piece of a message onto `output`, which holds what came before of it and nothing else; after the last piece it
    /// is the payload.
    pub(crate) fn push(&mut self, piece: &[u8], is_last: bool, output: &mut Vec<u8>) {
        if !is_last {
            return self.feed(piece, FlushCompress::None, output);
        }
        self.feed(piece, FlushCompress::Sync, output);
        if output.ends_with(&TAIL) {
            output.truncate(output.len() - TAIL.len());
        }
        if self.forgets {
            self.stream.reset();
        }
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

#[cfg(test)]
mod tests {
    use appnet_policy::socket::SocketLimits;
    use proptest::prelude::*;

    use super::*;
    use crate::inflate::Inflater;

    fn encode(deflate: &mut Deflater, message: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut pieces = message.chunks(10_000).peekable();
        while let Some(piece) = pieces.next() {
            deflate.push(piece, pieces.peek().is_none(), &mut output);
        }
        output
    }

    /// What a server makes of our messages.
    fn decode(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut stream = flate2::Decompress::new(false);
        let decode = |payload: &Vec<u8>| {
            let mut output = Vec::with_capacity(1 << 20);
            let input = [&payload[..], &TAIL].concat();
            stream
                .decompress_vec(&input, &mut output, flate2::FlushDecompress::Sync)
                .unwrap();
            output
        };
        payloads.iter().map(decode).collect()
    }

    /// So many bytes that do not compress, twice: the second half can only refer that far back.
    fn twice(count: usize) -> Vec<u8> {
        let mut state = 1u32;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 16) as u8
        };
        let half: Vec<u8> = (0..count).map(|_| random()).collect();
        [half.clone(), half].concat()
    }

    #[test]
    fn w4_the_window_is_kept_from_message_to_message() {
        let mut deflate = Deflater::new(PerMessageDeflate::PLAIN).unwrap();
        let (first, second) = (
            encode(&mut deflate, b"Hello"),
            encode(&mut deflate, b"Hello"),
        );
        assert!(second.len() < first.len(), "{second:x?} after {first:x?}");
        assert_eq!(decode(&[first, second]), [b"Hello", b"Hello"]);
    }

    #[test]
    fn w4_the_window_is_forgotten_where_the_server_asks_for_it() {
        let agreed = PerMessageDeflate {
            client_no_context_takeover: true,
            ..PerMessageDeflate::PLAIN
        };
        let mut deflate = Deflater::new(agreed).unwrap();
        let (first, second) = (
            encode(&mut deflate, b"Hello"),
            encode(&mut deflate, b"Hello"),
        );
        assert_eq!(first, second);
    }

    #[test]
    fn w4_the_window_is_as_small_as_the_server_asks_for() {
        for bits in 9..=15 {
            let agreed = PerMessageDeflate {
                client_window_bits: bits,
                ..PerMessageDeflate::PLAIN
            };
            let encode = |message: &[u8]| encode(&mut Deflater::new(agreed).unwrap(), message);
            let beyond = (1 << bits) + 1;
            let payload = encode(&twice(beyond));
            assert!(payload.len() > 2 * beyond - beyond / 20, "{bits}");
            assert_eq!(decode(&[payload]), [twice(beyond)]);
            // zlib keeps 262 bytes of a window for itself.
            let within = (1 << bits) - 300;
            assert!(encode(&twice(within)).len() < within + within / 2, "{bits}");
        }
    }

    #[test]
    fn w4_with_a_window_of_256_bytes_nothing_is_compressed() {
        let agreed = PerMessageDeflate {
            client_window_bits: 8,
            ..PerMessageDeflate::PLAIN
        };
        assert!(Deflater::new(agreed).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_we_compress_we_decode_to_the_same(
            messages in prop::collection::vec(prop::collection::vec(0u8..4, 1..300_000), 1..4),
            forgets: bool,
            piece in 1usize..5000,
        ) {
            let agreed = PerMessageDeflate { client_no_context_takeover: forgets, server_no_context_takeover: forgets, ..PerMessageDeflate::PLAIN };
            let mut deflate = Deflater::new(agreed).unwrap();
            let mut inflate = Inflater::new(agreed, &SocketLimits::seed());
            for message in messages {
                let mut output = Vec::new();
                for mut piece in encode(&mut deflate, &message).chunks(piece) {
                    while !piece.is_empty() || !inflate.is_drained() {
                        piece = &piece[inflate.step(piece).unwrap()..];
                        output.extend_from_slice(inflate.output());
                    }
                }
                while !inflate.finish_step().unwrap() {
                    output.extend_from_slice(inflate.output());
                }
                output.extend_from_slice(inflate.output());
                inflate.begin_message();
                prop_assert_eq!(&output, &message);
            }
        }
    }
}
