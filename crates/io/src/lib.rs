//! One HTTP exchange: checked connect, TLS, strict framing, redirects hop by hop, content and charset decoding, files.
//!
//! The only way in is [`HttpClient::exchange`] with a request that the policy has permitted; the way out is an
//! [`Answer`](appnet_policy::exchange::Answer) or an [`IoFailure`] with a [`Profile`](appnet_policy::exchange::Profile).
//! Everything lives on one thread, inside a tokio `LocalSet` (an actix arbiter is one).
//!
//! Not here: whether a call may go out and what its headers are (`appnet-policy`), when it starts and how long it may take
//! (`appnet-core`): the deadline is kept by whoever drops the future.

mod account;
#[cfg(feature = "http3")]
mod alternatives;
mod cache;
mod client;
mod connect;
mod connection;
mod cookies;
mod decode;
mod device;
#[cfg(feature = "doh")]
mod doh;
mod error;
mod exchange;
pub mod files;
mod framing;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod head;
mod hop;
mod http1;
mod http2;
#[cfg(feature = "http3")]
mod http3;
mod journal;
mod lease;
mod line;
mod listener;
mod origin;
mod outgoing;
mod path;
mod pool;
mod probe;
mod proxy_fault;
mod receive;
mod resend;
mod saver;
mod served;
mod shaping;
mod slice;
mod socket;
mod spawn;
mod text;
mod tls_reason;
mod upload;
mod wire;

pub use account::{Account, Credit};
pub use cache::Cache;
pub use client::{ClientOptions, HttpClient};
pub use connect::{
    resolve::{Lookup, ResolveError, ResolveFault, Resolved, Resolver, SystemResolver},
    servers::{ServerKeys, ServerKeysError},
    trust::{PemError, ShownCertificate, SystemRoots, TlsTrust, TrustError, roots_from_pem},
};
pub use cookies::CookieJar;
pub use device::DeviceNetwork;
#[cfg(feature = "doh")]
pub use doh::{DohResolver, DohServer, DohUrlError};
pub use error::IoFailure;
pub use exchange::Exchanged;
pub use files::{DirectorySandbox, FileSandbox};
pub use http2::SilenceLimits;
pub use listener::Listener;
pub use pool::ConnectionLimits;
pub use probe::{Probed, Seen, probe};
pub use saver::WrittenFile;
pub use served::Served;
pub use shaping::Shaping;
pub use slice::SliceLength;
pub use socket::{Closed, Opened, SendError, Sending, Socket, SocketEvent, SocketSender};
pub use spawn::{Spawn, Task};
