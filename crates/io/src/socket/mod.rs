//! One WebSocket connection: the half of a socket that touches the world.
//!
//! What a socket says and means (RFC 6455, RFC 7692) is `appnet-websocket`'s, which knows no connection; here are the connection, the task that
//! writes, and the timer. The way in is [`HttpClient::connect_socket`](crate::HttpClient::connect_socket) with a target that the policy has
//! permitted: the same route, address check, trust and TLS sessions as the app's HTTP calls (U7, K3), and the same reader of heads (H1).
//! A peer that does not read holds up the sender alone, and one that sends without end does not hold the thread (I1; see
//! `docs/decisions/0003-websocket.md`).
//!
//! Not here: how many sockets an app has (C3), what an app hears (W1), which close codes it may use (W3), how long the handshake may
//! take (T2): that deadline is kept by whoever drops the future.

mod connect;
mod events;
mod sender;
mod shared;
mod transmit;

use std::sync::Arc;

use appnet_policy::{
    exchange::{Profile, ResponseHead},
    rules::Refusal,
    socket::SocketMessage,
};
pub use appnet_websocket::{Closed, SendError};

pub use events::Socket;
pub use sender::{Sending, SocketSender};

use crate::IoFailure;

/// What the handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The answer to the handshake: 101 and its headers.
    pub head: ResponseHead,
    /// The protocol that the server chose from those asked for.
    pub protocol: Option<String>,
    /// Where the time of the handshake went.
    pub profile: Arc<Profile>,
    /// Why a release would have refused the connection that a developer's session let pass (U8).
    pub would_refuse: Vec<Refusal>,
}

/// What a socket has to say. After `Closed` and `Failed` there is nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// A message came.
    Message(SocketMessage),
    /// It is closed, because one side asked for it.
    Closed(Closed),
    /// It broke, or the peer broke the rules: what an app hears as an error and a close with 1006 (W1).
    Failed(IoFailure),
}
