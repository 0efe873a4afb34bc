//! The words in which a socket is asked for and answered (section 8), and what an app may say when it closes one.

mod text;

#[cfg(test)]
mod tests;

use crate::failure::AppFault;
use bytes::Bytes;

pub use self::text::Text;
pub use crate::preset::SocketLimits;
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
    /// Whether the connection must go over the cellular network (`forceCellularNetwork`).
    pub force_cellular: bool,
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
    /// What a message costs beside its bytes while it waits: the memory of its places in the queues between app and server, roughly.
    pub const OVERHEAD: usize = 512;

    /// What it costs of [`SocketLimits::unsent_bytes`] and [`SocketLimits::untaken_bytes`] while it waits (W2, I2).
    #[must_use]
    pub fn cost(&self) -> usize {
        self.as_bytes().len().saturating_add(Self::OVERHEAD)
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
