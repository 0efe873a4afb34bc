//! What a peer can do wrong once the socket is open, and what it is told.

use appnet_policy::failure::Bound;

use super::frame::code;
use crate::error::Happened;

/// A message or frame that fails the connection (RFC 6455 §7.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    /// A frame is against the rules.
    Protocol(&'static str),
    /// What should be text is not UTF-8.
    NotUtf8(&'static str),
    /// What should be compressed is not (RFC 7692 §7.2.2).
    Undecodable,
    /// Over one of our limits.
    TooLarge(Bound),
}

impl Violation {
    /// The code of our close frame.
    pub(super) const fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => code::PROTOCOL,
            Self::NotUtf8(_) | Self::Undecodable => code::INVALID_DATA,
            Self::TooLarge(_) => code::TOO_BIG,
        }
    }
}

impl From<Violation> for Happened {
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::Protocol(what) => Self::Malformed(format!("the server sent {what}")),
            Violation::NotUtf8(what) => Self::Malformed(format!("{what} is not UTF-8")),
            Violation::Undecodable => {
                Self::Malformed("a compressed message cannot be decoded".to_owned())
            }
            Violation::TooLarge(bound) => Self::TooLarge(bound),
        }
    }
}
