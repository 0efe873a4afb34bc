//! Why a call is refused, in words for the engineer (U5). The app hears none of it. A query string may hold a secret: of a URL
//! only the origin is said.

use std::net::IpAddr;

use crate::failure::{AppFault, ServerFault};
use crate::rules::Rule;
use url::Host;

use super::Refusal;
use crate::{
    Api, Failure, Target,
    domains::{Entry, ServerDomains},
    lan::LanProblem,
    target::UrlProblem,
};

/// U2: no URL for this call.
pub(super) fn unreadable(url: &str, problem: UrlProblem) -> Refusal {
    Refusal {
        failure: Failure::App(AppFault::InvalidUrl(url.to_owned())),
        rule: Rule::U2,
        reason: format!("the URL cannot be used: {problem}"),
        nearest: None,
    }
}

/// D5: a host that no app may call.
pub(super) fn reserved(target: &Target) -> Refusal {
    Refusal {
        failure: Failure::App(AppFault::NotInDomainList),
        rule: Rule::D5,
        reason: format!(
            "{} is reserved: call it from a server of your own",
            target.host()
        ),
        nearest: None,
    }
}

/// U7: an address of a local network that may not be called.
pub(super) fn beyond_lan(target: &Target, problem: LanProblem) -> Refusal {
    of_lan(format!("{} {problem}", target.origin_text()))
}

/// U7: a server elsewhere points into the local network.
pub(super) fn into_lan(target: &Target) -> Refusal {
    of_lan(format!(
        "{} is an address of the local network, only the app itself or a server there may lead to it",
        target.origin_text()
    ))
}

fn of_lan(reason: String) -> Refusal {
    Refusal {
        failure: Failure::App(AppFault::NotInDomainList),
        rule: Rule::U7,
        reason,
        nearest: None,
    }
}

/// U3, U4: no entry of the API's list allows it.
pub(super) fn not_in_list(domains: &ServerDomains, target: &Target) -> Refusal {
    let nearest = domains.nearest_entry(target);
    let (rule, reason) = explain(domains, target, nearest);
    Refusal {
        failure: Failure::App(AppFault::NotInDomainList),
        rule,
        reason,
        nearest: nearest.map(|entry| entry.text().to_owned()),
    }
}

impl Refusal {
    /// U7: a name of which every address is refused.
    #[must_use]
    pub fn of_addresses(host: &str, addresses: &[IpAddr]) -> Self {
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        Self {
            failure: Failure::App(AppFault::NotInDomainList),
            rule: Rule::U7,
            reason: format!(
                "{host} has only addresses that this app may not reach: {}; to mend it: give the name a public address, \
                 or, for a test, let the app reach others (`--allow-private` on the command line, `AddressRule::Any` in a program that embeds the network)",
                addresses.join(", ")
            ),
            nearest: None,
        }
    }

    /// K1: a certificate that is not valid, for the reason that the check gave.
    #[must_use]
    pub fn of_certificate(reason: String) -> Self {
        Self {
            failure: Failure::Server(ServerFault::TlsHandshake),
            rule: Rule::K1,
            reason,
            nearest: None,
        }
    }

    /// U6: the same refusal of a hop that a redirect asked for.
    #[must_use]
    pub fn on_redirect_to(self, host: &str) -> Self {
        Self {
            failure: Failure::Server(ServerFault::RedirectNotInDomainList(host.to_owned())),
            reason: format!("redirect: {}", self.reason),
            ..self
        }
    }
}

fn explain(domains: &ServerDomains, target: &Target, nearest: Option<&Entry>) -> (Rule, String) {
    let api = target.api();
    let (origin, list, scheme) = (target.origin_text(), api.list_name(), target.url().scheme());
    if scheme != api.list_scheme() {
        let wanted = api.list_scheme();
        return (
            Rule::U3,
            format!("{origin} has the scheme {scheme}, the {list} list is for {wanted}"),
        );
    }
    if let Some(other) = Api::ALL
        .into_iter()
        .find(|&other| domains.allow_as(other, target))
    {
        let other = other.list_name();
        return (
            Rule::D1,
            format!("{origin} is in the {other} list, {api} looks in the {list} list"),
        );
    }
    if !matches!(target.url().host(), Some(Host::Domain(_))) {
        return (
            Rule::U3,
            format!("{origin} is an IP address, a list has domain names only"),
        );
    }
    match nearest {
        Some(entry) if domains.names(entry, target) => {
            (Rule::U3, other_port(&origin, target, entry))
        }
        Some(entry) if is_below(target.host(), entry.host()) => (
            Rule::U4,
            format!(
                "the entry {} allows no names below it, {origin} needs its own",
                entry.text()
            ),
        ),
        Some(entry) if target.host().trim_end_matches('.') == entry.host() => (
            Rule::U4,
            format!(
                "the host of {origin} ends in a dot, that of the entry {} does not",
                entry.text()
            ),
        ),
        Some(_) => (
            Rule::U3,
            format!("no entry of the {list} list has the host of {origin}"),
        ),
        None => (
            Rule::U3,
            format!("the {list} list is empty, {origin} is not in it"),
        ),
    }
}

fn other_port(origin: &str, target: &Target, entry: &Entry) -> String {
    let text = entry.text();
    match (target.port_text(), entry.port_text()) {
        (Some(_), None) => format!("{origin} carries a port, the entry {text} carries none"),
        (None, Some(port)) => format!("{origin} carries no port, the entry {text} carries {port}"),
        (found, wanted) => {
            let [found, wanted] = [found, wanted].map(Option::unwrap_or_default);
            format!("{origin} carries the port {found:?}, the entry {text} carries {wanted:?}")
        }
    }
}

fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .is_some_and(|rest| rest.ends_with('.'))
}
