//! The QUIC connection as h3 has it: h3-quinn's, with bounds around what a server may send (P6, I1, I2).

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::{Rc, Weak},
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use h3::{
    error::Code,
    quic::{self, ConnectionErrorIncoming, StreamErrorIncoming, StreamId, WriteBuf},
};

use super::frames::{Fault, Frames};
use crate::journal::Traffic;

/// Bytes that one stream gives in a row; then the thread is given back (I1).
const STRIDE: usize = 64 << 10;

/// Bytes of a stream that a server opens, and how many it opens: settings and instructions, of which a few hundred bytes are usual.
const MOST_OF_SERVER_STREAM: usize = 64 << 10;
const MOST_SERVER_STREAMS: usize = 32;

/// What is known of one call on a connection.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) traffic: Traffic,
    pub(super) fault: Option<Fault>,
}

pub(super) type SharedLog = Rc<RefCell<Log>>;

/// The logs of streams that were opened, by their numbers.
#[derive(Clone, Default)]
pub(super) struct Logs(Rc<RefCell<BTreeMap<u64, Weak<RefCell<Log>>>>>);

impl Logs {
    /// The log of this stream.
    pub(super) fn of(&self, stream: StreamId) -> SharedLog {
        let found = self
            .0
            .borrow()
            .get(&stream.into_inner())
            .and_then(Weak::upgrade);
        found.unwrap_or_default()
    }

    fn open(&self, stream: StreamId) -> SharedLog {
        let log = SharedLog::default();
        let mut logs = self.0.borrow_mut();
        logs.retain(|_, log| log.strong_count() > 0);
        logs.insert(stream.into_inner(), Rc::downgrade(&log));
        log
    }
}

/// A connection of QUIC.
pub(super) struct Quic {
    inner: h3_quinn::Connection,
    logs: Logs,
    most_headers: usize,
    accepted: usize,
}

/// Opens streams on it.
pub(super) struct Opener {
    inner: h3_quinn::OpenStreams,
    logs: Logs,
    most_headers: usize,
}

/// A call's stream, both ways.
pub(super) struct CallStream {
    send: SendHalf,
    receive: ReceiveHalf,
}

pub(super) struct SendHalf {
    inner: h3_quinn::SendStream<Bytes>,
    log: SharedLog,
}

pub(super) struct ReceiveHalf {
    inner: Reader,
    frames: Frames,
    log: SharedLog,
    in_a_row: usize,
}

/// A stream that the server opened.
pub(super) struct ServerStream {
    inner: Reader,
    left: usize,
}

/// What h3-quinn reads with. It panics when it is asked to stop, or who it is, while it waits for data.
struct Reader {
    inner: h3_quinn::RecvStream,
    id: StreamId,
    waits: bool,
}

impl Reader {
    fn new(inner: h3_quinn::RecvStream) -> Self {
        Self {
            id: quic::RecvStream::recv_id(&inner),
            inner,
            waits: false,
        }
    }

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        let polled = quic::RecvStream::poll_data(&mut self.inner, cx);
        self.waits = polled.is_pending();
        polled
    }

    /// Where it waits, the drop that follows stops it.
    fn stop_sending(&mut self, code: u64) {
        if !self.waits {
            quic::RecvStream::stop_sending(&mut self.inner, code);
        }
    }
}

impl Quic {
    pub(super) fn new(connection: quinn::Connection, logs: Logs, most_headers: usize) -> Self {
        Self {
            inner: h3_quinn::Connection::new(connection),
            logs,
            most_headers,
            accepted: 0,
        }
    }

    fn call_stream(&self, stream: h3_quinn::BidiStream<Bytes>) -> CallStream {
        CallStream::new(stream, &self.logs, self.most_headers)
    }
}

impl quic::Connection<Bytes> for Quic {
    type RecvStream = ServerStream;
    type OpenStreams = Opener;

    fn poll_accept_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::RecvStream, ConnectionErrorIncoming>> {
        let inner = ready!(quic::Connection::<Bytes>::poll_accept_recv(
            &mut self.inner,
            cx
        ))?;
        self.accepted += 1;
        if self.accepted > MOST_SERVER_STREAMS {
            return Poll::Ready(Err(ConnectionErrorIncoming::InternalError(
                "the server opens streams without end".to_owned(),
            )));
        }
        Poll::Ready(Ok(ServerStream {
            inner: Reader::new(inner),
            left: MOST_OF_SERVER_STREAM,
        }))
    }

    fn poll_accept_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::BidiStream, ConnectionErrorIncoming>> {
        let stream = ready!(self.inner.poll_accept_bidi(cx))?;
        Poll::Ready(Ok(self.call_stream(stream)))
    }

    fn opener(&self) -> Self::OpenStreams {
        Opener {
            inner: quic::Connection::<Bytes>::opener(&self.inner),
            logs: self.logs.clone(),
            most_headers: self.most_headers,
        }
    }
}

impl quic::OpenStreams<Bytes> for Quic {
    type BidiStream = CallStream;
    type SendStream = SendHalf;

    fn poll_open_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::BidiStream, StreamErrorIncoming>> {
        let stream = ready!(self.inner.poll_open_bidi(cx))?;
        Poll::Ready(Ok(self.call_stream(stream)))
    }

