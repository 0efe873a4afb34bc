//! How a host starts a network.

use std::{num::NonZeroUsize, rc::Rc, sync::Arc};

use appnet_core::CallRecord;
#[cfg(feature = "doh")]
use appnet_io::DohServer;
use appnet_io::{
    ClientOptions, DeviceNetwork, Probed, Resolver, SystemRoots, TlsTrust, roots_from_pem,
};
use appnet_policy::{
    Policy, Rules,
    icp::IcpRegistry,
    prepare::{self, Call},
    proxy::Proxy,
    rules::AppConfig,
};
use dashmap::DashMap;
use rustls_pki_types::CertificateDer;

#[cfg(feature = "manual-clock")]
use crate::clock::manual::ManualClock;
#[cfg(feature = "metrics")]
use crate::meter::Meter;
use crate::{
    clock::{BootClock, Clock},
    error::{ProbeError, StartError},
    naming::Naming,
    network::{Inner, Network},
    observe::{Inspector, Onlookers},
    over_io::over_io,
    stand_in::StandIn,
    supervisor::{NetworkSupervisor, SharedSaid, Table},
    threads::Threads,
};

/// Settings of a [`Network`] before it starts.
#[derive(Default)]
pub struct NetworkBuilder {
    policy: Policy,
    icp: Option<Arc<dyn IcpRegistry>>,
    extra_roots: Vec<CertificateDer<'static>>,
    system_roots: SystemRoots,
    onlookers: Onlookers,
    stand_in: Option<Arc<dyn StandIn>>,
    threads: Option<usize>,
    clock: Option<Arc<dyn Clock>>,
    naming: Naming,
}

impl Network {
    /// Starts with the platform's own values.
    #[must_use]
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder::default()
    }
}

impl NetworkBuilder {
    /// Other values than [`Policy::seed`].
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Where ICP filing is looked up (D6). Without one, filing is not checked.
    #[must_use]
    pub fn icp_registry(self, registry: Arc<dyn IcpRegistry>) -> Self {
        Self {
            icp: Some(registry),
            ..self
        }
    }

    /// More trusted roots: one certificate or several in PEM (K2).
    ///
    /// # Errors
    /// When the text holds no certificate or a broken one.
    pub fn extra_roots_pem(mut self, pem: &[u8]) -> Result<Self, StartError> {
        self.extra_roots.extend(roots_from_pem(pem)?);
        Ok(self)
    }

    /// Whether the system's own roots are trusted; they are unless said otherwise (K1).
    #[must_use]
    pub fn system_roots(self, system_roots: SystemRoots) -> Self {
        Self {
            system_roots,
            ..self
        }
    }

    /// Is shown every call's record when the call ends: on a thread of the network, or on the caller's where a call is refused at its
    /// port. So records of different calls may come at the same time, and a little after the app heard of the end. It must not block.
    #[must_use]
    pub fn observer(mut self, observer: impl Fn(&CallRecord) + Send + Sync + 'static) -> Self {
        self.onlookers.observer = Some(Arc::new(observer));
        self
    }

    /// Is shown every call while it goes on. Without one, that costs nothing.
    #[must_use]
    pub fn inspector(mut self, inspector: Arc<dyn Inspector>) -> Self {
        self.onlookers.inspector = Some(inspector);
        self
    }

