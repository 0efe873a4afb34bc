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
        let known: Vec<_> = self.http_dns.keys().map(String::as_str).collect();
        let error = ExchangeError::HttpDns {
            fault: HttpDnsFault::UnknownService,
            detail: format!(
                "httpDNSServiceId {:?} is none of the host's: {known:?}",
                asked.service_id
            ),
        };
        or_ordinary(asked, error).map(|()| Source::Ordinary)
    }

    /// The addresses of a name, and whether HttpDNS gave them; `asked` is what the call says of it.
    pub(super) async fn addresses(
        &self,
        source: &Source,
        asked: Option<&HttpDns>,
        name: &str,
    ) -> Result<(Vec<IpAddr>, bool), ExchangeError> {
        if let Ok(address) = name.parse() {
            return Ok((vec![address], false));
        }
        if let (Source::HttpDns(id), Some(asked)) = (source, asked)
            && let Some(service) = self.http_dns.get(id)
        {
            let lookup = self.lookup(source, service.as_ref(), name);
            match within(asked.timeout, lookup).await {
                Ok(addresses) => return Ok((addresses, true)),
                Err(error) => or_ordinary(asked, of_service(id, &error))?,
            }
        }
        let lookup = self.lookup(&Source::Ordinary, self.ordinary.as_ref(), name);
        let addresses = lookup.await.map_err(|error| ExchangeError::NoAddress {
            host: name.to_owned(),
            detail: error.to_string(),
        })?;
        Ok((addresses, false))
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

/// Whether the ordinary resolver is asked instead (`enableHttpDNSFallback`).
fn or_ordinary(asked: &HttpDns, error: ExchangeError) -> Result<(), ExchangeError> {
    if !asked.fallback {
        return Err(error);
    }
    tracing::debug!(reason = %error, "the ordinary resolver is asked instead");
    Ok(())
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
