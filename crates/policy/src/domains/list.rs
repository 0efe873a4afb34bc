//! One list of server domains, ready to be looked through.

use url::Host;

use super::Entry;
use crate::{
    Target,
    matching::{HostRule, PortRule},
};

/// The valid entries of a list, and how they are compared. A call costs a binary search for its host, however long the list is.
#[derive(Debug, Default)]
pub(super) struct List {
    entries: Vec<Entry>,
    /// The place of each entry, in the order of what its host is compared by (U4).
    by_key: Box<[(Box<str>, usize)]>,
    ports: PortRule,
    hosts: HostRule,
}

impl List {
    pub(super) fn new(entries: Vec<Entry>, ports: PortRule, hosts: HostRule) -> Self {
        let keys = entries.iter().map(|entry| hosts.key(entry.host()).into());
        let mut by_key: Box<[_]> = keys.zip(0..).collect();
        by_key.sort_unstable();
        Self {
            entries,
            by_key,
            ports,
            hosts,
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// U3, U4: an entry has the host, and its port and that of the URL agree. The scheme is the list's.
    pub(super) fn allows(&self, target: &Target) -> bool {
        let key = self.key(target);
        let first = self.by_key.partition_point(|(other, _)| **other < *key);
        self.by_key[first..]
            .iter()
            .take_while(|(other, _)| **other == *key)
            .filter_map(|&(_, place)| self.entries.get(place))
            .any(|entry| self.ports.allows(entry.port_text(), target.port_text()))
    }

    /// Whether this entry has the target's host.
    pub(super) fn names(&self, entry: &Entry, target: &Target) -> bool {
        self.hosts.key(entry.host()) == self.key(target)
    }

    /// An address is no name: nothing of it is a registrable domain.
    fn key<'a>(&self, target: &'a Target) -> &'a str {
        match target.url().host() {
            Some(Host::Domain(host)) => self.hosts.key(host),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => target.host(),
        }
    }
}
