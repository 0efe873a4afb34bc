//! UTF-8 that comes in pieces cut anywhere.

use crate::rope::Rope;

/// A text under way. Each byte is checked once, when it comes.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    text: Rope<String>,
    /// The beginning of a character that the last piece cut.
    cut: Vec<u8>,
}

/// It cannot become text any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

impl TextBuilder {
    /// How many bytes came.
    pub(crate) fn len(&self) -> usize {
        self.text.len() + self.cut.len()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Takes the next piece of a text that has `most` bytes at most. What is wrong is found at the first byte that makes it so.
    pub(crate) fn push(&mut self, piece: &[u8], most: usize) -> Result<(), NotUtf8> {
        let more = self.cut.len() + piece.len();
        let text = self.text.room_for(more, most);
        let rest = complete(&mut self.cut, piece, text)?;
        match str::from_utf8(rest) {
            Ok(rest) => text.push_str(rest),
            // `None`: the piece ends in the middle of a character.
            Err(error) if error.error_len().is_none() => {
                let (whole, cut) = rest.split_at(error.valid_up_to());
                text.push_str(str::from_utf8(whole).map_err(|_| NotUtf8)?);
                self.cut = cut.to_owned();
            }
            Err(_) => return Err(NotUtf8),
        }
        Ok(())
    }

    /// A step towards the whole text; the text when it was the last.
    pub(crate) fn finish_step(&mut self) -> Result<Option<String>, NotUtf8> {
        if self.cut.is_empty() {
            Ok(self.text.join_step())
        } else {
            Err(NotUtf8)
        }
    }
}

/// Adds the missing bytes of the character that was cut; what is left of the piece.
fn complete<'a>(
    cut: &mut Vec<u8>,
    mut piece: &'a [u8],
    text: &mut String,
) -> Result<&'a [u8], NotUtf8> {
    while !cut.is_empty() {
        let Some((first, rest)) = piece.split_first() else {
            break;
        };
        piece = rest;
        cut.push(*first);
        match str::from_utf8(cut) {
            Ok(character) => {
                text.push_str(character);
                cut.clear();
            }
            Err(error) if error.error_len().is_none() => {}
            Err(_) => return Err(NotUtf8),
        }
    }
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pushed(pieces: &[&[u8]]) -> Result<TextBuilder, usize> {
        let mut text = TextBuilder::default();
        for (i, piece) in pieces.iter().enumerate() {
            text.push(piece, 1 << 20).map_err(|NotUtf8| i)?;
        }
        Ok(text)
    }

    fn finish(mut text: TextBuilder) -> Result<String, NotUtf8> {
        loop {
            if let Some(text) = text.finish_step()? {
                return Ok(text);
            }
        }
    }

    /// The text, or the index of the byte that was refused.
    fn bytewise(bytes: &[u8]) -> Result<String, usize> {
        let pieces: Vec<_> = bytes.chunks(1).collect();
        finish(pushed(&pieces)?).map_err(|NotUtf8| bytes.len())
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        let text = "κόσμε 𝒳";
        assert_eq!(bytewise(text.as_bytes()), Ok(text.to_owned()));
    }

    #[test]
    fn what_cannot_become_utf8_is_found_at_the_byte_that_makes_it_so() {
        assert_eq!(bytewise(b"\xf4\x90\x80\x80"), Err(1)); // beyond U+10FFFF
        assert_eq!(bytewise(b"a\xed\xa0\x80"), Err(2)); // a surrogate
        assert_eq!(bytewise(b"a\xc0\xaf"), Err(1)); // overlong
        assert_eq!(bytewise(b"a\xe2\x82b"), Err(3)); // cut short
        assert_eq!(bytewise(b"a\xe2\x82"), Err(3)); // known at the end only
    }

    proptest! {
        #[test]
        fn pieces_are_judged_as_the_whole_is(bytes: Vec<u8>, text in ".{0,8}", cuts in prop::collection::vec(0usize..40, 2)) {
            for whole in [bytes, text.into_bytes()] {
                let (first, second) = (cuts[0].min(cuts[1]).min(whole.len()), cuts[0].max(cuts[1]).min(whole.len()));
                let built = pushed(&[&whole[..first], &whole[first..second], &whole[second..]]);
                match str::from_utf8(&whole) {
                    Ok(text) => prop_assert_eq!(finish(built.unwrap()), Ok(text.to_owned())),
                    Err(error) if error.error_len().is_none() => prop_assert_eq!(finish(built.unwrap()), Err(NotUtf8)),
                    Err(_) => prop_assert!(built.is_err()),
                }
            }
        }
    }
}
