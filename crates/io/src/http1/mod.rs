//! An HTTP/1 connection as awc sees it: requests pass, responses are read by [`framing`](crate::framing) and handed on in a
//! form that awc cannot misread.
//!
//! What awc gets of a response is its status and its body in chunks; the real head is kept aside for the exchange, so that
//! neither awc's limit of 96 headers nor its lower-casing touches it. What awc sends is passed on but for `Date`, which it adds
//! to every request and nobody asked for.

mod outgoing;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    io,
    task::{Context, Poll, ready},
    time::Instant,
};

use appnet_policy::exchange::{Method, ResponseHead};
use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::ReadBuf;

use self::outgoing::Outgoing;
use crate::{
    error::{Happened, is_missing_close_notify},
    framing::{Bounds, Piece, ResponseFraming},
    wire::Wire,
};

/// A connection that serves one exchange after the other.
pub(crate) struct Http1 {
    wire: Wire,
    /// Received and not yet understood.
    input: BytesMut,
    /// Understood, and not yet taken by awc.
    ready: VecDeque<Bytes>,
    turn: Turn,
    /// Whether it can serve no further exchange, whatever the framing says.
    spent: bool,
}

/// The exchange under way.
struct Turn {
    framing: ResponseFraming,
    outgoing: Outgoing,
    head: Option<ResponseHead>,
    keep_alive: bool,
    happened: Option<Happened>,
    /// Whether the rest of the request is not sent, though awc does not know.
    gave_up: bool,
    /// What the wire had counted before it.
    sent_before: u64,
    received_before: u64,
    moments: Moments,
}

/// When things happened in an exchange.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    pub(crate) first_sent: Option<Instant>,
    pub(crate) last_sent: Option<Instant>,
    pub(crate) first_received: Option<Instant>,
    pub(crate) last_received: Option<Instant>,
}

/// What the connection is told of a request before awc sends it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expectation {
    /// The answer to HEAD has no body, whatever its headers say.
    pub(crate) method: Method,
    /// Whether the request has a Date of its own.
    pub(crate) has_date: bool,
    pub(crate) bounds: Bounds,
}

impl Expectation {
    /// Before the first request.
    const NOTHING: Self = Self {
        method: Method::Get,
        has_date: false,
        bounds: Bounds {
            header_bytes: 0,
            header_count: 0,
            chunk_extension_bytes: 0,
        },
    };
}

/// How much of an answer is read while the request is not sent yet; more waits in the socket.
const EARLY_BYTES: u64 = 1 << 20;

impl Http1 {
    pub(crate) fn new(wire: Wire) -> Self {
        let turn = Turn::new(&wire, &Expectation::NOTHING);
        Self {
            wire,
            input: BytesMut::new(),
            ready: VecDeque::new(),
            turn,
            spent: false,
        }
    }

    /// Gets ready for the next exchange.
    pub(crate) fn begin(&mut self, expectation: &Expectation) {
        self.turn = Turn::new(&self.wire, expectation);
        self.spent = true; // until the answer is whole
    }

    /// The head of the answer, once awc has seen its status.
    pub(crate) fn take_head(&mut self) -> Option<ResponseHead> {
        self.turn.head.take()
    }

    /// What really happened, when awc reports an error.
    pub(crate) fn take_happened(&mut self) -> Option<Happened> {
        self.turn.happened.take()
    }

    /// Bytes of this exchange, sent and received.
    pub(crate) const fn counts(&self) -> (u64, u64) {
        (
            self.wire.sent() - self.turn.sent_before,
            self.wire.received() - self.turn.received_before,
        )
    }

    pub(crate) const fn moments(&self) -> Moments {
        self.turn.moments
    }

    /// Whether the rest of the request is not sent, though awc does not know.
    pub(crate) const fn gave_up(&self) -> bool {
        self.turn.gave_up
    }

    pub(crate) fn close(&mut self) {
        self.wire.close();
    }

    /// Whether the next exchange may use this connection: the last one is over to its last byte, on both sides, and nothing
    /// came after it.
    pub(crate) fn is_reusable(&mut self) -> bool {
        !self.spent && self.wire.is_quiet()
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.ready.is_empty() {
            if self.turn.happened.is_some() {
                return Poll::Ready(Err(see_turn()));
            }
            if let Err(happened) = ready!(self.poll_pump(cx)) {
                self.fail(happened);
            }
        }
        while let Some(front) = self.ready.front_mut().filter(|_| buffer.remaining() > 0) {
            let length = front.len().min(buffer.remaining());
            buffer.put_slice(&front[..length]);
            front.advance(length);
            if front.is_empty() {
                self.ready.pop_front();
            }
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(staged) = self.turn.outgoing.stage(data) {
            let _drained = self.poll_drain(cx);
            return Poll::Ready(Ok(staged));
        }
        ready!(self.poll_drain(cx));
        self.poll_send(cx, data).map(Ok)
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx));
        if self.turn.gave_up {
            return Poll::Ready(Ok(()));
        }
        match self.wire.poll_flush(cx) {
            Poll::Ready(Err(_)) => self.give_up(),
            Poll::Pending if !self.poll_early_answer(cx) => return Poll::Pending,
            Poll::Pending => self.give_up(),
            Poll::Ready(Ok(())) => {}
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_shutdown(cx)
    }

