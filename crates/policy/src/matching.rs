//! How an entry of a list of server domains is compared with a URL (U3, U4): what platforms differ in.

/// What ports mean in the entries and in the URLs of one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PortRule {
    /// The URL has the very port text of the entry: none if the entry has none.
    #[default]
    Exact,
    /// The URL has any port or none, whatever the entry has.
    Any,
    /// Neither the entry nor the URL has a port.
    NoneAllowed,
    /// The entry has no port; the URL has any or none.
    NoneInEntryAnyInUrl,
}

impl PortRule {
    /// Whether an entry may carry a port.
    #[must_use]
    pub const fn entry_may_have_port(self) -> bool {
        match self {
            Self::Exact | Self::Any => true,
            Self::NoneAllowed | Self::NoneInEntryAnyInUrl => false,
        }
    }

    /// Whether an entry with this port text, or without one, allows a URL with that one.
    #[must_use]
    pub fn allows(self, entry: Option<&str>, url: Option<&str>) -> bool {
        match self {
            Self::Exact | Self::NoneAllowed => entry == url,
            Self::Any | Self::NoneInEntryAnyInUrl => true,
        }
    }
}

/// Which hosts an entry allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HostRule {
    /// Its own and no other.
    #[default]
    Exact,
    /// Every host of its registrable domain: one label below a public suffix. Suffixes of the list's private section count, so that an entry
    /// `me.github.io` does not open what others have below `github.io`.
    RegistrableDomain,
}

impl HostRule {
    /// What two hosts have in common if an entry with the one allows the other. `host` is a DNS name in ASCII form and lower case.
    pub(crate) fn key(self, host: &str) -> &str {
        match self {
            Self::Exact => host,
            // A name that ends in a dot is no entry's, and psl looks past the dot.
            Self::RegistrableDomain if host.ends_with('.') => host,
            // A public suffix by itself stands for nothing but itself.
            Self::RegistrableDomain => psl::domain_str(host).unwrap_or(host),
        }
    }
}

/// Whether registries, or providers such as `github.io`, give out names below this one: no cookie may be set for all of it (RFC 6265 §5.3).
#[must_use]
pub fn is_public_suffix(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    psl::suffix_str(name).is_some_and(|suffix| suffix == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u4_the_key_of_a_host_is_what_was_registered_and_never_a_suffix_of_others() {
        let key = |host| HostRule::RegistrableDomain.key(host);
        for (host, domain) in [
            ("example.com", "example.com"),
            ("a.b.example.com", "example.com"),
            ("a.example.com.cn", "example.com.cn"),
            ("x.me.github.io", "me.github.io"),
            ("github.io", "github.io"),
            ("com.cn", "com.cn"),
            ("a.example.com.", "a.example.com."),
        ] {
            assert_eq!(key(host), domain, "{host}");
            assert_eq!(HostRule::Exact.key(host), host);
        }
    }

    #[test]
    fn a_public_suffix_is_known_in_both_sections_of_the_list() {
        for name in ["com", "com.", "com.cn", "github.io", "test"] {
            assert!(is_public_suffix(name), "{name}");
        }
        for name in ["example.com", "me.github.io", "a.test", ""] {
            assert!(!is_public_suffix(name), "{name}");
        }
    }
}
