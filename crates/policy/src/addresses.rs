//! Which addresses may be connected to (U7).

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

/// Which of a name's addresses an app may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum AddressRule {
    /// Public ones only.
    #[default]
    PublicOnly,
    /// This one, which stands in the URL and was checked there: of the local network.
    Only(IpAddr),
    /// Every address: the host allowed private ones for this app, or its checks are skipped (U8).
    Any,
}

impl AddressRule {
    /// Whether this address may be connected to.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => address == only,
            Self::PublicOnly => match address {
                IpAddr::V4(v4) => is_public_v4(v4),
                IpAddr::V6(v6) => is_public_v6(v6),
            },
        }
    }
}

/// All of IPv4 but the blocks of IANA's special-purpose registry (RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..]        // this network, private, loopback
        | [169, 254, ..]          // link-local; a cloud's metadata service
        | [192, 168, ..]          // private
        | [192, 0, 0 | 2, _]      // IETF protocols, documentation
        | [192, 88, 99, _]        // 6to4 relays, withdrawn
        | [198, 18 | 19, ..]      // benchmarks
        | [198, 51, 100, _]       // documentation
        | [203, 0, 113, _]        // documentation
        | [224..=255, ..] => true, // multicast, reserved, broadcast
        [100, b, ..] => (64..128).contains(&b), // carrier-grade NAT
        [172, b, ..] => (16..32).contains(&b),  // private
        _ => false,
    };
    !special
}

/// Of IPv6 only what IANA gives out as global unicast (2000::/3), and addresses that carry a public IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    match [a, b] {
        [0, 0] if [c, d, e, f] == [0, 0, 0, 0xffff] => is_public_v4(v4(g, h)), // IPv4-mapped
        // NAT64 (RFC 6052): how an IPv6-only network reaches a public IPv4 host. Not its local block 64:ff9b:1::/48.
        [0x64, 0xff9b] if [c, d, e, f] == [0; 4] => is_public_v4(v4(g, h)),
        [0x2002, _] => is_public_v4(v4(b, c)), // 6to4
        [0x2001, 0..=0x01ff] | [0x2001, 0x0db8] => false, // IETF protocols with Teredo, documentation
        [0x3fff, 0..=0x0fff] => false,                    // documentation (RFC 9637)
        [0x2000..=0x3fff, _] => true,
        // Loopback, unspecified, IPv4-compatible, ULA, link-local, site-local, multicast, and what nobody was given yet.
        _ => false,
    }
}

const fn v4(high: u16, low: u16) -> Ipv4Addr {
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    Ipv4Addr::new(a, b, c, d)
}
