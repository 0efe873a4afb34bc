//! From a permitted target to a connection: look up, check the addresses, connect, handshake.
//!
//! Nothing here reads a URL's text: the host, the port and the route come from the target that the policy checked (U1).

mod race;
pub(crate) mod resolve;
pub(crate) mod tls;
pub(crate) mod trust;

use std::{io, net::SocketAddr, time::Instant};

use appnet_policy::{
    Permitted, Target, addresses::AddressRule, connect::Route, rules::Refusal,
    tls::CertificateCheck,
};
use tokio::net::TcpStream;

use self::{resolve::Resolve, tls::TlsConfigs};
use crate::{error::ExchangeError, wire::Transport};

/// What makes two connections interchangeable: nothing less may be shared between exchanges.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Destination {
    pub(crate) secure: bool,
    /// The name in the URL, in SNI and in the certificate.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Where the connection really goes.
    pub(crate) route: Route,
    pub(crate) certificates: CertificateCheck,
    /// Which addresses may be connected to (U7).
    pub(crate) addresses: AddressRule,
    /// Which of them a release may be connected to (U8).
    pub(crate) addresses_in_release: AddressRule,
    /// Whether HTTP/2 is offered.
    pub(crate) http2: bool,
    /// Whether small writes leave at once instead of waiting to be merged.
    pub(crate) no_delay: bool,
}

impl Destination {
    pub(crate) fn new(target: &Permitted<Target>, http2: bool) -> Self {
        let rules = target.rules();
        let route = rules.route(target);
        // The host chose the address of a name that it maps.
        let unless_mapped = |rule| if route.mapped { AddressRule::Any } else { rule };
        Self {
            addresses: unless_mapped(rules.addresses(target)),
            addresses_in_release: unless_mapped(rules.addresses_in_release(target)),
            secure: target.is_secure(),
            host: target.host().to_owned(),
            port: target.port(),
            route,
            certificates: rules.certificates(),
            // Without TLS there is no ALPN to agree on it.
            http2: http2 && target.is_secure(),
            // A call is a few small writes; waiting to merge them only delays it.
            no_delay: true,
        }
    }

    /// The same server, asked for HTTP/1.1 only.
    pub(crate) fn over_http1(&self) -> Self {
        Self {
            http2: false,
            ..self.clone()
        }
    }

    /// For a socket, which speaks HTTP/1.1 and says itself whether its frames may wait (W4).
    pub(crate) fn for_socket(target: &Permitted<Target>, no_delay: bool) -> Self {
        Self {
            no_delay,
            ..Self::new(target, false)
        }
    }
}

/// A connection that was made, before HTTP.
pub(crate) struct Dialled {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) http2: bool,
    pub(crate) facts: Facts,
}

/// What the handshakes said.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) peer: Option<SocketAddr>,
    /// `TLSv1.2` or `TLSv1.3`
    pub(crate) tls_version: Option<&'static str>,
    /// Why a release would have refused its addresses or its certificate (U8).
    pub(crate) would_refuse: Vec<Refusal>,
}

/// When each phase of a connect began and ended, as far as it came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DialTimes {
    pub(crate) lookup: Option<Phase>,
    pub(crate) connect: Option<Phase>,
    pub(crate) ssl: Option<Phase>,
}

/// Begin and end of a phase.
pub(crate) type Phase = (Instant, Instant);

/// Makes a connection.
pub(crate) async fn dial(
    destination: &Destination,
    resolver: &dyn Resolve,
    tls: &TlsConfigs,
    times: &mut DialTimes,
) -> Result<Dialled, ExchangeError> {
    let addresses = timed(&mut times.lookup, addresses(destination, resolver)).await?;
    let begun = Instant::now();
    let connected = connect_all(destination, &addresses, tls, times).await;
    times.connect = Some((begun, Instant::now()));
    let mut dialled = connected?;
    dialled
        .facts
        .would_refuse
        .extend(would_refuse(destination, &addresses));
    Ok(dialled)
}

async fn connect_all(
    destination: &Destination,
    addresses: &[SocketAddr],
    tls: &TlsConfigs,
    times: &mut DialTimes,
) -> Result<Dialled, ExchangeError> {
    let (tcp, peer) = race::connect(addresses).await?;
    tcp.set_nodelay(destination.no_delay)
        .map_err(|error| ExchangeError::broken(&error))?;
    if destination.secure {
        timed(&mut times.ssl, tls.handshake(destination, tcp, peer)).await
    } else {
        Ok(plain(tcp, peer))
    }
}

fn plain(tcp: TcpStream, peer: SocketAddr) -> Dialled {
    let facts = Facts {
        peer: Some(peer),
        tls_version: None,
        would_refuse: Vec::new(),
    };
    Dialled {
        transport: Box::new(tcp),
        http2: false,
        facts,
    }
}

/// The addresses that may be connected to (U7); the connection then goes to one of them and looks nothing up again.
async fn addresses(
    destination: &Destination,
    resolver: &dyn Resolve,
) -> Result<Vec<SocketAddr>, ExchangeError> {
    let route = &destination.route;
    let found = resolver
        .resolve(&route.host, route.port)
        .await
        .map_err(|error| no_address(route, &error))?;
    if found.is_empty() {
        return Err(no_address(route, &io::Error::other("the answer is empty")));
    }
    let rule = destination.addresses;
    let allowed: Vec<_> = found
        .iter()
        .copied()
        .filter(|address| rule.allows(address.ip()))
        .collect();
    if allowed.is_empty() {
        let addresses = found.iter().map(SocketAddr::ip).collect();
        return Err(ExchangeError::AddressesRefused {
            host: route.host.clone(),
            addresses,
        });
    }
    Ok(allowed)
}

/// U8: what a release would say of these addresses, if it could not be connected to any of them.
fn would_refuse(destination: &Destination, addresses: &[SocketAddr]) -> Option<Refusal> {
    let rule = destination.addresses_in_release;
    if addresses.iter().any(|address| rule.allows(address.ip())) {
        return None;
    }
    let addresses: Vec<_> = addresses.iter().map(SocketAddr::ip).collect();
    Some(Refusal::of_addresses(&destination.route.host, &addresses))
}

fn no_address(route: &Route, error: &io::Error) -> ExchangeError {
    ExchangeError::NoAddress {
        host: route.host.clone(),
        detail: error.to_string(),
    }
}

async fn timed<T>(phase: &mut Option<Phase>, work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = work.await;
    *phase = Some((begun, Instant::now()));
    done
}
