//! What an origin saw.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::signal::Signal;

/// One request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRequest {
    /// The connection it came over, from 0.
    pub connection: usize,
    /// `GET` …
    pub method: String,
    /// The request target, byte for byte (Latin-1 if it is not ASCII).
    pub target: String,
    /// `HTTP/1.1`
    pub version: String,
    /// The fields in order, names as written, values without the spaces around them (Latin-1).
    pub headers: Vec<(String, String)>,
    /// The head byte for byte, with the empty line.
    pub head: Vec<u8>,
    /// The body, without chunk framing.
    pub body: Vec<u8>,
}

impl RawRequest {
    /// The first field of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// Every field of this name, whatever its case, in order.
    pub fn headers_named(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
}

/// How a peer ended a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerClose {
    /// FIN over plain TCP, or close_notify under TLS.
    Clean,
    /// Under TLS: FIN without close_notify.
    BareFin,
    /// RST, or an error of TLS; its text.
    Error(String),
    /// Our own RST, by [`Step::Reset`](super::Step::Reset).
    ResetByUs,
}

/// What was agreed on by TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsLog {
    /// The server name the client asked for.
    pub sni: Option<String>,
    /// The ALPN names it offered, in order.
    pub alpn_offered: Vec<String>,
    /// The one chosen.
    pub alpn: Option<String>,
    /// `TLSv1_2` or `TLSv1_3`; empty until the handshake is done.
    pub version: String,
    /// Whether an earlier session was resumed (K3).
    pub resumed: bool,
    /// Certificates that the client showed.
    pub client_certificates: usize,
    /// Why the handshake failed, such as the alert the client sent.
    pub error: Option<String>,
}

/// What happened on one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionLog {
    /// Set from the client's hello on; `None` over plain TCP.
    pub tls: Option<TlsLog>,
    /// Whether requests can come: at once over plain TCP, else after the handshake.
    pub ready: bool,
    /// Requests read whole.
    pub requests: usize,
    /// What [`Step::ReadBytes`](super::Step::ReadBytes) read.
    pub raw: Vec<u8>,
    /// What came and was part of no request that was read whole: a body cut short, bytes nobody asked for (the first 64 KiB).
    pub unread: Vec<u8>,
    /// How it ended; `None` as long as it is open.
    pub closed: Option<PeerClose>,
}

/// The shared log.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Mutex<Entries>,
    pub(super) signal: Signal,
}

#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) connections: Vec<ConnectionLog>,
    pub(super) requests: Vec<RawRequest>,
}

impl Journal {
    pub(super) fn read(&self) -> MutexGuard<'_, Entries> {
        // A reader that panicked changed nothing.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection and says which one it is.
    pub(super) fn open(&self) -> usize {
        let mut entries = self.read();
        entries.connections.push(ConnectionLog::default());
        let index = entries.connections.len() - 1;
        drop(entries);
        self.signal.changed();
        index
    }

    pub(super) fn update(&self, connection: usize, change: impl FnOnce(&mut ConnectionLog)) {
        change(&mut self.read().connections[connection]);
        self.signal.changed();
    }

    pub(super) fn request(&self, request: RawRequest) {
        let mut entries = self.read();
        entries.connections[request.connection].requests += 1;
        entries.requests.push(request);
        drop(entries);
        self.signal.changed();
    }
}
