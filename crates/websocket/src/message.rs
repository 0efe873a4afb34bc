//! A message whose frames are still coming.

use appnet_policy::{failure::Bound, socket::SocketMessage};

use crate::{
    error::Violation,
    rope::Rope,
    text::{NotUtf8, TextBuilder},
};

/// What has come of a message. Nothing is allocated for what its frames announce.
#[derive(Debug)]
pub(crate) struct PartialMessage {
    pub(crate) compressed: bool,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text(TextBuilder),
    Binary(Rope<Vec<u8>>),
}

impl PartialMessage {
    pub(crate) fn text(compressed: bool) -> Self {
        Self {
            compressed,
            content: Content::Text(TextBuilder::default()),
        }
    }

    pub(crate) fn binary(compressed: bool) -> Self {
        Self {
            compressed,
            content: Content::Binary(Rope::default()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.content {
            Content::Text(text) => text.len(),
            Content::Binary(bytes) => bytes.len(),
        }
    }

    /// Adds a piece, unpacked.
    ///
    /// # Errors
    /// More than `most` bytes; no text where it should be one.
    pub(crate) fn push(&mut self, piece: &[u8], most: usize) -> Result<(), Violation> {
        if self.len() + piece.len() > most {
            return Err(Violation::TooLarge(Bound::Body));
        }
        match &mut self.content {
            Content::Text(text) => text.push(piece, most).map_err(not_text),
            Content::Binary(bytes) => {
                bytes.room_for(piece.len(), most).extend_from_slice(piece);
                Ok(())
            }
        }
    }

    /// A step towards the whole message; the message when it was the last.
    pub(crate) fn finish_step(&mut self) -> Result<Option<SocketMessage>, Violation> {
        Ok(match &mut self.content {
            Content::Text(text) => {
                let text = text.finish_step().map_err(not_text)?;
                text.map(|text| SocketMessage::Text(text.into()))
            }
            Content::Binary(bytes) => bytes
                .join_step()
                .map(|bytes| SocketMessage::Binary(bytes.into())),
        })
    }
}

const fn not_text(NotUtf8: NotUtf8) -> Violation {
    Violation::NotUtf8("a text message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p6_memory_is_made_for_what_came_and_never_more_than_the_limit() {
        for mut message in [PartialMessage::text(false), PartialMessage::binary(false)] {
            let capacity = |message: &PartialMessage| match &message.content {
                Content::Text(text) => text.capacity(),
                Content::Binary(bytes) => bytes.capacity(),
            };
            message.push(b"x", 1 << 20).unwrap();
            assert!(capacity(&message) < 64);
            let piece = vec![b'x'; 30_000];
            while message.len() + piece.len() <= 1 << 20 {
                message.push(&piece, 1 << 20).unwrap();
            }
            assert!(capacity(&message) <= 1 << 20);
            let over = message.push(&piece, 1 << 20);
            assert_eq!(over, Err(Violation::TooLarge(Bound::Body)));
        }
    }
}
