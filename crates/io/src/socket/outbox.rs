//! What waits to be sent, and how far the socket is on its way to the end.
//!
//! Shared by whoever sends, the task that writes, and whoever receives and has to answer pings and close frames.

use std::{cell::RefCell, collections::VecDeque};

use bytes::Bytes;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

use super::{Message, sender::SendError};

/// What a waiting message costs beside its bytes, so that many empty ones are bounded too.
const MESSAGE_COST: usize = 128;

/// Pings that wait for an answer; of more, the older ones get none (RFC 6455 §5.5.3 asks for the last alone).
const PONGS: usize = 16;

/// The outbox of one socket.
#[derive(Debug)]
pub(super) struct Outbox {
    state: RefCell<State>,
    unsent_limit: usize,
    to_writer: Notify,
    to_reader: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Answers to pings, which go before everything else.
    pongs: VecDeque<Bytes>,
    /// Whether the peer is to be asked for a sign of life.
    ping: bool,
    queue: VecDeque<Outgoing>,
    unsent: usize,
    close: Close,
    /// When the app asked to close, if it did.
    asked: Option<Instant>,
    writer: Writer,
}

/// Our close frame.
#[derive(Debug, Default)]
enum Close {
    /// None is due: messages may be sent.
    #[default]
    None,
    /// To be sent behind what waits.
    Due(Vec<u8>),
    /// The writer has it, or it will never be sent.
    Taken,
}

/// What is known of the writing task.
#[derive(Debug, Default, PartialEq, Eq)]
enum Writer {
    #[default]
    Writing,
    /// It is done; whether it sent our close frame.
    Done { close_sent: bool },
}

/// A message that waits.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) message: Message,
    /// To be told when it is with the transport.
    pub(super) sent: oneshot::Sender<()>,
}

/// What to write next.
#[derive(Debug)]
pub(super) enum Job {
    Pong(Bytes),
    Ping,
    Message(Outgoing),
    /// The last one.
    Close(Vec<u8>),
}

impl Outbox {
    pub(super) fn new(unsent_limit: usize) -> Self {
        Self {
            state: RefCell::default(),
            unsent_limit,
            to_writer: Notify::new(),
            to_reader: Notify::new(),
        }
    }

    /// Takes a message in (W2).
    pub(super) fn push(&self, message: Message) -> Result<oneshot::Receiver<()>, SendError> {
        let mut state = self.state.borrow_mut();
        if !state.is_open() {
            return Err(SendError::NotOpen);
        }
        let unsent = state.unsent.saturating_add(cost(&message));
        if unsent > self.unsent_limit {
            return Err(SendError::TooMuchUnsent);
        }
        let (sent, receiver) = oneshot::channel();
        state.unsent = unsent;
        state.queue.push_back(Outgoing { message, sent });
        self.to_writer.notify_one();
        Ok(receiver)
    }

    /// The app closes: what waits goes out before the close frame.
    pub(super) fn close(&self, payload: Vec<u8>) -> Result<(), SendError> {
        let mut state = self.state.borrow_mut();
        if !state.is_open() {
            return Err(SendError::NotOpen);
        }
        state.close = Close::Due(payload);
        state.asked = Some(Instant::now());
        self.to_writer.notify_one();
        self.to_reader.notify_one();
        Ok(())
    }

    /// The peer closes, or has broken the rules: our close frame goes out behind what waits, unless one is on its way.
    pub(super) fn end(&self, payload: Vec<u8>) {
        let mut state = self.state.borrow_mut();
        if matches!(state.close, Close::None) {
            state.close = Close::Due(payload);
        }
        self.to_writer.notify_one();
    }

    pub(super) fn pong(&self, data: Bytes) {
        let pongs = &mut self.state.borrow_mut().pongs;
        if pongs.len() == PONGS {
            pongs.pop_front();
        }
        pongs.push_back(data);
        self.to_writer.notify_one();
    }

    /// The peer has been silent: it is asked whether it is there.
    pub(super) fn ping(&self) {
        self.state.borrow_mut().ping = true;
        self.to_writer.notify_one();
    }

    /// The socket is gone: nothing waits any more and nothing is taken in.
    pub(super) fn shut(&self) {
        let mut state = self.state.borrow_mut();
        state.drop_waiting();
        state.close = Close::Taken;
    }

    /// When the app asked to close, if it did.
    pub(super) fn asked(&self) -> Option<Instant> {
        self.state.borrow().asked
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.borrow().is_open()
    }

    /// Whether the writer has nothing more to do.
    pub(super) fn is_written(&self) -> bool {
        self.state.borrow().writer != Writer::Writing
    }

    /// Whether our close frame went out.
    pub(super) fn close_sent(&self) -> bool {
        self.state.borrow().writer == Writer::Done { close_sent: true }
    }

    /// Waits until the app asks to close, or the writer is done.
    pub(super) async fn changed(&self) {
        self.to_reader.notified().await;
    }

    /// For the writer: waits for something to write.
    pub(super) async fn job(&self) -> Job {
        loop {
            if let Some(job) = self.state.borrow_mut().job() {
                return job;
            }
            self.to_writer.notified().await;
        }
    }

    /// For the writer: this message is with the transport.
    pub(super) fn sent(&self, outgoing: Outgoing) {
        let Outgoing { message, sent } = outgoing;
        let mut state = self.state.borrow_mut();
        state.unsent = state.unsent.saturating_sub(cost(&message));
        // Whoever sent it may have stopped waiting.
        let _unheard = sent.send(());
    }

    /// For the writer: it ends, well or not.
    pub(super) fn written(&self, close_sent: bool) {
        let mut state = self.state.borrow_mut();
        state.drop_waiting();
        state.close = Close::Taken;
        state.writer = Writer::Done { close_sent };
        self.to_reader.notify_one();
    }
}

impl State {
    const fn is_open(&self) -> bool {
        matches!(self.close, Close::None)
    }

    /// Their senders hear of it.
    fn drop_waiting(&mut self) {
        self.pongs.clear();
        self.queue.clear();
        self.unsent = 0;
    }

    fn job(&mut self) -> Option<Job> {
        if let Some(data) = self.pongs.pop_front() {
            return Some(Job::Pong(data));
        }
        if std::mem::take(&mut self.ping) {
            return Some(Job::Ping);
        }
        if let Some(outgoing) = self.queue.pop_front() {
            return Some(Job::Message(outgoing));
        }
        match &mut self.close {
            Close::None | Close::Taken => None,
            Close::Due(payload) => {
                let payload = std::mem::take(payload);
                self.close = Close::Taken;
                Some(Job::Close(payload))
            }
        }
    }
}

fn cost(message: &Message) -> usize {
    message.as_bytes().len().saturating_add(MESSAGE_COST)
}
