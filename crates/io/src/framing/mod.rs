//! Where an HTTP/1 response begins and ends (RFC 9112), read without I/O.
//!
//! Lenient in what browsers and curl read, strict in what says where the message ends (H1, H2; see
//! `docs/decisions/0002-the-wire-under-awc.md`). What the bytes mean (codings, charset) is not this module's business.

mod chunks;
mod fields;
mod head;
mod length;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;

use appnet_policy::{
    exchange::{Method, ResponseHead},
    failure::Bound,
    preset::ResponseLimits,
};
use bytes::{Bytes, BytesMut};

use self::{
    chunks::Chunks,
    head::{HeadScan, Parsed},
    length::Body,
};

/// What a response is made of, in order: one head, data, one end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// Status and headers of the final response; interim ones (100, 103 …) are dropped.
    Head(ResponseHead),
    /// Bytes of the body, without their framing.
    Data(Bytes),
    /// The body is whole.
    End,
}

/// Why the bytes are no response that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FramingError {
    /// Closed before the first byte.
    #[error("the server closed the connection without an answer")]
    Empty,
    /// Closed in the middle.
    #[error("the server closed the connection in the middle of {0}")]
    CutShort(&'static str),
    /// Not HTTP, or not unambiguous.
    #[error("{0}")]
    Malformed(&'static str),
    /// Over a bound of P6.
    #[error("the response is over the bound {0:?}")]
    TooLarge(Bound),
}

/// The bounds of P6 that concern framing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Bytes of all heads and trailers of one response together.
    pub(crate) header_bytes: usize,
    /// Lines of one head.
    pub(crate) header_count: usize,
    /// Bytes of the extensions of one chunk.
    pub(crate) chunk_extension_bytes: usize,
}

impl From<&ResponseLimits> for Bounds {
    fn from(limits: &ResponseLimits) -> Self {
        Self {
            header_bytes: limits.header_bytes,
            header_count: limits.header_count,
            chunk_extension_bytes: limits.chunk_extension_bytes,
        }
    }
}

/// Reads one response, for one request.
#[derive(Debug)]
pub(crate) struct ResponseFraming {
    bounds: Bounds,
    method: Method,
    state: State,
    keep_alive: bool,
}

#[derive(Debug)]
enum State {
    Head(HeadScan),
    Length(u64),
    Chunked(Chunks),
    UntilClose,
    /// The last piece is due, though no byte of it is left to read.
    Ending,
    Done,
}

impl ResponseFraming {
    /// For the answer to a request of this method.
    pub(crate) fn new(method: Method, bounds: Bounds) -> Self {
        Self {
            bounds,
            method,
            state: State::Head(HeadScan::default()),
            keep_alive: true,
        }
    }

    /// The next piece, taken off the front of `input`; `None` asks for more bytes.
    ///
    /// # Errors
    /// [`FramingError`]; nothing after it can be read.
    pub(crate) fn next(&mut self, input: &mut BytesMut) -> Result<Option<Piece>, FramingError> {
        match &mut self.state {
            State::Head(scan) => {
                let Some(parsed) = scan.next(input, &self.bounds, self.method)? else {
                    return Ok(None);
                };
                Ok(Some(self.begin_body(parsed)))
            }
            State::Length(left) => {
                let data = take_at_most(input, *left);
                *left -= data.len() as u64;
                if *left == 0 {
                    self.state = State::Ending;
                }
                Ok(some_data(data))
            }
            State::Chunked(chunks) => {
                let piece = chunks.next(input, &self.bounds)?;
                if piece == Some(Piece::End) {
                    self.state = State::Done;
                }
                Ok(piece)
            }
            State::UntilClose => Ok(some_data(input.split().freeze())),
            State::Ending => {
                self.state = State::Done;
                Ok(Some(Piece::End))
            }
            State::Done => Ok(None),
        }
    }

    /// The input has ended; to be called when [`next`](Self::next) asks for more.
    ///
    /// # Errors
    /// Unless the body is one that lasts until close (RFC 9112 §6.3), the response was cut short.
    pub(crate) fn end_of_input(&mut self) -> Result<Piece, FramingError> {
        match &self.state {
            State::Head(scan) => Err(scan.cut_short()),
            State::Length(_) | State::Chunked(_) => Err(FramingError::CutShort("a body")),
            State::UntilClose | State::Ending | State::Done => {
                self.state = State::Done;
                Ok(Piece::End)
            }
        }
    }

    /// Whether the whole response was read.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Whether the server lets the connection be used again; to be asked once the head is read.
    pub(crate) const fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    fn begin_body(&mut self, parsed: Parsed) -> Piece {
        self.keep_alive = parsed.keep_alive;
        self.state = match parsed.body {
            Body::None | Body::Length(0) => State::Ending,
            Body::Length(length) => State::Length(length),
            Body::Chunked => State::Chunked(Chunks::new(parsed.head_bytes)),
            Body::UntilClose => State::UntilClose,
        };
        Piece::Head(parsed.head)
    }
}

/// Reads the head of the answer to a request for an upgrade, 101 or not; what stands behind it is not HTTP, or not of interest.
#[derive(Debug)]
pub(crate) struct UpgradeReply {
    bounds: Bounds,
    scan: HeadScan,
}

impl UpgradeReply {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            scan: HeadScan::for_upgrade(),
        }
    }

    /// The head, taken off the front of `input`; `None` asks for more bytes.
    ///
    /// # Errors
    /// [`FramingError`]; nothing after it can be read.
    pub(crate) fn next(
        &mut self,
        input: &mut BytesMut,
    ) -> Result<Option<ResponseHead>, FramingError> {
        let parsed = self.scan.next(input, &self.bounds, Method::Get)?;
        Ok(parsed.map(|parsed| parsed.head))
    }

    /// What it means that the input ends before the head does.
    pub(crate) const fn end_of_input(&self) -> FramingError {
        self.scan.cut_short()
    }
}

fn some_data(data: Bytes) -> Option<Piece> {
    (!data.is_empty()).then_some(Piece::Data(data))
}

fn take_at_most(input: &mut BytesMut, most: u64) -> Bytes {
    let length = usize::try_from(most).map_or(input.len(), |most| most.min(input.len()));
    input.split_to(length).freeze()
}
