//! HTTP/1.1 with keep-alive, one request after the other.

use std::{io::Write as _, time::Duration};

use bytes::Buf as _;
use http::StatusCode;

use super::{
    Service,
    counters::Guard,
    reply::{Framing, Reply},
    request::{Headers, Request},
};
use crate::{
    body::{Body, BodyKind},
    conn::Conn,
    peer::{Gone, Peer},
};

/// More fields, or a longer head, are answered with 431.
const MAX_FIELDS: usize = 128;
const MAX_HEAD: usize = 256 * 1024;

/// How long a closed connection is read on, so that the answer is not lost with an RST (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);

/// Serves a connection until either side closes it.
pub(super) async fn serve(conn: Conn, service: &Service, connection: usize) {
    let mut http1 = Http1 {
        peer: Peer::new(conn),
        out: Vec::new(),
        service,
        connection,
    };
    loop {
        match http1.exchange().await {
            Ok(After::Next) => {}
            Ok(After::Close) => return http1.close().await,
            // The peer is gone, or must believe that we are.
            Err(_) => return,
        }
    }
}

/// What follows an answer.
#[derive(Debug, PartialEq, Eq)]
enum After {
    Next,
    Close,
}

struct Http1<'a> {
    peer: Peer,
    /// The head being written, reused.
    out: Vec<u8>,
    service: &'a Service,
    connection: usize,
}

