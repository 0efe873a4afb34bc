//! The rules in force for one app: what every decision is made with.

mod json;
mod permit;
mod reason;

#[cfg(test)]
mod tests;

use std::{fmt, net::IpAddr, sync::Arc};

use url::Host;

use crate::{
    Api, Failure, Policy, Target,
    addresses::AddressRule,
    connect::{ConnectTo, Route, route, route_to_port},
    domains::{DomainLists, DomainReport, ServerDomains},
    icp::IcpRegistry,
    identity::{Env, Identity, IdentityError},
    lan::{DeviceAddress, LanProblem},
    preset::{CookieLimits, CookieRule},
    timeouts::NetworkTimeout,
    tls::CertificateCheck,
};

pub use json::{AppConfigJson, AppConfigJsonError};
pub use permit::Permitted;

/// What a host says of an app at launch or when its configuration changes.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// Id, version, environment.
    pub identity: Identity,
    /// Its server domains, unchecked.
    pub domains: DomainLists,
    /// `networkTimeout` of its app.json or game.json (T1).
    pub network_timeout: NetworkTimeout,
    /// `setting.urlCheck` of its project.config.json; `false` counts in devtools only (U8).
    pub url_check: bool,
    /// Whether the host says that this app is being debugged (U8).
    pub debug: bool,
    /// Which addresses it may reach (U7).
    pub addresses: AddressRule,
    /// Names the host maps (U7).
    pub connect_to: Vec<ConnectTo>,
    /// All addresses of the device that the app runs on: which others are of its local network, where the policy has an exception for them
    /// ([`Policy::lan`]). Without them nothing of a local network is reached.
    pub device: Vec<DeviceAddress>,
    /// Whether the app asks for a jar of cookies; it counts where the policy has one ([`Policy::cookies`]).
    pub cookies: bool,
}

impl AppConfig {
    /// A released app with these lists and nothing special.
    #[must_use]
    pub fn new(identity: Identity, domains: DomainLists) -> Self {
        Self {
            identity,
            domains,
            network_timeout: NetworkTimeout::default(),
            url_check: true,
            debug: false,
            addresses: AddressRule::PublicOnly,
            connect_to: Vec::new(),
            device: Vec::new(),
            cookies: false,
        }
    }
}

/// A checked [`AppConfig`] with the host's [`Policy`]: immutable, shared by all that decides for this app.
#[derive(Debug)]
pub struct Rules {
    policy: Arc<Policy>,
    config: AppConfig,
    domains: ServerDomains,
    referer: String,
    user_agent: String,
}

/// A configuration that is refused whole (D7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Id or version.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Server domains.
    #[error(transparent)]
    Domains(#[from] DomainReport),
}

/// A call that was refused: what the app hears, and what the host's log and the inspector see (U5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the app hears.
    pub failure: Failure,
    /// The rule that decided.
    pub rule: Rule,
    /// The reason in words, with what would be right; no query string of the URL.
    pub reason: String,
    /// The configured entry that comes nearest.
    pub nearest: Option<String>,
}

/// A rule of the behaviour contract that refuses calls, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// The entry is in the list of another API.
    D1,
    /// The host is reserved.
    D5,
    /// The file name leads out of the app's sandbox.
    F2,
    /// A download goes where no download may go.
    F3,
    /// The call is over a bound in bytes or in number.
    I2,
    /// The certificate is not valid.
    K1,
    /// A header cannot be sent.
    R2,
    /// The platform does not have this method.
    R3,
    /// `data` has no text form.
    R5,
    /// An option has a wrong type.
    R7,
    /// The URL cannot be used for this call.
    U2,
    /// No entry has this scheme, host and port.
    U3,
    /// An entry has a parent or another spelling of this host.
    U4,
    /// A redirect leaves the list, or there are too many.
    U6,
    /// All addresses of the name are refused.
    U7,
    /// The protocols of a socket cannot be sent.
    W4,
}

impl fmt::Display for Rule {
    /// The id as it stands in the contract.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.reason)?;
        match &self.nearest {
            Some(entry) => write!(f, " (nearest entry: {entry})"),
            None => Ok(()),
        }
    }
}

impl Rules {
    /// Checks a configuration (D1–D7).
    ///
    /// # Errors
    /// [`ConfigError`] names every mistake; rules that were in force before are not touched by it.
    pub fn new(
        policy: Arc<Policy>,
        config: AppConfig,
        icp: Option<&dyn IcpRegistry>,
    ) -> Result<Self, ConfigError> {
        config.identity.check()?;
        let domains = ServerDomains::check(&config.domains, &policy, icp)?;
        let [referer, user_agent] =
            [&policy.referer, &policy.user_agent].map(|value| value.render(&config.identity));
        Ok(Self {
            policy,
            config,
            domains,
            referer,
            user_agent,
        })
    }

    /// Checks the URL of a call, or of a redirect of one (U1–U5, D5, U8).
    ///
    /// # Errors
    /// The [`Refusal`], with the rule that decided.
    pub fn permit(self: &Arc<Self>, api: Api, url: &str) -> Result<Permitted<Target>, Refusal> {
        let target = Target::read(api, url).map_err(|problem| reason::unreadable(url, problem))?;
        self.permit_target(target)
    }

