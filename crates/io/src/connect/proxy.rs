//! The way through the host's proxy: a connection to it, and its handshake; TLS to the server comes after, inside.
//!
//! It is asked for an address that was checked (U7). Which servers are reached so is `policy::proxy`'s.

mod http;
mod socks;
#[cfg(test)]
mod tests;

use std::{io, net::SocketAddr, time::Duration};

use appnet_policy::proxy::{Proxy, ProxyProtocol};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{names::Names, race, resolve::Source};
use crate::{error::ExchangeError, line::Line, proxy_fault::ProxyFault, shaping::Shaping};

/// How long a proxy has for its answer, to which belongs that it connects to the server: less than the longest call (T1), so that the record
/// says who kept it waiting.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// How long the tunnel to one address of a server has before the next is tried beside it: the longest that RFC 8305 §8 has, because a proxy
/// takes a round trip of its own.
const HEAD_START: Duration = Duration::from_secs(2);

/// What a proxy is asked to connect to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal<'a> {
    Address(SocketAddr),
    /// A name that it has to look up, and a port.
    Name(&'a str, u16),
}

impl Goal<'_> {
    /// As a URL has it.
    fn authority(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Name(name, port) => format!("{name}:{port}"),
        }
    }
}

/// Where the way to a server goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goals<'a> {
    Addresses(&'a [SocketAddr]),
    Name(&'a str, u16),
}

/// What a tunnel is made with.
pub(super) struct Tunneller<'a> {
    pub(super) proxy: &'a Proxy,
    pub(super) names: &'a Names,
    pub(super) shaping: &'a Shaping,
    pub(super) over: Option<&'a str>,
    pub(super) no_delay: bool,
}

impl Tunneller<'_> {
    /// A connection on which the next byte is the server's, and the server's address where it is known.
    ///
    /// # Errors
    /// [`ExchangeError::Proxy`]; or the shape of the app's network broke it.
    pub(super) async fn tunnel(
        &self,
        goals: Goals<'_>,
    ) -> Result<(Line, Option<SocketAddr>), ExchangeError> {
        let at = self.addresses().await?;
        match goals {
            Goals::Name(name, port) => {
                let line = self.open(&at, Goal::Name(name, port)).await?;
                Ok((line, None))
            }
            Goals::Addresses(addresses) => {
                let attempt = async |address| match self.open(&at, Goal::Address(address)).await {
                    Err(error) if error.is_about_target() => Err(error),
                    decided => Ok(decided),
                };
                match race::first(addresses, HEAD_START, attempt).await {
                    Ok((decided, address)) => Ok((decided?, Some(address))),
                    // The first address is the one that the resolver prefers.
                    Err(mut failures) => Err(match failures.is_empty() {
                        true => ExchangeError::Unexpected("no address to connect to".to_owned()),
                        false => failures.swap_remove(0).1,
                    }),
                }
            }
        }
    }

    /// The proxy's own: the host's word, and not checked.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, ExchangeError> {
        let (host, port) = (self.proxy.host(), self.proxy.port());
        let found = self.names.addresses(&Source::Ordinary, None, host).await;
        match found {
            Ok(found) => {
                let addresses = found.addresses.into_iter();
                Ok(addresses
                    .map(|address| SocketAddr::new(address, port))
                    .collect())
            }
            Err(ExchangeError::NoAddress { detail, .. }) => {
                Err(self.failed(ProxyFault::NoAddress(detail)))
            }
            Err(other) => Err(other),
        }
    }

    async fn open(&self, at: &[SocketAddr], goal: Goal<'_>) -> Result<Line, ExchangeError> {
        let connected = race::connect(at, self.over).await;
        let (tcp, _) = connected.map_err(|error| match error {
            ExchangeError::Connect { kind, .. } => self.failed(ProxyFault::NotThere(kind)),
            other => other,
        })?;
        tcp.set_nodelay(self.no_delay)
            .map_err(|error| ExchangeError::broken(&error))?;
        let mut line = Line::connected(tcp, self.shaping.clone()).await?;
        match shake_hands(self.proxy, &mut line, goal).await {
            Ok(()) => Ok(line),
            Err(Stopped::Fault(fault)) => Err(self.failed(fault)),
            Err(Stopped::Io(error)) => {
                Err(ExchangeError::by_shape(&error).unwrap_or_else(|| self.failed(broken(&error))))
            }
        }
    }

    fn failed(&self, fault: ProxyFault) -> ExchangeError {
        ExchangeError::Proxy {
            proxy: self.proxy.to_string(),
            fault,
        }
    }
}

/// Why a handshake did not come to its end.
#[derive(Debug)]
enum Stopped {
    Fault(ProxyFault),
    /// The connection broke, perhaps by the shape of the app's network.
    Io(io::Error),
}

impl From<ProxyFault> for Stopped {
    fn from(fault: ProxyFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

async fn shake_hands(
    proxy: &Proxy,
    line: &mut (impl AsyncRead + AsyncWrite + Unpin),
    goal: Goal<'_>,
) -> Result<(), Stopped> {
    let handshake = async {
        match proxy.protocol() {
            ProxyProtocol::Socks5 => socks::shake_hands(proxy, line, goal).await,
            ProxyProtocol::HttpConnect => http::shake_hands(proxy, line, goal).await,
        }
    };
    match timeout(ANSWER_WAIT, handshake).await {
        Ok(done) => done,
        Err(_) => Err(ProxyFault::Silent(ANSWER_WAIT).into()),
    }
}

fn broken(error: &io::Error) -> ProxyFault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ProxyFault::Ended,
        kind => ProxyFault::Broken(kind),
    }
}
