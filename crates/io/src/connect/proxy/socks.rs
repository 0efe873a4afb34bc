//! SOCKS 5 (RFC 1928), by tokio-socks; what it says, in our words.

use appnet_policy::{failure::NetworkFault, proxy::Proxy};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_socks::{Error, TargetAddr, tcp::Socks5Stream};

use super::{Goal, Stopped};
use crate::proxy_fault::ProxyFault;

/// Each answer of the protocol says how long it is, in one byte at most.
pub(super) async fn shake_hands(
    proxy: &Proxy,
    line: &mut (impl AsyncRead + AsyncWrite + Unpin),
    goal: Goal<'_>,
) -> Result<(), Stopped> {
    let target = match goal {
        Goal::Address(address) => TargetAddr::Ip(address),
        Goal::Name(name, _) if name.len() > 255 => {
            return Err(ProxyFault::LongName(name.to_owned()).into());
        }
        Goal::Name(name, port) => TargetAddr::Domain(name.into(), port),
    };
    let done = match proxy.known_as() {
        None => Socks5Stream::connect_with_socket(line, target).await,
        Some(known) => {
            let (user, password) = (&known.user, &known.password);
            Socks5Stream::connect_with_password_and_socket(line, target, user, password).await
        }
    };
    match done {
        Ok(_) => Ok(()),
        Err(Error::Io(error)) => Err(error.into()),
        Err(error) => Err(fault(&error, proxy, goal).into()),
    }
}

fn fault(error: &Error, proxy: &Proxy, goal: Goal<'_>) -> ProxyFault {
    let target = goal.authority();
    let refused = |said| ProxyFault::Refused {
        target: goal.authority(),
        said,
    };
    let not_reached = |said, fault| ProxyFault::ServerNotReached {
        target,
        said,
        fault,
    };
    let unreachable = NetworkFault::NetworkUnreachable;
    match error {
        Error::GeneralSocksServerFailure => refused("general failure (1)"),
        Error::ConnectionNotAllowedByRuleset => refused("not allowed by its rules (2)"),
        Error::NetworkUnreachable => not_reached("network unreachable (3)", unreachable),
        Error::HostUnreachable => not_reached("host unreachable (4)", unreachable),
        Error::ConnectionRefused => {
            not_reached("connection refused (5)", NetworkFault::ConnectionRefused)
        }
        Error::TtlExpired => not_reached("TTL expired (6)", unreachable),
        Error::CommandNotSupported => refused("it does not connect (7)"),
        Error::AddressTypeNotSupported => refused("it does not know this kind of address (8)"),
        Error::NoAcceptableAuthMethods if proxy.known_as().is_some() => {
            ProxyFault::RefusesCredentials("no method in common".to_owned())
        }
        Error::NoAcceptableAuthMethods | Error::AuthorizationRequired => {
            ProxyFault::WantsCredentials("SOCKS 5 by user and password, or another way".to_owned())
        }
        Error::PasswordAuthFailure(code) => {
            ProxyFault::RefusesCredentials(format!("RFC 1929, status {code}"))
        }
        // It says so of a reply whose code RFC 1928 does not have, too.
        Error::UnknownAuthMethod => garbage("a method or a reply that RFC 1928 does not have"),
        other => garbage(&other.to_string().to_ascii_lowercase()),
    }
}

fn garbage(detail: &str) -> ProxyFault {
    ProxyFault::Garbage {
        protocol: "SOCKS 5",
        detail: detail.to_owned(),
    }
}
