//! The sending half of a socket.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use appnet_policy::socket::SocketMessage;
use appnet_websocket::SendError;
use tokio::sync::oneshot;

use super::shared::SharedSocket;

/// Sends, beside whoever receives; clones send over the same socket. It does not keep the socket open.
#[derive(Clone)]
pub struct SocketSender {
    shared: Rc<SharedSocket>,
}

impl SocketSender {
    pub(super) const fn new(shared: Rc<SharedSocket>) -> Self {
        Self { shared }
    }

    /// Sends a message. It takes its place when this is called, in the order of the calls; the future only tells when it is handed
    /// to the transport, and may be dropped.
    ///
    /// # Errors
    /// By the future: [`SendError::TooMuchUnsent`] at once, [`SendError::NotOpen`] at once or when the socket ends before it is sent.
    pub fn send(&self, message: SocketMessage) -> Sending {
        Sending(self.shared.send(message))
    }

    /// Starts the close handshake behind what waits to be sent. The end is told by [`Socket::next`](super::Socket::next).
    ///
    /// # Errors
    /// [`SendError::NotOpen`] if it was started before, [`SendError::UnsendableClose`].
    pub fn close(&self, code: Option<u16>, reason: &str) -> Result<(), SendError> {
        self.shared.close(code, reason)
    }

    /// Whether messages can be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.shared.is_open()
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
