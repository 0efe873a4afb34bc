//! Zstandard (RFC 8878), with the window that every client can be expected to have (RFC 9659).

use zstd::zstd_safe::{
    DCtx, DParameter, InBuffer, OutBuffer, get_error_name, is_error_kind,
    zstd_sys::ZSTD_ErrorCode::ZSTD_error_checksum_wrong,
};

use super::decoder::{Damaged, Decoder, Step};

/// RFC 9659 §3
const WINDOW_LOG: u32 = 23;

/// Undoes `zstd`: one frame after another (RFC 8878 §3). Bytes behind the last frame that begin no other are ignored.
pub(super) struct Zstd {
    context: DCtx<'static>,
    /// Between two frames; not before the first.
    between: bool,
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut context = DCtx::create();
        let set = context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG));
        debug_assert!(set.is_ok(), "the bound is one that zstd knows");
        Self {
            context,
            between: false,
        }
    }
}

impl Decoder for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Damaged> {
        if self.between && input.first().is_some_and(|&first| !begins_frame(first)) {
            return Ok(Step {
                ended: true,
                ..Step::default()
            });
        }
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(output);
        let hint = self.context.decompress_stream(&mut to, &mut from);
        let hint = hint.map_err(|code| Damaged::from(get_error_name(code)))?;
        if from.pos() > 0 || to.pos() > 0 {
            self.between = hint == 0;
        }
        Ok(Step {
            read: from.pos(),
            written: to.pos(),
            ended: false,
        })
    }

    /// A frame whose last block was read lacks at most the four bytes of its checksum: given any others in their place, it complains of the
    /// checksum and of nothing else.
    fn is_whole(&mut self) -> bool {
        if self.between {
            return true;
        }
        let mut nowhere = [0; 16];
        let outcome = self.context.decompress_stream(
            &mut OutBuffer::around(&mut nowhere[..]),
            &mut InBuffer::around(&[0; 4]),
        );
        outcome.is_err_and(|code| is_error_kind(code, ZSTD_error_checksum_wrong))
    }
}

/// The first byte of a frame's magic number, or of a skippable frame's (RFC 8878 §3.1).
const fn begins_frame(first: u8) -> bool {
    matches!(first, 0x28 | 0x50..=0x5f)
}