    fn poll_open_send(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::SendStream, StreamErrorIncoming>> {
        let inner = ready!(self.inner.poll_open_send(cx))?;
        let log = SharedLog::default();
        Poll::Ready(Ok(SendHalf { inner, log }))
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        quic::OpenStreams::<Bytes>::close(&mut self.inner, code, reason);
    }
}

impl quic::OpenStreams<Bytes> for Opener {
    type BidiStream = CallStream;
    type SendStream = SendHalf;

    fn poll_open_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::BidiStream, StreamErrorIncoming>> {
        let stream = ready!(self.inner.poll_open_bidi(cx))?;
        Poll::Ready(Ok(CallStream::new(stream, &self.logs, self.most_headers)))
    }

    fn poll_open_send(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::SendStream, StreamErrorIncoming>> {
        let inner = ready!(self.inner.poll_open_send(cx))?;
        let log = SharedLog::default();
        Poll::Ready(Ok(SendHalf { inner, log }))
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        quic::OpenStreams::<Bytes>::close(&mut self.inner, code, reason);
    }
}

impl Clone for Opener {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            logs: self.logs.clone(),
            most_headers: self.most_headers,
        }
    }
}

impl CallStream {
    fn new(stream: h3_quinn::BidiStream<Bytes>, logs: &Logs, most_headers: usize) -> Self {
        let (send, receive) = quic::BidiStream::split(stream);
        let log = logs.open(quic::SendStream::<Bytes>::send_id(&send));
        Self {
            send: SendHalf {
                inner: send,
                log: Rc::clone(&log),
            },
            receive: ReceiveHalf {
                inner: Reader::new(receive),
                frames: Frames::new(most_headers),
                log,
                in_a_row: 0,
            },
        }
    }
}

impl quic::BidiStream<Bytes> for CallStream {
    type SendStream = SendHalf;
    type RecvStream = ReceiveHalf;

    fn split(self) -> (Self::SendStream, Self::RecvStream) {
        (self.send, self.receive)
    }
}

impl quic::SendStream<Bytes> for CallStream {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.send.poll_ready(cx)
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        self.send.send_data(data)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.send.poll_finish(cx)
    }

    fn reset(&mut self, code: u64) {
        self.send.reset(code);
    }

    fn send_id(&self) -> StreamId {
        self.send.send_id()
    }
}

impl quic::RecvStream for CallStream {
    type Buf = Bytes;

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        self.receive.poll_data(cx)
    }

    fn stop_sending(&mut self, code: u64) {
        self.receive.stop_sending(code);
    }

    fn recv_id(&self) -> StreamId {
        self.receive.recv_id()
    }
}

impl quic::SendStream<Bytes> for SendHalf {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.inner.poll_ready(cx)
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        let data = data.into();
        let mut log = self.log.borrow_mut();
        log.traffic.sent += bytes::Buf::remaining(&data) as u64;
        log.traffic.moments.note_sent(Instant::now());
        self.inner.send_data(data)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.inner.poll_finish(cx)
    }

    fn reset(&mut self, code: u64) {
        self.inner.reset(code);
    }

    fn send_id(&self) -> StreamId {
        self.inner.send_id()
    }
}

impl ReceiveHalf {
    fn ends_with(&mut self, fault: Fault) -> StreamErrorIncoming {
        let error_code = Code::H3_EXCESSIVE_LOAD.value();
        self.log.borrow_mut().fault = Some(fault);
        self.inner.stop_sending(error_code);
        StreamErrorIncoming::StreamTerminated { error_code }
    }
}

impl quic::RecvStream for ReceiveHalf {
    type Buf = Bytes;

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        loop {
            match self.frames.next() {
                Ok(Some(piece)) => return Poll::Ready(Ok(Some(piece))),
                Ok(None) => {}
                Err(fault) => return Poll::Ready(Err(self.ends_with(fault))),
            }
            if self.in_a_row >= STRIDE {
                self.in_a_row = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let Poll::Ready(data) = self.inner.poll_data(cx) else {
                self.in_a_row = 0;
                return Poll::Pending;
            };
            let Some(data) = data? else {
                let ended = self.frames.end();
                return Poll::Ready(ended.map(|()| None).map_err(|fault| self.ends_with(fault)));
            };
            self.in_a_row += data.len();
            let mut log = self.log.borrow_mut();
            log.traffic.received += data.len() as u64;
            log.traffic.moments.note_received(Instant::now());
            drop(log);
            self.frames.push(data);
        }
    }

    fn stop_sending(&mut self, code: u64) {
        self.inner.stop_sending(code);
    }

    fn recv_id(&self) -> StreamId {
        self.inner.id
    }
}

impl quic::RecvStream for ServerStream {
    type Buf = Bytes;

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        let data = ready!(self.inner.poll_data(cx))?;
        let length = data.as_ref().map_or(0, Bytes::len);
        let Some(left) = self.left.checked_sub(length) else {
            let connection_error = ConnectionErrorIncoming::InternalError(
                "the server sends settings without end".to_owned(),
            );
            return Poll::Ready(Err(StreamErrorIncoming::ConnectionErrorIncoming {
                connection_error,
            }));
        };
        self.left = left;
        Poll::Ready(Ok(data))
    }

    fn stop_sending(&mut self, code: u64) {
        self.inner.stop_sending(code);
    }

    fn recv_id(&self) -> StreamId {
        self.inner.id
    }
}
