//! Names that the host maps itself (U7): trusted, as curl's `--connect-to`.

use std::{fmt, str::FromStr};

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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
#[error("{text:?} should be HOST:PORT:ADDR:PORT, where each part may be empty and an IPv6 address stands in brackets")]
pub struct ConnectToError {
    /// What was given.
    pub text: String,
}

impl FromStr for ConnectTo {
    type Err = ConnectToError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let _ = text;
        todo!()
    }
}

/// Where to connect for this target: the first mapping that matches, else the target itself.
#[must_use]
pub fn route(target: &Target, mappings: &[ConnectTo]) -> Route {
    let _ = (target, mappings);
    todo!()
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
