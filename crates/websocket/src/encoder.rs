//! What waits to be sent, to bytes, in bounded steps (I1). A message is one frame: some servers know no others.

use appnet_policy::socket::SocketMessage;
use bytes::Bytes;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::{
    deflate::Deflater,
    frame,
    send_queue::{Outbound, SendQueue},
    work::{FRAME_COST, Polled, SEND_PIECE, WorkLimit},
};

/// Compressed in one go.
const COMPRESS_STEP: usize = 16 << 10;

/// What compressing a byte costs, beside masking one.
const COMPRESS_COST: usize = 4;

/// Where one step's work comes from and goes to.
struct EncodeStep<'a> {
    queue: &'a mut SendQueue,
    output: &'a mut Vec<u8>,
    work: &'a mut WorkLimit,
}

/// Encodes one message after the other.
#[derive(Debug)]
pub(crate) struct Encoder {
    deflate: Option<Deflater>,
    under_way: Option<Unfinished>,
}

#[derive(Debug)]
enum Unfinished {
    Compressing(Compressing),
    Framing(PartialFrame),
}

/// A message that is being compressed.
#[derive(Debug)]
struct Compressing {
    message: SocketMessage,
    taken: usize,
    payload: Vec<u8>,
}

/// A frame whose header is written, and the first bytes of its payload.
#[derive(Debug)]
struct PartialFrame {
    payload: FramePayload,
    mask: [u8; 4],
    written: usize,
    /// Of the message before it was compressed.
    cost: usize,
}

#[derive(Debug)]
enum FramePayload {
    Plain(SocketMessage),
    Compressed(Bytes),
}

impl FramePayload {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Plain(message) => message.as_bytes(),
            Self::Compressed(bytes) => bytes,
        }
    }
}

impl Encoder {
    pub(crate) const fn new(deflate: Option<Deflater>) -> Self {
        Self {
            deflate,
            under_way: None,
        }
    }

    /// Whether nothing is under way.
    pub(crate) const fn is_idle(&self) -> bool {
        self.under_way.is_none()
    }

    /// Gives up what is under way.
    pub(crate) fn shut(&mut self) {
        self.under_way = None;
    }

    /// Appends the next bytes to `output`, at most as many as `work` allows. [`Polled::Yield`]: a message is being compressed.
    pub(crate) fn encode(
        &mut self,
        queue: &mut SendQueue,
        output: &mut Vec<u8>,
        work: &mut WorkLimit,
    ) -> Polled<()> {
        let before = output.len();
        while !work.is_spent() {
            let step = EncodeStep {
                queue,
                output,
                work,
            };
            if !self.step(step) {
                break;
            }
        }
        if output.len() > before {
            Polled::Ready(())
        } else if work.renew_if_spent() {
            Polled::Yield
        } else {
            Polled::Idle
        }
    }

    /// Whether there was something to do.
    fn step(&mut self, step: EncodeStep<'_>) -> bool {
        match self.under_way.take() {
            None => match step.queue.pop() {
                Some(outbound) => self.begin(outbound, step),
                None => return false,
            },
            Some(Unfinished::Compressing(compressing)) => self.compress(compressing, step),
            Some(Unfinished::Framing(frame)) => self.append(frame, step),
        }
        true
    }

    fn begin(&mut self, outbound: Outbound, step: EncodeStep<'_>) {
        step.work.charge(FRAME_COST);
        match outbound {
            Outbound::Pong(payload) => control(step.output, Control::Pong, &payload),
            Outbound::Ping => control(step.output, Control::Ping, b""),
            Outbound::Close(payload) => control(step.output, Control::Close, &payload),
            // Nothing compresses to more than nothing.
            Outbound::Message(message)
                if self.deflate.is_some() && !message.as_bytes().is_empty() =>
            {
                let payload = Vec::with_capacity(message.as_bytes().len() / 2 + 64);
                let compressing = Compressing {
                    message,
                    taken: 0,
                    payload,
                };
                self.compress(compressing, step);
            }
            Outbound::Message(message) => {
                let (opcode, cost) = (opcode(&message), message.cost());
                self.begin_frame(opcode, FramePayload::Plain(message), cost, step);
            }
        }
    }

    fn compress(&mut self, mut compressing: Compressing, step: EncodeStep<'_>) {
        let Compressing {
            message,
            taken,
            payload,
        } = &mut compressing;
        let bytes = message.as_bytes();
        let end = bytes.len().min(*taken + COMPRESS_STEP);
        let is_last = end == bytes.len();
        step.work.charge(COMPRESS_COST * (end - *taken));
        let deflate = self.deflate.as_mut().expect("it has begun to compress");
        deflate.push(&bytes[*taken..end], is_last, payload);
        *taken = end;
        if is_last {
            let (opcode, cost) = (opcode(message), message.cost());
            let payload = FramePayload::Compressed(compressing.payload.into());
            self.begin_frame(opcode, payload, cost, step);
        } else {
            self.under_way = Some(Unfinished::Compressing(compressing));
        }
    }

    /// Header and first bytes leave together: a small message is one write.
    fn begin_frame(
        &mut self,
        opcode: OpCode,
        payload: FramePayload,
        cost: usize,
        step: EncodeStep<'_>,
    ) {
        let compressed = matches!(payload, FramePayload::Compressed(_));
        let mask = frame::begin(step.output, opcode, compressed, payload.as_bytes().len());
        let frame = PartialFrame {
            payload,
            mask,
            written: 0,
            cost,
        };
        self.append(frame, step);
    }

    fn append(&mut self, mut frame: PartialFrame, step: EncodeStep<'_>) {
        let bytes = frame.payload.as_bytes();
        let end = bytes.len().min(frame.written + SEND_PIECE);
        frame::append_masked(
            step.output,
            frame.mask,
            frame.written,
            &bytes[frame.written..end],
        );
        step.work.charge(end - frame.written);
        if end == bytes.len() {
            step.queue.message_encoded(frame.cost);
        } else {
            frame.written = end;
            self.under_way = Some(Unfinished::Framing(frame));
        }
    }
}

const fn opcode(message: &SocketMessage) -> OpCode {
    OpCode::Data(match message {
        SocketMessage::Text(_) => Data::Text,
        SocketMessage::Binary(_) => Data::Binary,
    })
}

fn control(output: &mut Vec<u8>, kind: Control, payload: &[u8]) {
    let mask = frame::begin(output, OpCode::Control(kind), false, payload.len());
    frame::append_masked(output, mask, 0, payload);
}
