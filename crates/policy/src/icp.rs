//! ICP filing of registrable domains (D6).

use std::collections::BTreeSet;

/// Where a host looks up whether a registrable domain is ICP-filed.
pub trait IcpRegistry: Send + Sync {
    /// Whether `domain`, a registrable domain in ASCII form such as `example.com.cn`, is filed.
    fn is_filed(&self, domain: &str) -> bool;
}

/// An [`IcpRegistry`] that knows a fixed list.
#[derive(Debug, Clone, Default)]
pub struct IcpList(BTreeSet<String>);

impl FromIterator<String> for IcpList {
    fn from_iter<I: IntoIterator<Item = String>>(domains: I) -> Self {
        Self(
            domains
                .into_iter()
                .map(|d| d.to_ascii_lowercase())
                .collect(),
        )
    }
}

impl IcpRegistry for IcpList {
    fn is_filed(&self, domain: &str) -> bool {
        self.0.contains(domain)
    }
}
