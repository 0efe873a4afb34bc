//! The connection as awc has it: it writes one request, and reads nothing.
//!
//! awc cannot read what real servers send (decision 0002), and sends a body to its end before it looks at the answer. So it is not asked
//! to read: when it wants to, its request is out, and it is dropped. What the server says is read beside it.

use std::{
    cell::RefCell,
    fmt, io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Instant,
};

use actix_rt::net::{ActixStream, Ready};
use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::head;
use crate::{journal::Moments, wire::Wire};

/// One connection, shared by awc, which writes to it, and by us, who read it and can close it.
pub(super) struct Link {
    pub(super) wire: Wire,
    /// Received and not yet understood.
    pub(super) input: BytesMut,
    request: RequestState,
    /// Of a head that was put together, and what of the body came along with it: what is not sent yet.
    unsent: Bytes,
    pub(super) moments: Moments,
}

/// How far awc is with a request.
enum RequestState {
    /// It has not written the head, into which these fields are put.
    Begun(Bytes),
    /// The head is out, or on its way.
    UnderWay,
    /// All of it is out; or none was begun.
    Out,
}

impl Link {
    pub(super) fn new(wire: Wire) -> Self {
        Self {
            wire,
            input: BytesMut::new(),
            request: RequestState::Out,
            unsent: Bytes::new(),
            moments: Moments::default(),
        }
    }

    /// Gets ready for a request with these fields.
    pub(super) fn begin(&mut self, fields: Bytes) {
        self.request = RequestState::Begun(fields);
        self.moments = Moments::default();
    }

    /// Whether the whole request is out.
    pub(super) const fn is_request_out(&self) -> bool {
        matches!(self.request, RequestState::Out)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        if let RequestState::Begun(fields) = &self.request {
            // awc writes its head whole, at the front of the first write.
            let (unsent, taken) = head::insert(data, fields);
            self.unsent = unsent;
            self.request = RequestState::UnderWay;
            return match self.poll_unsent(cx)? {
                Poll::Ready(()) | Poll::Pending => Poll::Ready(Ok(taken.min(data.len()))),
            };
        }
        ready!(self.poll_unsent(cx))?;
        self.poll_send(cx, data)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(cx))?;
        self.wire.poll_flush(cx)
    }

    fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let unsent = self.unsent.clone();
            let sent = ready!(self.poll_send(cx, &unsent))?;
            self.unsent.advance(sent);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let sent = ready!(self.wire.poll_write(cx, data))?;
        if sent == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.moments.note_sent(Instant::now());
        Poll::Ready(Ok(sent))
    }
}

/// What awc holds instead of the connection.
#[derive(Clone)]
pub(super) struct AwcHalf(pub(super) Rc<RefCell<Link>>);

impl AsyncRead for AwcHalf {
    /// awc reads when it has flushed the whole request, and not before.
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let request = &mut self.0.borrow_mut().request;
        if let RequestState::UnderWay = request {
            *request = RequestState::Out;
        }
        Poll::Pending
    }
}

impl AsyncWrite for AwcHalf {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_write(cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(())) // the connection is not awc's to close
    }
}

/// awc asks for this trait and never calls it.
impl ActixStream for AwcHalf {
    fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        Poll::Ready(Ok(Ready::ALL))
    }

    fn poll_write_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        Poll::Ready(Ok(Ready::ALL))
    }
}

impl fmt::Debug for AwcHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwcHalf").finish_non_exhaustive()
    }
}
