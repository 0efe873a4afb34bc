//! What is known of one call on a connection of HTTP/2.

use appnet_policy::failure::Bound;

use super::names::Names;
use crate::{error::ExchangeError, journal::Traffic};

/// What of a server's doing makes an answer unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed(&'static str),
    TooLarge,
}

impl From<Fault> for ExchangeError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed(reason) => Self::Malformed(reason.to_owned()),
            Fault::TooLarge => Self::TooLarge(Bound::HeaderBlock),
        }
    }
}

/// One call.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) traffic: Traffic,
    /// Whether the final head came.
    answered: bool,
    /// Whether a header list came that may be larger than we allow; h2 then ends the call and does not say why.
    pub(super) oversized: bool,
    pub(super) fault: Option<Fault>,
    /// Frames of the body that came and were not taken.
    pub(super) untaken: usize,
}

impl Call {
    /// A header block came: of an interim answer, of the final one, or trailers (RFC 9113 §8.1).
    pub(super) fn heads(&mut self, found: Names, largest: usize) {
        if self.answered && (found.status || found.other) {
            self.fault = Some(Fault::Malformed("pseudo-header fields in the trailers"));
        } else if found.other {
            self.fault = Some(Fault::Malformed(
                "a request's pseudo-header field in an answer",
            ));
        }
        self.answered |= found.status && !found.interim;
        self.oversized |= found.list_size > largest;
    }
}
