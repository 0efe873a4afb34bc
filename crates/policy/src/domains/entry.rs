//! One entry of a list of server domains (D2, D3).

use url::Host;

use super::DomainProblem;
use crate::Api;

/// A valid entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As configured, for reports.
    text: String,
    /// In ASCII form and lower case, by the same parser as a target's host (U4).
    host: String,
    port_text: Option<String>,
}

impl Entry {
    /// Reads `scheme://host[:port]` and nothing else.
    pub(super) fn parse(api: Api, text: &str) -> Result<Self, DomainProblem> {
        let (scheme, host, port_text) = split(text).ok_or(DomainProblem::NotAnOrigin)?;
        if !scheme.eq_ignore_ascii_case(api.list_scheme()) {
            return Err(DomainProblem::Scheme);
        }
        let host = dns_name(host)?;
        if !port_text.is_none_or(is_port) {
            return Err(DomainProblem::Port);
        }
        Ok(Self {
            text: text.to_owned(),
            host,
            port_text: port_text.map(str::to_owned),
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port_text(&self) -> Option<&str> {
        self.port_text.as_deref()
    }
}

/// Scheme, host and port of a text that has the shape of an entry.
fn split(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (scheme, authority) = text.split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_scheme || authority.is_empty() || authority.contains(ends_an_origin) {
        return None;
    }
    let after_brackets = authority.rfind(']').map_or(0, |at| at + 1);
    let colon = authority
        .get(after_brackets..)?
        .find(':')
        .map(|at| at + after_brackets);
    match colon {
        Some(at) => Some((scheme, authority.get(..at)?, authority.get(at + 1..))),
        None => Some((scheme, authority, None)),
    }
}

/// D2: what would begin a path, a query, a fragment or user-info, a wildcard, and what a URL parser skips over.
fn ends_an_origin(c: char) -> bool {
    matches!(c, '/' | '\\' | '?' | '#' | '@' | '*') || c.is_whitespace() || c.is_control()
}

/// The ASCII form of a host that is a DNS name (D3).
fn dns_name(text: &str) -> Result<String, DomainProblem> {
    let host = match Host::parse(text) {
        Ok(Host::Domain(host)) => host,
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(DomainProblem::IpAddress),
        Err(_) => return Err(DomainProblem::Host),
    };
    let undotted = host.trim_end_matches('.');
    if undotted == "localhost" || undotted.ends_with(".localhost") {
        return Err(DomainProblem::Localhost);
    }
    // A name that hides behind %-escapes reads as another one than it is: nobody means to configure that.
    if text.contains('%') || !is_dns_name(&host) {
        return Err(DomainProblem::Host);
    }
    Ok(host)
}

/// RFC 1035 §2.3.4 and RFC 5890 §2.3.1, with two labels at least; `_` is not a letter of a host name, but real names have it.
fn is_dns_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    host.len() <= 253 && host.contains('.') && host.split('.').all(is_label)
}

/// D2: a number from 1 to 65535 as one writes it; `0443` could never equal a port text that means the same (U3).
fn is_port(text: &str) -> bool {
    text.parse::<u16>()
        .is_ok_and(|port| port > 0 && port.to_string() == text)
}
