//! One list of server domains, ready to be looked through.

use std::collections::HashMap;

use url::Host;

use super::Entry;
use crate::{
    Target,
    matching::{HostRule, PortRule},
};

/// The valid entries of a list, and how they are compared. A call costs one look into a table, however long the list is.
#[derive(Debug, Default)]
pub(super) struct List {
    entries: Vec<Entry>,
    /// Places of the entries whose host has this key (U4).
    places: HashMap<Box<str>, Vec<usize>>,
    ports: PortRule,
    hosts: HostRule,
}

impl List {
    pub(super) fn new(entries: Vec<Entry>, ports: PortRule, hosts: HostRule) -> Self {
        let mut places: HashMap<Box<str>, Vec<usize>> = HashMap::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            let key = hosts.key(entry.host());
            places.entry(key.into()).or_default().push(place);
        }
        Self {
            entries,
            places,
            ports,
            hosts,
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// U3, U4: an entry has the host, and its port and that of the URL agree. The scheme is the list's.
    pub(super) fn allows(&self, target: &Target) -> bool {
        let places = self.places.get(self.key(target));
        let mut entries = places
            .into_iter()
            .flatten()
            .filter_map(|&place| self.entries.get(place));
        entries.any(|entry| self.ports.allows(entry.port_text(), target.port_text()))
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
