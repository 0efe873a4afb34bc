//! The connection of an awc client: the client writes to it, the exchange reads from it, the pool can close it.

use std::{
    io, mem,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::{Buf as _, Bytes, BytesMut};

use crate::{journal::Moments, wire::Wire};

/// One connection, and how far the exchange that it serves has come.
pub(super) struct Link {
    pub(super) wire: Wire,
    /// Received and not yet understood.
    pub(super) input: BytesMut,
    /// The fields of a request that has begun, until its head is written.
    fields: Bytes,
    is_request_out: bool,
    pub(super) moments: Moments,
}

impl Link {
    pub(super) fn new(wire: Wire) -> Self {
        Self {
            wire,
            input: BytesMut::new(),
            fields: Bytes::new(),
            is_request_out: true,
            moments: Moments::default(),
        }
    }

    /// Gets ready for a request with these fields.
    pub(super) fn begin(&mut self, fields: Bytes) {
        self.fields = fields;
        self.is_request_out = false;
        self.moments = Moments::default();
    }

    /// The fields of the request that has begun.
    pub(super) fn take_fields(&mut self) -> Bytes {
        mem::take(&mut self.fields)
    }

    /// Whether the whole request is out.
    pub(super) const fn is_request_out(&self) -> bool {
        self.is_request_out
    }

    /// Sends all of it.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        unsent: &mut Bytes,
    ) -> Poll<io::Result<()>> {
        while !unsent.is_empty() {
            let sent = ready!(self.wire.poll_write(cx, unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            unsent.advance(sent);
            self.moments.note_sent(Instant::now());
        }
        Poll::Ready(Ok(()))
    }

    /// Moves on what the transport still holds back.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_flush(cx)
    }

    /// Moves on the rest of a request, which is out then.
    pub(super) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        self.is_request_out = true;
        Poll::Ready(Ok(()))
    }
}
