//! The connection as awc has it: it writes requests, and reads one empty answer for each.
//!
//! awc cannot read what real servers send (decision 0002), and sends a body to its end before it looks at the answer. So it is not asked
//! to read: when its request is out it gets an answer without content, which says that the connection may be used again, and what
//! the server says is read beside it.

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

/// What awc reads when its request is out.
const EMPTY_ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// One connection, shared by awc, which writes to it, and by us, who read it and can close it.
pub(super) struct Link {
    pub(super) wire: Wire,
    /// Received and not yet understood.
    pub(super) input: BytesMut,
    /// The fields of the next request; taken when awc writes its head.
    fields: Option<Bytes>,
    /// Of a head that was put together, and what of the body came along with it: what is not sent yet.
    unsent: Bytes,
    /// Whether awc has written a request that it has got no answer to.
    answer_due: bool,
    pub(super) moments: Moments,
}

impl Link {
    pub(super) fn new(wire: Wire) -> Self {
        Self {
            wire,
            input: BytesMut::new(),
            fields: None,
            unsent: Bytes::new(),
            answer_due: false,
            moments: Moments::default(),
        }
    }

    /// Gets ready for a request with these fields.
    pub(super) fn begin(&mut self, fields: Bytes) {
        self.fields = Some(fields);
        self.moments = Moments::default();
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(fields) = self.fields.take() {
            // awc writes its head whole, at the front of the first write.
            let (unsent, taken) = head::insert(data, &fields);
            self.unsent = unsent;
            self.answer_due = true;
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
    /// awc reads when it has flushed the whole request, and looks for stray bytes before it begins one: there are none for it.
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut link = self.0.borrow_mut();
        if !link.answer_due || buffer.remaining() < EMPTY_ANSWER.len() {
            return Poll::Pending;
        }
        link.answer_due = false;
        buffer.put_slice(EMPTY_ANSWER);
        Poll::Ready(Ok(()))
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
