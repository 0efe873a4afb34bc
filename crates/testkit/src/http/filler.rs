//! Bodies of any length from no memory: byte `i` is `i % 251`, so that a piece lost, doubled or out of order shows.

use std::sync::OnceLock;

use bytes::Bytes;

/// The longest piece.
pub(super) const PIECE: usize = 64 * 1024;

/// A prime: no power of two, such as a buffer's size, is a multiple of the period.
const PERIOD: u8 = 251;

/// The byte at this place of every such body.
#[must_use]
pub const fn byte(at: u64) -> u8 {
    (at % PERIOD as u64) as u8
}

/// The whole body of this length, to compare with.
#[must_use]
pub fn bytes(length: usize) -> Vec<u8> {
    (0..PERIOD).cycle().take(length).collect()
}

/// `size` (at most [`PIECE`]) bytes from `at` on.
pub(super) fn piece(at: u64, size: usize) -> Bytes {
    static PATTERN: OnceLock<Bytes> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| bytes(PIECE + usize::from(PERIOD)).into());
    let start = usize::from(byte(at));
    pattern.slice(start..start + size)
}

#[cfg(test)]
mod tests {
    use super::{PIECE, byte, bytes, piece};

    #[test]
    fn pieces_put_together_are_the_whole() {
        let whole = bytes(3 * PIECE);
        for (at, size) in [(0, PIECE), (250, 3), (251, 1), (70_000, PIECE)] {
            assert_eq!(
                piece(at as u64, size),
                whole[at..at + size],
                "{size} from {at} on"
            );
        }
        assert_eq!(byte(70_000), whole[70_000]);
    }
}
