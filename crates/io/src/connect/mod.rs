//! From a permitted target to a connection: look up, check the addresses, connect, handshake.
//!
//! Nothing here reads a URL's text: the host, the port and the route come from the target that the policy checked (U1).

mod cache;
mod interface;
pub(crate) mod names;
mod proxy;
#[cfg(feature = "http3")]
pub(crate) mod quic;
mod race;
pub(crate) mod resolve;
pub(crate) mod servers;
pub(crate) mod tls;
pub(crate) mod trust;

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use appnet_policy::{
    Failure, Permitted, Target,
    addresses::AddressRule,
    connect::Route,
    exchange::{HttpDns, OutgoingRequest},
    proxy::Proxy,
    rules::Refusal,
    socket::SocketRequest,
    tls::CertificateCheck,
};
use serde::Serialize;

use self::{
    names::{FoundBy, Names},
    proxy::{Goals, Tunneller},
    resolve::Source,
    tls::TlsConfigs,
};
#[cfg(feature = "http3")]
use crate::spawn::Spawn;
use crate::{error::ExchangeError, line::Line, shaping::Shaping, wire::Transport};

/// What makes two connections interchangeable: nothing less may be shared between exchanges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// Where it may speak HTTP/3.
    pub(crate) http3: Option<u16>,
    /// Who looks its name up.
    pub(crate) source: Source,
    /// Whether it is reached over the cellular network.
    pub(crate) cellular: bool,
}

impl Destination {
    /// Where a call for this target goes, over HTTP/1.1.
    pub(crate) fn of_target(target: &Permitted<Target>) -> Self {
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
            http2: false,
            // A call is a few small writes; waiting to merge them only delays it.
            no_delay: true,
            http3: None,
            source: Source::Ordinary,
            cellular: false,
        }
    }

    /// For a request whose names are looked up there.
    pub(crate) fn of_request(request: &OutgoingRequest, source: Source) -> Self {
        Self {
            // Without TLS there is no ALPN to agree on it.
            http2: request.http2 && request.target.is_secure(),
            source,
            cellular: request.force_cellular,
            ..Self::of_target(&request.target)
        }
    }

    /// The same server, asked for HTTP/1.1 only.
    pub(crate) fn over_http1(&self) -> Self {
        Self {
            http2: false,
            http3: None,
            ..self.clone()
        }
    }

    /// The same server, offered HTTP/2 too.
    pub(crate) fn over_http2(&self) -> Self {
        Self {
            http2: self.secure,
            ..self.clone()
        }
    }

    /// The same server, over TCP.
    pub(crate) fn over_tcp(&self) -> Self {
        Self {
            http3: None,
            ..self.clone()
        }
    }

    /// Whether several exchanges may share a connection to it.
    pub(crate) const fn may_share(&self) -> bool {
        self.http2 || self.http3.is_some()
    }

    /// For a socket, which speaks HTTP/1.1 and says itself whether its frames may wait (W4).
    pub(crate) fn for_socket(request: &SocketRequest) -> Self {
        Self {
            no_delay: request.tcp_no_delay,
            cellular: request.force_cellular,
            ..Self::of_target(&request.target)
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
    /// The server's address; also behind a proxy, unless the proxy has looked it up.
    pub(crate) peer: Option<SocketAddr>,
    /// `TLSv1.2` or `TLSv1.3`
    pub(crate) tls_version: Option<&'static str>,
    /// As rustls names it: `TLS13_AES_128_GCM_SHA256`.
    pub(crate) tls_suite: Option<&'static str>,
    /// Why a release would have refused its addresses or its certificate (U8).
    pub(crate) would_refuse: Vec<Refusal>,
    /// Whether its address was found by HttpDNS.
    pub(crate) http_dns: bool,
}

/// When each phase of a connect began and ended, as far as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct DialTimes {
    pub(crate) lookup: Option<Phase>,
    /// The lookup again, if HttpDNS brought the addresses.
    pub(crate) http_dns: Option<Phase>,
    pub(crate) connect: Option<Phase>,
    pub(crate) ssl: Option<Phase>,
    /// Why the ordinary resolver was asked, though the call had asked for HttpDNS.
    pub(crate) http_dns_failure: Option<Failure>,
}

/// Begin and end of a phase.
pub(crate) type Phase = (Instant, Instant);

/// What an app's connections are made with (K3).
pub(crate) struct Dialler {
    pub(crate) names: Names,
    pub(crate) tls: TlsConfigs,
    /// The interface that the host names as its cellular network.
    pub(crate) cellular: Option<String>,
    /// What stands before servers.
    pub(crate) proxy: Option<Proxy>,
    /// What the app's network is like.
    pub(crate) shaping: Shaping,
}

