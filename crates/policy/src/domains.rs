//! The four lists of server domains (section 1).

mod entry;
mod list;
mod nearest;
mod registrable;
mod report;

#[cfg(test)]
mod tests;

use serde::Deserialize;

pub(crate) use entry::Entry;
pub use report::{BadEntry, DomainProblem, DomainReport};

use self::list::List;
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

impl DomainLists {
    fn of(&self, api: Api) -> &[String] {
        match api {
            Api::Request => &self.request,
            Api::UploadFile => &self.upload_file,
            Api::DownloadFile => &self.download_file,
            Api::ConnectSocket => &self.socket,
        }
    }
}

/// The lists after [`ServerDomains::check`]. The empty one (`default()`) lets nothing through (D7).
#[derive(Debug, Default)]
pub struct ServerDomains {
    request: List,
    upload_file: List,
    download_file: List,
    socket: List,
    icp: IcpState,
    nearest: nearest::Found,
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

impl ServerDomains {
    /// Checks a whole configuration (D1–D7).
    ///
    /// # Errors
    /// A report of every bad entry; nothing of the configuration is taken then.
    pub fn check(
        lists: &DomainLists,
        policy: &Policy,
        icp: Option<&dyn IcpRegistry>,
    ) -> Result<Self, DomainReport> {
        let mut bad = Vec::new();
        let [request, upload_file, download_file, socket] =
            Api::ALL.map(|api| check_list(api, lists.of(api), policy, icp, &mut bad));
        if !bad.is_empty() {
            return Err(DomainReport { entries: bad });
        }
        let icp = if icp.is_some() {
            IcpState::Filed
        } else {
            IcpState::NotChecked
        };
        Ok(Self {
            request,
            upload_file,
            download_file,
            socket,
            icp,
            nearest: nearest::Found::default(),
        })
    }

    /// Whether an entry of the target's API allows it (U3, U4).
    #[must_use]
    pub fn allow(&self, target: &Target) -> bool {
        self.allow_as(target.api(), target)
    }

    /// Whether an entry of this API's list, be it the target's or not, would allow it.
    pub(crate) fn allow_as(&self, api: Api, target: &Target) -> bool {
        api.list_scheme() == target.url().scheme() && self.list(api).allows(target)
    }

    /// Whether this entry would allow a host, were it not for ports.
    pub(crate) fn names(&self, entry: &Entry, target: &Target) -> bool {
        self.list(target.api()).names(entry, target)
    }

    /// The entry that comes nearest to a refused target, for the host's log (U5): same host with another port, then same
    /// registrable domain, then the most similar one.
    #[must_use]
    pub fn nearest(&self, target: &Target) -> Option<&str> {
        self.nearest_entry(target).map(Entry::text)
    }

    pub(crate) fn nearest_entry(&self, target: &Target) -> Option<&Entry> {
        let api = target.api();
        let entries = self.list(api).entries();
        self.nearest.entry(api, entries, target.host())
    }

    const fn list(&self, api: Api) -> &List {
        match api {
            Api::Request => &self.request,
            Api::UploadFile => &self.upload_file,
            Api::DownloadFile => &self.download_file,
            Api::ConnectSocket => &self.socket,
        }
    }

    /// Whether filing was looked up (D6).
    #[must_use]
    pub const fn icp(&self) -> IcpState {
        self.icp
    }
}

/// The valid entries of one list; what is wrong with the others goes into `bad`.
fn check_list(
    api: Api,
    list: &[String],
    policy: &Policy,
    icp: Option<&dyn IcpRegistry>,
    bad: &mut Vec<BadEntry>,
) -> List {
    let limit = policy.domains_per_list;
    let mut entries = Vec::with_capacity(list.len().min(limit));
    for (index, text) in list.iter().enumerate() {
        let mut report = |problem| {
            bad.push(BadEntry {
                api,
                index,
                text: text.clone(),
                ports: policy.ports.of(api),
                problem,
            })
        };
        if index == limit {
            report(DomainProblem::TooMany(limit)); // D4
        }
        match check_entry(api, text, policy, icp) {
            Ok(entry) => entries.push(entry),
            Err(problem) => report(problem),
        }
    }
    List::new(entries, policy.ports.of(api), policy.hosts)
}

fn check_entry(
    api: Api,
    text: &str,
    policy: &Policy,
    icp: Option<&dyn IcpRegistry>,
) -> Result<Entry, DomainProblem> {
    let entry = Entry::parse(api, text)?;
    if entry.port_text().is_some() && !policy.ports.of(api).entry_may_have_port() {
        return Err(DomainProblem::PortNotAllowed); // D2
    }
    if policy.is_reserved(entry.host()) {
        return Err(DomainProblem::Reserved); // D5
    }
    let domain = registrable::domain(entry.host());
    if icp.is_some_and(|registry| !registry.is_filed(domain)) {
        return Err(DomainProblem::NotFiled(domain.to_owned())); // D6
    }
    Ok(entry)
}
