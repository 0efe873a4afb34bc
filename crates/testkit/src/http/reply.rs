//! What a handler answers, and how it is sent.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;

use super::filler;
use crate::Gate;

/// One answer. Without options: at once, with a Content-Length, the connection stays open.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub(super) body: Body,
    pub(super) hold: Option<Gate>,
    pub(super) delay: Duration,
    pub(super) framing: Framing,
    pub(super) pace: Pace,
    pub(super) close: bool,
    pub(super) cut_after: Option<u64>,
    pub(super) abrupt: Option<Abrupt>,
}

/// Where a body comes from.
#[derive(Debug, Clone)]
pub enum Body {
    /// These bytes.
    Bytes(Bytes),
    /// So many bytes that nobody keeps in memory; see [`filler`].
    Filler(u64),
}

/// How an answer over HTTP/3 breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abrupt {
    /// The stream ends as if it were whole.
    Finish,
    /// The stream is reset, with this code (RFC 9114 §8.1).
    Reset(u64),
    /// The connection is closed, with this code.
    Close(u64),
}

/// How HTTP/1 says where a body ends; HTTP/2 has one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length,
    Chunked,
    UntilClose,
}

/// In what pieces a body leaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// At least 1, at most [`filler::PIECE`].
    pub(super) piece: usize,
    pub(super) pause: Duration,
}

impl Reply {
    /// Any status, no body.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Bytes(Bytes::new()),
            hold: None,
            delay: Duration::ZERO,
            framing: Framing::Length,
            pace: Pace {
                piece: filler::PIECE,
                pause: Duration::ZERO,
            },
            close: false,
            cut_after: None,
            abrupt: None,
        }
    }

    /// 200 with a body of this `Content-Type`.
    #[must_use]
    pub fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::status(200)
            .header("content-type", content_type)
            .body(body)
    }

    /// 200 with JSON.
    #[must_use]
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::ok("application/json", body)
    }

    /// 200 with text in UTF-8.
    #[must_use]
    pub fn text(body: impl Into<Bytes>) -> Self {
        Self::ok("text/plain; charset=utf-8", body)
    }

    /// Changes the status.
    #[must_use]
    pub const fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Never answers: the connection, or the stream, stays open until the client gives up.
    #[must_use]
    pub fn never() -> Self {
        Self::status(200).hold(&Gate::new())
    }

    /// Adds a field; the same name may come again. It is sent as written (HTTP/2: in lower case), so it may not hold line breaks.
    #[must_use]
    pub fn header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes(body.into());
        self
    }

    /// Sets a body of `length` bytes of [`filler`].
    #[must_use]
    pub fn filler(mut self, length: u64) -> Self {
        self.body = Body::Filler(length);
        self
    }

    /// Waits for the gate before the first byte of the answer.
    #[must_use]
    pub fn hold(mut self, gate: &Gate) -> Self {
        self.hold = Some(gate.clone());
        self
    }

    /// Waits for some real time (behind the gate, if there is one) before the first byte of the answer.
    #[must_use]
    pub const fn delay(mut self, time: Duration) -> Self {
        self.delay = time;
        self
    }

    /// Sends the body in pieces of this size (1 to 65,536) with a pause between two: a slow drip.
    #[must_use]
    pub fn drip(mut self, piece: usize, pause: Duration) -> Self {
        self.pace = Pace {
            piece: piece.clamp(1, filler::PIECE),
            pause,
        };
        self
    }

    /// Over HTTP/1, in chunks: one for each piece of [`drip`](Self::drip), else of 64 KiB.
    #[must_use]
    pub const fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    /// Over HTTP/1, without length or chunks: the close of the connection ends the body.
    #[must_use]
    pub const fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self.close = true;
        self
    }

    /// Over HTTP/1, says `Connection: close` and does it. Over HTTP/3, says that it takes no more requests on this connection.
    #[must_use]
    pub const fn close(mut self) -> Self {
        self.close = true;
        self
    }

    /// Breaks off after so many bytes of the body: HTTP/1 drops the connection, HTTP/2 and HTTP/3 reset the stream. The length that was
    /// announced stays the whole one.
    #[must_use]
    pub const fn cut_after(mut self, bytes: u64) -> Self {
        self.cut_after = Some(bytes);
        self
    }

    /// Over HTTP/3, breaks off in this way: where [`cut_after`](Self::cut_after) says, else in place of an answer.
    #[must_use]
    pub const fn abrupt(mut self, how: Abrupt) -> Self {
        self.abrupt = Some(how);
        self
    }

    /// Waits as the options say.
    pub(super) async fn wait(hold: Option<Gate>, delay: Duration) {
        if let Some(gate) = hold {
            gate.wait().await;
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// Whether it has to wait at all.
    pub(super) const fn waits(&self) -> bool {
        self.hold.is_some() || !self.delay.is_zero()
    }

    /// Whether an answer of this status to this method has a body at all (RFC 9110 §6.4.1).
    pub(super) fn has_body(&self, method: &str) -> bool {
        method != "HEAD" && !matches!(self.status, 100..200 | 204 | 304)
    }

    /// So many bytes of the body are sent.
    pub(super) fn sent_length(&self) -> u64 {
        let length = self.body.len();
        self.cut_after.map_or(length, |cut| cut.min(length))
    }
}

impl Body {
    /// Its length.
    #[must_use]
    pub const fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Filler(length) => *length,
        }
    }

    /// Whether it has no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes from `at` on, `size` of them or fewer, up to `end`.
    pub(super) fn piece(&self, at: u64, size: usize, end: u64) -> Bytes {
        let size = usize::try_from(end - at).map_or(size, |rest| rest.min(size));
        match self {
            Self::Bytes(bytes) => {
                let at = usize::try_from(at).expect("a body in memory has offsets that fit");
                bytes.slice(at..at + size)
            }
            Self::Filler(_) => filler::piece(at, size),
        }
    }
}
