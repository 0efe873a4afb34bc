//! Brotli (RFC 7932).

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::decoder::{Damaged, Decoder, Step};

/// Undoes `br`.
pub(super) struct Brotli(BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>);

impl Brotli {
    pub(super) fn new() -> Self {
        let memory = StandardAlloc::default;
        // Strict: the windows of RFC 7932, up to 16 MiB, and not those of up to 1 GiB that came later.
        Self(BrotliState::new_strict(memory(), memory(), memory()))
    }
}

impl Decoder for Brotli {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Damaged> {
        let (mut read, mut written) = (0, 0);
        let result = BrotliDecompressStream(
            &mut input.len(),
            &mut read,
            input,
            &mut output.len(),
            &mut written,
            output,
            &mut 0,
            &mut self.0,
        );
        let ended = match result {
            BrotliResult::ResultSuccess => true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => false,
            BrotliResult::ResultFailure => return Err("this is not Brotli".into()),
        };
        Ok(Step {
            read,
            written,
            ended,
        })
    }

    /// Its end is its last block, so what did not end by itself is not whole.
    fn is_whole(&mut self) -> bool {
        false
    }
}
