//! The network subsystem of a mini-program host.
//!
//! A host makes one [`Network`], launches its apps in it and moves them between foreground and background. Each launch gives
//! the app's [`Port`]: the app's end of the message bus, which speaks for that app alone. What crosses the bus is written down in
//! `docs/bus.md` of the repository; what is promised of it in `docs/policy.md` there, by the ids (U3, B7) that stand in the documentation of items.
//!
//! A first host needs what stands at the root of this crate, as `examples/three_apps.rs` shows; the rules themselves are in [`policy`].
//!
//! Features, both on by default: `doh` (names looked up over HTTPS) and `http3`. Two more: `metrics`, and `manual-clock` for the tests of a host.

mod app_net;
mod budget;
mod builder;
mod clock;
mod error;
mod http_worker;
mod launch;
mod launched_files;
mod link;
#[cfg(feature = "metrics")]
mod meter;
mod naming;
mod network;
mod observe;
mod over_io;
mod port;
mod report;
mod running_app;
mod socket_transport;
mod socket_worker;
mod sockets;
mod stand_in;
mod stride;
mod supervisor;
mod teardown;
#[cfg(test)]
mod tests;
mod threads;
mod timer;
mod transport;

pub use appnet_bus::{Command, CommandKind, Message};
pub use appnet_core::{
    AppState, AskId, CallRecord, Delivery, Event, Malformed, Sight, SocketAsk, SocketEvent,
    Success, TaskEvent, TaskId,
    app::CloseReport,
    effect::{Effect, Finished, HttpJob, IoEvent, Opened, Redirected, SocketIo, SocketJob},
    event::{SocketEnd, SocketVerb},
    surroundings::{NetworkNews, Query, QueryAnswer},
};
pub use appnet_io::{
    DirectorySandbox, FileSandbox, IoFailure, Lookup, PemError, Probed, ResolveError, ResolveFault,
    Resolved, Resolver, Seen, Served, ServerKeysError, ShownCertificate, SystemResolver,
    SystemRoots, TrustError, files,
};
#[cfg(feature = "doh")]
pub use appnet_io::{DohServer, DohUrlError};
pub use appnet_policy as policy;
pub use appnet_policy::{
    Api, Dialect, Failure, Policy,
    addresses::AddressRule,
    connect::ConnectTo,
    connectivity::{Connectivity, LocalAddress, NetworkType},
    domains::{DomainLists, DomainReport},
    icp::{IcpList, IcpRegistry},
    identity::{AppId, Env, Identity},
    lan::DeviceAddress,
    proxy::{Proxy, ProxyError},
    rules::{AppConfig, ConfigError, Refusal},
    timeouts::NetworkTimeout,
};
pub use builder::NetworkBuilder;
/// What attachments of a [`Message`] are made of.
pub use bytes::Bytes;
#[cfg(feature = "manual-clock")]
pub use clock::manual::ManualClock;
pub use error::{AttachError, LaunchError, ProbeError, StartError, UnknownApp};
pub use launch::{NewApp, Pinned};
pub use network::{Network, WeakNetwork};
pub use observe::Inspector;
pub use port::{Events, Port, PortSender, Refused, RefusedCause};
pub use running_app::RunningApp;
/// What certificates that a host gives in DER are.
pub use rustls_pki_types::CertificateDer;
pub use stand_in::{Reply, SocketLine, SocketScript, StandIn};

/// The example of the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// So is that of the crate's own page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct OwnReadme;
