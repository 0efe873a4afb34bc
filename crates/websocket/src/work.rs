//! How much is done in one go (I1).

/// What a poll found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Polled<T> {
    /// This.
    Ready(T),
    /// A bounded piece of work was done, and more waits. Give the thread to others first, then poll again.
    Yield,
    /// Nothing is left to do until something is handled or sent.
    Idle,
}

/// How many bytes are read, unpacked, compressed or masked before a poll answers [`Polled::Yield`]. In a release build this is 20 to 80 µs of
/// reading, and half a slice of 1 ms when it is compression of data that compresses badly.
pub(crate) const PIECE: usize = 64 << 10;

/// What a frame or a read costs beside its bytes: 256 empty frames are one piece of work.
pub(crate) const FRAME_COST: usize = 256;

/// Counts the work since the thread was last given back.
#[derive(Debug, Default)]
pub(crate) struct WorkLimit {
    done: usize,
}

impl WorkLimit {
    pub(crate) const fn charge(&mut self, bytes: usize) {
        self.done = self.done.saturating_add(bytes);
    }

    pub(crate) const fn is_spent(&self) -> bool {
        self.done >= PIECE
    }

    /// Whether a piece of work was done; if so, the next one begins.
    pub(crate) const fn renew_if_spent(&mut self) -> bool {
        let spent = self.is_spent();
        if spent {
            self.done = 0;
        }
        spent
    }
}
