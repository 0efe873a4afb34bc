//! From a permitted target to an open socket.

use std::{future::poll_fn, sync::Arc, time::Instant};

use appnet_policy::{
    exchange::{Profile, ResponseHead},
    socket::{SocketLimits, SocketRequest},
};
use appnet_websocket::{Agreed, Handshake, HandshakeError, WebSocket};
use bytes::BytesMut;

use super::{Opened, Socket};
use crate::{
    HttpClient, IoFailure,
    connect::{Destination, DialTimes, Facts},
    error::ExchangeError,
    framing::{Bounds, UpgradeReply},
    journal::{Journal, Moments, Traffic},
    pool::Pool,
    slice::SliceLength,
    wire::Wire,
};

impl HttpClient {
    /// Opens a permitted socket (W4): connects as for a request, on a connection of its own and over HTTP/1.1 only, and shakes hands.
    /// No redirect is followed. Cookies are sent and kept as for a request, where the app has a jar.
    ///
    /// It has no deadline of its own (T2): dropped, it closes the connection. It must be polled inside a `LocalSet`, and the socket
    /// lives there.
    ///
    /// # Errors
    /// [`IoFailure`]: no connection, or an answer that does not open the socket, with the reason.
    pub async fn connect_socket(
        &self,
        mut request: Box<SocketRequest>,
        limits: SocketLimits,
    ) -> Result<(Socket, Opened), IoFailure> {
        let cookie = self.cookies.field_for(&request.target, &request.headers);
        request.headers.extend(cookie);
        let (socket, opened) = connect(&self.pool, &request, limits, &self.slices)
            .await
            .map_err(ExchangeError::into_failure)?;
        self.cookies.keep(&request.target, &opened.head);
        Ok((socket, opened))
    }
}

async fn connect(
    pool: &Pool,
    request: &SocketRequest,
    limits: SocketLimits,
    slices: &SliceLength,
) -> Result<(Socket, Opened), ExchangeError> {
    let handshake = Handshake::new(request)?;
    let mut journal = Journal::new(false);
    journal.begin_hop(0);
    let (mut wire, facts) = dial(pool, request, &mut journal).await?;
    let mut input = BytesMut::new();
    let bounds = Bounds::from(&request.target.rules().policy().limits);
    let first_sent = Instant::now();
    send(&mut wire, handshake.request()).await?;
    let (head, first_received) = receive(&mut wire, &mut input, bounds).await?;
    let Agreed { protocol, deflate } = handshake.handle_reply(&head)?;
    journal.traffic(&traffic(&wire, first_sent, first_received));
    let websocket = WebSocket::new(limits, deflate, Instant::now());
    let socket = Socket::new(wire, input, websocket, pool.spawn(), slices);
    Ok((socket, opened(head, protocol, journal, facts)))
}

async fn dial(
    pool: &Pool,
    request: &SocketRequest,
    journal: &mut Journal,
) -> Result<(Wire, Facts), ExchangeError> {
    let destination = Destination::for_socket(request);
    let mut times = DialTimes::default();
    let dialled = pool.dial_apart(&destination, &mut times).await?;
    journal.dialled(&times);
    Ok((Wire::new(dialled.transport), dialled.facts))
}

async fn send(wire: &mut Wire, mut bytes: &[u8]) -> Result<(), ExchangeError> {
    while !bytes.is_empty() {
        let written = poll_fn(|cx| wire.poll_write(cx, bytes)).await;
        bytes = &bytes[written.map_err(|error| ExchangeError::broken(&error))?..];
    }
    poll_fn(|cx| wire.poll_flush(cx))
        .await
        .map_err(|error| ExchangeError::broken(&error))
}

/// The head of the answer, and when its first byte came.
async fn receive(
    wire: &mut Wire,
    input: &mut BytesMut,
    bounds: Bounds,
) -> Result<(ResponseHead, Instant), ExchangeError> {
    let mut reply = UpgradeReply::new(bounds);
    let mut first_received = None;
    loop {
        let read = poll_fn(|cx| wire.poll_fill(cx, input)).await;
        if read.map_err(|error| ExchangeError::broken(&error))? == 0 {
            return Err(reply.end_of_input().into());
        }
        let first = *first_received.get_or_insert_with(Instant::now);
        if let Some(head) = reply.next(input)? {
            return Ok((head, first));
        }
    }
}

fn traffic(wire: &Wire, first_sent: Instant, first_received: Instant) -> Traffic {
    Traffic {
        moments: Moments {
            first_sent: Some(first_sent),
            last_sent: wire.last_sent(),
            first_received: Some(first_received),
            last_received: Some(Instant::now()),
        },
        sent: wire.sent(),
        received: wire.received(),
    }
}

fn opened(
    head: ResponseHead,
    protocol: Option<String>,
    mut journal: Journal,
    facts: Facts,
) -> Opened {
    let (profile, _) = journal.take_parts();
    Opened {
        head,
        protocol,
        profile: Arc::new(Profile {
            peer: facts.peer,
            tls_version: facts.tls_version,
            protocol: Some("http/1.1"),
            ..profile
        }),
        would_refuse: facts.would_refuse,
    }
}

impl From<HandshakeError> for ExchangeError {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::UnsendableHeader(name) => Self::UnsendableHeader(name),
            HandshakeError::Refused { status } => Self::HandshakeRefused { status },
            HandshakeError::Mismatch(_) => Self::Malformed(error.to_string()),
        }
    }
}
