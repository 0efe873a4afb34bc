//! The handle that awc holds instead of a connection.

use std::{
    cell::RefCell,
    fmt, io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_rt::net::{ActixStream, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{http1::Http1, wire::Wire};

/// A connection, shared by awc, which reads and writes it, and us, who can close it.
#[derive(Clone)]
pub(crate) enum Stream {
    /// HTTP/1: awc sees what the framing lets through.
    Http1(Rc<RefCell<Http1>>),
    /// HTTP/2 frames itself; bytes pass as they are.
    Http2(Rc<RefCell<Wire>>),
}

/// Calls the method of the same name of whatever is inside.
macro_rules! delegate {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        match &*$self {
            Stream::Http1(http1) => http1.borrow_mut().$method($($argument),*),
            Stream::Http2(wire) => wire.borrow_mut().$method($($argument),*),
        }
    };
}

impl Stream {
    /// Closes the connection under awc, now.
    pub(crate) fn close(&self) {
        delegate!(self.close());
    }

    /// Whether the rest of the request under way is not sent, though awc does not know.
    pub(crate) fn gave_up(&self) -> bool {
        match self {
            Self::Http1(http1) => http1.borrow().gave_up(),
            Self::Http2(_) => false,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        delegate!(self.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        delegate!(self.poll_write(cx, data))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self.poll_shutdown(cx))
    }
}

/// awc asks for this trait and never calls it.
impl ActixStream for Stream {
    fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        Poll::Ready(Ok(Ready::ALL))
    }

    fn poll_write_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        Poll::Ready(Ok(Ready::ALL))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1(_) => "Stream::Http1",
            Self::Http2(_) => "Stream::Http2",
        })
    }
}
