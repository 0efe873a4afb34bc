//! What is wrong with a configuration, in words (D7).

use std::fmt;

use url::Url;

use crate::{Api, matching::PortRule};

/// Every bad entry of a configuration that was refused whole (D7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines().join("\n"))]
pub struct DomainReport {
    /// The bad entries, in the order of the lists.
    pub entries: Vec<BadEntry>,
}

/// One bad entry, or one list that is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadEntry {
    /// The list it is in.
    pub api: Api,
    /// Its place, from 0.
    pub index: usize,
    /// Its text.
    pub text: String,
    /// What ports mean in the list.
    pub ports: PortRule,
    /// What is wrong.
    pub problem: DomainProblem,
}

/// What can be wrong with an entry (D2–D6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DomainProblem {
    /// Not `scheme://host[:port]` (D2).
    NotAnOrigin,
    /// Another scheme than the list's (D2).
    Scheme,
    /// An IP address, in whatever spelling (D3).
    IpAddress,
    /// `localhost` or a name below it (D3).
    Localhost,
    /// No DNS name (D3).
    Host,
    /// No port number from 1 to 65535 (D2).
    Port,
    /// A port, where the list has none (D2).
    PortNotAllowed,
    /// The list is longer than this (D4); reported once, for the first entry too many.
    TooMany(usize),
    /// A reserved host (D5).
    Reserved,
    /// Not ICP-filed (D6); holds the registrable domain.
    NotFiled(String),
}

impl DomainReport {
    /// A line for each bad entry: list, index, text, reason, and what would be valid.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.entries.iter().map(ToString::to_string).collect()
    }
}

impl fmt::Display for BadEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}[{}] {:?}: ",
            self.api.list_name(),
            self.index,
            self.text
        )?;
        self.explain(f)
    }
}

impl BadEntry {
    fn explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.api.list_scheme();
        let repaired = || repaired(&self.text, self.api, self.ports);
        match &self.problem {
            DomainProblem::NotAnOrigin => {
                write!(
                    f,
                    "should be {scheme}://host{} and nothing else, as in {:?}",
                    if self.ports.entry_may_have_port() {
                        "[:port]"
                    } else {
                        ""
                    },
                    repaired()
                )
            }
            DomainProblem::Scheme => write!(f, "scheme should be {scheme}, as in {:?}", repaired()),
            DomainProblem::IpAddress => {
                write!(
                    f,
                    "host should be a domain name and no IP address, as in {:?}",
                    example(self.api)
                )
            }
            DomainProblem::Localhost => {
                write!(
                    f,
                    "host should be a public domain name and not localhost, as in {:?}",
                    example(self.api)
                )
            }
            DomainProblem::Host => write!(
                f,
                "host should be a full domain name of letters, digits and hyphens, as in {:?}",
                example(self.api)
            ),
            DomainProblem::Port if !self.ports.entry_may_have_port() => write!(
                f,
                "an entry should have no port here, as in {:?}",
                example(self.api)
            ),
            DomainProblem::Port => write!(
                f,
                "port should be a number from 1 to 65535 without leading zeros, or left out with its colon, as in \"{}:8080\"",
                example(self.api)
            ),
            DomainProblem::PortNotAllowed => {
                write!(
                    f,
                    "an entry should have no port here, as in {:?}",
                    repaired()
                )
            }
            DomainProblem::TooMany(limit) => {
                write!(f, "one entry too many, a list should have at most {limit}")
            }
            DomainProblem::Reserved => f.write_str(
                "this host is reserved, no list may have it; call it from a server of your own",
            ),
            DomainProblem::NotFiled(domain) => {
                write!(
                    f,
                    "{domain} has no ICP filing; file it, or use a domain that is filed"
                )
            }
        }
    }
}

/// The entry that the text was probably meant to be; an example if that cannot be told.
fn repaired(text: &str, api: Api, ports: PortRule) -> String {
    let scheme = api.list_scheme();
    let rest = text
        .trim()
        .split_once("://")
        .map_or(text.trim(), |(_, rest)| rest);
    // Not the text's own scheme: under another one the parser would drop that one's default port.
    let url = Url::parse(&format!("{scheme}://{rest}")).ok();
    let origin = url.and_then(|url| {
        let host = url
            .domain()
            .filter(|host| host.contains('.') && !host.contains('*'))?
            .to_owned();
        let port = url
            .port()
            .filter(|_| ports.entry_may_have_port())
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        Some(format!("{scheme}://{host}{port}"))
    });
    origin.unwrap_or_else(|| example(api).to_owned())
}

/// A valid entry.
const fn example(api: Api) -> &'static str {
    match api {
        Api::Request | Api::UploadFile | Api::DownloadFile => "https://myserver.com",
        Api::ConnectSocket => "wss://myserver.com",
    }
}
