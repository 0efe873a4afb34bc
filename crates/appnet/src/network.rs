//! What a host embeds.

use std::{
    fmt,
    future::Future,
    num::NonZeroUsize,
    path::Path,
    rc::Rc,
    sync::{Arc, MutexGuard, PoisonError, Weak},
};

use actix::{Addr, dev::ToEnvelope};
use appnet_core::{CallRecord, Move, app::CloseReport};
#[cfg(feature = "doh")]
use appnet_io::DohServer;
use appnet_io::{
    ClientOptions, DeviceNetwork, DirectorySandbox, Probed, Resolver, SystemRoots, TlsTrust,
    files::OpenError, roots_from_pem,
};
use appnet_policy::{
    Policy, Rules,
    connectivity::Connectivity,
    icp::IcpRegistry,
    identity::AppId,
    prepare::{self, Call},
    proxy::Proxy,
    rules::{AppConfig, ConfigError},
    shape::Shape,
};
use dashmap::DashMap;
use rustls_pki_types::CertificateDer;

#[cfg(feature = "metrics")]
use crate::meter::Meter;
use crate::{
    NewApp, Pinned, Port, RunningApp,
    clock::{BootClock, Clock},
    error::{AttachError, LaunchError, ProbeError, StartError, UnknownApp},
    launched_files::LaunchedFiles,
    link::SharedLink,
    naming::Naming,
    observe::{Inspector, Onlookers},
    over_io::over_io,
    stand_in::StandIn,
    supervisor::{CloseApp, Driver, Launch, NetworkSupervisor, Said, SharedSaid, ShutDown, Table},
    threads::Threads,
    transport::Files,
};

/// A handle of a running network subsystem; clones are handles of the same one. When the last one is dropped, the network stops.
#[derive(Clone)]
pub struct Network {
    inner: Arc<Inner>,
}

/// A handle of a network that may have stopped, see [`Network::downgrade`].
#[derive(Clone)]
pub struct WeakNetwork {
    inner: Weak<Inner>,
}

struct Inner {
    supervisor: Addr<NetworkSupervisor>,
    table: Table,
    policy: Arc<Policy>,
    icp: Option<Arc<dyn IcpRegistry>>,
    said: SharedSaid,
    /// What every app's connections find the device on.
    device: DeviceNetwork,
    threads: Threads,
}

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
    naming: Naming,
}

