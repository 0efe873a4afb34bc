//! Why a way through the host's proxy failed, in words for the host's log, and what mends it. The app hears none of it.

use std::{io, time::Duration};

use appnet_policy::{
    Failure,
    failure::{HostFault, NetworkFault},
};

/// What happened at a proxy. What it says of itself is the host's to mend; what it says of the server is of the network, as without a proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProxyFault {
    #[error("has a name without an address: {0}")]
    NoAddress(String),
    #[error("cannot be connected to: {}", words(.0))]
    NotThere(io::ErrorKind),
    #[error("did not answer within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("ended the connection before it had answered")]
    Ended,
    #[error("broke the connection before it had answered: {}", words(.0))]
    Broken(io::ErrorKind),
    /// HTTP 407, or SOCKS without a method in common.
    #[error("wants to know who asks ({0}), and the host has given no credentials")]
    WantsCredentials(String),
    #[error("did not accept the credentials of the host ({0})")]
    RefusesCredentials(String),
    #[error("refused the way to {target} with the status {status}")]
    Status { target: String, status: u16 },
    #[error("refused the way to {target}: {said}")]
    Refused { target: String, said: &'static str },
    /// What RFC 1928 has words for.
    #[error("says that {target} cannot be reached: {said}")]
    ServerNotReached {
        target: String,
        said: &'static str,
        fault: NetworkFault,
    },
    #[error("answered with what is not {protocol}: {detail}")]
    Garbage {
        protocol: &'static str,
        detail: String,
    },
    #[error("answered with a head of more than {0} bytes")]
    Endless(usize),
    #[error("sent bytes behind its answer that nobody asked for")]
    Unasked,
    #[error("cannot be told the name {0}, which is longer than the 255 bytes of SOCKS 5")]
    LongName(String),
}

impl ProxyFault {
    /// Whether another address of the server may fare better.
    pub(crate) const fn is_about_target(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status >= 500,
            Self::Refused { .. } | Self::ServerNotReached { .. } | Self::Silent(_) => true,
            Self::NoAddress(_)
            | Self::NotThere(_)
            | Self::Ended
            | Self::Broken(_)
            | Self::WantsCredentials(_)
            | Self::RefusesCredentials(_)
            | Self::Garbage { .. }
            | Self::Endless(_)
            | Self::Unasked
            | Self::LongName(_) => false,
        }
    }

    /// What the app hears.
    pub(crate) const fn failure(&self) -> Failure {
        match self {
            Self::ServerNotReached { fault, .. } => Failure::Network(*fault),
            Self::NoAddress(_)
            | Self::NotThere(_)
            | Self::Silent(_)
            | Self::Ended
            | Self::Broken(_)
            | Self::WantsCredentials(_)
            | Self::RefusesCredentials(_)
            | Self::Status { .. }
            | Self::Refused { .. }
            | Self::Garbage { .. }
            | Self::Endless(_)
            | Self::Unasked
            | Self::LongName(_) => Failure::Host(HostFault::Proxy),
        }
    }

    /// What the host can do about it.
    pub(crate) const fn remedy(&self) -> &'static str {
        match self {
            Self::NoAddress(_) => "check the name of the proxy that the host has set",
            Self::NotThere(_) => {
                "start the proxy, or check the address that the host has set for it"
            }
            Self::Silent(_) | Self::Ended | Self::Broken(_) => {
                "see the log of the proxy, and whether it is one at that port"
            }
            Self::WantsCredentials(_) => "let the host give the proxy's user and password",
            Self::RefusesCredentials(_) => {
                "let the host give a user and a password that the proxy knows"
            }
            Self::Status { .. } | Self::Refused { .. } => {
                "see the log and the rules of the proxy, or let the host connect to this server directly"
            }
            Self::ServerNotReached { .. } => {
                "see that the server runs, and that the proxy has a way to it"
            }
            Self::Garbage { .. } | Self::Endless(_) | Self::Unasked => {
                "check the port, and whether the proxy there speaks what the host says it does"
            }
            Self::LongName(_) => "let names be looked up here",
        }
    }
}

/// An I/O error without the number and the wording of an operating system.
const fn words(kind: &io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset => "reset",
        io::ErrorKind::TimedOut => "no answer at the network layer",
        io::ErrorKind::HostUnreachable => "host unreachable",
        io::ErrorKind::NetworkUnreachable => "network unreachable",
        _ => "input/output error",
    }
}
