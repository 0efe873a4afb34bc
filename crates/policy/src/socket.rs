//! The words in which a socket is asked for and answered (section 8), and what an app may say when it closes one.

mod text;

#[cfg(test)]
mod tests;

use crate::failure::AppFault;
use std::time::Duration;

use bytes::Bytes;

pub use self::text::Text;
use crate::{Failure, Permitted, Target, exchange::Header};

/// The code of a close that has nothing to say (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;

/// A socket that policy has permitted; I/O connects it as it is.
#[derive(Debug, Clone)]
pub struct SocketRequest {
    /// Where to, checked (U1): `ws:` or `wss:`.
    pub target: Permitted<Target>,
    /// All headers but those of the handshake itself, in order: the app's (R2), Origin (W4), Referer (R1), User-Agent.
    pub headers: Vec<Header>,
    /// `protocols`, best first; each a token, none twice. Empty: none is asked for.
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
    /// What was received and the app has not taken, in bytes; over it nothing more is read from this socket.
    pub untaken_bytes: usize,
    /// How long the peer may take to answer our close frame, and to take what was sent before it.
    pub close_wait: Duration,
    /// How long the peer may take to close the connection, once both close frames are out or the connection has failed.
    pub end_wait: Duration,
    /// When a message is followed at once by a frame that breaks the rules: how long after the message the connection fails, so that what the
    /// app sends in answer to it still goes out.
    pub answer_wait: Duration,
    /// After how much silence the peer is asked whether it is there, and for how long it may not answer; `None`: it is not asked.
    pub ping_interval: Option<Duration>,
}

impl SocketLimits {
    /// The memory of a response body to receive a message in, and half of it to send; times within which a living peer answers.
    #[must_use]
    pub const fn seed() -> Self {
        Self {
            message_bytes: 64 << 20,
            frame_bytes: 64 << 20,
            decompression_ratio: 1000,
            unsent_bytes: 32 << 20,
            untaken_bytes: 1 << 20,
            close_wait: Duration::from_secs(5),
            end_wait: Duration::from_secs(1),
            answer_wait: Duration::from_millis(50),
            ping_interval: None,
        }
    }
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self::seed()
    }
}

/// A whole message, either way. What I/O received may give room back when it is dropped, so nothing keeps or copies it beyond its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketMessage {
    /// A text message.
    Text(Text),
    /// A binary one.
    Binary(Bytes),
}

impl SocketMessage {
    /// What it costs of [`SocketLimits::unsent_bytes`] while it waits (W2): a little more than its length, so that many empty ones are
    /// bounded too.
    #[must_use]
    pub fn cost(&self) -> usize {
        const MESSAGE_COST: usize = 128;
        self.as_bytes().len().saturating_add(MESSAGE_COST)
    }

    /// Its payload.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_str().as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// What our close frame says (W3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// 1000, or 3000 to 4999.
    pub code: u16,
    /// At most 123 bytes of UTF-8.
    pub reason: String,
}

/// Reads what an app closes its socket with (W3): as a browser does, but a code that was not given is 1000.
///
/// # Errors
/// [`AppFault::InvalidCloseCode`], [`AppFault::CloseReasonTooLong`].
pub fn close(code: Option<f64>, reason: Option<String>) -> Result<CloseFrame, Failure> {
    // RFC 6455 §5.5: 125 bytes of a control frame, two of them the code.
    const REASON_BYTES: usize = 123;
    let code = match code {
        None => NORMAL,
        Some(number) => sendable(number).ok_or(Failure::App(AppFault::InvalidCloseCode))?,
    };
    let reason = reason.unwrap_or_default();
    if reason.len() > REASON_BYTES {
        return Err(Failure::App(AppFault::CloseReasonTooLong));
    }
    Ok(CloseFrame { code, reason })
}

/// The code of this number, if an app may send it.
fn sendable(number: f64) -> Option<u16> {
    let mut codes = std::iter::once(NORMAL).chain(3000..=4999);
    codes.find(|code| f64::from(*code) == number)
}
