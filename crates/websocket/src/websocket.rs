//! An open socket as a state machine.

mod transitions;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::time::Instant;

use appnet_policy::socket::{SocketLimits, SocketMessage};
use bytes::BytesMut;

use crate::{
    assembler::Assembler,
    close::{self, CloseReason},
    deflate::Deflater,
    encoder::Encoder,
    error::{SendError, Violation, WebSocketError},
    event::{InputEnd, WebSocketEvent},
    extension::PerMessageDeflate,
    send_queue::SendQueue,
    work::{FRAME_COST, PIECE, Polled, SEND_PIECE, WorkLimit},
};

/// An open WebSocket of a client, without its connection.
///
/// `handle_*` tells it what happened; `poll_*` asks what is to be done. It reads no clock: `now` never goes back. After each `handle_*`, and
/// after [`send`](Self::send) and [`close`](Self::close), there may be something new to poll.
#[derive(Debug)]
pub struct WebSocket {
    limits: SocketLimits,
    assembler: Assembler,
    /// Received and not yet read.
    input: BytesMut,
    input_end: Option<InputEnd>,
    queue: SendQueue,
    encoder: Encoder,
    state: State,
    /// When the app asked to close.
    close_asked: Option<Instant>,
    /// When the last message was given out.
    delivered: Option<Instant>,
    /// When the connection refused to be written to; reading may still bring what came before that.
    unwritable: Option<Instant>,
    peer: PeerLife,
    receive_work: WorkLimit,
    send_work: WorkLimit,
}

#[derive(Debug)]
enum State {
    Open,
    /// The peer broke the rules right behind a message: until then the app may answer what was good.
    Answering {
        violation: Violation,
        until: Instant,
    },
    /// How it ends is known. Our close frame goes out and the peer closes the connection, until then at the latest.
    Closing {
        cause: CloseCause,
        until: Instant,
    },
    /// It has ended; the event is still to be told.
    Ended(Option<WebSocketEvent>),
}

#[derive(Debug)]
enum CloseCause {
    /// The peer's close frame came.
    PeerClosed(CloseReason),
    Violation(Violation),
}

/// What is known of a peer that may have vanished without a word.
#[derive(Debug, Clone, Copy)]
enum PeerLife {
    /// It sent something.
    Heard(Instant),
    /// It was asked, and has sent nothing since.
    Asked(Instant),
}

impl WebSocket {
    /// For a connection that has shaken hands and agreed on this compression.
    #[must_use]
    pub fn new(limits: SocketLimits, deflate: Option<PerMessageDeflate>, now: Instant) -> Self {
        Self {
            limits,
            assembler: Assembler::new(limits, deflate),
            input: BytesMut::new(),
            input_end: None,
            queue: SendQueue::new(limits.unsent_bytes),
            encoder: Encoder::new(deflate.and_then(Deflater::new)),
            state: State::Open,
            close_asked: None,
            delivered: None,
            unwritable: None,
            peer: PeerLife::Heard(now),
            receive_work: WorkLimit::of(PIECE),
            send_work: WorkLimit::of(SEND_PIECE),
        }
    }

    /// Sends a message, behind those sent before (W2). It is with the transport when [`handle_transmitted`](Self::handle_transmitted)
    /// has counted it.
    ///
    /// # Errors
    /// [`SendError::NotOpen`], [`SendError::TooMuchUnsent`].
    pub fn send(&mut self, message: SocketMessage) -> Result<(), SendError> {
        self.queue.push(message)
    }

    /// Starts the close handshake, behind what waits to be sent (W3). Messages that come after it are dropped, as in a browser.
    ///
    /// # Errors
    /// [`SendError::NotOpen`] if it was started before, [`SendError::UnsendableClose`].
    pub fn close(
        &mut self,
        code: Option<u16>,
        reason: &str,
        now: Instant,
    ) -> Result<(), SendError> {
        let payload = close::write(code, reason).ok_or(SendError::UnsendableClose)?;
        if !self.is_open() {
            return Err(SendError::NotOpen);
        }
        self.queue.push_close(payload);
        self.close_asked = Some(now);
        Ok(())
    }