impl Http1<'_> {
    async fn exchange(&mut self) -> Result<After, Gone> {
        let head = match self.read_head().await? {
            Ok(head) => head,
            Err(refusal) => {
                return self
                    .write(&Reply::status(refusal).close(), "GET", None)
                    .await;
            }
        };
        let body = self.read_body(&head).await?;
        let service = self.service;
        let in_flight = service.counters.request();
        let mut reply = self.ask(&head, body.as_ref());
        reply.close |= !head.keep_alive;
        self.peer
            .buf
            .advance(head.length + body.map_or(head.body.length(), |body| body.wire_length));
        if reply.waits() {
            let wait = Reply::wait(reply.hold.take(), reply.delay);
            self.peer.watch_while(wait).await?;
        }
        // Only HEAD matters to framing.
        let method = if head.is_head { "HEAD" } else { "GET" };
        self.write(&reply, method, Some(in_flight)).await
    }

    async fn read_head(&mut self) -> Result<Result<Head, u16>, Gone> {
        loop {
            match Head::peek(&self.peer.buf) {
                Ok(Some(head)) => return Ok(Ok(head)),
                Ok(None) if self.peer.buf.len() > MAX_HEAD => return Ok(Err(431)),
                Ok(None) => self.peer.fill().await?,
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
    }

    /// Reads until the body is whole. A body of a known length stays where it is, in the buffer.
    async fn read_body(&mut self, head: &Head) -> Result<Option<Body>, Gone> {
        let mut continues = head.expects_continue;
        loop {
            let rest = &self.peer.buf[head.length..];
            match head.body {
                BodyKind::Length(length) if rest.len() >= length => return Ok(None),
                BodyKind::Length(_) => {}
                BodyKind::Chunked => {
                    if let Some(body) = head.body.whole(rest) {
                        return Ok(Some(body));
                    }
                }
            }
            if std::mem::take(&mut continues) {
                self.peer.send(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
            self.peer.fill().await?;
        }
    }

    /// Calls the handler with the request at the start of the buffer.
    fn ask(&self, head: &Head, body: Option<&Body>) -> Reply {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut parsed = httparse::Request::new(&mut fields);
        let (bytes, rest) = self.peer.buf.split_at(head.length);
        if parsed.parse(bytes).is_err() {
            return Reply::status(400).close();
        }
        let request = Request {
            method: parsed.method.unwrap_or_default(),
            target: parsed.path.unwrap_or_default(),
            authority: value(parsed.headers, "host").unwrap_or_default(),
            http2: false,
            headers: Headers::http1(parsed.headers),
            body: body.map_or_else(|| &rest[..head.body.length()], |body| &body.content),
            connection: self.connection,
        };
        (self.service.handler)(&request)
    }

    async fn write(
        &mut self,
        reply: &Reply,
        method: &str,
        in_flight: Option<Guard<'_>>,
    ) -> Result<After, Gone> {
        self.out.clear();
        write_head(&mut self.out, reply);
        if reply.has_body(method) {
            self.write_body(reply, in_flight).await?;
        } else {
            drop(in_flight);
            self.flush().await?;
        }
        if reply.cut_after.is_some() {
            return Err(Gone::Closed);
        }
        Ok(if reply.close {
            After::Close
        } else {
            After::Next
        })
    }

    async fn write_body(
        &mut self,
        reply: &Reply,
        in_flight: Option<Guard<'_>>,
    ) -> Result<(), Gone> {
        let end = reply.sent_length();
        let mut at = 0;
        // Small bodies leave with their head, in one write and one TLS record.
        while at < end {
            let piece = reply.body.piece(at, reply.pace.piece, end);
            at += piece.len() as u64;
            self.put(reply.framing, &piece);
            if at < end {
                self.flush().await?;
                if !reply.pace.pause.is_zero() {
                    self.peer
                        .watch_while(tokio::time::sleep(reply.pace.pause))
                        .await?;
                }
            }
        }
        if reply.framing == Framing::Chunked && reply.cut_after.is_none() {
            self.out.extend_from_slice(b"0\r\n\r\n");
        }
        drop(in_flight);
        self.flush().await
    }

    fn put(&mut self, framing: Framing, piece: &[u8]) {
        match framing {
            Framing::Length | Framing::UntilClose => self.out.extend_from_slice(piece),
            Framing::Chunked => {
                write!(self.out, "{:x}\r\n", piece.len()).expect("a Vec takes everything");
                self.out.extend_from_slice(piece);
                self.out.extend_from_slice(b"\r\n");
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        self.peer.send(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    async fn close(mut self) {
        let closed = async {
            self.peer.conn.close_notify().await?;
            self.peer.conn.fin().await
        };
        if closed.await.is_ok() {
            // Either way the connection is dropped next.
            drop(tokio::time::timeout(LINGER, self.peer.drain()).await);
        }
    }
}

fn write_head(out: &mut Vec<u8>, reply: &Reply) {
    let reason = StatusCode::from_u16(reply.status)
        .ok()
        .and_then(|s| s.canonical_reason())
        .unwrap_or("");
    write!(out, "HTTP/1.1 {:03} {reason}\r\n", reply.status).expect("a Vec takes everything");
    for (name, value) in &reply.headers {
        for part in [name, ": ", value, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    if reply.close {
        out.extend_from_slice(b"connection: close\r\n");
    }
    // RFC 9110 §8.6 forbids a length for 1xx and 204; 304 may have none, since it is no length of what follows.
    if reply.has_body("GET") {
        match reply.framing {
            Framing::Length => write!(out, "content-length: {}\r\n", reply.body.len())
                .expect("a Vec takes everything"),
            Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
            Framing::UntilClose => {}
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// What must be known of a head before the body is read.
struct Head {
    length: usize,
    body: BodyKind,
    keep_alive: bool,
    expects_continue: bool,
    is_head: bool,
}

impl Head {
    /// The head at the start of `bytes`, once it is whole.
    ///
    /// # Errors
    /// The status to refuse it with.
    fn peek(bytes: &[u8]) -> Result<Option<Self>, u16> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut parsed = httparse::Request::new(&mut fields);
        let length = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(431),
            Err(_) => return Err(400),
        };
        let fields = &*parsed.headers;
        let says =
            |name, word: &str| value(fields, name).is_some_and(|v| v.eq_ignore_ascii_case(word));
        Ok(Some(Self {
            length,
            body: BodyKind::new(
                value(fields, "transfer-encoding"),
                value(fields, "content-length"),
            ),
            keep_alive: parsed.version == Some(1) && !says("connection", "close"),
            expects_continue: says("expect", "100-continue"),
            is_head: parsed.method == Some("HEAD"),
        }))
    }
}

fn value<'a>(fields: &[httparse::Header<'a>], name: &str) -> Option<&'a str> {
    let field = fields
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(field.value).ok()
}
