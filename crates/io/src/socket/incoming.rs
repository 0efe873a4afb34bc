//! Frames received, to messages (RFC 6455 §5), without I/O.
//!
//! A payload is looked at as it comes, not when its frame is whole: nothing is allocated for what a header announces, and what
//! cannot become text or is over a limit fails at the byte that makes it so.

#[cfg(test)]
mod tests;

use std::io::Cursor;

use appnet_policy::{failure::Bound, socket::SocketLimits};
use bytes::{Buf as _, Bytes, BytesMut};
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use super::{
    Message,
    extension::Deflating,
    frame::{CONTROL_BYTES, code},
    inflate::Inflate,
    utf8::Utf8,
    violation::Violation,
};

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    Message(Message),
    Ping(Bytes),
    Pong,
    /// A close frame; the code is [`code::NONE`] if it had none.
    Close {
        code: u16,
        reason: String,
    },
}

/// Reads one frame after the other.
#[derive(Debug)]
pub(super) struct Incoming {
    limits: SocketLimits,
    inflate: Option<Inflate>,
    state: State,
    /// The message under way; frames of control may stand between its own.
    message: Option<Partial>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Header,
    Data { left: usize, is_final: bool },
    Control { kind: Control, length: usize },
}

#[derive(Debug)]
struct Partial {
    is_text: bool,
    compressed: bool,
    bytes: Vec<u8>,
    utf8: Utf8,
}

impl Incoming {
    pub(super) fn new(limits: SocketLimits, deflating: Option<&Deflating>) -> Self {
        Self {
            limits,
            inflate: deflating.map(|agreed| Inflate::new(agreed, &limits)),
            state: State::Header,
            message: None,
        }
    }

    /// Whether the input may end here without cutting anything short.
    pub(super) const fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Header) && self.message.is_none()
    }

    /// What comes next, taken off the front of `input`; `None` asks for more bytes.
    ///
    /// # Errors
    /// [`Violation`]; nothing after it can be read.
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Result<Option<Received>, Violation> {
        loop {
            match self.state {
                State::Header => match self.header(input)? {
                    Some(state) => self.state = state,
                    None => return Ok(None),
                },
                State::Control { length, .. } if input.len() < length => return Ok(None),
                State::Control { kind, length } => {
                    self.state = State::Header;
                    return control(kind, input.split_to(length).freeze()).map(Some);
                }
                State::Data { left, is_final } => {
                    let left = left - self.take_data(input, left)?;
                    if left > 0 {
                        self.state = State::Data { left, is_final };
                        return Ok(None);
                    }
                    self.state = State::Header;
                    if is_final {
                        return self.finish().map(Some);
                    }
                }
            }
        }
    }

    fn header(&mut self, input: &mut BytesMut) -> Result<Option<State>, Violation> {
        let mut cursor = Cursor::new(&input[..]);
        let parsed = FrameHeader::parse(&mut cursor)
            .map_err(|_| Violation::Protocol("a frame of a kind that does not exist"))?;
        let Some((header, length)) = parsed else {
            return Ok(None);
        };
        let header_length = cursor.position();
        if header_length != header.len(length) as u64 {
            return Err(Violation::Protocol(
                "a length that is not in its shortest form",
            ));
        }
        input.advance(usize::try_from(header_length).expect("a header has 14 bytes at most"));
        self.begin(&header, length).map(Some)
    }

    fn begin(&mut self, header: &FrameHeader, length: u64) -> Result<State, Violation> {
        if header.mask.is_some() {
            return Err(Violation::Protocol("a masked frame")); // §5.1
        }
        if header.rsv2 || header.rsv3 {
            return Err(Violation::Protocol("a frame with a reserved bit set"));
        }
        match header.opcode {
            OpCode::Control(kind) => begin_control(header, kind, length),
            OpCode::Data(kind) => self.begin_data(header, kind, length),
        }
    }

    fn begin_data(
        &mut self,
        header: &FrameHeader,
        kind: Data,
        length: u64,
    ) -> Result<State, Violation> {
        let is_text = match kind {
            Data::Continue => None,
            Data::Text => Some(true),
            Data::Binary | Data::Reserved(_) => Some(false),
        };
        match (is_text, &self.message) {
            (None, None) => return Err(Violation::Protocol("a continuation of nothing")),
            (Some(_), Some(_)) => {
                return Err(Violation::Protocol(
                    "a new message in the middle of another",
                ));
            }
            // RFC 7692 §6: the bit belongs to the first frame.
            (None, Some(_)) if header.rsv1 => return Err(reserved_bit()),
            (None, Some(_)) => {}
            (Some(_), None) if header.rsv1 && self.inflate.is_none() => return Err(reserved_bit()),
            (Some(is_text), None) => {
                self.message = Some(Partial {
                    is_text,
                    compressed: header.rsv1,
                    bytes: Vec::new(),
                    utf8: Utf8::default(),
                });
            }
        }
        Ok(State::Data {
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
            Some(message) => message.bytes.len(),
            None => 0,
        };
        let fits = length <= self.limits.frame_bytes
            && before.saturating_add(length) <= self.limits.message_bytes;
        fits.then_some(length).ok_or(TOO_LARGE)
    }

    /// Takes at most `most` bytes of the payload; how many it took.
    fn take_data(&mut self, input: &mut BytesMut, most: usize) -> Result<usize, Violation> {
        let count = most.min(input.len());
        let message = self
            .message
            .as_mut()
            .expect("a data frame belongs to a message");
        match &mut self.inflate {
            Some(inflate) if message.compressed => {
                inflate.push(&input[..count], &mut message.bytes)?;
            }
            Some(_) | None => message.bytes.extend_from_slice(&input[..count]),
        }
        input.advance(count);
        message.check_text()?;
        Ok(count)
    }

    fn finish(&mut self) -> Result<Received, Violation> {
        let mut message = self.message.take().expect("a final frame ends a message");
        if let Some(inflate) = self.inflate.as_mut().filter(|_| message.compressed) {
            inflate.finish(&mut message.bytes)?;
            message.check_text()?;
        }
        message.into_message().map(Received::Message)
    }
}

