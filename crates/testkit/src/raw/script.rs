//! What an origin does with one connection, step by step.

use std::time::Duration;

use bytes::Bytes;

use crate::Gate;

/// One step on a connection.
#[derive(Debug, Clone)]
pub enum Step {
    /// Reads one whole request, head and body, and records it.
    ReadRequest,
    /// Reads one head only and records it with an empty body; what follows stays unread.
    ReadHead,
    /// Reads exactly so many bytes, whatever they are, and records them in [`ConnectionLog::raw`](super::ConnectionLog::raw).
    ReadBytes(usize),
    /// Sends these bytes at once.
    Send(Bytes),
    /// Sends pieces of `size` bytes, each flushed by itself, with a pause between two (none if zero).
    SendPieces {
        /// All of it.
        bytes: Bytes,
        /// Length of a piece; at least 1.
        size: usize,
        /// Time between two.
        pause: Duration,
    },
    /// Waits for the gate.
    Wait(Gate),
    /// Waits for some real time.
    Pause(Duration),
    /// TLS says that nothing follows (nothing happens over plain TCP); the socket stays open.
    CloseNotify,
    /// FIN; under TLS without close_notify unless that went before.
    Fin,
    /// RST. What was sent and not yet read by the peer may be lost.
    Reset,
    /// Reads and drops everything until the peer closes.
    AwaitClose,
}

/// The steps for one connection. After the last one the origin waits until the peer closes, so nothing ends by accident.
///
/// While it waits, pauses or has nothing to do, it notices that the peer closed; that ends the script.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub(super) steps: Vec<Step>,
    pub(super) repeats: bool,
}

impl Script {
    /// No steps: accepts and never answers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one request, answers it with these bytes, and keeps the connection open.
    #[must_use]
    pub fn reply(bytes: impl Into<Bytes>) -> Self {
        Self::new().read_request().send(bytes)
    }

    /// Adds any step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// [`Step::ReadRequest`]
    #[must_use]
    pub fn read_request(self) -> Self {
        self.step(Step::ReadRequest)
    }

    /// [`Step::ReadHead`]
    #[must_use]
    pub fn read_head(self) -> Self {
        self.step(Step::ReadHead)
    }

    /// [`Step::ReadBytes`]
    #[must_use]
    pub fn read_bytes(self, count: usize) -> Self {
        self.step(Step::ReadBytes(count))
    }

    /// [`Step::Send`]
    #[must_use]
    pub fn send(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::Send(bytes.into()))
    }

    /// Sends one byte after the other, each flushed.
    #[must_use]
    pub fn send_byte_by_byte(self, bytes: impl Into<Bytes>) -> Self {
        self.send_slowly(bytes, 1, Duration::ZERO)
    }

    /// [`Step::SendPieces`]
    #[must_use]
    pub fn send_slowly(self, bytes: impl Into<Bytes>, size: usize, pause: Duration) -> Self {
        self.step(Step::SendPieces {
            bytes: bytes.into(),
            size,
            pause,
        })
    }

    /// [`Step::Wait`]
    #[must_use]
    pub fn wait(self, gate: &Gate) -> Self {
        self.step(Step::Wait(gate.clone()))
    }

    /// [`Step::Pause`]
    #[must_use]
    pub fn pause(self, time: Duration) -> Self {
        self.step(Step::Pause(time))
    }

    /// Closes politely: close_notify if there is TLS, then FIN.
    #[must_use]
    pub fn close(self) -> Self {
        self.step(Step::CloseNotify).step(Step::Fin)
    }

    /// [`Step::CloseNotify`]
    #[must_use]
    pub fn close_notify(self) -> Self {
        self.step(Step::CloseNotify)
    }

    /// [`Step::Fin`]: under TLS a truncation, as seen from the peer.
    #[must_use]
    pub fn fin(self) -> Self {
        self.step(Step::Fin)
    }

    /// [`Step::Reset`]
    #[must_use]
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// [`Step::AwaitClose`]
    #[must_use]
    pub fn await_close(self) -> Self {
        self.step(Step::AwaitClose)
    }

    /// Plays the steps again and again on the same connection, until the peer closes: a keep-alive server.
    /// A script without a step that reads or waits is played once all the same.
    #[must_use]
    pub const fn repeat(mut self) -> Self {
        self.repeats = true;
        self
    }
}
