//! Names that the host maps itself (U7): trusted, as curl's `--connect-to`.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::Target;

/// One mapping `HOST:PORT:ADDR:PORT`. An empty first host or port matches any; an empty second one keeps what it was. The name
/// in the URL, in SNI and in the certificate check stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTo {
    /// Host to match, in ASCII form; `None` matches any.
    pub from_host: Option<String>,
    /// Port to match; `None` matches any.
    pub from_port: Option<u16>,
    /// Name or address (IPv6 without brackets) to connect to; `None` keeps the host.
    pub to_host: Option<String>,
    /// Port to connect to; `None` keeps the port.
    pub to_port: Option<u16>,
}

/// Where a connection really goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Route {
    /// Name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether the host mapped it: then its addresses are trusted (U7).
    pub mapped: bool,
}

/// Text that is no `HOST:PORT:ADDR:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} should be HOST:PORT:ADDR:PORT, where each part may be empty, which matches any, no part is a pattern, and an IPv6 address stands in brackets"
)]
#[non_exhaustive]
pub struct ConnectToError {
    /// What was given.
    pub text: String,
}

impl FromStr for ConnectTo {
    type Err = ConnectToError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| ConnectToError {
            text: text.to_owned(),
        })
    }
}

/// Where to connect for this target: the first mapping that matches, else the target itself.
#[must_use]
pub fn route(target: &Target, mappings: &[ConnectTo]) -> Route {
    route_to_port(target, target.port(), mappings)
}

/// The same for another port of the target's host.
pub(crate) fn route_to_port(target: &Target, port: u16, mappings: &[ConnectTo]) -> Route {
    let host = without_brackets(target.host());
    let mapping = mappings.iter().find(|mapping| mapping.matches(host, port));
    let to_host = mapping.and_then(|mapping| mapping.to_host.as_deref());
    Route {
        host: to_host.unwrap_or(host).to_owned(),
        port: mapping.and_then(|mapping| mapping.to_port).unwrap_or(port),
        // U7: a mapping that keeps the name says nothing of its addresses, they are checked as ever.
        mapped: to_host.is_some(),
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl ConnectTo {
    fn matches(&self, host: &str, port: u16) -> bool {
        self.from_host
            .as_deref()
            .is_none_or(|from| from.eq_ignore_ascii_case(host))
            && self.from_port.is_none_or(|from| from == port)
    }
}

fn parse(text: &str) -> Option<ConnectTo> {
    let (from_host, rest) = take_host(text)?;
    let (from_port, rest) = take_port(rest.strip_prefix(':')?)?;
    let (to_host, rest) = take_host(rest.strip_prefix(':')?)?;
    let (to_port, rest) = take_port(rest.strip_prefix(':')?)?;
    rest.is_empty().then_some(ConnectTo {
        from_host,
        from_port,
        to_host,
        to_port,
    })
}

/// The host at the start, in the form that a URL's host has after parsing; and the rest from the colon on.
fn take_host(text: &str) -> Option<(Option<String>, &str)> {
    let end = match text.strip_prefix('[') {
        Some(inside) => inside.find(']')? + "[]".len(),
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at_checked(end)?;
    if host.is_empty() {
        return Some((None, rest));
    }
    let host = url::Host::parse(host).ok()?;
    // A pattern such as `*.example.com` is a host for the parser, and would match nothing.
    let can_match = match &host {
        url::Host::Domain(name) => !name.contains('*'),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => true,
    };
    let host = host.to_string();
    if !can_match {
        return None;
    }
    Some((Some(without_brackets(&host).to_owned()), rest))
}

fn take_port(text: &str) -> Option<(Option<u16>, &str)> {
    let (digits, rest) = text.split_at_checked(text.find(':').unwrap_or(text.len()))?;
    if digits.is_empty() {
        return Some((None, rest));
    }
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    let port = digits.parse().ok().filter(|&port| is_number && port != 0)?;
    Some((Some(port), rest))
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}