/// Where a connection may go, over this interface if one is named, and through this proxy.
pub(crate) struct Way<'a> {
    /// Addresses that were checked; none if the proxy looks the name up.
    addresses: Vec<SocketAddr>,
    /// Whether HttpDNS found them.
    http_dns: bool,
    over: Option<&'a str>,
    proxy: Option<&'a Proxy>,
}

impl Dialler {
    /// Makes a connection over TCP; `http_dns` is what the call says of it.
    pub(crate) async fn dial(
        &self,
        destination: &Destination,
        http_dns: Option<&HttpDns>,
        times: &mut DialTimes,
    ) -> Result<Dialled, ExchangeError> {
        let way = self.look_up(destination, http_dns, times).await?;
        self.over_tcp(destination, &way, times).await
    }

    /// Looks the way up, and checks it.
    pub(crate) async fn look_up(
        &self,
        destination: &Destination,
        http_dns: Option<&HttpDns>,
        times: &mut DialTimes,
    ) -> Result<Way<'_>, ExchangeError> {
        self.shaping.online()?;
        let over = match destination.cellular {
            true => Some(interface::cellular(self.cellular.as_deref())?),
            false => None,
        };
        let proxy = self.proxy(destination);
        if self.is_looked_up_by_proxy(destination) {
            return Ok(Way {
                addresses: Vec::new(),
                http_dns: false,
                over,
                proxy,
            });
        }
        let looked_up = addresses(destination, http_dns, &self.names);
        let (addresses, found_by) = timed(&mut times.lookup, looked_up).await?;
        let http_dns = matches!(found_by, FoundBy::HttpDns);
        times.http_dns = times.lookup.filter(|_| http_dns);
        if let FoundBy::OrdinaryInstead(error) = found_by {
            times.http_dns_failure = Some(error.into_failure().failure);
        }
        Ok(Way {
            addresses,
            http_dns,
            over,
            proxy,
        })
    }

    /// What stands before this server.
    pub(crate) fn proxy(&self, destination: &Destination) -> Option<&Proxy> {
        let proxy = self.proxy.as_ref();
        proxy.filter(|proxy| proxy.serves(&destination.host))
    }

    /// Whether the host leaves this name to the proxy, so that no address is checked (U7). What a call asks of HttpDNS is asked there.
    fn is_looked_up_by_proxy(&self, destination: &Destination) -> bool {
        let is_name = || destination.route.host.parse::<IpAddr>().is_err();
        let proxy = self.proxy(destination);
        proxy.is_some_and(Proxy::looks_names_up)
            && destination.source == Source::Ordinary
            && is_name()
    }

    /// All addresses of a destination, also those that it may not be connected to; none if the proxy looks them up.
    pub(crate) async fn found(
        &self,
        destination: &Destination,
    ) -> Result<Vec<IpAddr>, ExchangeError> {
        if self.is_looked_up_by_proxy(destination) {
            return Ok(Vec::new());
        }
        let (source, host) = (&destination.source, &destination.route.host);
        let found = self.names.addresses(source, None, host).await?;
        Ok(found.addresses)
    }

    /// Connects by TCP, and shakes hands.
    pub(crate) async fn over_tcp(
        &self,
        destination: &Destination,
        way: &Way<'_>,
        times: &mut DialTimes,
    ) -> Result<Dialled, ExchangeError> {
        let begun = Instant::now();
        let connected = self.connect_all(destination, way, times).await;
        times.connect = Some((begun, Instant::now()));
        let mut dialled = connected?;
        let would_refuse = would_refuse(destination, &way.addresses);
        dialled.facts.would_refuse.extend(would_refuse);
        dialled.facts.http_dns = way.http_dns;
        Ok(dialled)
    }

    /// Connects by QUIC to this port.
    #[cfg(feature = "http3")]
    pub(crate) async fn over_quic(
        &self,
        destination: &Destination,
        way: &Way<'_>,
        port: u16,
        spawn: &Spawn,
        times: &mut DialTimes,
    ) -> Result<(quic::QuicLink, Facts), ExchangeError> {
        let addresses = way.addresses.iter();
        let addresses: Vec<_> = addresses
            .map(|address| SocketAddr::new(address.ip(), port))
            .collect();
        let connecting = quic::connect(&self.tls, destination, &addresses, way.over, spawn);
        let connected = timed(&mut times.connect, connecting).await;
        times.ssl = times.connect; // QUIC shakes hands as it connects
        let (link, mut facts) = connected?;
        facts
            .would_refuse
            .extend(would_refuse(destination, &addresses));
        facts.http_dns = way.http_dns;
        Ok((link, facts))
    }

    async fn connect_all(
        &self,
        destination: &Destination,
        way: &Way<'_>,
        times: &mut DialTimes,
    ) -> Result<Dialled, ExchangeError> {
        let (line, peer) = match way.proxy {
            // In a box: few networks have a proxy, and each call that connects would hold room for it.
            Some(proxy) => Box::pin(self.tunnel(proxy, destination, way)).await?,
            None => self.line(destination, way).await?,
        };
        if destination.secure {
            let handshake = self.tls.handshake(destination, line, peer);
            timed(&mut times.ssl, handshake).await
        } else {
            Ok(plain(line, peer))
        }
    }

    /// A connection to the server itself.
    async fn line(
        &self,
        destination: &Destination,
        way: &Way<'_>,
    ) -> Result<(Line, Option<SocketAddr>), ExchangeError> {
        let (tcp, peer) = race::connect(&way.addresses, way.over).await?;
        tcp.set_nodelay(destination.no_delay)
            .map_err(|error| ExchangeError::broken(&error))?;
        let line = Line::connected(tcp, self.shaping.clone()).await?;
        Ok((line, Some(peer)))
    }

    /// A connection through the proxy.
    async fn tunnel(
        &self,
        proxy: &Proxy,
        destination: &Destination,
        way: &Way<'_>,
    ) -> Result<(Line, Option<SocketAddr>), ExchangeError> {
        let tunneller = Tunneller {
            proxy,
            names: &self.names,
            shaping: &self.shaping,
            over: way.over,
            no_delay: destination.no_delay,
        };
        let route = &destination.route;
        let goals = match self.is_looked_up_by_proxy(destination) {
            true => Goals::Name(&route.host, route.port),
            false => Goals::Addresses(&way.addresses),
        };
        tunneller.tunnel(goals).await
    }
}

