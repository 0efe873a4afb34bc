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

/// How many bytes are read or unpacked before a poll answers [`Polled::Yield`]: in a release build 5 to 40 µs.
pub const PIECE: usize = 16 << 10;

/// How many bytes are compressed or masked, and written at once: half a millisecond when data compresses badly.
pub(crate) const SEND_PIECE: usize = 64 << 10;

/// What a frame or a read costs beside its bytes: 64 empty frames are one piece of reading.
pub(crate) const FRAME_COST: usize = 256;

/// Counts the work since the thread was last given back.
#[derive(Debug)]
pub(crate) struct WorkLimit {
    done: usize,
    limit: usize,
}

impl WorkLimit {
    /// For pieces of so many bytes.
    pub(crate) const fn of(limit: usize) -> Self {
        Self { done: 0, limit }
    }

    pub(crate) const fn charge(&mut self, bytes: usize) {
        self.done = self.done.saturating_add(bytes);
    }

    pub(crate) const fn is_spent(&self) -> bool {
        self.done >= self.limit
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
