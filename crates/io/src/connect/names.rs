//! Whom an app asks for the addresses of a name, and what it remembers of the answers.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    net::IpAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use appnet_policy::{exchange::HttpDns, failure::HttpDnsFault};
use tokio::time::timeout;

use super::{
    cache::AddressCache,
    resolve::{ResolveError, ResolveFault, Resolved, Resolver, Source},
};
use crate::error::ExchangeError;

/// Addresses of one name that are looked at; each is tried a quarter of a second after the one before it.
const MOST_ADDRESSES: usize = 32;

/// The addresses of a name.
pub(super) struct Found {
    pub(super) addresses: Vec<IpAddr>,
    pub(super) by: FoundBy,
}

/// Who gave the addresses of a name.
pub(super) enum FoundBy {
    /// The ordinary resolver, or the name is an address itself.
    Ordinary,
    /// The ordinary resolver, because the service that the call had asked for failed so.
    OrdinaryInstead(ExchangeError),
    /// The HttpDNS service that the call had asked for.
    HttpDns,
}

/// One app's resolvers and their answers.
pub(crate) struct Names {
    ordinary: Rc<dyn Resolver>,
    http_dns: BTreeMap<String, Rc<dyn Resolver>>,
    cache: RefCell<AddressCache>,
}

impl Names {
    pub(crate) fn new(
        ordinary: Rc<dyn Resolver>,
        http_dns: BTreeMap<String, Rc<dyn Resolver>>,
    ) -> Self {
        Self {
            ordinary,
            http_dns,
            cache: RefCell::default(),
        }
    }

    /// Forgets all answers.
    pub(crate) fn forget(&self) {
        self.cache.take();
    }

    /// Whom a call asks. A service that the host does not have is as one that fails.
    ///
    /// # Errors
    /// [`HttpDnsFault::UnknownService`] where the call does not fall back.
    pub(crate) fn source(&self, asked: Option<&HttpDns>) -> Result<Source, ExchangeError> {
        let Some(asked) = asked else {
            return Ok(Source::Ordinary);
        };
        if self.http_dns.contains_key(&asked.service_id) {
            return Ok(Source::HttpDns(asked.service_id.clone()));
        }
        or_ordinary(asked, self.unknown_service(asked)).map(|_| Source::Ordinary)
    }

    /// The addresses of a name; `asked` is what the call says of HttpDNS.
    pub(super) async fn addresses(
        &self,
        source: &Source,
        asked: Option<&HttpDns>,
        name: &str,
    ) -> Result<Found, ExchangeError> {
        if let Ok(address) = name.parse() {
            return Ok(Found {
                addresses: vec![address],
                by: FoundBy::Ordinary,
            });
        }
        let by = match asked {
            None => FoundBy::Ordinary,
            Some(asked) => match self.by_service(source, asked, name).await {
                Ok(addresses) => {
                    let by = FoundBy::HttpDns;
                    return Ok(Found { addresses, by });
                }
                Err(error) => FoundBy::OrdinaryInstead(or_ordinary(asked, error)?),
            },
        };
        let lookup = self.lookup(&Source::Ordinary, self.ordinary.as_ref(), name);
        let addresses = lookup.await.map_err(|error| ExchangeError::NoAddress {
            host: name.to_owned(),
            detail: error.to_string(),
        })?;
        Ok(Found { addresses, by })
    }

    /// The addresses that the service gives which the call asks for.
    async fn by_service(
        &self,
        source: &Source,
        asked: &HttpDns,
        name: &str,
    ) -> Result<Vec<IpAddr>, ExchangeError> {
        let id = &asked.service_id;
        let Some(service) = self.http_dns.get(id) else {
            return Err(self.unknown_service(asked));
        };
        let lookup = self.lookup(source, service.as_ref(), name);
        within(asked.timeout, lookup)
            .await
            .map_err(|error| of_service(id, &error))
    }

    fn unknown_service(&self, asked: &HttpDns) -> ExchangeError {
        let known: Vec<_> = self.http_dns.keys().map(String::as_str).collect();
        let id = &asked.service_id;
        ExchangeError::HttpDns {
            fault: HttpDnsFault::UnknownService,
            detail: format!("httpDNSServiceId {id:?} is none of the host's: {known:?}"),
        }
    }

    async fn lookup(
        &self,
        source: &Source,
        resolver: &dyn Resolver,
        name: &str,
    ) -> Result<Vec<IpAddr>, ResolveError> {
        let known = self.cache.borrow().find(source, name, Instant::now());
        if let Some(addresses) = known {
            return Ok(addresses);
        }
        let mut found: Resolved = resolver.resolve(name).await?;
        if found.addresses.is_empty() {
            let error = ResolveError::new(ResolveFault::NoAddress, "the answer is empty");
            return Err(error);
        }
        found.addresses.truncate(MOST_ADDRESSES);
        let mut cache = self.cache.borrow_mut();
        cache.remember(source, name, &found, Instant::now());
        Ok(found.addresses)
    }
}

async fn within<T>(
    time: Duration,
    lookup: impl Future<Output = Result<T, ResolveError>>,
) -> Result<T, ResolveError> {
    timeout(time, lookup).await.unwrap_or_else(|_| {
        let detail = format!("no answer within {time:?} (httpDNSTimeout)");
        Err(ResolveError::new(ResolveFault::TimedOut, detail))
    })
}

/// The error again, if the ordinary resolver is asked instead (`enableHttpDNSFallback`).
///
/// # Errors
/// The error, if it is not.
fn or_ordinary(asked: &HttpDns, error: ExchangeError) -> Result<ExchangeError, ExchangeError> {
    if !asked.fallback {
        return Err(error);
    }
    tracing::debug!(reason = %error, "the ordinary resolver is asked instead");
    Ok(error)
}

fn of_service(id: &str, error: &ResolveError) -> ExchangeError {
    let fault = match error.fault {
        ResolveFault::NoAddress => HttpDnsFault::NoAddress,
        ResolveFault::Unreachable => HttpDnsFault::Unreachable,
        ResolveFault::TimedOut => HttpDnsFault::TimedOut,
        ResolveFault::EmptyReply => HttpDnsFault::EmptyReply,
        ResolveFault::InvalidReply => HttpDnsFault::InvalidReply,
        ResolveFault::NotBought => HttpDnsFault::NotBought,
        ResolveFault::Expired => HttpDnsFault::Expired,
        ResolveFault::OverQuota => HttpDnsFault::OverQuota,
    };
    let detail = format!("the HttpDNS service {id:?}: {error}");
    ExchangeError::HttpDns { fault, detail }
}
