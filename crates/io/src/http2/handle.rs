//! The connection as h2 has it.

use std::{
    cell::RefCell,
    io,
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

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().wire.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().wire.poll_shutdown(cx)
    }
}
