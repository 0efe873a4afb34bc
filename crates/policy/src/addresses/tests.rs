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
