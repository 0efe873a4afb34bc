//! What an app's network worker holds.

use std::{collections::BTreeMap, fmt, rc::Rc, sync::Arc};

use appnet_policy::{
    Policy,
    exchange::{OutgoingRequest, Receive},
    proxy::Proxy,
};

#[cfg(feature = "http3")]
use crate::alternatives::Alternatives;
use crate::{
    account::Account,
    cache::Cache,
    connect::{
        Dialler,
        names::Names,
        resolve::{Resolver, SystemResolver},
        servers::ServerKeys,
        tls::TlsConfigs,
        trust::TlsTrust,
    },
    cookies::CookieJar,
    device::DeviceNetwork,
    exchange::{Exchanged, exchange},
    files::FileSandbox,
    hop::HopContext,
    journal::Journal,
    listener::{Listener, Reporter},
    pool::{ConnectionLimits, Pool},
    shaping::Shaping,
    slice::SliceLength,
    spawn::Spawn,
};

/// What a client can be given.
pub struct ClientOptions {
    /// How names are looked up.
    pub resolver: Rc<dyn Resolver>,
    /// Services that look names up for calls that ask for them, by `httpDNSServiceId`.
    pub http_dns: BTreeMap<String, Rc<dyn Resolver>>,
    /// The interface of the cellular network such as `rmnet0`; without one, calls that must go over it fail (`forceCellularNetwork`).
    pub cellular_interface: Option<String>,
    /// What stands before servers; not before a resolver.
    pub proxy: Option<Proxy>,
    /// Certificates that are shown to single servers, and keys that they must have.
    pub server_keys: ServerKeys,
    /// Servers that speak HTTP/3, by host and port; that of UDP is the same. Others say so themselves, by `Alt-Svc`.
    #[cfg(feature = "http3")]
    pub http3_servers: Vec<(String, u16)>,
    /// How connections are kept.
    pub limits: ConnectionLimits,
    /// The app's files; without them uploads and downloads fail.
    pub files: Option<Arc<dyn FileSandbox>>,
    /// What the app has not taken of its answers is counted here (I2). Give all clients of an app the same.
    pub account: Account,
    /// The answers that the app's calls with `enableCache` may have again. Give all clients of an app the same, and no two apps.
    pub cache: Cache,
    /// The app's cookies, which are used where its rules say so. Give all clients of an app the same.
    pub cookies: CookieJar,
    /// The network that the device is on.
    pub network: DeviceNetwork,
    /// What the app's network is like. Give all clients of an app the same.
    pub shaping: Shaping,
    /// Who runs what goes on beside the calls.
    pub spawn: Spawn,
    /// How long the receiving of a body may hold its thread at a time (I1).
    pub slices: SliceLength,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            resolver: Rc::new(SystemResolver),
            http_dns: BTreeMap::new(),
            cellular_interface: None,
            proxy: None,
            server_keys: ServerKeys::default(),
            #[cfg(feature = "http3")]
            http3_servers: Vec::new(),
            limits: ConnectionLimits::default(),
            files: None,
            account: Account::new(Policy::seed().untaken_bytes),
            cache: Cache::default(),
            cookies: CookieJar::default(),
            network: DeviceNetwork::default(),
            shaping: Shaping::default(),
            spawn: Spawn::default(),
            slices: SliceLength::default(),
        }
    }
}

/// The HTTP side of one app: its connections and its TLS sessions, shared with no other app (K3). Dropped, all of it is closed.
pub struct HttpClient {
    pub(crate) pool: Pool,
    pub(crate) files: Option<Arc<dyn FileSandbox>>,
    pub(crate) account: Account,
    cache: Cache,
    pub(crate) cookies: CookieJar,
    pub(crate) slices: SliceLength,
}

impl HttpClient {
    /// A client with the system's resolver.
    #[must_use]
    pub fn new(trust: &TlsTrust) -> Self {
        Self::with_options(trust, ClientOptions::default())
    }

    /// A client with options.
    #[must_use]
    pub fn with_options(trust: &TlsTrust, options: ClientOptions) -> Self {
        let ClientOptions {
            resolver,
            http_dns,
            cellular_interface,
            proxy,
            server_keys,
            #[cfg(feature = "http3")]
            http3_servers,
            limits,
            files,
            account,
            cache,
            cookies,
            network,
            shaping,
            spawn,
            slices,
        } = options;
        let dialler = Dialler {
            names: Names::new(resolver, http_dns),
            tls: TlsConfigs::new(trust, server_keys),
            cellular: cellular_interface,
            proxy,
            shaping,
        };
        Self {
            pool: Pool::new(
                dialler,
                limits,
                network,
                spawn,
                #[cfg(feature = "http3")]
                Alternatives::told(http3_servers),
            ),
            files,
            account,
            cache,
            cookies,
            slices,
        }
    }

    /// Sends a permitted request, follows its redirects hop by hop (U6), receives and decodes the body as `receive` says.
    ///
    /// It has no deadline of its own (T2). To end it, drop the future: no byte is read after that, an HTTP/1 connection is closed at
    /// once (C4), and a file under way is removed. It must be polled inside a `LocalSet`.
    pub fn exchange<'a>(
        &'a self,
        request: Box<OutgoingRequest>,
        receive: Receive,
        listener: &'a mut dyn Listener,
    ) -> impl Future<Output = Exchanged> + 'a {
        let mut context = HopContext {
            pool: &self.pool,
            files: self.files.as_ref(),
            account: &self.account,
            cache: &self.cache,
            cookies: &self.cookies,
            slices: &self.slices,
            journal: Journal::new(request.high_performance),
            reporter: Reporter::new(
                listener,
                request.target.rules().policy().files.progress_interval,
            ),
        };
        // The context stays where it is: an argument of an `async fn` is held twice, and each call that waits holds one of these.
        async move { exchange(&mut context, request, receive).await }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}