    /// [`permit`](Self::permit) from the parsed URL on.
    pub(crate) fn permit_target(
        self: &Arc<Self>,
        target: Target,
    ) -> Result<Permitted<Target>, Refusal> {
        if self.policy.is_reserved(target.host()) {
            return Err(reason::reserved(&target)); // D5: in any mode
        }
        if self.domains.allow(&target) {
            return Ok(Permitted::new(target, Arc::clone(self), None));
        }
        let refusal = match self.lan(&target) {
            Some(Ok(_)) => return Ok(Permitted::new(target, Arc::clone(self), None)),
            Some(Err(problem)) => reason::beyond_lan(&target, problem),
            None => reason::not_in_list(&self.domains, &target),
        };
        self.refused(target, refusal)
    }

    /// [`permit_target`](Self::permit_target) of a hop that `from` asked for (U6): a server elsewhere does not lead into the local network, to
    /// which the app alone may turn (U7).
    pub(crate) fn permit_hop(
        self: &Arc<Self>,
        from: &Target,
        target: Target,
    ) -> Result<Permitted<Target>, Refusal> {
        let is_local = |target| matches!(self.lan(target), Some(Ok(_)));
        if is_local(&target) && !is_local(from) {
            let refusal = reason::into_lan(&target);
            return self.refused(target, refusal);
        }
        self.permit_target(target)
    }

    /// What a release refuses; a session that skips the checks goes there all the same (U8).
    fn refused(
        self: &Arc<Self>,
        target: Target,
        refusal: Refusal,
    ) -> Result<Permitted<Target>, Refusal> {
        if self.skips_checks() {
            return Ok(Permitted::new(target, Arc::clone(self), Some(refusal)));
        }
        Err(refusal)
    }

    /// Whether the address in a URL is one of the local network that needs no entry, and which; `None` if that is no question.
    fn lan(&self, target: &Target) -> Option<Result<IpAddr, LanProblem>> {
        let address = match target.url().host()? {
            Host::Domain(_) => return None,
            Host::Ipv4(v4) => IpAddr::V4(v4),
            Host::Ipv6(v6) => IpAddr::V6(v6),
        };
        let (rule, device) = (self.policy.lan, &self.config.device);
        let found = rule.check(address, target.is_secure(), device)?;
        Some(found.map(|()| address))
    }

    /// Whether this is a developer's session without checks (U8). Never in a release, whatever is asked.
    fn skips_checks(&self) -> bool {
        match self.config.identity.env {
            Env::Release => false,
            Env::Devtools => !self.config.url_check,
            Env::Develop | Env::Trial => self.config.debug,
        }
    }

    /// Where a permitted target's connection goes (U7).
    #[must_use]
    pub fn route(&self, target: &Target) -> Route {
        route(target, &self.config.connect_to)
    }

    /// The same for another port of its host, which the server named itself (RFC 7838).
    #[must_use]
    pub fn route_to_port(&self, target: &Target, port: u16) -> Route {
        route_to_port(target, port, &self.config.connect_to)
    }

    /// Which addresses may be connected to for a permitted target (U7).
    #[must_use]
    pub fn addresses(&self, target: &Target) -> AddressRule {
        if self.skips_checks() {
            AddressRule::Any
        } else {
            self.addresses_in_release(target)
        }
    }

    /// Which addresses a release of this app may be connected to (U7, U8): the same, unless this session skips the checks.
    #[must_use]
    pub fn addresses_in_release(&self, target: &Target) -> AddressRule {
        match (self.config.addresses, self.lan(target)) {
            (AddressRule::PublicOnly, Some(Ok(address))) => AddressRule::Only(address),
            (rule, _) => rule,
        }
    }

    /// Whether certificates are checked (K1, U8).
    #[must_use]
    pub fn certificates(&self) -> CertificateCheck {
        if self.skips_checks() {
            CertificateCheck::DangerouslySkipped
        } else {
            CertificateCheck::Enforced
        }
    }

    /// The host's policy.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Id, version, environment.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.config.identity
    }

    /// The checked lists.
    #[must_use]
    pub const fn domains(&self) -> &ServerDomains {
        &self.domains
    }

    /// `networkTimeout` of the app (T1).
    #[must_use]
    pub const fn network_timeout(&self) -> &NetworkTimeout {
        &self.config.network_timeout
    }

    /// The Referer of every request (R1).
    #[must_use]
    pub fn referer(&self) -> &str {
        &self.referer
    }

    /// The User-Agent of every request (R2).
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// The bounds of the app's jar of cookies, if it has one (P5).
    #[must_use]
    pub fn cookies(&self) -> Option<CookieLimits> {
        match self.policy.cookies {
            CookieRule::WhenEnabled(limits) if self.config.cookies => Some(limits),
            CookieRule::WhenEnabled(_) | CookieRule::Never => None,
        }
    }
}
