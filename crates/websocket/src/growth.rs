//! How a buffer grows whose largest size is known.

/// The smallest step.
const SMALLEST: usize = 32;

/// By how much a buffer is to grow, so that `more` bytes fit: doubled, but never beyond `most`, so that a limit on the length of a message
/// is a limit on its memory.
pub(crate) fn growth(length: usize, capacity: usize, more: usize, most: usize) -> usize {
    if capacity - length >= more {
        return 0;
    }
    let room = most.saturating_sub(length).max(more);
    length.max(more).max(SMALLEST).min(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_doubles_and_stops_at_the_limit() {
        assert_eq!(growth(0, 0, 1, 1000), 32);
        assert_eq!(growth(32, 32, 1, 1000), 32);
        assert_eq!(growth(64, 64, 10, 1000), 64);
        assert_eq!(growth(64, 100, 36, 1000), 0);
        assert_eq!(growth(600, 600, 10, 1000), 400);
        assert_eq!(growth(0, 0, 7, 7), 7);
    }
}
