//! The bytes under HTTP: one TCP or TLS connection that we can close under whoever uses it.
//!
//! h2 and what writes for awc keep a connection deep inside their futures, where nothing reaches it. So they get a handle only; the
//! connection itself is here, shared with whoever may have to close it (C4, B7), and counts what passes.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Instant,
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;
use tokio_util::io::poll_read_buf;

use crate::{line::Line, path::Measured};

/// What a connection is made of: TCP, TLS over it, or a pipe in a test.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    /// What the kernel has measured of the way to the peer, where it tells.
    fn measured(&self) -> Option<Measured>;
}

impl Transport for Line {
    fn measured(&self) -> Option<Measured> {
        Self::measured(self)
    }
}

impl Transport for TlsStream<Line> {
    fn measured(&self) -> Option<Measured> {
        self.get_ref().0.measured()
    }
}

#[cfg(test)]
impl Transport for tokio::io::DuplexStream {
    fn measured(&self) -> Option<Measured> {
        None
    }
}

/// A connection, its counters, and whether it is still open.
pub(crate) struct Wire {
    /// `None` once closed from our side.
    transport: Option<Box<dyn Transport>>,
    /// The task that waits to read; it must hear of a close.
    reader: Option<Waker>,
    sent: u64,
    received: u64,
    last_sent: Option<Instant>,
    ended: bool,
}

/// A TLS record; one read takes what one record gives.
const READ_SIZE: usize = 16 << 10;

/// Room that is still worth reading into. Bytes that come one by one share a block so, which the app may hold for long.
const LEAST_ROOM: usize = 4 << 10;

impl Wire {
    pub(crate) fn new(transport: Box<dyn Transport>) -> Self {
        Self {
            transport: Some(transport),
            reader: None,
            sent: 0,
            received: 0,
            last_sent: None,
            ended: false,
        }
    }

    /// Reads into `buffer`; 0 is the end.
    pub(crate) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        let Some(transport) = &mut self.transport else {
            return Poll::Ready(Ok(0));
        };
        if buffer.capacity() - buffer.len() < LEAST_ROOM {
            buffer.reserve(READ_SIZE);
        }
        let read = poll_read_buf(Pin::new(transport), cx, buffer);
        self.note_read(cx, read)
    }

    /// Reads for somebody who brings a buffer; nothing read is the end.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(transport) = &mut self.transport else {
            return Poll::Ready(Ok(()));
        };
        let before = buffer.filled().len();
        let read = Pin::new(transport)
            .poll_read(cx, buffer)
            .map_ok(|()| buffer.filled().len() - before);
        self.note_read(cx, read).map_ok(|_| ())
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(transport) = &mut self.transport else {
            return Poll::Ready(Err(closed()));
        };
        let written = Pin::new(transport).poll_write(cx, data);
        self.note_written(written)
    }

    /// Writes slices as if they were one: over TLS, into one record as long as they fit.
    pub(crate) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Some(transport) = &mut self.transport else {
            return Poll::Ready(Err(closed()));
        };
        let written = Pin::new(transport).poll_write_vectored(cx, slices);
        self.note_written(written)
    }

    /// Whether slices are written as one.
    pub(crate) fn is_write_vectored(&self) -> bool {
        self.transport
            .as_ref()
            .is_some_and(AsyncWrite::is_write_vectored)
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Some(transport) => Pin::new(transport).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Says that nothing more will be sent; HTTP/2 does it when it is done with a connection.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.ended = true;
        match &mut self.transport {
            Some(transport) => Pin::new(transport).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Closes it now; whoever waits for it sees the end.
    pub(crate) fn close(&mut self) {
        self.transport = None;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Whether nothing came that nobody asked for: neither bytes nor the end.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut one = [0; 1];
        let mut buffer = ReadBuf::new(&mut one);
        self.is_open()
            && self
                .poll_read(&mut Context::from_waker(Waker::noop()), &mut buffer)
                .is_pending()
    }

    /// Whether neither side has closed it, as far as is known.
    pub(crate) const fn is_open(&self) -> bool {
        self.transport.is_some() && !self.ended
    }

    /// See [`Transport::measured`].
    pub(crate) fn measured(&self) -> Option<Measured> {
        self.transport.as_ref()?.measured()
    }

    /// Bytes handed to the transport, before TLS.
    pub(crate) const fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes that came, after TLS.
    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// When bytes were last handed to the transport.
    pub(crate) const fn last_sent(&self) -> Option<Instant> {
        self.last_sent
    }

    fn note_written(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = written {
            self.sent += count as u64;
            self.last_sent = Some(Instant::now());
        }
        written
    }

    fn note_read(
        &mut self,
        cx: &Context<'_>,
        read: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match &read {
            Poll::Ready(Ok(0) | Err(_)) => self.ended = true,
            Poll::Ready(Ok(count)) => self.received += *count as u64,
            Poll::Pending => match &mut self.reader {
                Some(reader) => reader.clone_from(cx.waker()),
                None => self.reader = Some(cx.waker().clone()),
            },
        }
        read
    }
}

fn closed() -> io::Error {
    io::Error::new(
        io::ErrorKind::NotConnected,
        "the connection was closed by us",
    )
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn a_wire_is_quiet_until_bytes_or_the_end_come() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut wire = Wire::new(Box::new(ours));
        assert!(wire.is_quiet());
        theirs.write_all(b"x").await.unwrap();
        assert!(!wire.is_quiet());
        let (ours, theirs) = tokio::io::duplex(64);
        let mut wire = Wire::new(Box::new(ours));
        drop(theirs);
        assert!(!wire.is_quiet());
        assert!(!wire.is_open());
    }

    #[tokio::test]
    async fn whoever_waits_to_read_hears_of_a_close() {
        let (ours, _theirs) = tokio::io::duplex(64);
        let wire = std::cell::RefCell::new(Wire::new(Box::new(ours)));
        let mut buffer = BytesMut::new();
        let read = std::future::poll_fn(|cx| wire.borrow_mut().poll_fill(cx, &mut buffer));
        let close = async {
            tokio::task::yield_now().await;
            wire.borrow_mut().close();
        };
        let (read, ()) = tokio::join!(read, close);
        assert_eq!(read.unwrap(), 0);
    }
}