    /// Counts the calls through the `metrics` facade, and makes a span of `tracing` for each, by OpenTelemetry's conventions for HTTP clients;
    /// `docs/metrics.md` has the names. The process's recorder has to be there before.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn metrics(mut self) -> Self {
        self.onlookers.meter = Some(Arc::new(Meter::new()));
        self
    }

    /// Who stands in for servers: it is asked for the answer to each call that was permitted, and to each socket, before a server is. Nothing of the
    /// network is needed for what it answers.
    #[must_use]
    pub fn stand_in(self, stand_in: Arc<dyn StandIn>) -> Self {
        Self {
            stand_in: Some(stand_in),
            ..self
        }
    }

    /// How names are looked up; by the operating system unless said otherwise. `make` gives each app a resolver of its own, on the app's thread,
    /// where its answers are remembered for their time as long as the app makes calls (K3). Addresses are checked whoever found them (U7).
    #[must_use]
    pub fn resolver(mut self, make: impl Fn() -> Rc<dyn Resolver> + Send + Sync + 'static) -> Self {
        self.naming.resolver(move |_, _, _| make());
        self
    }

    /// The same, by a server of DNS over HTTPS (RFC 8484). Each app has connections of its own to it.
    #[cfg(feature = "doh")]
    #[must_use]
    pub fn resolver_over_https(mut self, server: DohServer) -> Self {
        self.naming.resolver(move |trust, network, spawn| {
            Rc::new(server.resolver(trust, network.clone(), spawn.clone()))
        });
        self
    }

    /// A service that looks names up for calls with `enableHttpDNS` and this `httpDNSServiceId`. `make` is as for
    /// [`resolver`](Self::resolver).
    #[must_use]
    pub fn http_dns(
        mut self,
        service_id: impl Into<String>,
        make: impl Fn() -> Rc<dyn Resolver> + Send + Sync + 'static,
    ) -> Self {
        let service_id = service_id.into();
        self.naming.http_dns(service_id, move |_, _, _| make());
        self
    }

    /// The same, by a server of DNS over HTTPS (RFC 8484).
    #[cfg(feature = "doh")]
    #[must_use]
    pub fn http_dns_over_https(mut self, service_id: impl Into<String>, server: DohServer) -> Self {
        self.naming
            .http_dns(service_id.into(), move |trust, network, spawn| {
                Rc::new(server.resolver(trust, network.clone(), spawn.clone()))
            });
        self
    }

    /// A server that speaks HTTP/3, by the host and port of its URLs; the port of UDP is the same. Calls with `enableQuic` go there so from the
    /// first on. Other servers say so themselves, by `Alt-Svc`, from which the second call learns.
    #[cfg(feature = "http3")]
    #[must_use]
    pub fn http3_server(mut self, host: impl Into<String>, port: u16) -> Self {
        self.naming.http3_servers.push((host.into(), port));
        self
    }

    /// The network interface that calls with `forceCellularNetwork` go over, such as `rmnet0`. Without one they fail. On Linux and Android only:
    /// other systems bind no connection to an interface by its name, and such calls fail there.
    #[must_use]
    pub fn cellular_interface(mut self, interface: impl Into<String>) -> Self {
        self.naming.cellular = Some(interface.into());
        self
    }

    /// Shows this client certificate to a server that asks for one: the chain in PEM, the client's own first, and its key. `server` is `HOST:PORT`, or
    /// `HOST` for every port, as in URLs. It holds for all apps and protocols, and no other server sees it (K3).
    ///
    /// # Errors
    /// [`StartError::ServerKeys`]: what cannot be read, or does not belong together.
    pub fn client_certificate(
        mut self,
        server: &str,
        chain_pem: &[u8],
        key_pem: &[u8],
    ) -> Result<Self, StartError> {
        let keys = &mut self.naming.server_keys;
        keys.client_certificate(server, chain_pem, key_pem)?;
        Ok(self)
    }

    /// Trusts a server only if its chain has one of these public keys, too: its own, or that of an authority above it. They are checked in addition to
    /// everything else, and never in its place (K1). A key is `sha256/BASE64`, the SHA-256 of its SubjectPublicKeyInfo. `server` is as for
    /// [`client_certificate`](Self::client_certificate).
    ///
    /// # Errors
    /// [`StartError::ServerKeys`]: what is no server or no key.
    pub fn pin_keys<'a>(
        mut self,
        server: &str,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, StartError> {
        self.naming.server_keys.pin_keys(server, keys)?;
        Ok(self)
    }

    /// A proxy through which the connections of all apps go, but those to the hosts that it is not for. Addresses are checked as without one, and the
    /// proxy is asked for one that was (U7); TLS goes inside (K1). There is no HTTP/3 then. Resolvers do not go through it.
    ///
    /// ```
    /// use appnet::{Network, Proxy};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxy: Proxy = "http://user:secret@proxy.example.com:3128".parse()?;
    /// let network = Network::builder().proxy(proxy.direct_for([".intranet.example.com"])).start()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.naming.proxy = Some(proxy);
        self
    }

    /// How many threads apps are spread over, at least one; by default one for each core. An app lives on one.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self {
            threads: Some(threads),
            ..self
        }
    }

    /// The clock of a test, in the place of the system's: the network's time goes on only when the test says so.
    #[cfg(feature = "manual-clock")]
    #[must_use]
    pub fn clock(self, clock: &ManualClock) -> Self {
        Self {
            clock: Some(Arc::new(clock.clone())),
            ..self
        }
    }

    /// Finds out what a server looks like to an app of this configuration that makes this call; the app need not run, and nothing is started. The
    /// steps are those of a call, and so are the reasons (see [`Probed`]). It ends at the call's timeout at the latest.
    ///
    /// It must be polled inside a tokio `LocalSet`, on a runtime with I/O and time.
    ///
    /// # Errors
    /// [`ProbeError`]: the server was not turned to, because the configuration or the call is refused, or nobody is trusted.
    pub async fn probe(self, config: AppConfig, call: Call) -> Result<Probed, ProbeError> {
        let trust = TlsTrust::new(self.extra_roots, self.system_roots)?;
        let policy = Arc::new(as_built(self.policy));
        let rules = Arc::new(Rules::new(policy, config, self.icp.as_deref())?);
        let call = prepare::call(&rules, call)?;
        let mut options = ClientOptions::default();
        self.naming.apply(&trust, &mut options);
        Ok(appnet_io::probe(&trust, options, call).await)
    }

    /// Starts it on threads of its own; works under any async runtime or none.
    ///
    /// # Errors
    /// [`StartError`]: no trusted roots, no threads, or threads that are 0.
    pub fn start(self) -> Result<Network, StartError> {
        let threads = match self.threads {
            Some(threads) => NonZeroUsize::new(threads).ok_or(StartError::NoThreads)?,
            None => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        };
        let trust = TlsTrust::new(self.extra_roots, self.system_roots)?;
        let clock = self.clock.unwrap_or_else(|| Arc::new(BootClock::start()));
        let of_threads = Arc::clone(&clock);
        let table: Table = Arc::new(DashMap::new());
        let (for_supervisor, onlookers) = (Arc::clone(&table), self.onlookers);
        let said = SharedSaid::default();
        let (naming, stand_in) = (self.naming, self.stand_in);
        let (shared, device) = (Arc::clone(&said), DeviceNetwork::default());
        let network = device.clone();
        let make_supervisor = move |arbiters| {
            let transports = over_io(trust, naming, network, stand_in);
            NetworkSupervisor::new(
                for_supervisor,
                arbiters,
                clock,
                transports,
                onlookers,
                shared,
            )
        };
        let (threads, supervisor) = Threads::start(threads, of_threads, make_supervisor)?;
        let inner = Inner {
            supervisor,
            table,
            policy: Arc::new(as_built(self.policy)),
            icp: self.icp,
            said,
            device,
            threads,
        };
        Ok(Network::new(inner))
    }
}

/// What this build can do of a policy.
fn as_built(policy: Policy) -> Policy {
    Policy {
        http3: policy.http3 && cfg!(feature = "http3"),
        ..policy
    }
}
