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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d6_a_list_knows_its_domains_whatever_their_case_and_no_others() {
        let list: IcpList = ["Example.COM.cn".to_owned()].into_iter().collect();
        assert!(list.is_filed("example.com.cn"));
        assert!(!list.is_filed("a.example.com.cn"));
        assert!(!list.is_filed("com.cn"));
    }
}
