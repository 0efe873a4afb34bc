//! Which addresses may be connected to (U7).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
        match self {
            Self::Any => true,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn is_public(text: &str) -> bool {
        AddressRule::PublicOnly.allows(text.parse().expect("the table holds addresses"))
    }

    const REFUSED: &[&str] = &[
        // IPv4
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.0",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        // IPv6
        "::",
        "::1",
        "::2",
        "::8.8.8.8",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:8.8.8.8",
        "64:ff9b::127.0.0.1",
        "64:ff9b::192.168.0.1",
        "64:ff9b::1:8.8.8.8",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];

    const ALLOWED: &[&str] = &[
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2002:808:808::1",
        "2400:3200::1",
        "2606:4700::1111",
        "3ffe::1",
        "3fff:1000::1",
    ];

    #[test]
    fn u7_addresses_that_are_not_public_are_refused() {
        let wrong: Vec<_> = REFUSED.iter().filter(|a| is_public(a)).collect();
        assert!(wrong.is_empty(), "allowed: {wrong:?}");
    }

    #[test]
    fn u7_public_addresses_up_to_the_edges_of_the_special_blocks_are_allowed() {
        let wrong: Vec<_> = ALLOWED.iter().filter(|a| !is_public(a)).collect();
        assert!(wrong.is_empty(), "refused: {wrong:?}");
    }

    #[test]
    fn u7_a_host_that_allows_private_addresses_allows_them_all() {
        for address in REFUSED.iter().chain(ALLOWED) {
            let address = address.parse().expect("the table holds addresses");
            assert!(AddressRule::Any.allows(address), "{address}");
        }
    }
}
