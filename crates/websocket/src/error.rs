//! What can go wrong, one enum for each operation.

use appnet_policy::failure::Bound;

use crate::code;

/// Why an open socket failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebSocketError {
    /// The peer broke the rules. Our close frame tells it so.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The connection ended in the middle of a message.
    #[error("the server closed the connection in the middle of a message")]
    CutShort,
    /// The connection ended between two messages, without a close frame.
    #[error("closed by the server without a close frame")]
    NotClosed,
    /// Reading failed; the reason is known to whoever called
    /// [`handle_input_end`](crate::WebSocket::handle_input_end).
    #[error("it cannot be read")]
    NotReadable,
    /// Writing failed, and the peer neither closed nor ended the connection in time.
    #[error("it cannot be written to")]
    NotWritable,
    /// The peer did not answer our ping in time.
    #[error("the server does not answer pings")]
    NoPong,
}

/// A frame or message that fails the connection (RFC 6455 §7.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A frame is against the rules.
    #[error("the server sent {0}")]
    Protocol(&'static str),
    /// What should be text is not UTF-8.
    #[error("{0} is not UTF-8")]
    NotUtf8(&'static str),
    /// What should be compressed is not (RFC 7692 §7.2.2).
    #[error("a compressed message cannot be decoded")]
    Undecodable,
    /// Over one of our limits (P6).
    #[error("a message is over the bound {0:?}")]
    TooLarge(Bound),
}

impl Violation {
    /// The code of our close frame.
    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => code::PROTOCOL,
            Self::NotUtf8(_) | Self::Undecodable => code::INVALID_DATA,
            Self::TooLarge(_) => code::TOO_BIG,
        }
    }
}

/// Why something was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The socket is closing or closed; or it closed while the message waited.
    #[error("the socket is not open")]
    NotOpen,
    /// More than [`SocketLimits::unsent_bytes`](appnet_policy::socket::SocketLimits::unsent_bytes) would wait (W2).
    #[error("too much waits to be sent")]
    TooMuchUnsent,
    /// No close frame can carry this code or reason (W3).
    #[error("the close code or reason cannot be sent")]
    UnsendableClose,
}

/// Why a handshake opens no socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// A header or protocol would break the framing of the request; policy has refused those before (R2).
    #[error("a header cannot be sent: {0}")]
    UnsendableHeader(String),
    /// The answer's status is not 101.
    #[error("the server answered the handshake with {status}, not 101")]
    Refused {
        /// The status.
        status: u16,
    },
    /// The status is 101, but the answer is not to this request.
    #[error("the server {0}")]
    Mismatch(&'static str),
}
