//! What waits to be sent, in which order, and how far our close frame is.

use std::collections::VecDeque;

use appnet_policy::socket::SocketMessage;
use bytes::Bytes;

use crate::error::SendError;

/// Pings that wait for an answer; of more, the older ones get none (RFC 6455 §5.5.3 asks for the last alone).
const PONGS: usize = 16;

/// All that is to be sent, bounded in bytes (W2).
#[derive(Debug)]
pub(crate) struct SendQueue {
    /// Answers to pings, which go before everything else.
    pongs: VecDeque<Bytes>,
    /// Whether the peer is to be asked for a sign of life.
    ping: bool,
    messages: VecDeque<SocketMessage>,
    /// The cost of all messages that are not yet with the transport.
    unsent: usize,
    unsent_limit: usize,
    encoded: Encoded,
    close: CloseFrameState,
}

/// Messages that were made into frames whole, and are not yet with the transport.
#[derive(Debug, Default)]
struct Encoded {
    count: usize,
    cost: usize,
}

/// Our close frame.
#[derive(Debug, PartialEq, Eq)]
enum CloseFrameState {
    /// None is due: messages may be sent.
    NotDue,
    /// To be sent behind what waits.
    Due(Vec<u8>),
    /// It is not yet with the transport.
    Encoded,
    Sent,
    /// It will never be sent.
    Dropped,
}

/// What to send next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outbound {
    Pong(Bytes),
    Ping,
    Message(SocketMessage),
    /// The last one.
    Close(Vec<u8>),
}

impl SendQueue {
    pub(crate) const fn new(unsent_limit: usize) -> Self {
        Self {
            pongs: VecDeque::new(),
            ping: false,
            messages: VecDeque::new(),
            unsent: 0,
            unsent_limit,
            encoded: Encoded { count: 0, cost: 0 },
            close: CloseFrameState::NotDue,
        }
    }

    /// Takes a message in (W2).
    pub(crate) fn push(&mut self, message: SocketMessage) -> Result<(), SendError> {
        if !self.is_open() {
            return Err(SendError::NotOpen);
        }
        let unsent = self.unsent.saturating_add(message.cost());
        if unsent > self.unsent_limit {
            return Err(SendError::TooMuchUnsent);
        }
        self.unsent = unsent;
        self.messages.push_back(message);
        Ok(())
    }

    /// Our close frame goes out behind what waits, unless one is on its way.
    pub(crate) fn push_close(&mut self, payload: Vec<u8>) {
        if self.is_open() {
            self.close = CloseFrameState::Due(payload);
        }
    }

    pub(crate) fn push_pong(&mut self, payload: Bytes) {
        if self.pongs.len() == PONGS {
            self.pongs.pop_front();
        }
        self.pongs.push_back(payload);
    }

    pub(crate) const fn push_ping(&mut self) {
        self.ping = true;
    }

    /// Nothing is sent or taken in any more.
    pub(crate) fn shut(&mut self) {
        self.pongs.clear();
        self.ping = false;
        self.messages.clear();
        (self.unsent, self.encoded) = (0, Encoded::default());
        if self.close != CloseFrameState::Sent {
            self.close = CloseFrameState::Dropped;
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.close, CloseFrameState::NotDue)
    }

    /// Whether nothing will be sent any more.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.close, CloseFrameState::Sent | CloseFrameState::Dropped)
    }

    /// Whether our close frame is with the transport.
    pub(crate) const fn close_sent(&self) -> bool {
        matches!(self.close, CloseFrameState::Sent)
    }

    pub(crate) fn is_empty(&self) -> bool {
        let close_due = matches!(self.close, CloseFrameState::Due(_));
        self.pongs.is_empty() && !self.ping && self.messages.is_empty() && !close_due
    }

    /// Takes out what is to be sent next.
    pub(crate) fn pop(&mut self) -> Option<Outbound> {
        if let Some(payload) = self.pongs.pop_front() {
            return Some(Outbound::Pong(payload));
        }
        if std::mem::take(&mut self.ping) {
            return Some(Outbound::Ping);
        }
        if let Some(message) = self.messages.pop_front() {
            return Some(Outbound::Message(message));
        }
        match &mut self.close {
            CloseFrameState::NotDue
            | CloseFrameState::Encoded
            | CloseFrameState::Sent
            | CloseFrameState::Dropped => None,
            CloseFrameState::Due(payload) => {
                let payload = std::mem::take(payload);
                self.close = CloseFrameState::Encoded;
                Some(Outbound::Close(payload))
            }
        }
    }

    /// The last byte of a message of this cost is in a frame.
    pub(crate) const fn message_encoded(&mut self, cost: usize) {
        self.encoded.count += 1;
        self.encoded.cost += cost;
    }

    /// All frames made so far are with the transport; how many messages ended in them.
    pub(crate) fn transmitted(&mut self) -> usize {
        let Encoded { count, cost } = std::mem::take(&mut self.encoded);
        self.unsent = self.unsent.saturating_sub(cost);
        if self.close == CloseFrameState::Encoded {
            self.close = CloseFrameState::Sent;
        }
        count
    }
}
