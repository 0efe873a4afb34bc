//! The border of this crate: what happened, exactly, and what is said of it outside.

use appnet_policy::failure::{
    AppFault, HostFault, HttpDnsFault, InternalFault, NetworkFault, ServerFault,
};
use std::{io, net::IpAddr, time::Duration};

use appnet_policy::{Failure, failure::Bound, rules::Refusal};

use crate::{
    files::FileError, framing::FramingError, proxy_fault::ProxyFault, shaping::BrokenByShape,
    tls_reason,
};

/// Why an exchange failed: what the app hears, and the exact reason for the host's log and the inspector (K4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct IoFailure {
    /// What the app hears.
    pub failure: Failure,
    /// What happened, in words; no secrets and no query string.
    pub reason: String,
    /// The policy's verdict, where it was a refusal: of a redirect (U6) or of all addresses of a name (U7).
    pub refusal: Option<Refusal>,
}

/// What happened to an exchange.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("{host} has no address: {detail}")]
    NoAddress { host: String, detail: String },
    #[error("{detail}")]
    HttpDns { fault: HttpDnsFault, detail: String },
    #[error("no cellular network: {0}")]
    NoCellularNetwork(String),
    /// U7; the words are the policy's.
    #[error("{}", Refusal::of_addresses(.host, .addresses).reason)]
    AddressesRefused {
        host: String,
        addresses: Vec<IpAddr>,
    },
    #[error("cannot connect to {address}: {}", words(.kind))]
    Connect {
        address: String,
        kind: io::ErrorKind,
    },
    /// No way through the host's proxy, which is named without credentials.
    #[error("the proxy {proxy} {fault}")]
    Proxy { proxy: String, fault: ProxyFault },
    #[error("no secure connection to {host}: {reason}")]
    Tls { host: String, reason: String },
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The server or the way to it is gone, and nobody said so.
    #[error("the connection fell silent: no answer to a PING within {within:?}")]
    Silent { within: Duration },
    /// The host wants the app's network to be so.
    #[error(transparent)]
    Shaped(#[from] BrokenByShape),
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// The peer's HTTP/2 is wrong, or its compressed data.
    #[error("{0}")]
    Malformed(String),
    #[error("the server answered the handshake with {status}, not 101{}", no_redirect(*.status))]
    HandshakeRefused { status: u16 },
    #[error("the response is over the bound {0:?}")]
    TooLarge(Bound),
    #[error("the body of the response is over the bound {bound:?} of {limit}")]
    BodyTooLarge { bound: Bound, limit: u64 },
    #[error("the URL cannot be sent: {detail}")]
    UnsendableUrl { url: String, detail: String },
    #[error("a header cannot be sent: {0}")]
    UnsendableHeader(String),
    #[error("the file cannot be sent: {0}")]
    Unreadable(FileError),
    #[error("the file cannot be written: {0}")]
    Unwritable(FileError),
    #[error("the file has no longer the {0} bytes that were announced")]
    FileChanged(u64),
    #[error("the file is over the bound of {0} bytes")]
    FileTooLarge(u64),
    #[error("{0}")]
    Refused(Refusal),
    #[error("{0}")]
    Unexpected(String),
}