    /// Ends it at once, without an event: nothing is sent, read or told any more.
    pub fn abandon(&mut self) {
        self.end_with(None);
    }

    /// Whether messages can be sent.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.queue.is_open()
    }

    /// Whether bytes of the peer are of use. While they are not, leaving them unread makes the peer wait.
    #[must_use]
    pub const fn wants_input(&self) -> bool {
        self.input_end.is_none() && matches!(self.state, State::Open | State::Closing { .. })
    }

    /// Whether nothing more will be sent, because our close frame is with the transport or never will be.
    #[must_use]
    pub const fn has_sent_all(&self) -> bool {
        self.queue.is_done()
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something to do.
    #[must_use]
    pub fn wants_transmit(&self) -> bool {
        !self.encoder.is_idle() || !self.queue.is_empty()
    }

    /// Bytes came. To be called when [`poll_event`](Self::poll_event) was idle, so that no more is held than one read.
    pub fn handle_input(&mut self, bytes: BytesMut, now: Instant) {
        self.receive_work.charge(FRAME_COST + bytes.len());
        match self.state {
            State::Open => {
                self.peer = PeerLife::Heard(now);
                self.input.unsplit(bytes);
            }
            // §7.1.7: nothing behind a close frame or a violation is read.
            State::Answering { .. } | State::Closing { .. } | State::Ended(_) => {}
        }
    }

    /// No more bytes will come.
    pub fn handle_input_end(&mut self, end: InputEnd) {
        self.input_end = Some(end);
    }

    /// What [`poll_transmit`](Self::poll_transmit) gave so far is with the transport; how many messages are, that were not before. They
    /// are in the order of [`send`](Self::send).
    pub fn handle_transmitted(&mut self) -> usize {
        self.queue.transmitted()
    }

    /// The connection cannot be written to. What waits to be sent is dropped; what the peer sent before may still come.
    pub fn handle_write_error(&mut self, now: Instant) {
        self.stop_sending();
        if !self.queue.close_sent() {
            self.unwritable.get_or_insert(now);
        }
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) may have come. To be called after the peer's bytes were looked for: who was not
    /// polled for long has heard nothing, but there may be something to hear.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|due| now < due) {
            return;
        }
        match &self.state {
            State::Open if self.vanish_deadline().is_some() => {
                self.vanish(WebSocketError::NotWritable);
            }
            State::Open => self.ask_or_give_up(now),
            State::Answering { violation, .. } => self.fail(*violation, now),
            State::Closing { .. } => self.end(),
            State::Ended(_) => {}
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing happens before; calling it early or late does no harm.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Open => self.vanish_deadline().or(self.silence_deadline()),
            State::Answering { until, .. } | State::Closing { until, .. } => Some(*until),
            State::Ended(_) => None,
        }
    }

    /// What is to be told next.
    pub fn poll_event(&mut self, now: Instant) -> Polled<WebSocketEvent> {
        while !self.receive_work.renew_if_spent() {
            match &mut self.state {
                State::Open => match self.read(now) {
                    Polled::Ready(message) => {
                        return Polled::Ready(WebSocketEvent::Message(message));
                    }
                    Polled::Yield => {}
                    Polled::Idle => return Polled::Idle,
                },
                State::Closing { .. } if self.input_end.is_some() && self.queue.is_done() => {
                    self.end();
                }
                State::Answering { .. } | State::Closing { .. } => return Polled::Idle,
                State::Ended(event) => return event.take().map_or(Polled::Idle, Polled::Ready),
            }
        }
        Polled::Yield
    }

    /// Appends bytes to be sent to `output`. When they are with the transport, all of them, [`handle_transmitted`](Self::handle_transmitted)
    /// wants to know, before more is asked for.
    pub fn poll_transmit(&mut self, output: &mut Vec<u8>) -> Polled<()> {
        if self.send_work.renew_if_spent() {
            return Polled::Yield;
        }
        self.encoder
            .encode(&mut self.queue, output, &mut self.send_work)
    }
}