impl Partial {
    fn check_text(&mut self) -> Result<(), Violation> {
        if self.is_text && !self.utf8.accepts(&self.bytes) {
            return Err(NOT_TEXT);
        }
        Ok(())
    }

    fn into_message(self) -> Result<Message, Violation> {
        if self.is_text {
            // It fails where the last character is cut short.
            let text = String::from_utf8(self.bytes).map_err(|_| NOT_TEXT)?;
            return Ok(Message::Text(text));
        }
        Ok(Message::Binary(self.bytes.into()))
    }
}

const NOT_TEXT: Violation = Violation::NotUtf8("a text message");

const fn reserved_bit() -> Violation {
    Violation::Protocol("a frame with a reserved bit set")
}

/// §5.5
fn begin_control(header: &FrameHeader, kind: Control, length: u64) -> Result<State, Violation> {
    if header.rsv1 {
        return Err(reserved_bit());
    }
    if !header.is_final {
        return Err(Violation::Protocol("a control frame in fragments"));
    }
    match usize::try_from(length) {
        Ok(length) if length <= CONTROL_BYTES => Ok(State::Control { kind, length }),
        Ok(_) | Err(_) => Err(Violation::Protocol(
            "a control frame of more than 125 bytes",
        )),
    }
}

fn control(kind: Control, payload: Bytes) -> Result<Received, Violation> {
    match kind {
        Control::Ping => Ok(Received::Ping(payload)),
        Control::Pong => Ok(Received::Pong),
        Control::Close | Control::Reserved(_) => close(&payload),
    }
}

/// §5.5.1, §7.4
fn close(payload: &[u8]) -> Result<Received, Violation> {
    let (code, reason) = match payload {
        [] => (code::NONE, &[][..]),
        [_] => return Err(Violation::Protocol("a close frame with half a code")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !payload.is_empty() && !code::may_be_sent(code) {
        return Err(Violation::Protocol(
            "a close frame with a code that may not be sent",
        ));
    }
    let reason = str::from_utf8(reason).map_err(|_| Violation::NotUtf8("a close reason"))?;
    Ok(Received::Close {
        code,
        reason: reason.to_owned(),
    })
}
