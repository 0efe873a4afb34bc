//! What an app's network worker holds.

use std::{fmt, sync::Arc};

use appnet_policy::{
    Policy,
    exchange::{OutgoingRequest, Receive},
};

use crate::{
    account::Account,
    cache::Cache,
    connect::{
        resolve::{Resolve, SystemResolver},
        tls::TlsConfigs,
        trust::TlsTrust,
    },
    exchange::{Exchanged, Shared, exchange},
    files::FileSandbox,
    listener::Listener,
    pool::{ConnectionLimits, Pool},
    spawn::Spawn,
};

/// What a client can be given.
pub struct ClientOptions {
    /// How names are looked up.
    pub resolver: Box<dyn Resolve>,
    /// How idle connections are kept.
    pub limits: ConnectionLimits,
    /// The app's files; without them uploads and downloads fail.
    pub files: Option<Arc<dyn FileSandbox>>,
    /// What the app has not taken of its answers is counted here (I2). Give all clients of an app the same.
    pub account: Account,
    /// The answers that the app's calls with `enableCache` may have again. Give all clients of an app the same, and no two apps.
    pub cache: Cache,
    /// Who runs what goes on beside the calls.
    pub spawn: Spawn,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            resolver: Box::new(SystemResolver),
            limits: ConnectionLimits::default(),
            files: None,
            account: Account::new(Policy::seed().untaken_bytes),
            cache: Cache::default(),
            spawn: Spawn::default(),
        }
    }
}

/// The HTTP side of one app: its connections and its TLS sessions, shared with no other app (K3). Dropped, all of it is closed.
pub struct HttpClient {
    pub(crate) pool: Pool,
    files: Option<Arc<dyn FileSandbox>>,
    account: Account,
    cache: Cache,
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
            limits,
            files,
            account,
            cache,
            spawn,
        } = options;
        Self {
            pool: Pool::new(TlsConfigs::new(trust), resolver, limits, spawn),
            files,
            account,
            cache,
        }
    }

    /// Sends a permitted request, follows its redirects hop by hop (U6), receives and decodes the body as `receive` says.
    ///
    /// It has no deadline of its own (T2). To end it, drop the future: no byte is read after that, an HTTP/1 connection is closed at
    /// once (C4), and a file under way is removed. It must be polled inside a `LocalSet`.
    pub async fn exchange(
        &self,
        request: OutgoingRequest,
        receive: Receive,
        listener: &mut dyn Listener,
    ) -> Exchanged {
        let shared = Shared {
            pool: &self.pool,
            files: self.files.as_ref(),
            account: &self.account,
            cache: &self.cache,
        };
        exchange(shared, request, receive, listener).await
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}
