//! A TCP connection that may be part of a weak network. Without a shape it is the connection itself and a look at a flag.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep, sleep_until},
};

use crate::{
    path::{self, Measured},
    shaping::{BrokenByShape, Passage, Shaping, Waiting},
};

/// One connection.
pub(crate) struct Line {
    tcp: TcpStream,
    shaping: Shaping,
    waiting: Arc<Waiting>,
    /// While there is a shape, and until all that it has delayed is read.
    delayed: Option<Box<Delayed>>,
    /// Whether what passes is a handshake still.
    handshake: bool,
    /// Segments that the shape has lost.
    lost: u32,
}

/// What is on its way.
struct Delayed {
    /// What came, and when it is there.
    pieces: VecDeque<(Instant, Bytes)>,
    bytes: usize,
    /// What comes after them: nothing, or an error.
    end: Option<(Instant, io::Result<()>)>,
    /// When the last of it is there.
    last: Instant,
    may_read: Instant,
    may_write: Instant,
    reset: bool,
    read_timer: Pin<Box<Sleep>>,
    write_timer: Pin<Box<Sleep>>,
}

/// What may be on its way of one connection (I2): what a fast network with a long round trip holds.
const MOST_BYTES: usize = 1 << 20;

/// What is taken in at once (I1).
const MOST_AT_ONCE: usize = 256 << 10;

impl Line {
    /// Of a connection that was made: with a shape it takes its round trip longer.
    ///
    /// # Errors
    /// The app was taken off the network meanwhile.
    pub(crate) async fn connected(tcp: TcpStream, shaping: Shaping) -> Result<Self, BrokenByShape> {
        let longer = shaping.connect();
        if !longer.is_zero() {
            sleep(longer).await;
        }
        shaping.online()?;
        Ok(Self {
            tcp,
            waiting: shaping.waiting(),
            shaping,
            delayed: None,
            handshake: true,
            lost: 0,
        })
    }

    /// The handshakes are done.
    pub(crate) const fn established(&mut self) {
        self.handshake = false;
    }

    /// What the kernel has measured, and what the shape adds to it.
    pub(crate) fn measured(&self) -> Option<Measured> {
        let measured = path::measured(&self.tcp)?;
        let longer = self.shaping.shape().map(|shape| shape.latency);
        Some(Measured {
            rtt: measured.rtt + longer.unwrap_or_default(),
            retransmitted: measured.retransmitted.saturating_add(self.lost),
        })
    }

    const fn is_plain(&self) -> bool {
        self.delayed.is_none()
    }

    fn poll_delayed(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.waiting.reader.register(cx.waker());
        self.shaping.online()?;
        loop {
            self.take_in(cx);
            let shaped = self.shaping.is_on();
            let delayed = self.delayed.get_or_insert_with(Delayed::new);
            if let Some(read) = delayed.give(buffer, shaped) {
                return Poll::Ready(read);
            }
            if !shaped {
                self.delayed = None;
                return Pin::new(self).poll_read(cx, buffer);
            }
            ready!(delayed.poll_next_moment(cx));
        }
    }

    /// Reads what may come now, and finds out when it is there.
    fn take_in(&mut self, cx: &mut Context<'_>) {
        let delayed = self.delayed.get_or_insert_with(Delayed::new);
        let mut taken = 0;
        while let Some(piece) = self.shaping.piece_down().filter(|_| delayed.takes_more()) {
            if taken >= MOST_AT_ONCE {
                cx.waker().wake_by_ref();
                return;
            }
            let mut room = vec![0; piece.min(MOST_BYTES - delayed.bytes)];
            let mut buffer = ReadBuf::new(&mut room);
            let Poll::Ready(read) = Pin::new(&mut self.tcp).poll_read(cx, &mut buffer) else {
                return;
            };
            let length = buffer.filled().len();
            taken += length;
            let passage = self.shaping.receive(length, delayed.last, self.handshake);
            room.truncate(length);
            self.lost += delayed.came(read, room, passage);
        }
    }
}

impl Delayed {
    fn new() -> Box<Self> {
        let now = Instant::now();
        Box::new(Self {
            pieces: VecDeque::new(),
            bytes: 0,
            end: None,
            last: now,
            may_read: now,
            may_write: now,
            reset: false,
            read_timer: Box::pin(sleep_until(now)),
            write_timer: Box::pin(sleep_until(now)),
        })
    }

