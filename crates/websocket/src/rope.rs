//! A long buffer that grows without moving what it holds (I1).

use std::collections::VecDeque;

use crate::growth::growth;

/// The longest piece. To copy one takes some 20 µs.
const LONGEST: usize = 64 << 10;

/// What a rope is made of.
pub(crate) trait Piece: Default {
    fn with_capacity(capacity: usize) -> Self;
    fn len(&self) -> usize;
    fn capacity(&self) -> usize;
    fn reserve_exact(&mut self, additional: usize);
    fn append(&mut self, piece: &Self);
}

/// Pieces, joined at the end in steps. When one buffer of megabytes is moved to a larger one, the thread stands still for milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Rope<P> {
    full: VecDeque<P>,
    full_length: usize,
    last: P,
    /// What was joined so far.
    joined: Option<P>,
}

impl<P: Piece> Rope<P> {
    pub(crate) fn len(&self) -> usize {
        self.full_length + self.last.len()
    }

    /// Memory that is held.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        let full = self.full.iter().map(P::capacity).sum::<usize>();
        full + self.last.capacity() + self.joined.as_ref().map_or(0, P::capacity)
    }

    /// The last piece, with room for `more` bytes; the rope will have `most` at most.
    pub(crate) fn room_for(&mut self, more: usize, most: usize) -> &mut P {
        if self.last.len() > 0 && self.last.len() + more > LONGEST {
            let full = std::mem::take(&mut self.last);
            self.full_length += full.len();
            self.full.push_back(full);
        }
        let (length, capacity) = (self.last.len(), self.last.capacity());
        let most = most.saturating_sub(self.full_length).min(LONGEST);
        let additional = growth(length, capacity, more, most);
        self.last.reserve_exact(additional);
        &mut self.last
    }

    /// Joins one piece more; all of it when there are no more. Nothing may be added after the first step.
    pub(crate) fn join_step(&mut self) -> Option<P> {
        if self.full.is_empty() && self.joined.is_none() {
            return Some(std::mem::take(&mut self.last));
        }
        let length = self.len();
        let joined = self.joined.get_or_insert_with(|| P::with_capacity(length));
        if let Some(piece) = self.full.pop_front() {
            joined.append(&piece);
            return None;
        }
        joined.append(&self.last);
        self.joined.take()
    }
}

impl Piece for Vec<u8> {
    fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity(capacity)
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn capacity(&self) -> usize {
        self.capacity()
    }

    fn reserve_exact(&mut self, additional: usize) {
        self.reserve_exact(additional);
    }

    fn append(&mut self, piece: &Self) {
        self.extend_from_slice(piece);
    }
}

impl Piece for String {
    fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity(capacity)
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn capacity(&self) -> usize {
        self.capacity()
    }

    fn reserve_exact(&mut self, additional: usize) {
        self.reserve_exact(additional);
    }

    fn append(&mut self, piece: &Self) {
        self.push_str(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i1_what_a_rope_holds_is_joined_in_steps_of_one_piece() {
        let mut rope = Rope::<Vec<u8>>::default();
        let piece = [7; 60_000];
        for _ in 0..100 {
            rope.room_for(piece.len(), usize::MAX)
                .extend_from_slice(&piece);
        }
        assert_eq!(rope.len(), 6_000_000);
        let mut steps = 0;
        let whole = loop {
            steps += 1;
            let before = rope.full.front().map_or(0, Vec::len);
            assert!(before <= LONGEST);
            if let Some(whole) = rope.join_step() {
                break whole;
            }
        };
        assert_eq!(whole, [7; 6_000_000]);
        assert_eq!(whole.capacity(), whole.len());
        assert!(steps > 6_000_000 / LONGEST);
    }

    /// How many steps it takes to join what was added in such pieces.
    fn steps(pieces: &[usize]) -> usize {
        let mut rope = Rope::<Vec<u8>>::default();
        for &length in pieces {
            let room = rope.room_for(length, usize::MAX);
            assert!(room.capacity() - room.len() >= length, "{length}");
            room.extend_from_slice(&vec![7; length]);
        }
        let more = std::iter::from_fn(|| rope.join_step().is_none().then_some(()));
        more.count() + 1
    }

    #[test]
    fn a_piece_is_filled_before_the_next_begins() {
        assert_eq!(steps(&[1000; 10]), 1);
        assert_eq!(steps(&[LONGEST - 1, 1]), 1);
        assert_eq!(steps(&[LONGEST, 1]), 2);
        assert_eq!(steps(&[1000, LONGEST]), 2);
        assert_eq!(steps(&[LONGEST]), 1);
    }

    #[test]
    fn a_text_has_room_for_what_comes_and_none_when_it_is_whole() {
        let mut rope = Rope::<String>::default();
        for _ in 0..3 {
            let room = rope.room_for(LONGEST, usize::MAX);
            assert_eq!(room.capacity(), LONGEST);
            room.push_str(&"x".repeat(LONGEST));
        }
        let whole = std::iter::repeat_with(|| rope.join_step()).flatten().next();
        let whole = whole.expect("it comes after some steps");
        assert_eq!(whole.capacity(), 3 * LONGEST);
        assert_eq!(whole, "x".repeat(3 * LONGEST));
    }

    #[test]
    fn a_short_rope_is_given_as_it_is() {
        let mut rope = Rope::<String>::default();
        rope.room_for(2, 100).push_str("ab");
        let held = rope.last.as_ptr();
        let whole = rope.join_step().expect("it is one piece");
        assert_eq!((whole.as_str(), whole.as_ptr()), ("ab", held));
    }
}
