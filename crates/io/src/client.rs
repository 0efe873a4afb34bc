//! What an app's network worker holds.

use std::{fmt, rc::Rc};

use appnet_policy::exchange::{OutgoingRequest, Reading, ResponseHead};

use crate::{
    connect::{
        resolve::{Resolve, SystemResolver},
        tls::TlsConfigs,
        trust::TlsTrust,
    },
    exchange::{Exchanged, exchange},
    pool::{ConnectionLimits, Pool},
};

/// What a client can be given.
pub struct ClientOptions {
    /// How names are looked up.
    pub resolver: Box<dyn Resolve>,
    /// How idle connections are kept.
    pub limits: ConnectionLimits,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            resolver: Box::new(SystemResolver),
            limits: ConnectionLimits::default(),
        }
    }
}

/// The HTTP side of one app: its connections and its TLS sessions, shared with no other app (K3). Dropped, all of it is closed.
pub struct HttpClient {
    pub(crate) pool: Rc<Pool>,
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
        let ClientOptions { resolver, limits } = options;
        Self {
            pool: Rc::new(Pool::new(TlsConfigs::new(trust), resolver, limits)),
        }
    }

    /// Sends a permitted request, follows its redirects hop by hop (U6), reads and decodes the body.
    ///
    /// `on_head` is called once, with the head of the final answer, before its body is read.
    ///
    /// It has no deadline of its own (T2). To end it, drop the future: no byte is read after that, and an HTTP/1 connection is
    /// closed at once (C4). It must be polled inside a `LocalSet`.
    pub async fn exchange(
        &self,
        request: OutgoingRequest,
        reading: Reading,
        on_head: impl FnOnce(&ResponseHead),
    ) -> Exchanged {
        exchange(&self.pool, request, reading, on_head).await
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}
