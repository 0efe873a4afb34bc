//! A WebSocket without I/O (RFC 6455, RFC 7692; W2–W4): bytes in, events out, bytes to be sent out, and one time to be woken at.
//!
//! [`Handshake`] writes the opening request and checks the answer, which is given to it as it was read. [`WebSocket`] is the open socket:
//! a state machine that `appnet-io` drives over a connection, and a test over nothing at all. It checks text by the byte,
//! unpacks compressed data by the piece, and allocates nothing for what a header announces. Whatever the peer sends, a poll does a
//! bounded piece of work and says [`Polled::Yield`] when more waits (I1), and what waits to be sent is bounded (W2, I2).
//!
//! ```
//! use std::time::Instant;
//!
//! use appnet_policy::socket::{SocketLimits, SocketMessage};
//! use appnet_websocket::{Polled, WebSocket, WebSocketEvent};
//! use bytes::BytesMut;
//!
//! let now = Instant::now();
//! let mut socket = WebSocket::new(SocketLimits::seed(), None, now);
//!
//! // The server sends a text, and a ping.
//! socket.handle_input(BytesMut::from(&b"\x81\x02hi\x89\x00"[..]), now);
//! let message = SocketMessage::Text("hi".into());
//! assert_eq!(socket.poll_event(now), Polled::Ready(WebSocketEvent::Message(message)));
//! assert_eq!(socket.poll_event(now), Polled::Idle);
//!
//! // The pong goes first: 2 bytes of header and 4 of mask, then 4 bytes more with our answer.
//! socket.send(SocketMessage::Text("ciao".into()))?;
//! let mut output = Vec::new();
//! assert_eq!(socket.poll_transmit(&mut output), Polled::Ready(()));
//! assert_eq!((output[0], output[6], output.len()), (0x8a, 0x81, 6 + 6 + 4));
//!
//! // One message is with the transport when these bytes are.
//! assert_eq!(socket.handle_transmitted(), 1);
//! # Ok::<(), appnet_websocket::SendError>(())
//! ```
//!
//! Not here: connections, TLS and tasks (`appnet-io`), the reading of the answer's head (the same that HTTP has), which headers and close
//! codes an app may use (`appnet-policy`), how long the handshake may take (T2).

mod assembler;
mod close;
mod code;
mod deflate;
mod encoder;
mod error;
mod event;
mod extension;
mod frame;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod growth;
mod handshake;
mod inflate;
mod message;
mod rope;
mod send_queue;
mod text;
mod websocket;
mod work;

pub use error::{HandshakeError, SendError, Violation, WebSocketError};
pub use event::{Closed, InputEnd, WebSocketEvent};
pub use extension::PerMessageDeflate;
pub use handshake::{Agreed, Handshake};
pub use websocket::WebSocket;
pub use work::{PIECE, Polled};