fn plain(mut line: Line, peer: Option<SocketAddr>) -> Dialled {
    line.established();
    let facts = Facts {
        peer,
        tls_version: None,
        tls_suite: None,
        would_refuse: Vec::new(),
        http_dns: false,
    };
    Dialled {
        transport: Box::new(line),
        http2: false,
        facts,
    }
}

/// The addresses that may be connected to (U7), whoever found them; the connection then goes to one of them and looks nothing up again.
async fn addresses(
    destination: &Destination,
    http_dns: Option<&HttpDns>,
    names: &Names,
) -> Result<(Vec<SocketAddr>, FoundBy), ExchangeError> {
    let route = &destination.route;
    let found = names
        .addresses(&destination.source, http_dns, &route.host)
        .await?;
    let rule = destination.addresses;
    let allowed: Vec<_> = found
        .addresses
        .iter()
        .filter(|address| rule.allows(**address))
        .map(|address| SocketAddr::new(*address, route.port))
        .collect();
    if allowed.is_empty() {
        return Err(ExchangeError::AddressesRefused {
            host: route.host.clone(),
            addresses: found.addresses,
        });
    }
    Ok((allowed, found.by))
}

/// U8: what a release would say of these addresses, if it could not be connected to any of them.
fn would_refuse(destination: &Destination, addresses: &[SocketAddr]) -> Option<Refusal> {
    let rule = destination.addresses_in_release;
    if addresses.is_empty() {
        return None; // the proxy looks them up
    }
    if addresses.iter().any(|address| rule.allows(address.ip())) {
        return None;
    }
    let addresses: Vec<_> = addresses.iter().map(SocketAddr::ip).collect();
    Some(Refusal::of_addresses(&destination.route.host, &addresses))
}

async fn timed<T>(phase: &mut Option<Phase>, work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = work.await;
    *phase = Some((begun, Instant::now()));
    done
}

#[cfg(test)]
mod tests {
    use appnet_policy::Api;

    use super::*;
    use crate::outgoing::tests::rules;

    #[test]
    fn over_http1_the_same_server_is_offered_nothing_else() {
        let target = rules().permit(Api::Request, "https://a.test/").unwrap();
        let http1 = Destination::of_target(&target);
        let offered_all = Destination {
            http2: true,
            http3: Some(443),
            ..http1.clone()
        };
        assert_eq!(offered_all.over_http1(), http1);
    }

    #[test]
    fn w4_a_socket_says_itself_whether_its_frames_may_wait() {
        for tcp_no_delay in [false, true] {
            let request = SocketRequest {
                target: rules().permit(Api::ConnectSocket, "wss://a.test/").unwrap(),
                headers: Vec::new(),
                protocols: Vec::new(),
                tcp_no_delay,
                per_message_deflate: false,
                force_cellular: false,
            };
            assert_eq!(Destination::for_socket(&request).no_delay, tcp_no_delay);
        }
    }
}
