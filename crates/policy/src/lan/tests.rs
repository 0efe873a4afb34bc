use super::*;

const PRIVATE: LanRule = LanRule::Allowed {
    reach: LanReach::Private,
    plain: true,
};
const SEGMENT: LanRule = LanRule::Allowed {
    reach: LanReach::SameSegment,
    plain: false,
};

fn device(texts: &[&str]) -> Vec<DeviceAddress> {
    let read = |text: &&str| text.parse().expect("an address with its prefix");
    texts.iter().map(read).collect()
}

fn check(rule: LanRule, address: &str) -> Option<Result<(), LanProblem>> {
    let device = device(&["192.168.1.23/24", "fd00:1::7/64", "172.20.4.4/15"]);
    rule.check(address.parse().expect(address), true, &device)
}

#[test]
fn u7_addresses_that_networks_give_out_are_the_local_network_and_no_others() {
    for address in [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.0.1",
        "fc00::1",
        "fd12:3456::1",
    ] {
        assert_eq!(check(PRIVATE, address), Some(Ok(())), "{address}");
    }
    for address in [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "fe80::1",
        "100.64.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "224.0.0.251",
        "255.255.255.255",
        "8.8.8.8",
        "2606:4700::1111",
        "::ffff:192.168.0.1",
        "64:ff9b::c0a8:1",
    ] {
        assert_eq!(check(PRIVATE, address), None, "{address}");
    }
}

#[test]
fn u7_the_devices_own_addresses_are_not_of_the_local_network() {
    for address in ["192.168.1.23", "fd00:1::7", "172.20.4.4"] {
        for rule in [PRIVATE, SEGMENT] {
            assert_eq!(
                check(rule, address),
                Some(Err(LanProblem::OwnAddress)),
                "{address}"
            );
        }
    }
}

#[test]
fn u7_a_segment_is_what_has_the_same_prefix() {
    for address in [
        "192.168.1.0",
        "192.168.1.255",
        "172.21.255.255",
        "fd00:1::ffff",
    ] {
        assert_eq!(check(SEGMENT, address), Some(Ok(())), "{address}");
    }
    for address in ["192.168.0.1", "172.22.0.1", "10.0.0.1", "fd00:1:0:1::1"] {
        assert_eq!(
            check(SEGMENT, address),
            Some(Err(LanProblem::OtherSegment)),
            "{address}"
        );
    }
}

#[test]
fn u7_without_the_devices_own_addresses_nothing_is_within_reach() {
    let address = "192.168.1.7".parse().expect("an address");
    let found = PRIVATE.check(address, true, &[]);
    assert_eq!(found, Some(Err(LanProblem::DeviceUnknown)));
    assert_eq!(LanRule::Refused.check(address, true, &[]), None);
}

#[test]
fn u7_only_a_rule_that_says_so_lets_plain_text_out() {
    let device = device(&["192.168.1.23/24"]);
    let address = "192.168.1.7".parse().expect("an address");
    assert_eq!(PRIVATE.check(address, false, &device), Some(Ok(())));
    assert_eq!(
        SEGMENT.check(address, false, &device),
        Some(Err(LanProblem::Plain))
    );
}

#[test]
fn an_address_of_the_device_has_a_prefix_that_fits() {
    for text in [
        "192.168.1.23",
        "192.168.1.23/33",
        "fd00::1/129",
        "192.168.1/24",
        "::ffff:10.0.0.1/96",
        "x/8",
        "",
        "10.0.0.1/-1",
    ] {
        let error = text.parse::<DeviceAddress>().expect_err(text);
        assert!(error.to_string().contains("as in 192.168.1.23/24"));
    }
    assert!("10.0.0.1/0".parse::<DeviceAddress>().is_ok());
    assert!("fd00::1/128".parse::<DeviceAddress>().is_ok());
}