impl ExchangeError {
    /// What is said outside.
    pub(crate) fn into_failure(self) -> IoFailure {
        let reason = match self.remedy() {
            Some(remedy) => format!("{self}; to mend it: {remedy}"),
            None => self.to_string(),
        };
        let failure = match self {
            Self::NoAddress { .. } => Failure::Network(NetworkFault::DnsLookup),
            Self::HttpDns { fault, .. } => Failure::Network(NetworkFault::HttpDns(fault)),
            Self::NoCellularNetwork(_) => Failure::Host(HostFault::NoCellularNetwork),
            Self::AddressesRefused { host, addresses } => {
                return refused(Refusal::of_addresses(&host, &addresses), reason);
            }
            Self::Connect { kind, .. } => connect_failure(kind),
            Self::Proxy { fault, .. } => fault.failure(),
            Self::Tls { .. } => Failure::Server(ServerFault::TlsHandshake),
            Self::Broken(_) | Self::Silent { .. } | Self::Framing(FramingError::CutShort(_)) => {
                Failure::Network(NetworkFault::ConnectionReset)
            }
            Self::Shaped(BrokenByShape::Offline) => {
                Failure::Network(NetworkFault::NetworkUnreachable)
            }
            Self::Shaped(BrokenByShape::Reset) => Failure::Network(NetworkFault::ConnectionReset),
            Self::Framing(FramingError::Empty) => Failure::Server(ServerFault::EmptyResponse),
            Self::Framing(FramingError::Malformed(_)) | Self::Malformed(_) => {
                Failure::Server(ServerFault::MalformedResponse)
            }
            Self::Framing(FramingError::TooLarge(bound))
            | Self::TooLarge(bound)
            | Self::BodyTooLarge { bound, .. } => {
                Failure::Server(ServerFault::ResponseTooLarge(bound))
            }
            Self::UnsendableUrl { url, .. } => Failure::App(AppFault::InvalidUrl(url)),
            Self::UnsendableHeader(_) => Failure::App(AppFault::InvalidHeader),
            Self::HandshakeRefused { status } => {
                Failure::Server(ServerFault::HandshakeRefused(status))
            }
            Self::Refused(refusal) => return refused(refusal, reason),
            Self::Unreadable(error) => unreadable(&error),
            Self::Unwritable(error) => unwritable(&error),
            Self::FileChanged(_) => Failure::App(AppFault::FileChanged),
            Self::FileTooLarge(_) => Failure::App(AppFault::FileTooLarge),
            Self::Unexpected(_) => Failure::Internal(InternalFault::Unknown),
        };
        IoFailure {
            failure,
            reason,
            refusal: None,
        }
    }

    /// What whoever has to do with the server or the network can do about it; of TLS and of refusals the reason says it.
    fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::NoAddress { .. } => Some(
                "check the spelling of the name, its A and AAAA records, and whether this machine reaches its DNS server",
            ),
            Self::Connect { kind, .. } => Some(remedy_of_connect(*kind)),
            Self::Proxy { fault, .. } => Some(fault.remedy()),
            Self::Broken(_) | Self::Framing(FramingError::CutShort(_) | FramingError::Empty) => {
                Some(
                    "see the log of the server, and of what stands before it, for why the connection was ended",
                )
            }
            Self::Silent { .. } => Some(
                "check the network of this machine, and whether a NAT or a firewall on the way forgets connections; a server has to answer a PING at once (RFC 9113 §6.7)",
            ),
            Self::HttpDns { .. }
            | Self::NoCellularNetwork(_)
            | Self::AddressesRefused { .. }
            | Self::Shaped(_)
            | Self::Tls { .. }
            | Self::Framing(FramingError::Malformed(_) | FramingError::TooLarge(_))
            | Self::Malformed(_)
            | Self::HandshakeRefused { .. }
            | Self::TooLarge(_)
            | Self::BodyTooLarge { .. }
            | Self::UnsendableUrl { .. }
            | Self::UnsendableHeader(_)
            | Self::Unreadable(_)
            | Self::Unwritable(_)
            | Self::FileChanged(_)
            | Self::FileTooLarge(_)
            | Self::Refused(_)
            | Self::Unexpected(_) => None,
        }
    }

    /// The same on a hop that a redirect asked for: that its addresses are refused is said of the redirect (U6, U7).
    pub(crate) fn on_redirect(self) -> Self {
        match self {
            Self::AddressesRefused { host, addresses } => {
                let refusal = Refusal::of_addresses(&host, &addresses);
                Self::Refused(refusal.on_redirect_to(&host))
            }
            other => other,
        }
    }

    /// Whether it is a proxy's word of one address of a server, of which there may be others.
    pub(crate) const fn is_about_target(&self) -> bool {
        match self {
            Self::Proxy { fault, .. } => fault.is_about_target(),
            _ => false,
        }
    }

    /// What broke a connection, if it was the shape of the app's network.
    pub(crate) fn by_shape(error: &io::Error) -> Option<Self> {
        let broken: &BrokenByShape = error.get_ref()?.downcast_ref()?;
        Some(Self::Shaped(*broken))
    }

    /// What a failed read or write of an established connection means. An alert is the peer's verdict on the handshake:
    /// in TLS 1.3 it comes after our side has finished.
    pub(crate) fn broken(error: &io::Error) -> Self {
        if let Some(broken) = Self::by_shape(error) {
            return broken;
        }
        match tls_error(error) {
            Some(error @ rustls::Error::AlertReceived(_)) => Self::Tls {
                host: "the server".to_owned(),
                reason: tls_reason::of(error),
            },
            Some(error) => Self::Broken(error.to_string()),
            None => Self::Broken(words(&error.kind()).to_owned()),
        }
    }
}