impl Network {
    /// Starts with the platform's own values.
    #[must_use]
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder::default()
    }

    /// Launches an app, in the foreground, and gives its port. An [`AppConfig`] alone is enough; see [`NewApp`] for what else there is.
    ///
    /// # Errors
    /// [`LaunchError`]: a configuration that is refused, an app that runs already.
    pub async fn launch(&self, app: impl Into<NewApp>) -> Result<Port, LaunchError> {
        self.launch_app(app.into(), None).await.map(Port::new)
    }

    /// Opens an app's files in this directory, which is made if need be, within the bounds of this network's policy (F4, I3). It blocks.
    ///
    /// # Errors
    /// [`OpenError`]: a directory that has other things in it, or that is in use, is left as it is.
    pub fn open_files(&self, directory: &Path) -> Result<Arc<DirectorySandbox>, OpenError> {
        DirectorySandbox::open(directory, self.inner.policy.files).map(Arc::new)
    }

    /// Another port of an app whose port was dropped: it hears what happens from now on, also of tasks that were called before. Their numbers are not
    /// free again, see [`Port::next_task`].
    ///
    /// # Errors
    /// [`AttachError`]
    pub fn attach(&self, app: &AppId) -> Result<Port, AttachError> {
        let link = self.link(app)?;
        if link.listen_again() {
            Ok(Port::new(link))
        } else {
            Err(AttachError::Attached(app.clone()))
        }
    }

    /// Launches an app and drives it on the thread that it lives on: `drive` gets its port there, and the future that it gives runs
    /// there until it is done. A command and its event then cost no switch between threads: a quarter of what a small call over HTTP/2
    /// costs. The future gets a slice of the thread's time like an app (I1); it must not block, and should end when the port's events do.
    ///
    /// # Errors
    /// As [`launch`](Self::launch).
    pub async fn launch_driven<F>(
        &self,
        app: impl Into<NewApp>,
        drive: impl FnOnce(Port) -> F + Send + 'static,
    ) -> Result<(), LaunchError>
    where
        F: Future<Output = ()> + 'static,
    {
        let driver: Driver = Box::new(|link| Box::pin(drive(Port::new(link))));
        let launched = self.launch_app(app.into(), Some(driver)).await;
        launched.map(drop)
    }

    async fn launch_app(
        &self,
        NewApp { config, files }: NewApp,
        driver: Option<Driver>,
    ) -> Result<Arc<SharedLink>, LaunchError> {
        let rules = self.rules(config)?;
        let files: Files = files.map(|files| Arc::new(LaunchedFiles::new(files)));
        let launch = Launch {
            rules,
            files,
            driver,
        };
        self.ask(launch).await.unwrap_or(Err(LaunchError::ShutDown))
    }

    /// Changes a running app's configuration, for every call that it makes after this returns. Calls made before keep the rules they were
    /// checked by; a bad configuration changes nothing (D7).
    ///
    /// # Errors
    /// [`LaunchError`]: a configuration that is refused, an app that does not run.
    pub fn configure(&self, config: AppConfig) -> Result<(), LaunchError> {
        let rules = self.rules(config)?;
        let link = self.link(&rules.identity().app_id);
        let link = link.map_err(|UnknownApp(app)| LaunchError::NotRunning(app))?;
        link.configure(rules);
        Ok(())
    }

    /// Tells that an app left the screen (B1), and whether it is exempt because it is pinned (B5). In force for every call that the app makes after this returns.
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub fn enter_background(&self, app: &AppId, pinned: Pinned) -> Result<(), UnknownApp> {
        let pinned = pinned == Pinned::Yes;
        self.link(app)?
            .move_to(|at| Move::Background { pinned, at });
        Ok(())
    }

    /// Tells that an app is on the screen again (B4). In force for every call that the app makes after this returns.
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub fn enter_foreground(&self, app: &AppId) -> Result<(), UnknownApp> {
        self.link(app)?.move_to(|at| Move::Foreground { at });
        Ok(())
    }

    /// Says what the host knows of the device's network. Every app hears of what changed by an event, and finds it when it asks; an app that
    /// is launched later finds the last word.
    ///
    /// If the device is on another network than before ([`Connectivity::is_elsewhere_than`]), no call that begins from now on uses a connection or an address
    /// that was found there. So say it at once.
    pub fn set_connectivity(&self, connectivity: Connectivity) {
        let mut said = self.inner.said();
        let before = std::mem::replace(&mut said.connectivity, connectivity);
        if connectivity.is_elsewhere_than(&before) {
            self.inner.device.moved(); // first, so that an app that hears of it calls over new connections
        }
        self.links()
            .iter()
            .for_each(|link| link.set_connectivity(connectivity));
    }

    /// The apps that run, by their ids, with what each has. It asks no actor, so a busy one is not waited for: the host's last word counts for where an
    /// app is. What is said of one app is of one moment, and of two apps of two moments.
    #[must_use]
    pub fn apps(&self) -> Vec<RunningApp> {
        let mut apps: Vec<_> = self.links().iter().map(|link| link.running_app()).collect();
        apps.sort_unstable_by(|one, other| one.app.cmp(&other.app));
        apps
    }

    /// Apart from the table, which is not held while they are used.
    fn links(&self) -> Vec<Arc<SharedLink>> {
        self.inner.table.iter().map(|it| Arc::clone(&it)).collect()
    }

    /// Makes the network of an app weak, or takes it away (see [`Shape`]); `None`: as it is. Open connections feel it, too, and the app hears of what
    /// it can hear of. It holds for later launches of the app as well, until something else is said. While it does, nothing goes over HTTP/3: what is
    /// weak are TCP connections.
    ///
    /// ```
    /// use appnet::{Network, policy::{identity::AppId, shape::{Preset, Shape}}};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let network = Network::builder().start()?;
    /// let app = AppId::new("wx1");
    /// network.shape(&app, Some(Preset::Slow3G.shape()));
    /// network.shape(&app, Some("latency=300,jitter=100,loss=1".parse()?));
    /// network.shape(&app, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn shape(&self, app: &AppId, shape: Option<Shape>) {
        let mut said = self.inner.said();
        match shape {
            Some(shape) => said.shapes.insert(app.clone(), shape),
            None => said.shapes.remove(app),
        };
        if let Ok(link) = self.link(app) {
            link.shape(shape);
        }
    }

    /// What an app's network is made to be like.
    #[must_use]
    pub fn shape_of(&self, app: &AppId) -> Option<Shape> {
        self.inner.said().shapes.get(app).copied()
    }

    /// A handle that does not keep the network running: for what the network itself holds, such as an inspector.
    #[must_use]
    pub fn downgrade(&self) -> WeakNetwork {
        WeakNetwork {
            inner: Arc::downgrade(&self.inner),
        }
    }

    /// Ends an app and everything it has (B7). From the moment this is first polled, calls of the app hear that it is closed. When it
    /// returns, nothing of the app is left, and its port has had its last event.
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub async fn close(&self, app: &AppId) -> Result<CloseReport, UnknownApp> {
        self.link(app)?.begin_close();
        self.ask(CloseApp(app.clone()))
            .await
            .flatten()
            .ok_or_else(|| UnknownApp(app.clone()))
    }

    /// Closes every app and ends all threads; returns when they have ended, also if another handle shut the network down before. Other
    /// handles then find no app.
    pub async fn shut_down(self) {
        self.inner.begin_close();
        self.inner.supervisor.do_send(ShutDown);
        self.inner.threads.ended().await;
    }

    fn rules(&self, config: AppConfig) -> Result<Arc<Rules>, ConfigError> {
        Rules::new(
            Arc::clone(&self.inner.policy),
            config,
            self.inner.icp.as_deref(),
        )
        .map(Arc::new)
    }

    fn link(&self, app: &AppId) -> Result<Arc<SharedLink>, UnknownApp> {
        self.inner
            .table
            .get(app)
            .map(|link| Arc::clone(&link))
            .ok_or_else(|| UnknownApp(app.clone()))
    }

    /// `None`: the network is shut down.
    async fn ask<M>(&self, message: M) -> Option<M::Result>
    where
        M: actix::Message<Result: Send> + Send + 'static,
        NetworkSupervisor: actix::Handler<M>,
        actix::Context<NetworkSupervisor>: ToEnvelope<NetworkSupervisor, M>,
    {
        self.inner.supervisor.send(message).await.ok()
    }
}

