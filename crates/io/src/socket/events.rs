//! The receiving half of a socket: it reads, and tells what happened.

use std::{convert::Infallible, fmt, future::poll_fn, io, rc::Rc};

use appnet_websocket::{
    InputEnd, PIECE, Polled, Violation, WebSocket, WebSocketError, WebSocketEvent,
};
use bytes::BytesMut;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

use super::{SocketEvent, sender::SocketSender, shared::SharedSocket, transmit::Transmitter};
use crate::{
    error::ExchangeError,
    framing::FramingError,
    slice::{Slice, SliceLength},
    spawn::Spawn,
    wire::Wire,
};

/// An open WebSocket. Dropped, its connection is closed at once, without a close handshake (C4).
pub struct Socket {
    shared: Rc<SharedSocket>,
    /// Where bytes are received.
    buffer: BytesMut,
    read_error: Option<io::Error>,
    slice: Slice,
    ended: bool,
    /// The task that writes ends with this.
    writing: Option<oneshot::Sender<Infallible>>,
}

impl Socket {
    /// For a connection that has shaken hands; `input` is what came behind the handshake.
    pub(super) fn new(
        wire: Wire,
        input: BytesMut,
        websocket: WebSocket,
        spawn: &Spawn,
        slices: &SliceLength,
    ) -> Self {
        let shared = Rc::new(SharedSocket::new(wire, websocket));
        shared.input(input);
        let (writing, ended) = oneshot::channel();
        let transmitter = Transmitter::new(Rc::clone(&shared));
        spawn.spawn(async move {
            tokio::select! {
                () = transmitter.run() => {}
                _ = ended => {}
            }
        });
        Self {
            writing: Some(writing),
            shared,
            buffer: BytesMut::new(),
            read_error: None,
            slice: Slice::new(slices.clone()),
            ended: false,
        }
    }

    /// The sending half.
    #[must_use]
    pub fn sender(&self) -> SocketSender {
        SocketSender::new(Rc::clone(&self.shared))
    }

    /// The next event; `None` after the last. Nothing is read, no ping answered and no close handshake finished but while this is
    /// awaited; it may be dropped and called again without losing anything. It gives the thread back after a bounded piece of work, whatever
    /// the server sends (I1).
    pub async fn next(&mut self) -> Option<SocketEvent> {
        while !self.ended {
            match self.shared.poll_event() {
                Polled::Ready(event) => return Some(self.tell(event)),
                Polled::Yield => self.slice.spend(PIECE).await,
                Polled::Idle => self.wait().await,
            }
        }
        None
    }

    /// Reads once, or waits until something else happens. Reading comes first, and the time is looked at after it: a server that never stops
    /// sending does not keep a deadline away, and one whose bytes nobody has read yet is not silent.
    async fn wait(&mut self) {
        let Self {
            shared,
            buffer,
            slice,
            ..
        } = self;
        let (wants_input, timeout) = shared.waits_for();
        let something = async {
            tokio::select! {
                biased;
                read = poll_fn(|cx| shared.poll_fill(cx, buffer)), if wants_input => match read {
                    Ok(0) => shared.input_end(InputEnd::Closed),
                    Ok(_) => shared.input(buffer.split()),
                    Err(error) => {
                        shared.input_end(InputEnd::Broken);
                        self.read_error = Some(error);
                    }
                },
                () = shared.changed() => {}
                () = until(timeout) => {}
            }
        };
        slice.wait(something).await;
        self.shared.waited();
    }

    fn tell(&mut self, event: WebSocketEvent) -> SocketEvent {
        match event {
            WebSocketEvent::Message(message) => SocketEvent::Message(message),
            WebSocketEvent::Closed(closed) => {
                self.end();
                SocketEvent::Closed(closed)
            }
            WebSocketEvent::Failed(error) => {
                self.end();
                SocketEvent::Failed(self.exchange_error(error).into_failure())
            }
        }
    }

    fn exchange_error(&self, error: WebSocketError) -> ExchangeError {
        match (error, &self.read_error) {
            (WebSocketError::Violation(Violation::TooLarge(bound)), _) => {
                ExchangeError::TooLarge(bound)
            }
            (WebSocketError::Violation(violation), _) => {
                ExchangeError::Malformed(violation.to_string())
            }
            (WebSocketError::CutShort, _) => FramingError::CutShort("a message").into(),
            (WebSocketError::NotReadable, Some(error)) => ExchangeError::broken(error),
            (
                WebSocketError::NotReadable
                | WebSocketError::NotClosed
                | WebSocketError::NotWritable
                | WebSocketError::NoPong,
                _,
            ) => ExchangeError::Broken(error.to_string()),
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.shared.end();
        self.writing = None;
    }
}

async fn until(timeout: Option<Instant>) {
    match timeout {
        Some(timeout) => sleep_until(timeout).await,
        None => std::future::pending().await,
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}
