//! Names looked up over HTTPS (RFC 8484): a [`Resolver`] that asks one server.
//!
//! The messages are hickory's; the exchange is this crate's own, under rules of its own that allow that one server: the same trust, the same
//! strictness and the same bounds as for an app's calls. The server's own name is looked up by the operating system, unless the host maps it.

mod message;

use std::{str::FromStr, sync::Arc, time::Duration};

use appnet_policy::{
    Api, Permitted, Policy, Rules, Target,
    addresses::AddressRule,
    connect::ConnectTo,
    domains::DomainLists,
    exchange::{
        Answer, Body, Header, Method, OutgoingRequest, Reading, Receive, ReceivedBody, RedirectMode,
    },
    identity::{AppId, Env, Identity},
    preset::ResponseLimits,
    rules::AppConfig,
};
use bytes::Bytes;
use futures_util::future::join;
use tokio::time::timeout;

use self::message::{Family, Question};
use crate::{
    account::Account,
    client::{ClientOptions, HttpClient},
    connect::{
        resolve::{Lookup, ResolveError, ResolveFault, Resolved, Resolver},
        trust::TlsTrust,
    },
    device::DeviceNetwork,
    spawn::Spawn,
};

/// RFC 8484 §6
const MEDIA_TYPE: &str = "application/dns-message";

/// The longest message of DNS (RFC 1035 §4.2.2).
const MOST_BYTES: usize = 65_535;

/// How long the server may take for one question. A call with less time than that ends the lookup itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that answers questions of DNS over HTTPS.
#[derive(Debug, Clone)]
pub struct DohServer {
    target: Permitted<Target>,
}

/// Not the URL of a server of DNS over HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{url:?} should be https://NAME[:PORT]/PATH such as https://dns.example.com/dns-query: {reason}"
)]
#[non_exhaustive]
pub struct DohUrlError {
    /// What was given.
    pub url: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Asks a [`DohServer`], over connections of its own. One for each app (K3).
#[derive(Debug)]
pub struct DohResolver {
    client: HttpClient,
    target: Permitted<Target>,
}

impl DohServer {
    /// The server at this URL; a URI template's `{?dns}` at its end is left out. `connect_to` maps its name as it maps those of apps (U7); else
    /// the operating system looks it up. Whatever address it has is trusted: the host chose it.
    ///
    /// # Errors
    /// [`DohUrlError`]: not `https:`, not a DNS name, or no URL.
    pub fn new(url: &str, connect_to: Vec<ConnectTo>) -> Result<Self, DohUrlError> {
        let wrong = |reason: String| DohUrlError {
            url: url.to_owned(),
            reason,
        };
        let bare = url.trim_end_matches("{?dns}");
        let rules = rules(bare, connect_to).map_err(wrong)?;
        let target = rules
            .permit(Api::Request, bare)
            .map_err(|refusal| wrong(refusal.reason))?;
        Ok(Self { target })
    }

    /// What asks it for one app. To be made and used inside a `LocalSet`.
    #[must_use]
    pub fn resolver(&self, trust: &TlsTrust, network: DeviceNetwork, spawn: Spawn) -> DohResolver {
        let policy = self.target.rules().policy();
        let options = ClientOptions {
            account: Account::new(policy.untaken_bytes),
            network,
            spawn,
            ..ClientOptions::default()
        };
        DohResolver {
            client: HttpClient::with_options(trust, options),
            target: self.target.clone(),
        }
    }
}

impl FromStr for DohServer {
    type Err = DohUrlError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Self::new(url, Vec::new())
    }
}

impl Resolver for DohResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        Box::pin(async move {
            let (v6, v4) = (self.ask(name, Family::V6), self.ask(name, Family::V4));
            let (v6, v4) = join(v6, v4).await;
            both(v6, v4)
        })
    }
}

impl DohResolver {
    async fn ask(&self, name: &str, family: Family) -> Result<Resolved, ResolveError> {
        let question = Question::new(name, family)?;
        let asking = self.post(question.to_bytes()?);
        let answer = timeout(PATIENCE, asking).await.unwrap_or_else(|_| {
            let detail = format!("no answer within {PATIENCE:?}");
            Err(ResolveError::new(ResolveFault::TimedOut, detail))
        })?;
        let age = age(&answer);
        let found = question.read(&body(answer)?)?;
        Ok(Resolved {
            ttl: found.ttl.saturating_sub(age),
            ..found
        })
    }

    async fn post(&self, message: Bytes) -> Result<Answer, ResolveError> {
        let request = Box::new(OutgoingRequest {
            target: self.target.clone(),
            method: Method::Post,
            headers: vec![field("Content-Type"), field("Accept")],
            body: Body::Bytes(message),
            http2: true,
            high_performance: false,
            cache: false,
            measured: false,
            http3: false,
            redirect: RedirectMode::Manual,
            http_dns: None,
            force_cellular: false,
        });
        let receive = Receive::Whole(Reading::default());
        let exchanged = self.client.exchange(request, receive, &mut ()).await;
        let failed = |reason| ResolveError::new(ResolveFault::Unreachable, reason);
        exchanged.outcome.map_err(|failure| failed(failure.reason))
    }
}