    fn has_room(&self) -> bool {
        self.end.is_none() && self.bytes < MOST_BYTES
    }

    /// One piece at a time is on the link: the app's connections take turns.
    fn takes_more(&self) -> bool {
        self.has_room() && self.may_read <= Instant::now()
    }

    /// How many segments were lost.
    fn came(&mut self, read: io::Result<()>, data: Vec<u8>, passage: Option<Passage>) -> u32 {
        let now = Instant::now();
        let (sent, there, lost) = match passage {
            Some(Passage::Passes { sent, there, lost }) => (sent, there, lost),
            Some(Passage::Reset) => {
                self.reset();
                return 0;
            }
            None => (now, now, 0),
        };
        (self.may_read, self.last) = (sent, there.max(self.last));
        if read.is_err() || data.is_empty() {
            self.end = Some((self.last, read));
        } else {
            self.bytes += data.len();
            self.pieces.push_back((self.last, data.into()));
        }
        lost
    }

    /// What is on its way is lost.
    fn reset(&mut self) {
        self.reset = true;
        self.pieces.clear();
        self.bytes = 0;
        self.end = Some((Instant::now(), Err(BrokenByShape::Reset.into())));
    }

    /// What is there; without a shape, all is.
    fn give(&mut self, buffer: &mut ReadBuf<'_>, shaped: bool) -> Option<io::Result<()>> {
        let now = Instant::now();
        let is_there = |at: Instant| !shaped || at <= now;
        if let Some((at, piece)) = self.pieces.front_mut() {
            if !is_there(*at) {
                return None;
            }
            let length = piece.len().min(buffer.remaining());
            buffer.put_slice(&piece[..length]);
            piece.advance(length);
            self.bytes -= length;
            if piece.is_empty() {
                self.pieces.pop_front();
            }
            return Some(Ok(()));
        }
        let (at, _) = self.end.as_ref()?;
        if !is_there(*at) {
            return None;
        }
        let (at, end) = self.end.take()?;
        self.end = Some((at, Ok(()))); // after an error there is nothing
        Some(end)
    }

    /// Waits until something is there, or more may be read.
    fn poll_next_moment(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let there = self.pieces.front().map(|(at, _)| *at);
        let there = there.or_else(|| self.end.as_ref().map(|(at, _)| *at));
        let may_read = Some(self.may_read).filter(|at| self.has_room() && *at > Instant::now());
        let Some(next) = there.into_iter().chain(may_read).min() else {
            return Poll::Pending; // for the peer
        };
        self.read_timer.as_mut().reset(next);
        self.read_timer.as_mut().poll(cx)
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_plain() || this.shaping.is_on() {
            return this.poll_delayed(cx, buffer);
        }
        let read = Pin::new(&mut this.tcp).poll_read(cx, buffer);
        if read.is_pending() {
            this.waiting.reader.register(cx.waker());
            if this.shaping.is_on() {
                cx.waker().wake_by_ref(); // it was set in between
            }
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let reset = this.delayed.as_ref().is_some_and(|it| it.reset);
        if reset {
            return Poll::Ready(Err(BrokenByShape::Reset.into()));
        }
        let Some(piece) = this.shaping.piece_up() else {
            return Pin::new(&mut this.tcp).poll_write(cx, data);
        };
        this.waiting.writer.register(cx.waker());
        this.shaping.online()?;
        let delayed = this.delayed.get_or_insert_with(Delayed::new);
        if delayed.may_write > Instant::now() {
            delayed.write_timer.as_mut().reset(delayed.may_write);
            ready!(delayed.write_timer.as_mut().poll(cx));
        }
        let piece = &data[..data.len().min(piece)];
        let written = ready!(Pin::new(&mut this.tcp).poll_write(cx, piece))?;
        match this.shaping.send(written) {
            Some(Passage::Passes { sent, lost, .. }) => {
                delayed.may_write = sent;
                this.lost += lost;
                Poll::Ready(Ok(written))
            }
            None => Poll::Ready(Ok(written)),
            Some(Passage::Reset) => {
                delayed.reset();
                this.waiting.reader.wake();
                Poll::Ready(Err(BrokenByShape::Reset.into()))
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_plain() && !self.shaping.is_on() {
            return Pin::new(&mut self.get_mut().tcp).poll_write_vectored(cx, slices);
        }
        let first = slices.iter().find(|slice| !slice.is_empty());
        self.poll_write(cx, first.map_or(&[], |slice| &**slice))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}