impl WeakNetwork {
    /// The network, if it runs still.
    #[must_use]
    pub fn upgrade(&self) -> Option<Network> {
        let inner = self.inner.upgrade()?;
        Some(Network { inner })
    }
}

impl fmt::Debug for WeakNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakNetwork").finish_non_exhaustive()
    }
}

impl Inner {
    /// Nothing that holds the lock can leave it half changed.
    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// B7: calls of every app hear from now on that it is closed.
    fn begin_close(&self) {
        self.table.iter().for_each(|link| link.begin_close());
    }
}

impl Drop for Inner {
    /// The last handle is gone: every port ends now, with a terminal event for each task (B7). What the apps have is torn down on the
    /// network's threads, which end then.
    fn drop(&mut self) {
        for link in self.table.iter() {
            link.close();
        }
        self.supervisor.do_send(ShutDown);
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("apps", &self.inner.table.len())
            .finish_non_exhaustive()
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
        let clock: Arc<dyn Clock> = Arc::new(BootClock::start());
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
        let (threads, supervisor) = Threads::start(threads, make_supervisor)?;
        let inner = Inner {
            supervisor,
            table,
            policy: Arc::new(as_built(self.policy)),
            icp: self.icp,
            said,
            device,
            threads,
        };
        Ok(Network {
            inner: Arc::new(inner),
        })
    }
}

/// What this build can do of a policy.
fn as_built(policy: Policy) -> Policy {
    Policy {
        http3: policy.http3 && cfg!(feature = "http3"),
        ..policy
    }
}
