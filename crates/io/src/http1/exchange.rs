//! One exchange over HTTP/1.1: the request is sent and the answer read at the same time.

use std::{
    cell::RefCell,
    future::poll_fn,
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Instant,
};

use appnet_policy::exchange::ResponseHead;
use awc::{SendClientRequest, error::SendRequestError};
use bytes::Bytes;
use futures_core::Stream;

use super::link::Link;
use crate::{
    error::{ExchangeError, is_missing_close_notify},
    framing::{Piece, ResponseFraming},
    journal::Traffic,
};

/// An exchange under way; as a stream, the body of its answer.
pub(crate) struct Http1Exchange {
    link: Rc<RefCell<Link>>,
    sending: Sending,
    framing: ResponseFraming,
    /// What the wire had counted before it.
    sent_before: u64,
    received_before: u64,
}

enum Sending {
    /// Some of the request is not out.
    UnderWay(SendClientRequest),
    /// The whole request is out.
    Done,
    /// The rest of the request is not sent: the server cannot take it, or does not want it.
    Stopped,
}

impl Http1Exchange {
    pub(super) fn new(
        link: Rc<RefCell<Link>>,
        sending: SendClientRequest,
        framing: ResponseFraming,
    ) -> Self {
        let (sent_before, received_before) = {
            let wire = &link.borrow().wire;
            (wire.sent(), wire.received())
        };
        Self {
            link,
            sending: Sending::UnderWay(sending),
            framing,
            sent_before,
            received_before,
        }
    }

    /// The head of the final answer, which counts when it comes, whatever of the request is still unsent (H3).
    ///
    /// # Errors
    /// What happened instead.
    pub(crate) async fn head(&mut self) -> Result<ResponseHead, ExchangeError> {
        others_first().await;
        match poll_fn(|cx| self.poll_piece(cx)).await? {
            Piece::Head(head) => {
                // RFC 9112 §9.5: a server that refuses or closes does not want the rest; any other may still read it.
                if head.status >= 300 || !self.framing.keep_alive() {
                    self.stop_sending();
                }
                Ok(head)
            }
            Piece::Data(_) | Piece::End => Err(ExchangeError::Unexpected(
                "a body came before its head".to_owned(),
            )),
        }
    }

    /// Whether a byte of the answer came.
    pub(crate) fn is_heard(&self) -> bool {
        self.link.borrow().wire.received() > self.received_before
    }

    /// Whether the connection may serve again: both messages are over to their last byte, and nothing came after.
    pub(crate) fn is_over(&self) -> bool {
        self.framing.is_done()
            && self.framing.keep_alive()
            && matches!(self.sending, Sending::Done)
            && self.link.borrow().input.is_empty()
    }

    pub(crate) fn traffic(&self) -> Traffic {
        let link = self.link.borrow();
        Traffic {
            moments: link.moments,
            sent: link.wire.sent() - self.sent_before,
            received: link.wire.received() - self.received_before,
        }
    }

    fn stop_sending(&mut self) {
        if matches!(self.sending, Sending::UnderWay(_)) {
            self.sending = Sending::Stopped;
        }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, ExchangeError>> {
        self.poll_sending(cx)?;
        self.poll_receiving(cx)
    }

    /// Lets the request go out. That it cannot is no failure yet: what the server says is read, and if that is nothing, that is the failure.
    fn poll_sending(&mut self, cx: &mut Context<'_>) -> Result<(), ExchangeError> {
        let Sending::UnderWay(sending) = &mut self.sending else {
            return Ok(());
        };
        self.sending = match Pin::new(sending).poll(cx) {
            Poll::Pending if self.link.borrow().is_request_out() => Sending::Done,
            Poll::Pending => return Ok(()),
            Poll::Ready(Ok(_)) => {
                return Err(ExchangeError::Unexpected("awc read an answer".to_owned()));
            }
            Poll::Ready(Err(SendRequestError::Send(_))) => Sending::Stopped,
            Poll::Ready(Err(SendRequestError::Body(error))) => return Err(from_body(error)),
            Poll::Ready(Err(other)) => return Err(ExchangeError::Unexpected(other.to_string())),
        };
        Ok(())
    }

    fn poll_receiving(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, ExchangeError>> {
        let link = &mut *self.link.borrow_mut();
        loop {
            if let Some(piece) = self.framing.next(&mut link.input)? {
                return Poll::Ready(Ok(piece));
            }
            match ready!(link.wire.poll_fill(cx, &mut link.input)) {
                Ok(0) => {
                    return Poll::Ready(self.framing.end_of_input().map_err(ExchangeError::from));
                }
                // Many servers end a body that lasts until close so; RFC 9112 §9.8 calls it incomplete, every browser whole.
                Err(error) if is_missing_close_notify(&error) => {
                    tracing::debug!("the server closed without a TLS close_notify");
                    return Poll::Ready(self.framing.end_of_input().map_err(ExchangeError::from));
                }
                Err(error) => return Poll::Ready(Err(ExchangeError::broken(&error))),
                Ok(_) => link.moments.note_received(Instant::now()),
            }
        }
    }
}

impl Stream for Http1Exchange {
    type Item = Result<Bytes, ExchangeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.framing.is_done() {
            return Poll::Ready(None);
        }
        let piece = ready!(self.poll_piece(cx));
        Poll::Ready(match piece {
            Ok(Piece::Data(data)) => Some(Ok(data)),
            Ok(Piece::End) => {
                self.stop_sending();
                None
            }
            Ok(Piece::Head(_)) => Some(Err(ExchangeError::Unexpected("a second head".to_owned()))),
            Err(error) => Some(Err(error)),
        })
    }
}

/// Lets the tasks run that are ready now, so that requests leave together.
///
/// Several answers that came at once are often followed by several calls. A request that is written while the other answers wait wakes the other end
/// (or the network card) for itself alone; those wakes cost more than all else that a small call does. It is not `yield_now`, which looks at the sockets
/// first.
fn others_first() -> impl Future<Output = ()> {
    let mut is_first = true;
    poll_fn(move |cx| {
        if mem::take(&mut is_first) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
}

/// What our own body failed with.
fn from_body(error: Box<dyn std::error::Error>) -> ExchangeError {
    match error.downcast::<ExchangeError>() {
        Ok(error) => *error,
        Err(error) => ExchangeError::Unexpected(error.to_string()),
    }
}