    /// Reads until there is something for awc.
    fn poll_pump(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Happened>> {
        if self.turn.framing.is_done() {
            return Poll::Ready(Err(Happened::Unexpected(
                "read after the end of the answer".to_owned(),
            )));
        }
        loop {
            if let Some(piece) = self.turn.framing.next(&mut self.input)? {
                self.hand_on(piece);
                return Poll::Ready(Ok(()));
            }
            match ready!(self.wire.poll_fill(cx, &mut self.input)) {
                Ok(0) => return Poll::Ready(self.end_of_input()),
                // Many servers end a body that lasts until close so; RFC 9112 §9.8 calls it incomplete, every browser whole.
                Err(error) if is_missing_close_notify(&error) => {
                    tracing::debug!("the server closed without a TLS close_notify");
                    return Poll::Ready(self.end_of_input());
                }
                Err(error) => return Poll::Ready(Err(Happened::broken(&error))),
                Ok(_) => self.note_received(),
            }
        }
    }

    fn note_received(&mut self) {
        let now = Instant::now();
        self.turn.moments.first_received.get_or_insert(now);
        self.turn.moments.last_received = Some(now);
    }

    fn end_of_input(&mut self) -> Result<(), Happened> {
        let piece = self.turn.framing.end_of_input()?;
        self.hand_on(piece);
        Ok(())
    }

    fn hand_on(&mut self, piece: Piece) {
        match piece {
            Piece::Head(head) => {
                self.turn.keep_alive = self.turn.framing.keep_alive();
                let ends = self.turn.framing.take_end();
                self.ready
                    .push_back(head_for_awc(head.status, self.turn.keep_alive, !ends));
                self.turn.head = Some(head);
                if ends {
                    self.finish();
                }
            }
            Piece::Data(data) => {
                self.ready
                    .push_back(Bytes::from(format!("{:x}\r\n", data.len())));
                self.ready.push_back(data);
                if self.turn.framing.take_end() {
                    self.ready.push_back(Bytes::from_static(b"\r\n0\r\n\r\n"));
                    self.finish();
                } else {
                    self.ready.push_back(Bytes::from_static(b"\r\n"));
                }
            }
            Piece::End => {
                self.ready.push_back(Bytes::from_static(b"0\r\n\r\n"));
                self.finish();
            }
        }
    }

    /// The answer is whole. Bytes after it are nobody's: the connection is out of step.
    fn finish(&mut self) {
        self.spent = !self.turn.keep_alive || self.turn.gave_up || !self.input.is_empty();
    }

    /// Sends what is staged.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(staged) = self.turn.outgoing.take() {
            let sent = self.poll_send(cx, &staged);
            let Poll::Ready(count) = sent else {
                self.turn.outgoing.put_back(staged);
                return Poll::Pending;
            };
            self.turn.outgoing.put_back(staged.slice(count..));
        }
        Poll::Ready(())
    }

    /// Sends, and never fails: if nothing can be sent any more, or the answer is there already, awc is led to believe that it
    /// was, and goes on to read. What it then reads is the answer, or the real failure.
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<usize> {
        if self.turn.gave_up {
            return Poll::Ready(data.len());
        }
        match self.wire.poll_write(cx, data) {
            Poll::Ready(Ok(count)) if count > 0 => {
                self.turn.moments.last_sent = self.wire.last_sent();
                self.turn.moments.first_sent =
                    self.turn.moments.first_sent.or(self.wire.last_sent());
                return Poll::Ready(count);
            }
            Poll::Ready(_) => {}
            Poll::Pending if !self.poll_early_answer(cx) => return Poll::Pending,
            Poll::Pending => {}
        }
        self.give_up();
        Poll::Ready(data.len())
    }

    fn give_up(&mut self) {
        self.turn.gave_up = true;
        self.spent = true;
    }

    /// Whether the server, though it has not taken the whole request, does not want the rest (RFC 9112 §9.5): it refused or
    /// it closes. It is only asked when it keeps us waiting.
    fn poll_early_answer(&mut self, cx: &mut Context<'_>) -> bool {
        while self.turn.happened.is_none()
            && !self.turn.framing.is_done()
            && self.counts().1 < EARLY_BYTES
        {
            match self.poll_pump(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(happened)) => self.fail(happened),
            }
        }
        let refused = self
            .turn
            .head
            .as_ref()
            .is_some_and(|head| head.status >= 300 || !self.turn.keep_alive);
        refused || self.turn.framing.is_done() || self.turn.happened.is_some()
    }

    fn fail(&mut self, happened: Happened) {
        self.turn.happened = Some(happened);
        self.spent = true;
    }
}

/// All that awc needs of a head: the status, whether a body follows, whether to keep the connection.
fn head_for_awc(status: u16, keep_alive: bool, body: bool) -> Bytes {
    let connection = if keep_alive {
        ""
    } else {
        "connection: close\r\n"
    };
    let framing = if body {
        "transfer-encoding: chunked"
    } else {
        "content-length: 0"
    };
    Bytes::from(format!(
        "HTTP/1.1 {status} \r\n{connection}{framing}\r\n\r\n"
    ))
}

/// awc drops the detail of errors; the real one is kept in the turn.
fn see_turn() -> io::Error {
    io::Error::other("see what happened to this turn")
}

impl Turn {
    fn new(wire: &Wire, expectation: &Expectation) -> Self {
        Self {
            framing: ResponseFraming::new(expectation.method, expectation.bounds),
            outgoing: Outgoing::new(expectation.has_date),
            head: None,
            keep_alive: false,
            happened: None,
            gave_up: false,
            sent_before: wire.sent(),
            received_before: wire.received(),
            moments: Moments::default(),
        }
    }
}