const fn remedy_of_connect(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::ConnectionRefused => {
            "start the server, or check the port: nobody listens there, or a firewall says so"
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "see why the server, or a firewall before it, ends connections from here"
        }
        _ => "check the network of this machine, the address in DNS, and the firewalls on the way",
    }
}

const fn no_redirect(status: u16) -> &'static str {
    match status {
        300..=399 => "; a handshake follows no redirect",
        _ => "",
    }
}

fn refused(refusal: Refusal, reason: String) -> IoFailure {
    IoFailure {
        failure: refusal.failure.clone(),
        reason,
        refusal: Some(refusal),
    }
}

/// F2
const fn unreadable(error: &FileError) -> Failure {
    match error {
        FileError::Missing => Failure::App(AppFault::FileNotFound),
        FileError::Denied(_)
        | FileError::Exists
        | FileError::NotEmpty
        | FileError::IsDirectory
        | FileError::NotDirectory
        | FileError::Invalid(_)
        | FileError::TooDeep(_)
        | FileError::OverQuota(_)
        | FileError::TooManyEntries(_)
        | FileError::DiskFull
        | FileError::Failed(_) => Failure::App(AppFault::FilePermissionDenied),
        FileError::Crashed => Failure::Internal(InternalFault::Crashed),
    }
}

/// F2, F4
const fn unwritable(error: &FileError) -> Failure {
    match error {
        FileError::Denied(_)
        | FileError::IsDirectory
        | FileError::NotDirectory
        | FileError::Invalid(_)
        | FileError::TooDeep(_) => Failure::App(AppFault::FilePermissionDenied),
        FileError::OverQuota(_) => Failure::App(AppFault::FileTooLarge),
        FileError::Missing
        | FileError::Exists
        | FileError::NotEmpty
        | FileError::TooManyEntries(_)
        | FileError::DiskFull
        | FileError::Failed(_) => Failure::Host(HostFault::FileNotSaved),
        FileError::Crashed => Failure::Internal(InternalFault::Crashed),
    }
}

fn connect_failure(kind: io::ErrorKind) -> Failure {
    match kind {
        io::ErrorKind::ConnectionRefused => Failure::Network(NetworkFault::ConnectionRefused),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            Failure::Network(NetworkFault::ConnectionReset)
        }
        // Everything else that stops a connect is between us and the peer: no route, no answer, a firewall.
        _ => Failure::Network(NetworkFault::NetworkUnreachable),
    }
}

/// The TLS library's error inside an I/O error.
pub(crate) fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// A peer that closes TCP without saying so in TLS; many do.
pub(crate) fn is_missing_close_notify(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}

/// An I/O error without the number and the wording of an operating system.
fn words(kind: &io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset => "reset by the server",
        io::ErrorKind::ConnectionAborted => "aborted",
        io::ErrorKind::BrokenPipe => "closed by the server",
        io::ErrorKind::NotConnected => "closed by us",
        io::ErrorKind::TimedOut => "no answer at the network layer",
        io::ErrorKind::HostUnreachable => "host unreachable",
        io::ErrorKind::NetworkUnreachable => "network unreachable",
        io::ErrorKind::UnexpectedEof => "closed without a TLS close_notify",
        _ => "input/output error",
    }
}
