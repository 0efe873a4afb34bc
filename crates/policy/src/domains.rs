//! The four lists of server domains (section 1).

use serde::Deserialize;

use crate::{Api, Policy, Target, icp::IcpRegistry};

/// The lists as a host has them configured: not checked yet. In JSON: `{"request": […], "uploadFile": […], "downloadFile": […], "socket": […]}`;
/// a list that is left out is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DomainLists {
    /// For `wx.request`.
    pub request: Vec<String>,
    /// For `wx.uploadFile`.
    pub upload_file: Vec<String>,
    /// For `wx.downloadFile`.
    pub download_file: Vec<String>,
    /// For `wx.connectSocket`.
    pub socket: Vec<String>,
}

/// The lists after [`ServerDomains::check`]. The empty one (`default()`) lets nothing through (D7).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerDomains {
    lists: [Vec<Entry>; 4],
    icp: IcpState,
}

/// One valid entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// As configured, for reports.
    text: String,
    host: String,
    port_text: Option<String>,
}

/// Whether filing was looked up (D6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IcpState {
    /// No registry was given.
    #[default]
    NotChecked,
    /// Every registrable domain is filed.
    Filed,
}

/// Every bad entry of a configuration that was refused whole (D7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines().join("\n"))]
pub struct DomainReport {
    /// The bad entries, in the order of the lists.
    pub entries: Vec<BadEntry>,
}

/// One bad entry, or one list that is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEntry {
    /// The list it is in.
    pub api: Api,
    /// Its place, from 0.
    pub index: usize,
    /// Its text.
    pub text: String,
    /// What is wrong.
    pub problem: DomainProblem,
}

/// What can be wrong with an entry (D2–D6).
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The list is longer than this (D4); reported once, for the first entry too many.
    TooMany(usize),
    /// A reserved host (D5).
    Reserved,
    /// Not ICP-filed (D6); holds the registrable domain.
    NotFiled(String),
}

impl ServerDomains {
    /// Checks a whole configuration (D1–D7).
    ///
    /// # Errors
    /// A report of every bad entry; nothing of the configuration is taken then.
    pub fn check(lists: &DomainLists, policy: &Policy, icp: Option<&dyn IcpRegistry>) -> Result<Self, DomainReport> {
        let _ = (lists, policy, icp);
        todo!()
    }

    /// Whether an entry of the target's API allows it (U3, U4).
    #[must_use]
    pub fn allow(&self, target: &Target) -> bool {
        let _ = target;
        todo!()
    }

    /// The entry that comes nearest to a refused target, for the host's log (U5): same host with another port, then same
    /// registrable domain, then the most similar one.
    #[must_use]
    pub fn nearest(&self, target: &Target) -> Option<&str> {
        let _ = target;
        todo!()
    }

    /// Whether filing was looked up (D6).
    #[must_use]
    pub const fn icp(&self) -> IcpState {
        self.icp
    }
}

impl DomainReport {
    /// A line for each bad entry: list, index, text, reason, and what would be valid.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        todo!()
    }
}
