//! What a socket becomes when something happens to it.

use std::time::Instant;

use appnet_policy::socket::SocketMessage;
use bytes::BytesMut;

use super::{CloseCause, PeerLife, State, WebSocket};
use crate::{
    assembler::Incoming,
    close::{self, CloseReason},
    code,
    error::{Violation, WebSocketError},
    event::{Closed, InputEnd, WebSocketEvent},
    work::Polled,
};

impl WebSocket {
    /// Reads up to the next message; [`Polled::Yield`] if something else happened.
    pub(super) fn read(&mut self, now: Instant) -> Polled<SocketMessage> {
        match self.assembler.next(&mut self.input, &mut self.receive_work) {
            Ok(Polled::Ready(Incoming::Message(message))) => return self.deliver(message, now),
            Ok(Polled::Ready(Incoming::Ping(payload))) => self.queue.push_pong(payload),
            Ok(Polled::Ready(Incoming::Pong) | Polled::Yield) => {}
            Ok(Polled::Ready(Incoming::Close(reason))) => self.peer_closes(reason, now),
            Ok(Polled::Idle) => return self.read_to_end(),
            Err(violation) => self.refuse(violation, now),
        }
        Polled::Yield
    }

    /// Who has asked to close hears no more messages.
    fn deliver(&mut self, message: SocketMessage, now: Instant) -> Polled<SocketMessage> {
        self.delivered = Some(now);
        match self.close_asked {
            Some(_) => Polled::Yield,
            None => Polled::Ready(message),
        }
    }

    /// All that came is read.
    fn read_to_end(&mut self) -> Polled<SocketMessage> {
        if self.input.is_empty() {
            // So that the reader has its buffer back.
            self.input = BytesMut::new();
        }
        let Some(end) = self.input_end else {
            return Polled::Idle;
        };
        let is_whole = self.assembler.is_between_messages() && self.input.is_empty();
        self.vanish(match end {
            InputEnd::Broken => WebSocketError::NotReadable,
            InputEnd::Closed if self.unwritable.is_some() => WebSocketError::NotWritable,
            InputEnd::Closed if is_whole => WebSocketError::NotClosed,
            InputEnd::Closed => WebSocketError::CutShort,
        });
        Polled::Yield
    }

    /// §5.5.1: answered with the same code.
    fn peer_closes(&mut self, reason: CloseReason, now: Instant) {
        let echo = (reason.code != code::NONE).then_some(reason.code);
        self.queue
            .push_close(close::write(echo, "").unwrap_or_default());
        self.begin_closing(CloseCause::PeerClosed(reason), now);
    }

    /// Nothing behind a violation is read. If it came with a message, the app has yet to hear that one in another thread, and its answer
    /// would find the connection failed.
    fn refuse(&mut self, violation: Violation, now: Instant) {
        let answers_until = self.delivered.map(|at| at + self.limits.answer_wait);
        match answers_until.filter(|until| now < *until) {
            Some(until) => self.state = State::Answering { violation, until },
            None => self.fail(violation, now),
        }
    }

    /// §7.1.7: the peer is told why, and nothing that it sends is read any more.
    pub(super) fn fail(&mut self, violation: Violation, now: Instant) {
        self.queue
            .push_close(close::write(Some(violation.code()), "").unwrap_or_default());
        self.begin_closing(CloseCause::Violation(violation), now);
    }

    /// The client closes the connection last, so that the server does not keep the port (§7.1.1).
    fn begin_closing(&mut self, cause: CloseCause, now: Instant) {
        self.input = BytesMut::new();
        self.state = State::Closing {
            cause,
            until: now + self.limits.end_wait,
        };
    }

    /// Until when a peer that was told of the close, or does not read, may say nothing.
    pub(super) fn vanish_deadline(&self) -> Option<Instant> {
        let asked = self.close_asked.map(|at| at + self.limits.close_wait);
        asked.or_else(|| self.unwritable.map(|at| at + self.limits.end_wait))
    }

    /// Until when the peer may say nothing at all.
    pub(super) fn silence_deadline(&self) -> Option<Instant> {
        let (PeerLife::Heard(since) | PeerLife::Asked(since)) = self.peer;
        self.limits.ping_interval.map(|interval| since + interval)
    }

    pub(super) fn ask_or_give_up(&mut self, now: Instant) {
        match self.peer {
            PeerLife::Heard(_) => {
                self.queue.push_ping();
                self.peer = PeerLife::Asked(now);
            }
            PeerLife::Asked(_) => {
                self.end_with(Some(WebSocketEvent::Failed(WebSocketError::NoPong)))
            }
        }
    }

    /// The connection ended, or was given up, without the peer's close frame. An app that closes expects no error.
    pub(super) fn vanish(&mut self, error: WebSocketError) {
        let event = match self.close_asked {
            Some(_) => WebSocketEvent::Closed(Closed {
                code: code::ABNORMAL,
                reason: String::new(),
                clean: false,
            }),
            None => WebSocketEvent::Failed(error),
        };
        self.end_with(Some(event));
    }

    pub(super) fn end(&mut self) {
        let clean = self.queue.close_sent();
        let event = match std::mem::replace(&mut self.state, State::Ended(None)) {
            State::Closing { cause, .. } => match cause {
                CloseCause::PeerClosed(CloseReason { code, reason }) => {
                    Some(WebSocketEvent::Closed(Closed {
                        code,
                        reason,
                        clean,
                    }))
                }
                CloseCause::Violation(violation) => Some(WebSocketEvent::Failed(violation.into())),
            },
            State::Open | State::Answering { .. } => None,
            State::Ended(event) => event,
        };
        self.end_with(event);
    }

    pub(super) fn end_with(&mut self, event: Option<WebSocketEvent>) {
        self.state = State::Ended(event);
        self.input = BytesMut::new();
        self.stop_sending();
    }

    pub(super) fn stop_sending(&mut self) {
        self.queue.shut();
        self.encoder.shut();
    }
}
