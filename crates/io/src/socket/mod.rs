//! One WebSocket connection: handshake, messages both ways, close handshake (RFC 6455), and compression (RFC 7692) where asked for.
//!
//! The way in is [`HttpClient::connect_socket`](crate::HttpClient::connect_socket) with a target that the policy has permitted: the
//! same route, address check, trust and TLS sessions as the app's HTTP calls (U7, K3). Frames are read strictly and as they come,
//! without I/O ([`incoming`]); what is sent waits in an [`outbox`] that a task of the socket empties, so that a peer that does
//! not read holds up the sender alone (see `docs/decisions/0003-websocket.md`).
//!
//! Not here: how many sockets an app has (C3), what an app hears (W1), which close codes it may use (W3), how long the handshake may
//! take (T2): that deadline is kept by whoever drops the future.

mod connect;
mod deflate;
mod extension;
mod frame;
mod handshake;
mod incoming;
mod inflate;
mod outbox;
mod receive;
mod sender;
mod utf8;
mod violation;
mod writer;

use std::time::Duration;

use appnet_policy::{
    Permitted, Target,
    exchange::{Header, Profile, ResponseHead},
};
use bytes::Bytes;

pub use receive::Socket;
pub use sender::{SendError, Sending, SocketSender};

use crate::IoFailure;

/// A socket that policy has permitted; I/O connects it as it is.
#[derive(Debug, Clone)]
pub struct SocketRequest {
    /// Where to, checked (U1): `ws:` or `wss:`.
    pub target: Permitted<Target>,
    /// All headers but those of the handshake itself, in order: the app's (R2), Origin, Referer (R1), User-Agent.
    pub headers: Vec<Header>,
    /// `protocols`, best first; each a token. Empty: none is asked for.
    pub protocols: Vec<String>,
    /// `tcpNoDelay`: whether small frames leave at once instead of waiting for each other.
    pub tcp_no_delay: bool,
    /// `perMessageDeflate`: whether compression is offered (RFC 7692).
    pub per_message_deflate: bool,
}

/// Bounds of one socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketLimits {
    /// One message received, decoded, in bytes.
    pub message_bytes: usize,
    /// The payload that one frame may announce, in bytes.
    pub frame_bytes: usize,
    /// Decoded bytes for each byte received of a message; not looked at below 1 MiB decoded.
    pub decompression_ratio: u32,
    /// What was given to send and is not yet with the transport, in bytes (W2); a message costs a little more than its length.
    pub unsent_bytes: usize,
    /// How long the peer may take to answer our close frame.
    pub close_wait: Duration,
    /// How long the peer may take to close the connection, once both close frames are out or the connection has failed.
    pub end_wait: Duration,
}

impl Default for SocketLimits {
    /// The memory of a response body for each direction; times within which a living peer answers.
    fn default() -> Self {
        Self {
            message_bytes: 64 << 20,
            frame_bytes: 64 << 20,
            decompression_ratio: 1000,
            unsent_bytes: 64 << 20,
            close_wait: Duration::from_secs(5),
            end_wait: Duration::from_secs(1),
        }
    }
}

/// What the handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The answer to the handshake: 101 and its headers.
    pub head: ResponseHead,
    /// The protocol that the server chose from those asked for.
    pub protocol: Option<String>,
    /// Where the time of the handshake went.
    pub profile: Profile,
    /// Why a release would have refused the connection: a certificate that a developer's session let pass (U8).
    pub would_refuse: Option<String>,
}

/// A whole message, either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(String),
    /// A binary one.
    Binary(Bytes),
}

impl Message {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// What a socket has to say. After `Closed` and `Failed` there is nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// A message came.
    Message(Message),
    /// It is closed, because one side asked for it.
    Closed(Closed),
    /// It broke, or the peer broke the rules: what an app hears as an error and a close with 1006 (W1).
    Failed(IoFailure),
}

/// How a socket was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The peer's code; 1005 if its close frame had none, 1006 if there was no close frame.
    pub code: u16,
    /// The peer's reason.
    pub reason: String,
    /// Whether both close frames went their way (RFC 6455 §7.1.4).
    pub clean: bool,
}