/// Only this server can be reached, over HTTPS, whatever its address.
fn rules(url: &str, connect_to: Vec<ConnectTo>) -> Result<Arc<Rules>, String> {
    let identity = Identity {
        app_id: AppId::new("doh"),
        version: "1".to_owned(),
        env: Env::Release,
    };
    let domains = DomainLists {
        request: vec![origin(url).to_owned()],
        ..DomainLists::default()
    };
    let mut config = AppConfig::new(identity, domains);
    config.addresses = AddressRule::Any;
    config.connect_to = connect_to;
    let rules = Rules::new(Arc::new(policy()), config, None);
    rules.map(Arc::new).map_err(|error| error.to_string())
}

fn policy() -> Policy {
    let seed = Policy::seed();
    Policy {
        reserved_hosts: Vec::new(),
        limits: ResponseLimits {
            body_bytes: MOST_BYTES,
            header_bytes: 16 << 10,
            header_count: 64,
            ..seed.limits
        },
        ..seed
    }
}

/// A URL up to its path.
fn origin(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + "://".len());
    let end = url[authority..].find(['/', '?', '#']);
    end.map_or(url, |end| &url[..authority + end])
}

fn field(name: &str) -> Header {
    Header {
        name: name.to_owned(),
        value: MEDIA_TYPE.to_owned(),
    }
}

/// RFC 8484 §5.1: what a cache on the way has kept for a while holds for that much less.
fn age(answer: &Answer) -> Duration {
    let seconds = answer
        .head
        .header("age")
        .and_then(|age| age.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

fn body(answer: Answer) -> Result<Bytes, ResolveError> {
    const OK: u16 = 200;
    if answer.head.status != OK {
        let detail = format!("the server answered with {}", answer.head.status);
        return Err(ResolveError::new(ResolveFault::Unreachable, detail));
    }
    let found = answer.head.header("content-type").unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(MEDIA_TYPE) {
        let detail = format!("content-type {found:?} should be {MEDIA_TYPE}");
        return Err(ResolveError::new(ResolveFault::InvalidReply, detail));
    }
    match answer.body {
        ReceivedBody::Whole(bytes, _) if !bytes.is_empty() => Ok(bytes),
        ReceivedBody::Whole(..) | ReceivedBody::Chunked | ReceivedBody::File(_) => Err(
            ResolveError::new(ResolveFault::EmptyReply, "the answer has no message"),
        ),
    }
}

/// What both families come to, IPv6 first (RFC 8305 §4). A family whose question failed is not missed while the other has an address.
fn both(
    v6: Result<Resolved, ResolveError>,
    v4: Result<Resolved, ResolveError>,
) -> Result<Resolved, ResolveError> {
    match (v6, v4) {
        (Ok(v6), Ok(v4)) => Ok(Resolved {
            addresses: [v6.addresses, v4.addresses].concat(),
            ttl: v6.ttl.min(v4.ttl),
        }),
        (Ok(found), Err(_)) | (Err(_), Ok(found)) => Ok(found),
        // That a name does not exist says less than that it could not be asked.
        (Err(v6), Err(v4)) => Err(match v4.fault {
            ResolveFault::NoAddress => v6,
            _ => v4,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_name_and_speaks_https() {
        for good in [
            "https://dns.example.com/dns-query",
            "https://dns.example.com:8443/q?a=1",
            "https://dns.example.com",
            "https://dns.example.com/dns-query{?dns}",
        ] {
            assert!(DohServer::new(good, Vec::new()).is_ok(), "{good}");
        }
        for (bad, reason) in [
            ("http://dns.example.com/dns-query", "https"),
            ("https://192.0.2.1/dns-query", "IP"),
            ("https://localhost/dns-query", "localhost"),
            ("dns.example.com", "https"),
            ("", "https"),
            ("https://user@dns.example.com/", "https"),
        ] {
            let error = DohServer::new(bad, Vec::new()).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
            assert!(error.contains("should be https://NAME"), "{error}");
        }
    }

    #[test]
    fn a_family_that_failed_is_not_missed_while_the_other_has_an_address() {
        let found = |texts: &[&str], seconds| {
            let addresses = texts.iter().map(|text| text.parse().unwrap()).collect();
            let ttl = Duration::from_secs(seconds);
            Resolved { addresses, ttl }
        };
        let fails = |fault| Err(ResolveError::new(fault, ""));
        let (v6, v4) = (found(&["2001:db8::1"], 9), found(&["192.0.2.1"], 5));
        let all = found(&["2001:db8::1", "192.0.2.1"], 5);
        assert_eq!(both(Ok(v6.clone()), Ok(v4.clone())), Ok(all));
        assert_eq!(both(fails(ResolveFault::TimedOut), Ok(v4.clone())), Ok(v4));
        assert_eq!(both(Ok(v6.clone()), fails(ResolveFault::NoAddress)), Ok(v6));
        let neither = both(
            fails(ResolveFault::TimedOut),
            fails(ResolveFault::NoAddress),
        );
        assert_eq!(neither.unwrap_err().fault, ResolveFault::TimedOut);
    }
}
