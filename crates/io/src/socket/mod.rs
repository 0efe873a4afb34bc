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

use appnet_policy::exchange::{Profile, ResponseHead};
use bytes::Bytes;

pub use receive::Socket;
pub use sender::{SendError, Sending, SocketSender};

use crate::IoFailure;

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
