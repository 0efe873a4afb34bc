//! Frames received, to messages (RFC 6455 §5).
//!
//! A payload is looked at as it comes, not when its frame is whole: nothing is allocated for what a header announces, and what
//! cannot become text or is over a limit fails at the byte that makes it so.

#[cfg(test)]
mod tests;

use appnet_policy::{
    failure::Bound,
    socket::{SocketLimits, SocketMessage},
};
use bytes::{Buf as _, Bytes, BytesMut};
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use crate::{
    close::{self, CloseReason},
    error::Violation,
    extension::PerMessageDeflate,
    frame,
    inflate::Inflater,
    message::PartialMessage,
    work::{FRAME_COST, PIECE, Polled, WorkLimit},
};

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Message(SocketMessage),
    Ping(Bytes),
    Pong,
    Close(CloseReason),
}

/// Reads one frame after the other.
#[derive(Debug)]
pub(crate) struct Assembler {
    limits: SocketLimits,
    inflate: Option<Inflater>,
    position: Position,
    /// The message under way; frames of control may stand between its own.
    message: Option<PartialMessage>,
}

/// What stands at the front of the input.
#[derive(Debug, Clone, Copy)]
enum Position {
    Header,
    Payload {
        left: usize,
        is_final: bool,
    },
    Control {
        kind: Control,
        length: usize,
    },
    /// Nothing of this message any more, but it is not yet unpacked.
    MessageEnd,
    /// It is unpacked, and still in pieces.
    Pieces,
}

impl Assembler {
    pub(crate) fn new(limits: SocketLimits, deflate: Option<PerMessageDeflate>) -> Self {
        Self {
            limits,
            inflate: deflate.map(|agreed| Inflater::new(agreed, &limits)),
            position: Position::Header,
            message: None,
        }
    }

    /// Whether the input may end here without cutting anything short.
    pub(crate) const fn is_between_messages(&self) -> bool {
        matches!(self.position, Position::Header) && self.message.is_none()
    }

    /// What comes next, taken off the front of `input`; [`Polled::Idle`] asks for more bytes, [`Polled::Yield`] says that `work` is spent.
    ///
    /// # Errors
    /// [`Violation`]; nothing after it can be read.
    pub(crate) fn next(
        &mut self,
        input: &mut BytesMut,
        work: &mut WorkLimit,
    ) -> Result<Polled<Incoming>, Violation> {
        while !work.is_spent() {
            match self.position {
                Position::Header => match frame::read(input)? {
                    Some((header, length)) => self.position = self.begin(&header, length)?,
                    None => return Ok(Polled::Idle),
                },
                Position::Control { length, .. } if input.len() < length => {
                    return Ok(Polled::Idle);
                }
                Position::Control { kind, length } => {
                    work.charge(FRAME_COST);
                    self.position = Position::Header;
                    return control(kind, &input.split_to(length)).map(Polled::Ready);
                }
                Position::Payload { left, is_final } => {
                    let left = left - self.take_payload(input, left, work)?;
                    let unpacked = self.is_unpacked();
                    if left > 0 || !unpacked {
                        self.position = Position::Payload { left, is_final };
                        if input.is_empty() && unpacked {
                            return Ok(Polled::Idle);
                        }
                        continue;
                    }
                    work.charge(FRAME_COST);
                    self.position = if is_final {
                        Position::MessageEnd
                    } else {
                        Position::Header
                    };
                }
                Position::MessageEnd => {
                    if self.unpack_end(work)? {
                        self.position = Position::Pieces;
                    }
                }
                Position::Pieces => {
                    if let Some(message) = under_way(&mut self.message).finish_step()? {
                        self.message = None;
                        self.position = Position::Header;
                        return Ok(Polled::Ready(Incoming::Message(message)));
                    }
                    work.charge(PIECE);
                }
            }
        }
        Ok(Polled::Yield)
    }

    fn begin(&mut self, header: &FrameHeader, length: u64) -> Result<Position, Violation> {
        match header.opcode {
            OpCode::Control(kind) => Ok(Position::Control {
                kind,
                length: usize::try_from(length).expect("it was checked against 125"),
            }),
            OpCode::Data(kind) => self.begin_data(header, kind, length),
        }
    }

