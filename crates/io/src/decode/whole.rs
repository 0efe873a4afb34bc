//! A body in memory.

use appnet_policy::failure::Bound;
use bytes::{Bytes, BytesMut};

use super::Sink;
use crate::error::Happened;

/// Keeps a whole body. One that comes in one piece is not copied.
pub(super) struct Whole {
    bound: usize,
    body: Kept,
}

enum Kept {
    Nothing,
    Piece(Bytes),
    Pieces(BytesMut),
}

impl Whole {
    pub(super) const fn new(bound: usize) -> Self {
        Self {
            bound,
            body: Kept::Nothing,
        }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        match self.body {
            Kept::Nothing => Bytes::new(),
            Kept::Piece(piece) => piece,
            Kept::Pieces(pieces) => pieces.freeze(),
        }
    }
}

impl Sink for Whole {
    /// P6
    fn check(&self, bytes: u64) -> Result<(), Happened> {
        if bytes > self.bound as u64 {
            return Err(Happened::TooLarge(Bound::Body));
        }
        Ok(())
    }

    async fn take(&mut self, data: Bytes) -> Result<(), Happened> {
        self.body = match std::mem::replace(&mut self.body, Kept::Nothing) {
            Kept::Nothing => Kept::Piece(data),
            Kept::Piece(first) => Kept::Pieces(joined(first.into(), &data)),
            Kept::Pieces(pieces) => Kept::Pieces(joined(pieces, &data)),
        };
        Ok(())
    }
}

fn joined(mut pieces: BytesMut, data: &[u8]) -> BytesMut {
    pieces.extend_from_slice(data);
    pieces
}
