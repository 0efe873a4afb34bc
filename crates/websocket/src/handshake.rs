//! The opening handshake (RFC 6455 §4.1): our request, and whether the server's answer is one to it.

mod reply;
mod request;

#[cfg(test)]
mod tests;

use appnet_policy::{exchange::ResponseHead, socket::SocketRequest};
use tungstenite::handshake::client::generate_key;

use crate::{error::HandshakeError, extension::PerMessageDeflate};

/// A handshake under way.
#[derive(Debug)]
pub struct Handshake {
    key: String,
    request: Vec<u8>,
    protocols: Vec<String>,
    deflate_offered: bool,
}

/// What both sides agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The protocol that the server chose from those asked for, if it chose one.
    pub protocol: Option<String>,
    /// The compression, if it was offered and the server wants it.
    pub deflate: Option<PerMessageDeflate>,
}

impl Handshake {
    /// With a fresh key.
    ///
    /// # Errors
    /// [`HandshakeError::UnsendableHeader`].
    pub fn new(request: &SocketRequest) -> Result<Self, HandshakeError> {
        let key = generate_key();
        Ok(Self {
            request: request::bytes(request, &key)?,
            key,
            protocols: request.protocols.clone(),
            deflate_offered: request.per_message_deflate,
        })
    }

    /// The bytes to send.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Checks the head of the final answer.
    ///
    /// # Errors
    /// [`HandshakeError::Refused`] with the status, [`HandshakeError::Mismatch`] with what is wrong in a 101.
    pub fn handle_reply(&self, head: &ResponseHead) -> Result<Agreed, HandshakeError> {
        reply::agreed(head, self)
    }
}