    fn begin_data(
        &mut self,
        header: &FrameHeader,
        kind: Data,
        length: u64,
    ) -> Result<Position, Violation> {
        if header.rsv1 && self.inflate.is_none() {
            return Err(frame::reserved_bit());
        }
        match (kind, &self.message) {
            (Data::Continue, None) => return Err(Violation::Protocol("a continuation of nothing")),
            // RFC 7692 §6: the bit belongs to the first frame.
            (Data::Continue, Some(_)) if header.rsv1 => return Err(frame::reserved_bit()),
            (Data::Continue, Some(_)) => {}
            (Data::Text | Data::Binary | Data::Reserved(_), Some(_)) => {
                return Err(Violation::Protocol(
                    "a new message in the middle of another",
                ));
            }
            (Data::Text, None) => self.message = Some(PartialMessage::text(header.rsv1)),
            (Data::Binary | Data::Reserved(_), None) => {
                self.message = Some(PartialMessage::binary(header.rsv1));
            }
        }
        Ok(Position::Payload {
            left: self.bounded(length)?,
            is_final: header.is_final,
        })
    }

    /// A frame that would be too large is refused by what it announces.
    fn bounded(&self, length: u64) -> Result<usize, Violation> {
        const TOO_LARGE: Violation = Violation::TooLarge(Bound::Body);
        let length = usize::try_from(length).map_err(|_| TOO_LARGE)?;
        let before = match &self.message {
            // What comes out of compressed bytes is bounded when it does.
            Some(message) if message.compressed => 0,
            Some(message) => message.len(),
            None => 0,
        };
        let fits = length <= self.limits.frame_bytes
            && before.saturating_add(length) <= self.limits.message_bytes;
        fits.then_some(length).ok_or(TOO_LARGE)
    }

    /// Takes at most `most` bytes of the payload, and not more than a piece of work; how many it took.
    fn take_payload(
        &mut self,
        input: &mut BytesMut,
        most: usize,
        work: &mut WorkLimit,
    ) -> Result<usize, Violation> {
        let piece = &input[..most.min(input.len()).min(PIECE)];
        let message = under_way(&mut self.message);
        let limit = self.limits.message_bytes;
        let taken = match &mut self.inflate {
            Some(inflate) if message.compressed => {
                let taken = inflate.step(piece)?;
                work.charge(inflate.output().len());
                message.push(inflate.output(), limit)?;
                inflate.check_ratio()?;
                taken
            }
            Some(_) | None => {
                message.push(piece, limit)?;
                piece.len()
            }
        };
        work.charge(taken);
        input.advance(taken);
        Ok(taken)
    }

    /// Whether all that was taken of the message under way is unpacked.
    fn is_unpacked(&self) -> bool {
        self.inflate.as_ref().is_none_or(Inflater::is_drained)
    }

    /// A step of unpacking the end of the message; whether it was the last.
    fn unpack_end(&mut self, work: &mut WorkLimit) -> Result<bool, Violation> {
        let message = under_way(&mut self.message);
        if let Some(inflate) = self.inflate.as_mut().filter(|_| message.compressed) {
            let last = inflate.finish_step()?;
            work.charge(inflate.output().len());
            message.push(inflate.output(), self.limits.message_bytes)?;
            inflate.check_ratio()?;
            if last {
                inflate.begin_message();
            }
            return Ok(last);
        }
        Ok(true)
    }
}

fn under_way(message: &mut Option<PartialMessage>) -> &mut PartialMessage {
    message
        .as_mut()
        .expect("a frame of data belongs to a message")
}

/// Its payload is copied: a slice would keep all that was received with it.
fn control(kind: Control, payload: &[u8]) -> Result<Incoming, Violation> {
    match kind {
        Control::Ping => Ok(Incoming::Ping(Bytes::copy_from_slice(payload))),
        Control::Pong => Ok(Incoming::Pong),
        Control::Close | Control::Reserved(_) => close::read(payload).map(Incoming::Close),
    }
}
