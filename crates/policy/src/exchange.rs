//! The words in which one HTTP exchange is asked for and answered: what policy gives to I/O and what I/O gives back.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Failure, Permitted, Target, files::FileName, multipart::Form};

pub use crate::method::Method;

/// A request that policy has built and permitted; I/O sends it as it is.
#[derive(Debug, Clone)]
pub struct OutgoingRequest {
    /// Where to, checked (U1). The only way to get one is through [`Rules`](crate::Rules).
    pub target: Permitted<Target>,
    /// The method (R3).
    pub method: Method,
    /// All headers but those of framing and connection, in order: the app's (R2), Referer (R1), User-Agent.
    pub headers: Vec<Header>,
    /// The body (R5, F1).
    pub body: Body,
    /// Whether HTTP/2 is offered by ALPN (R6).
    pub http2: bool,
    /// Whether the platform's high performance mode holds for it, which offers HTTP/2 too (R6).
    pub high_performance: bool,
    /// Whether an answer that was kept may be the answer (RFC 9111).
    pub cache: bool,
    /// Whether the app wants a profile: only then is the kernel asked what it measured (P7).
    pub measured: bool,
    /// Whether HTTP/3 is spoken with a server that says it does (`enableQuic`).
    pub http3: bool,
    /// What a 3xx means (U6).
    pub redirect: RedirectMode,
    /// Which service of the host looks names up, instead of its ordinary resolver (`enableHttpDNS`).
    pub http_dns: Option<HttpDns>,
    /// Whether the connection must go over the cellular network (`forceCellularNetwork`).
    pub force_cellular: bool,
}

/// A lookup by HttpDNS, for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpDns {
    /// `httpDNSServiceId`: which of the host's services.
    pub service_id: String,
    /// How long it may take (`httpDNSTimeout`).
    pub timeout: Duration,
    /// Whether the ordinary resolver is asked when it fails (`enableHttpDNSFallback`).
    pub fallback: bool,
}

/// The body of a request. A copy is cheap, and a redirect that keeps the body sends it again from its source (U6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Bytes in memory; empty means none (R5).
    Bytes(Bytes),
    /// A form with a file, streamed from the app's sandbox (F1). I/O chooses the boundary and sets the content-type.
    Form(Arc<Form>),
}

impl Body {
    /// No body.
    pub const NONE: Self = Self::Bytes(Bytes::new());

    /// Whether nothing is sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Form(_) => false,
        }
    }
}

/// A header field to send or as received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The name, as the app wrote it or as it came over the wire.
    pub name: String,
    /// The value; bytes of a received value that are not UTF-8 are read as Latin-1.
    pub value: String,
}

impl Header {
    /// A field of this name and value, which are not checked.
    pub(crate) fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// What to do with a 3xx that has a Location (U6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RedirectMode {
    /// Check the next hop like a first call and go there.
    #[default]
    Follow,
    /// The 3xx itself is the answer.
    Manual,
}

/// What becomes of a response's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receive {
    /// Read whole, then given as the app asked (P2–P4).
    Whole(Reading),
    /// Given in chunks as it comes, after content-decoding (`enableChunked`).
    Chunks,
    /// Written to a file of the app's sandbox (F3).
    File(SaveTo),
}

/// Where a download goes (F3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveTo {
    /// A temporary file, whose name is chosen when its type is known.
    Temporary,
    /// A file in the app's user directory.
    User(FileName),
}

/// How far a file has come (F1, F5): bytes of the file and what surrounds it on the wire, or bytes written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes so far.
    pub done: u64,
    /// Bytes in all, if known.
    pub total: Option<u64>,
}

/// How the app wants a body read (P4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// `dataType`
    pub data_type: DataType,
    /// `responseType`
    pub response_type: ResponseType,
}

/// `dataType` (P4, J7): `json` unless the app names another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataType {
    /// Parsed if it parses, else the text.
    #[default]
    Json,
    /// The text.
    Other,
}

/// `responseType` (P4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseType {
    /// Text, by the charset rules (P2, P3).
    #[default]
    Text,
    /// The bytes after content-decoding.
    ArrayBuffer,
}

