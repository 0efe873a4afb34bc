//! Why a call failed, as a closed list.
//!
//! The app hears one text and number for each kind, from the one table in `appnet-bus` (`errors.rs`); no text of a library
//! is in here. What the kind leaves out (which rule, which certificate) is for the host and travels beside it as a reason.

/// What a failed call ended with. One variant is one row of the error table (contract section 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Options of a wrong type, one clause for each (R7).
    Parameters(Vec<ParameterError>),
    /// The URL cannot be used for this call (U2); holds its text.
    InvalidUrl(String),
    /// A method that the platform does not have (R3).
    InvalidMethod,
    /// A header that could change the message's framing, or whose name is no token (R2).
    InvalidHeader,
    /// `data` has no text form (R5).
    UnserialisableData,
    /// No entry of the call's list allows this URL (U3, U5), or all its addresses are refused (U7).
    NotInDomainList,
    /// A redirect left the list (U6); holds the host it pointed to.
    RedirectNotInDomainList(String),
    /// More redirects than the policy follows (U6).
    TooManyRedirects,
    /// The deadline passed (T3).
    TimedOut,
    /// The queue is full (C2), or the app sends faster than it is served.
    TooManyTasks,
    /// The app itself ended it (C4).
    Aborted,
    /// The app is, or was too long, in the background (B2, B3).
    Interrupted,
    /// The app was closed (B7).
    AppClosed,
    /// A part of this subsystem crashed while it had the task (P8).
    Crashed,
    /// The name has no address.
    DnsLookup,
    /// Nobody listens there.
    ConnectionRefused,
    /// The connection broke: reset, or closed in the middle of a message.
    ConnectionReset,
    /// No route, or the host does not answer at the network layer.
    NetworkUnreachable,
    /// Closed before the first byte of a response.
    EmptyResponse,
    /// What came is not HTTP.
    MalformedResponse,
    /// No secure connection could be made (K4).
    TlsHandshake,
    /// The response is over a bound of the policy (P6).
    ResponseTooLarge(Bound),
    /// No such file in the app's sandbox (F2).
    FileNotFound,
    /// A name that leads out of the app's sandbox, or to what is no file (F2).
    FilePermissionDenied,
    /// A file over the policy's bound, or over the app's quota (F4).
    FileTooLarge,
    /// A download could not be written (F4).
    FileNotSaved,
    /// A file changed its size while it was uploaded (F1).
    FileChanged,
    /// More sockets than an app may have (C3); holds how many that is.
    TooManySockets(usize),
    /// A socket that is not open was to send or to close (W2).
    SocketNotOpen,
    /// More waits to be sent than may (W2).
    TooMuchUnsent,
    /// A close code that an app may not send (W3).
    InvalidCloseCode,
    /// A close reason that a close frame cannot hold (W3).
    CloseReasonTooLong,
    /// `protocols` has what is no token, or one twice (W4).
    InvalidProtocols,
    /// The server answered the handshake with this status instead of 101 (W1).
    HandshakeRefused(u16),
    /// Nothing of the above.
    Unknown,
}

/// One wrong field of a call's options (R7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterError {
    /// Path of the field below `parameter`, such as `url`.
    pub field: String,
    /// The type it should have: `String`, `Object` …
    pub expected: &'static str,
    /// The type it has: `Undefined`, `Number` …
    pub found: String,
}

/// A bound on a response (P6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Decoded body in memory.
    Body,
    /// Size of status line and headers together.
    HeaderBlock,
    /// Number of header lines.
    HeaderCount,
    /// Decoded bytes for each byte received.
    DecompressionRatio,
    /// Bytes of extensions of one chunk.
    ChunkExtension,
}
