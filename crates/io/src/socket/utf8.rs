//! UTF-8 that comes in pieces cut anywhere.

/// How much of a text is known to be right. The text itself is kept by whoever asks.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Utf8 {
    checked: usize,
}

impl Utf8 {
    /// Looks at what was added to `text` since the last time; whether it can still become UTF-8. What is wrong is found at the
    /// first byte that makes it so.
    pub(super) fn accepts(&mut self, text: &[u8]) -> bool {
        match std::str::from_utf8(&text[self.checked..]) {
            Ok(_) => {
                self.checked = text.len();
                true
            }
            Err(error) => {
                self.checked += error.valid_up_to();
                // `None`: the text ends in the middle of a character.
                error.error_len().is_none()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepts_bytewise(text: &[u8]) -> Result<(), usize> {
        let mut utf8 = Utf8::default();
        (1..=text.len()).try_for_each(|end| match utf8.accepts(&text[..end]) {
            true => Ok(()),
            false => Err(end - 1),
        })
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        assert_eq!(accepts_bytewise("κόσμε 𝒳".as_bytes()), Ok(()));
    }

    #[test]
    fn what_cannot_become_utf8_is_found_at_the_byte_that_makes_it_so() {
        assert_eq!(accepts_bytewise(b"\xf4\x90\x80\x80"), Err(1)); // beyond U+10FFFF
        assert_eq!(accepts_bytewise(b"a\xed\xa0\x80"), Err(2)); // a surrogate
        assert_eq!(accepts_bytewise(b"a\xc0\xaf"), Err(1)); // overlong
        assert_eq!(accepts_bytewise(b"a\xe2\x82b"), Err(3)); // cut short
    }

    proptest! {
        #[test]
        fn pieces_are_judged_as_the_whole_is(bytes: Vec<u8>, text in ".{0,8}", cut in 0usize..40) {
            for whole in [bytes, text.into_bytes()] {
                let cut = cut.min(whole.len());
                let mut utf8 = Utf8::default();
                let accepted = utf8.accepts(&whole[..cut]) && utf8.accepts(&whole);
                let prefix_of_text = std::str::from_utf8(&whole).err().is_none_or(|error| error.error_len().is_none());
                prop_assert_eq!(accepted, prefix_of_text);
            }
        }
    }
}
