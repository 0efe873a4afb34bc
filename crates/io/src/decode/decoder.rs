//! The steps in which every content coding is undone.

/// Undoes one coding, without I/O. What a step costs is bounded by the input and the output it gets.
pub(super) trait Decoder {
    /// Reads of `input` and writes to `output`. All that the input so far gives is written, as long as there is room for it: room that is left
    /// says that there is no more.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Damaged>;

    /// H6: whether the last block was read. Asked once, at the end of an input that did not end by itself.
    fn is_whole(&mut self) -> bool;
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    /// Nothing that follows belongs to the data.
    pub(super) ended: bool,
}

/// Why data cannot be decoded, in a library's words or ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damaged(pub(super) String);

impl From<&str> for Damaged {
    fn from(words: &str) -> Self {
        Self(words.to_owned())
    }
}

/// A field of a fixed length, as far as it has come.
pub(super) struct Field<const N: usize> {
    bytes: [u8; N],
    filled: usize,
}

impl<const N: usize> Field<N> {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; N],
            filled: 0,
        }
    }

    /// Takes what belongs to it: how much that was, and the field once it is whole.
    pub(super) fn push(&mut self, input: &[u8]) -> (usize, Option<[u8; N]>) {
        let count = input.len().min(N - self.filled);
        self.bytes[self.filled..self.filled + count].copy_from_slice(&input[..count]);
        self.filled += count;
        (count, (self.filled == N).then_some(self.bytes))
    }
}
