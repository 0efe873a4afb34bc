//! A body that is kept in memory until it is whole.

use appnet_policy::{exchange::ResponseHead, failure::Bound, preset::ResponseLimits};
use bytes::Bytes;

use crate::{
    account::{Account, Credit},
    decode::Sink,
    error::ExchangeError,
    files::blocking::drop_apart,
    listener::Listener,
    slice::Slice,
};

/// Keeps a whole body, and holds the app's credit for it until the app has let go of it (I2). Each byte is copied at most once, of one that comes in
/// a single piece none.
pub(super) struct Whole<'a> {
    bound: u64,
    /// How long it is going to be, if the server says so.
    expected: Option<usize>,
    kept: Kept,
    /// What an answer costs beside its body. Zero once it is paid.
    unpaid: usize,
    credit: Credit,
    listener: &'a mut dyn Listener,
}

enum Kept {
    Nothing,
    Piece(Bytes),
    Pieces(Buffer),
}

/// What an answer costs, whatever its body.
const ANSWER_COST: usize = 512;

/// A body shorter than this is copied, so that it does not keep the buffer alive that it was received in.
const SHORT: usize = 4 << 10;

/// What is made room for at first, at least and at most, when more than one piece comes.
const FIRST_ROOM: usize = 32 << 10;
const FIRST_EXPECTED: usize = 1 << 20;

/// How many bytes are copied at once into a larger buffer.
const COPY_STEP: usize = 64 << 10;

/// A buffer of this size is given back on another thread.
const LARGE: usize = 1 << 20;

impl<'a> Whole<'a> {
    pub(super) fn new(
        head: &ResponseHead,
        limits: &ResponseLimits,
        account: &Account,
        listener: &'a mut dyn Listener,
    ) -> Self {
        let expected = super::length(head).and_then(|length| usize::try_from(length).ok());
        let texts = head.headers.iter().map(|h| h.name.len() + h.value.len());
        Self {
            bound: limits.body_bytes as u64,
            expected: expected.filter(|&expected| expected <= limits.body_bytes),
            kept: Kept::Nothing,
            unpaid: ANSWER_COST + texts.sum::<usize>(),
            credit: account.open(),
            listener,
        }
    }

    /// The body, with the credit that it holds.
    pub(super) async fn into_bytes(mut self) -> Bytes {
        if self.unpaid > 0 {
            self.pay(0).await;
        }
        self.credit.lend(match self.kept {
            Kept::Nothing => Bytes::new(),
            Kept::Piece(piece) if piece.len() < SHORT => Bytes::copy_from_slice(&piece),
            Kept::Piece(piece) => piece,
            Kept::Pieces(pieces) => pieces.into_bytes(),
        })
    }

    /// Takes credit before anything is kept; without, the server waits.
    async fn pay(&mut self, bytes: usize) {
        let cost = bytes + std::mem::take(&mut self.unpaid);
        if !self.credit.try_grow(cost) {
            self.listener.awaits_app();
            self.credit.grow(cost).await;
        }
    }

    /// How much room is made for a body of at least `needed` bytes. What is only announced takes no more than eight times what is there: memory
    /// that a server need not pay for.
    fn room(&self, needed: usize) -> usize {
        match self.expected {
            Some(expected) if expected >= needed => expected.min(FIRST_EXPECTED.max(8 * needed)),
            Some(_) | None => FIRST_ROOM.max(2 * needed),
        }
    }

    async fn append(&mut self, pieces: Buffer, data: &[u8], slice: &mut Slice) -> Buffer {
        let needed = pieces.0.len() + data.len();
        let mut pieces = if needed <= pieces.0.capacity() {
            pieces
        } else {
            Buffer::moved(&pieces.0, self.room(needed), slice).await
        };
        pieces.0.extend_from_slice(data);
        pieces
    }
}

/// What came so far of a body. To copy, or to give back to the system, megabytes of memory takes milliseconds, so neither is done in one step of the
/// thread (I1).
struct Buffer(Vec<u8>);

impl Buffer {
    /// A copy with more room, made in steps.
    async fn moved(from: &[u8], room: usize, slice: &mut Slice) -> Self {
        let mut to = Self(Vec::with_capacity(room));
        for step in from.chunks(COPY_STEP) {
            to.0.extend_from_slice(step);
            slice.spend(step.len()).await;
        }
        to
    }

    fn into_bytes(mut self) -> Bytes {
        std::mem::take(&mut self.0).into()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.capacity() >= LARGE {
            drop_apart(std::mem::take(&mut self.0));
        }
    }
}

impl Sink for Whole<'_> {
    /// P6
    fn check(&self, bytes: u64) -> Result<(), ExchangeError> {
        if bytes > self.bound {
            return Err(ExchangeError::BodyTooLarge {
                bound: Bound::Body,
                limit: self.bound,
            });
        }
        Ok(())
    }

    async fn take(&mut self, data: Bytes, slice: &mut Slice) -> Result<(), ExchangeError> {
        self.pay(data.len()).await;
        self.kept = match std::mem::replace(&mut self.kept, Kept::Nothing) {
            Kept::Nothing => Kept::Piece(data),
            Kept::Piece(first) => {
                let room = self.room(first.len() + data.len());
                let pieces = Buffer::moved(&first, room, slice).await;
                Kept::Pieces(self.append(pieces, &data, slice).await)
            }
            Kept::Pieces(pieces) => Kept::Pieces(self.append(pieces, &data, slice).await),
        };
        Ok(())
    }
}
