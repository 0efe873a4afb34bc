//! Names to addresses: what a host may bring, and what the operating system has.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    time::Duration,
};

use serde::Serialize;

/// Looks names up for one app. A host may bring its own.
///
/// What it says is not trusted: every address is checked (U7), and the certificate is that of the name whatever the address (K1). Each app
/// has a resolver of its own, which lives on the app's thread, and answers are remembered for that app alone (K3). It needs no timer: a call
/// that ends, by its deadline or otherwise, drops the lookup.
///
/// ```
/// use std::time::Duration;
/// use appnet_io::{Lookup, Resolved, Resolver};
///
/// /// Knows one address for every name, and that for a minute.
/// struct OneAddress;
///
/// impl Resolver for OneAddress {
///     fn resolve<'a>(&'a self, _name: &'a str) -> Lookup<'a> {
///         let addresses = vec![[203, 0, 113, 7].into()];
///         Box::pin(async { Ok(Resolved { addresses, ttl: Duration::from_secs(60) }) })
///     }
/// }
/// ```
pub trait Resolver {
    /// The addresses of `name`, which is in ASCII form and never an address itself.
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a>;
}

/// A lookup under way. It is dropped when nobody waits for it any more.
pub type Lookup<'a> = Pin<Box<dyn Future<Output = Result<Resolved, ResolveError>> + 'a>>;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Its addresses, best first.
    pub addresses: Vec<IpAddr>,
    /// For how long they may be remembered; zero: not at all.
    pub ttl: Duration,
}

/// Why a name was not looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ResolveError {
    /// What kind of failure it is.
    pub fault: ResolveFault,
    /// What happened, for the host's log.
    pub detail: String,
}

impl ResolveError {
    /// A failure of this kind.
    #[must_use]
    pub fn new(fault: ResolveFault, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { fault, detail }
    }
}

/// Kinds of failures of a lookup. An app hears which one it was of an HttpDNS service only; else it hears `dns lookup failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolveFault {
    /// The name does not exist, or has no address.
    NoAddress,
    /// The service cannot be asked, or does not accept the question.
    Unreachable,
    /// The service did not answer in time.
    TimedOut,
    /// The service answered with nothing.
    EmptyReply,
    /// What came is no answer.
    InvalidReply,
    /// The app has not bought the service.
    NotBought,
    /// What it bought has expired.
    Expired,
    /// What it bought is used up.
    OverQuota,
}

/// Who looks names up. What one of them says holds for no call that asks another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub(crate) enum Source {
    /// The host's ordinary resolver.
    Ordinary,
    /// An HttpDNS service of the host, by its id.
    HttpDns(String),
}

/// The operating system's resolver. It says nothing of how long its answers hold, so none is remembered here.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await;
            let found = found
                .map_err(|error| ResolveError::new(ResolveFault::NoAddress, error.to_string()))?;
            Ok(Resolved {
                addresses: found.map(|address: SocketAddr| address.ip()).collect(),
                ttl: Duration::ZERO,
            })
        })
    }
}
