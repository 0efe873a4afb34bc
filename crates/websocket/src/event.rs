//! What a socket tells, and what it is told of its connection.

use appnet_policy::socket::SocketMessage;

use crate::error::WebSocketError;

/// What an app hears of its socket. After `Closed` and `Failed` there is nothing more, and the connection is to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebSocketEvent {
    /// A message came.
    Message(SocketMessage),
    /// It is closed, because one side asked for it.
    Closed(Closed),
    /// The connection broke, or the peer broke the rules (W1).
    Failed(WebSocketError),
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

/// Why no more bytes come from the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputEnd {
    /// It closed its half of the connection.
    Closed,
    /// Reading failed.
    Broken,
}
