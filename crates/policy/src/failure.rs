//! Why a call failed, grouped by who can mend it.
//!
//! The app hears one text and number for each variant, from the one table in `words.rs`; no text of a library is in here. What the kind leaves out (which rule, which certificate) is for the host and travels beside it as a reason.

mod samples;
#[cfg(test)]
mod tests;
mod words;

pub use words::TRANSPORT;

/// What a failed call ended with. One variant of a fault is one row of the error table (contract section 11).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The mini-program's own call: its author mends it.
    App(AppFault),
    /// The server, or what it sent: its operator mends it.
    Server(ServerFault),
    /// The way to the server.
    Network(NetworkFault),
    /// A decision or a limit of the embedding host.
    Host(HostFault),
    /// This subsystem itself.
    Internal(InternalFault),
}

/// What is wrong with a call, or with how an app uses the network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppFault {
    /// Options of a wrong type, one clause for each (R7).
    Parameters(Vec<ParameterError>),
    /// The URL cannot be used for this call (U2); holds its text.
    InvalidUrl(String),
    /// A method that the platform does not have (R3).
    InvalidMethod,
    /// A header that could change the message's framing, or whose name is not a token (R2).
    InvalidHeader,
    /// `data` has no text form (R5).
    UnserialisableData,
    /// The call is over a bound of the policy (I2).
    CallTooLarge(CallBound),
    /// The calls of this app that wait or run are over the policy's bound in bytes (I2).
    TooMuchWaiting,
    /// No entry of the call's list allows this URL (U3, U5), or all its addresses are refused (U7).
    NotInDomainList,
    /// The queue is full (C2), or the app sends faster than it is served.
    TooManyTasks,
    /// The app itself ended it (C4).
    Aborted,
    /// No such file in the app's sandbox (F2).
    FileNotFound,
    /// A name that leads out of the app's sandbox, or to what is not a file (F2).
    FilePermissionDenied,
    /// A file over the policy's bound, or over the app's quota (F4).
    FileTooLarge,
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
    /// `protocols` has what is not a token, or one twice (W4).
    InvalidProtocols,
}

/// What is wrong with a server or its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerFault {
    /// A redirect left the list (U6); holds the host it pointed to.
    RedirectNotInDomainList(String),
    /// More redirects than the policy follows (U6).
    TooManyRedirects,
    /// Closed before the first byte of a response.
    EmptyResponse,
    /// What came is not HTTP.
    MalformedResponse,
    /// No secure connection could be made (K4).
    TlsHandshake,
    /// The response is over a bound of the policy (P6).
    ResponseTooLarge(Bound),
    /// The server answered the handshake of a socket with this status instead of 101 (W1).
    HandshakeRefused(u16),
}

/// What went wrong between here and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkFault {
    /// The deadline passed (T3).
    TimedOut,
    /// The name has no address.
    DnsLookup,
    /// A lookup by HttpDNS failed, and the call does not fall back to the ordinary one.
    HttpDns(HttpDnsFault),
    /// Nobody listens there.
    ConnectionRefused,
    /// The connection broke: reset, or closed in the middle of a message.
    ConnectionReset,
    /// No route, or the host does not answer at the network layer.
    NetworkUnreachable,
}

/// Why a lookup by HttpDNS failed. The numbers are the platform's: 602002 and 602101 to 602108.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpDnsFault {
    /// The service could not be asked, or did not accept the question.
    Unreachable,
    /// The app has not bought the service.
    NotBought,
    /// What it bought has expired.
    Expired,
    /// What it bought is used up.
    OverQuota,
    /// The answer was empty.
    EmptyReply,
    /// It took longer than `httpDNSTimeout`.
    TimedOut,
    /// What came is no answer.
    InvalidReply,
    /// The name has no address there.
    NoAddress,
    /// The host has no service of this `httpDNSServiceId`.
    UnknownService,
}

impl HttpDnsFault {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Unreachable,
        Self::NotBought,
        Self::Expired,
        Self::OverQuota,
        Self::EmptyReply,
        Self::TimedOut,
        Self::InvalidReply,
        Self::NoAddress,
        Self::UnknownService,
    ];
}

/// What the host decided, or cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostFault {
    /// The app is, or was too long, in the background (B2, B3).
    Interrupted,
    /// The same, in the words of another platform.
    AppInBackground,
    /// The app was closed (B7).
    AppClosed,
    /// A download could not be written (F4).
    FileNotSaved,
    /// The proxy that the host has set failed, or refused the way.
    Proxy,
    /// The call asked for the cellular network, and no connection can be bound to one (`forceCellularNetwork`).
    NoCellularNetwork,
}

/// What went wrong in this subsystem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InternalFault {
    /// A part of it crashed while it had the task (P8).
    Crashed,
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

impl ParameterError {
    /// A field that should be `expected`, and is `found`.
    #[must_use]
    pub fn new(field: impl Into<String>, expected: &'static str, found: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            expected,
            found: found.into(),
        }
    }
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

/// A bound on a call (I2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallBound {
    /// The text of the URL, with the query that `data` becomes.
    Url,
    /// Names and values of all headers together.
    HeaderBlock,
    /// Number of headers.
    HeaderCount,
    /// The body, or the fields of a form.
    Body,
}

impl From<AppFault> for Failure {
    fn from(fault: AppFault) -> Self {
        Self::App(fault)
    }
}
