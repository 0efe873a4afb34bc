//! The sending half of a socket.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use tokio::sync::oneshot;

use super::{Message, frame, outbox::Outbox};

/// Sends, beside whoever receives; clones send over the same socket. It does not keep the socket open.
#[derive(Clone)]
pub struct SocketSender {
    outbox: Rc<Outbox>,
}

/// Why something was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The socket is closing or closed; or closed while the message waited.
    #[error("the socket is not open")]
    NotOpen,
    /// More than [`SocketLimits::unsent_bytes`](appnet_policy::socket::SocketLimits::unsent_bytes) would wait (W2).
    #[error("too much waits to be sent")]
    TooMuchUnsent,
    /// A close code or reason that no close frame can carry (W3).
    #[error("the close code or reason cannot be sent")]
    UnsendableClose,
}

impl SocketSender {
    pub(super) const fn new(outbox: Rc<Outbox>) -> Self {
        Self { outbox }
    }

    /// Sends a message. It takes its place when this is called, in the order of the calls; the future only tells when it is handed
    /// to the transport, and may be dropped.
    ///
    /// # Errors
    /// By the future: [`SendError::TooMuchUnsent`] at once, [`SendError::NotOpen`] at once or when the socket ends before it is sent.
    pub fn send(&self, message: Message) -> Sending {
        Sending(self.outbox.push(message))
    }

    /// Starts the close handshake behind what waits to be sent. The end is told by [`Socket::next`](super::Socket::next).
    ///
    /// # Errors
    /// [`SendError::NotOpen`] if it was started before, [`SendError::UnsendableClose`].
    pub fn close(&self, code: Option<u16>, reason: &str) -> Result<(), SendError> {
        let payload = frame::close_payload(code, reason).ok_or(SendError::UnsendableClose)?;
        self.outbox.close(payload)
    }

    /// Whether messages can be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.outbox.is_open()
    }
}

impl fmt::Debug for SocketSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketSender").finish_non_exhaustive()
    }
}

/// A message on its way.
#[derive(Debug)]
pub struct Sending(Result<oneshot::Receiver<()>, SendError>);

impl Future for Sending {
    type Output = Result<(), SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sent = match &mut self.0 {
            Ok(sent) => ready!(Pin::new(sent).poll(cx)),
            Err(error) => return Poll::Ready(Err(*error)),
        };
        Poll::Ready(sent.map_err(|_| SendError::NotOpen))
    }
}
