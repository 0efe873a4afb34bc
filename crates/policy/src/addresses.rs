//! Which addresses may be connected to (U7).

use std::net::IpAddr;

/// Which of a name's addresses an app may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressRule {
    /// Public ones only.
    #[default]
    PublicOnly,
    /// Every address: the host allowed private ones for this app, or its checks are skipped (U8).
    Any,
}

impl AddressRule {
    /// Whether this address may be connected to.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        let _ = address;
        todo!()
    }
}
