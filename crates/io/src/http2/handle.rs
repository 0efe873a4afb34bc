//! The connection as h2 has it.

use std::{
    cell::RefCell,
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
    time::Instant,
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::watch::{State, Watch};
use crate::wire::Wire;

/// One connection, shared by h2, which reads and writes it, and by us, who look on and can close it.
pub(super) struct Link {
    pub(super) wire: Wire,
    watch: Watch,
    /// h2 waits here to read until bodies are taken.
    waiting: Option<Waker>,
}

impl Link {
    pub(super) const fn new(wire: Wire, watch: Watch) -> Self {
        Self {
            wire,
            watch,
            waiting: None,
        }
    }

    pub(super) const fn state(&mut self) -> &mut State {
        self.watch.state()
    }

    /// Lets h2 read on if it waits and may.
    pub(super) fn wake_if_room(&mut self) {
        if !self.watch.state().is_full()
            && let Some(waker) = self.waiting.take()
        {
            waker.wake();
        }
    }

    /// Closes the connection now; h2 sees its end.
    pub(super) fn close(&mut self) {
        self.wire.close();
        self.watch.state().close();
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    /// Closes it, because nothing came for so long.
    pub(super) fn fall_silent(&mut self) {
        tracing::debug!("an HTTP/2 connection fell silent");
        self.watch.state().fall_silent();
        self.close();
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.watch.state().is_full() && self.wire.is_open() {
            self.waiting = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(self.wire.poll_read(cx, buffer))?;
        let received = self
            .watch
            .receive(&buffer.filled()[before..], Instant::now());
        if received.is_err() {
            self.close();
            buffer.set_filled(before);
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let sent = ready!(self.wire.poll_write(cx, data))?;
        self.watch.send(&data[..sent], Instant::now());
        Poll::Ready(Ok(sent))
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = ready!(self.wire.poll_write_vectored(cx, slices))?;
        let now = Instant::now();
        let mut left = sent;
        for slice in slices {
            let passed = &slice[..slice.len().min(left)];
            self.watch.send(passed, now);
            left -= passed.len();
        }
        Poll::Ready(Ok(sent))
    }
}

/// What h2 holds instead of the connection.
pub(super) struct Handle(pub(super) Rc<RefCell<Link>>);

impl AsyncRead for Handle {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Handle {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_write(cx, data)
    }

    /// The head of a frame and its data are slices of their own: without this each would be a TLS record and a system call.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.borrow().wire.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().wire.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().wire.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::http2::SilenceLimits;

    /// What a client begins with, and twice a head of nine bytes and its data: DATA frames of stream 1.
    const FRAMES: [&[u8]; 5] = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &[0, 0, 3, 0, 0, 0, 0, 0, 1],
        b"abc",
        &[0, 0, 2, 0, 0, 0, 0, 0, 1],
        b"de",
    ];

    fn handle(room: usize) -> (Handle, tokio::io::DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(room);
        let mut watch = Watch::new(1000, SilenceLimits::default(), Instant::now());
        watch.state().begin(1);
        let link = Link::new(Wire::new(Box::new(ours)), watch);
        (Handle(Rc::new(RefCell::new(link))), theirs)
    }

    #[tokio::test]
    async fn frames_in_slices_leave_in_one_write_and_are_all_looked_at() {
        for room in [1000, 47, 46, 37, 35, 24, 1] {
            let (mut handle, mut server) = handle(room);
            assert!(handle.is_write_vectored());
            let slices = FRAMES.map(IoSlice::new);
            let sent = handle.write_vectored(&slices).await.unwrap();
            assert_eq!(sent, room.min(47));
            let mut rest = &FRAMES.concat()[sent..];
            let send = async {
                while !rest.is_empty() {
                    let sent = handle.write_vectored(&[IoSlice::new(rest)]).await.unwrap();
                    rest = &rest[sent..];
                }
            };
            let mut received = [0; 47];
            let (read, ()) = tokio::join!(server.read_exact(&mut received), send);
            read.unwrap();
            assert_eq!(received, *FRAMES.concat());
            let mut link = handle.0.borrow_mut();
            assert_eq!(link.wire.sent(), 47);
            assert_eq!(link.state().traffic(1).sent, 23);
        }
    }
}
