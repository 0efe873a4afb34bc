//! The network subsystem of a mini-program host.
//!
//! A host makes one [`Network`], launches its apps in it and moves them between foreground and background. Each launch gives
//! the app's [`Port`]: the app's end of the message bus, which speaks for that app alone. What crosses the bus is written down in
//! `docs/bus.md`; what is promised of it in `docs/policy.md`.

mod app_net;
mod budget;
mod clock;
mod error;
mod http_worker;
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
    AskId, CallRecord, Delivery, Event, Malformed, Sight, SocketAsk, SocketEvent, Success,
    TaskEvent, TaskId,
    app::CloseReport,
    effect::{Effect, Finished, HttpJob, IoEvent, Opened, Redirected, SocketIo, SocketJob},
    event::{SocketEnd, SocketVerb},
};
pub use appnet_io::{
    DirectorySandbox, FileSandbox, IoFailure, Lookup, PemError, Probed, ResolveError, ResolveFault,
    Resolved, Resolver, Seen, Served, ShownCertificate, SystemResolver, SystemRoots, TrustError,
    files,
};
#[cfg(feature = "doh")]
pub use appnet_io::{DohServer, DohUrlError};
pub use appnet_policy as policy;
pub use appnet_policy::Policy;
pub use error::{LaunchError, ProbeError, StartError, UnknownApp};
pub use network::{Network, NetworkBuilder, WeakNetwork};
pub use observe::Inspector;
pub use port::{Events, Port, PortSender, Refused, RefusedCause};
pub use stand_in::{Reply, SocketLine, SocketScript, StandIn};

/// The example of the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
