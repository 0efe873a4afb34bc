//! The task that writes: frames from the outbox to the connection, one after the other.

use std::{cell::RefCell, future::poll_fn, io, rc::Rc};

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::{
    Message,
    deflate::Deflate,
    frame,
    outbox::{Job, Outbox, Outgoing},
};
use crate::wire::Wire;

/// Masked and written in one go; a multiple of the mask's length.
const STEP: usize = 64 << 10;

/// Writes until our close frame is out or the connection breaks. Dropped, it says so.
pub(super) struct Writer {
    wire: Rc<RefCell<Wire>>,
    outbox: Rc<Outbox>,
    deflate: Option<Deflate>,
    buffer: Vec<u8>,
    close_sent: bool,
}

impl Writer {
    pub(super) const fn new(
        wire: Rc<RefCell<Wire>>,
        outbox: Rc<Outbox>,
        deflate: Option<Deflate>,
    ) -> Self {
        Self {
            wire,
            outbox,
            deflate,
            buffer: Vec::new(),
            close_sent: false,
        }
    }

    pub(super) async fn run(mut self) {
        // Why it broke is told by the reading side, which sees the same end.
        if let Err(error) = self.write_jobs().await {
            tracing::debug!(%error, "a socket cannot be written to");
        }
    }

    async fn write_jobs(&mut self) -> io::Result<()> {
        loop {
            match self.outbox.job().await {
                Job::Pong(data) => self.control(Control::Pong, &data).await?,
                Job::Ping => self.control(Control::Ping, b"").await?,
                Job::Message(outgoing) => self.message(outgoing).await?,
                Job::Close(payload) => {
                    self.control(Control::Close, &payload).await?;
                    self.close_sent = true;
                    return Ok(());
                }
            }
        }
    }

    async fn message(&mut self, outgoing: Outgoing) -> io::Result<()> {
        let opcode = OpCode::Data(match &outgoing.message {
            Message::Text(_) => Data::Text,
            Message::Binary(_) => Data::Binary,
        });
        let payload = outgoing.message.as_bytes();
        match &mut self.deflate {
            // Nothing compresses to more than nothing.
            Some(deflate) if !payload.is_empty() => {
                let payload = deflate.encode(payload).await;
                self.frame(opcode, true, &payload).await?;
            }
            Some(_) | None => self.frame(opcode, false, payload).await?,
        }
        self.outbox.sent(outgoing);
        Ok(())
    }

    async fn control(&mut self, kind: Control, payload: &[u8]) -> io::Result<()> {
        self.frame(OpCode::Control(kind), false, payload).await
    }

    /// Header and first bytes leave together: a small message is one write.
    async fn frame(&mut self, opcode: OpCode, compressed: bool, payload: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        let mask = frame::begin(&mut self.buffer, opcode, compressed, payload.len());
        for piece in payload.chunks(STEP) {
            let start = self.buffer.len();
            self.buffer.extend_from_slice(piece);
            frame::apply(mask, &mut self.buffer[start..]);
            if self.buffer.len() >= STEP {
                self.write_buffer().await?;
            }
        }
        self.write_buffer().await?;
        poll_fn(|cx| self.wire.borrow_mut().poll_flush(cx)).await
    }

    async fn write_buffer(&mut self) -> io::Result<()> {
        let mut rest = &self.buffer[..];
        while !rest.is_empty() {
            let written = poll_fn(|cx| self.wire.borrow_mut().poll_write(cx, rest)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            rest = &rest[written..];
        }
        self.buffer.clear();
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.outbox.written(self.close_sent);
    }
}
