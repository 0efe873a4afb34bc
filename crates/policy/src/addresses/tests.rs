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

/// The special-purpose blocks of IPv4 (IANA's registry; RFC 6890 and what updates it), as networks: another form than the code has.
const SPECIAL_V4: &[(&str, u32)] = &[
    ("0.0.0.0", 8),
    ("10.0.0.0", 8),
    ("100.64.0.0", 10),
    ("127.0.0.0", 8),
    ("169.254.0.0", 16),
    ("172.16.0.0", 12),
    ("192.0.0.0", 24),
    ("192.0.2.0", 24),
    ("192.88.99.0", 24),
    ("192.168.0.0", 16),
    ("198.18.0.0", 15),
    ("198.51.100.0", 24),
    ("203.0.113.0", 24),
    ("224.0.0.0", 4),
    ("240.0.0.0", 4),
];

fn network(block: &(&str, u32)) -> (u32, u32) {
    let base: Ipv4Addr = block.0.parse().expect("the table holds addresses");
    (base.to_bits(), u32::MAX << (32 - block.1))
}

fn is_special(v4: Ipv4Addr) -> bool {
    SPECIAL_V4
        .iter()
        .map(network)
        .any(|(base, mask)| v4.to_bits() & mask == base)
}

/// What an IPv6 address that carries this one is, by how it carries it.
fn carriers(v4: Ipv4Addr) -> [(Ipv6Addr, bool); 9] {
    let [a, b] = [v4.to_bits() >> 16, v4.to_bits() & 0xffff].map(|half| half as u16);
    let v6 = |s: [u16; 8]| Ipv6Addr::from(s);
    let public = !is_special(v4);
    [
        (v4.to_ipv6_mapped(), public),
        (v6([0x64, 0xff9b, 0, 0, 0, 0, a, b]), public), // NAT64 (RFC 6052)
        (v6([0x2002, a, b, 0, 0, 0, 0, 1]), public),    // 6to4 (RFC 3056)
        (v6([0, 0, 0, 0, 0, 0, a, b]), false),          // IPv4-compatible
        (v6([0, 0, 0, 0, 0xffff, 0, a, b]), false),     // IPv4-translated (RFC 2765)
        (v6([0x64, 0xff9b, 1, 0, 0, 0, a, b]), false),  // NAT64 of a network's own (RFC 8215)
        (v6([0x2001, 0, a, b, 0, 0, !a, !b]), false),   // Teredo (RFC 4380)
        (v6([0xfe80, 0, 0, 0, 0, 0x5efe, a, b]), false), // ISATAP on a link
        (v6([0xfc00, 0, 0, 0, 0, 0, a, b]), false),     // ULA
    ]
}

#[track_caller]
fn assert_judged(v4: Ipv4Addr) {
    let rule = AddressRule::PublicOnly;
    assert_eq!(rule.allows(v4.into()), !is_special(v4), "{v4}");
    for (v6, public) in carriers(v4) {
        assert_eq!(rule.allows(v6.into()), public, "{v6} carries {v4}");
    }
}

#[test]
fn u7_every_edge_of_every_special_block_is_judged_also_inside_ipv6() {
    for (base, mask) in SPECIAL_V4.iter().map(network) {
        let last = base | !mask;
        for edge in [base, last, base.wrapping_sub(1), last.wrapping_add(1)] {
            assert_judged(edge.into());
        }
    }
}

proptest::proptest! {
    #[test]
    fn u7_an_ipv4_address_is_judged_alike_however_it_is_carried(bits in proptest::prelude::any::<u32>()) {
        assert_judged(bits.into());
    }

    #[test]
    fn u7_of_ipv6_only_global_unicast_is_public(bits in proptest::prelude::any::<u128>()) {
        let v6 = Ipv6Addr::from(bits);
        let [first, ..] = v6.segments();
        let carries = v6.to_ipv4_mapped().is_some() || v6.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
        if AddressRule::PublicOnly.allows(v6.into()) && !carries {
            assert_eq!(first & 0xe000, 0x2000, "{v6}");
        }
    }
}