/// The version of HTTP a response came over; decides how header names look (P5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpVersion {
    /// HTTP/1.0 or HTTP/1.1
    Http1,
    /// HTTP/2
    Http2,
    /// HTTP/3
    Http3,
}

/// Status and headers of the final response, as received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseHead {
    /// The status code; any is a success (P1).
    pub status: u16,
    /// The version it came over.
    pub version: HttpVersion,
    /// All fields in the order received, repeated ones too.
    pub headers: Vec<Header>,
}

impl ResponseHead {
    /// The first field of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value.as_str())
    }
}

/// What came of a response's body, before anything of it is decoded to text.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceivedBody {
    /// Whole and content-decoded, and how the app wants it read.
    Whole(Bytes, Reading),
    /// Nothing: the body went to the app in chunks.
    Chunked,
    /// A file that was written (F3).
    File(FileName),
}

/// A body as the app gets it (P2–P4). What is text already is borrowed from the [`Answer`].
#[derive(Debug, Clone)]
pub enum Data<'a> {
    /// JSON, without the white space around it: the app gets the value.
    Json(Cow<'a, RawValue>),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(&'a Bytes),
    /// Nothing: the body went to the app in chunks.
    Chunked,
    /// A file that was written (F3).
    File(&'a FileName),
}

/// A whole response. [`data`](Self::data) reads it as the app asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Status and headers. Shared, because they are told before the body comes, too.
    pub head: Arc<ResponseHead>,
    /// The body as it was received.
    pub body: ReceivedBody,
}

/// Where an exchange's time went. Every time is counted from its start, which is when it left the queue; of several hops
/// the last one's. `None`: that phase did not happen (a reused connection looks nothing up).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// From the first redirect answered to the start of the last hop; `None` without redirects, and where one of them went to another host,
    /// as the platform counts them.
    pub redirect: Option<Span>,
    /// Start of the last hop.
    pub fetch_start: Duration,
    /// Name lookup.
    pub domain_lookup: Option<Span>,
    /// The same lookup, if HttpDNS brought the addresses (`enableHttpDNS`).
    pub http_dns_lookup: Option<Span>,
    /// TCP connect, TLS included.
    pub connect: Option<Span>,
    /// TLS handshake.
    pub ssl: Option<Span>,
    /// From the first byte of the request to the last.
    pub request: Option<Span>,
    /// From the first byte of the response to the last.
    pub response: Option<Span>,
    /// The address spoken to.
    pub peer: Option<std::net::SocketAddr>,
    /// Whether the connection had served before.
    pub socket_reused: bool,
    /// Bytes of requests sent, before TLS.
    pub sent_bytes: u64,
    /// Bytes of responses received, before decoding and after TLS.
    pub received_bytes: u64,
    /// Its name in ALPN: `http/1.1`, `h2` or `h3`.
    pub protocol: Option<&'static str>,
    /// TLS version: `TLSv1.2` or `TLSv1.3`
    pub tls_version: Option<&'static str>,
    /// How many redirects were followed.
    pub hops: u32,
    /// Whether the request was sent once more, over another connection (H4).
    pub resent: bool,
    /// Whether the connection goes to an address that HttpDNS found (`enableHttpDNS`).
    pub http_dns: bool,
    /// Whether the request was one of high performance (R6).
    pub high_performance: bool,
    /// Whether the answer is one that the app had before (RFC 9111). If the server was asked whether it is good still, the phases are of that.
    pub from_cache: bool,
    /// What the first attempt failed with, if it was sent once more because of that.
    pub resent_after: Option<Failure>,
    /// What HttpDNS failed with, if the ordinary resolver was asked instead (`enableHttpDNSFallback`).
    pub http_dns_failure: Option<Failure>,
    /// The round trip on this connection, as the kernel measured it at the end. `None` where the kernel does not tell, and where
    /// [`OutgoingRequest::measured`] is not set.
    pub rtt: Option<Duration>,
    /// Whether the kernel had to send packets again since the exchange before this one on its connection.
    pub lost_packets: bool,
}

/// A phase of a [`Profile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it began.
    pub start: Duration,
    /// When it ended.
    pub end: Duration,
}
