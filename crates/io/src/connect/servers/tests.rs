use super::*;

const PIN: &str = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn pinned(server: &str, pins: &[&str]) -> Result<ServerKeys, ServerKeysError> {
    let mut keys = ServerKeys::default();
    keys.pin_keys(server, pins.iter().copied())?;
    Ok(keys)
}

#[test]
fn a_server_is_a_host_and_a_port_or_every_port() {
    let cases = [
        ("api.example.com", "api.example.com", 443, true),
        ("api.example.com", "api.example.com", 8443, true),
        ("API.Example.com:443", "api.example.com", 443, true),
        ("api.example.com:443", "api.example.com", 8443, false),
        ("example.com", "api.example.com", 443, false),
        ("bücher.example", "xn--bcher-kva.example", 443, true),
        ("[::1]:8443", "[::1]", 8443, true),
        ("[::1]", "[::1]", 443, true),
    ];
    for (server, host, port, holds) in cases {
        let agreed = pinned(server, &[PIN]).unwrap().agreed(host, port);
        assert_eq!(agreed.pins.is_some(), holds, "{server} for {host}:{port}");
    }
}

#[test]
fn what_is_agreed_for_a_port_comes_before_what_is_agreed_for_all() {
    let mut keys = pinned("a.test", &[PIN]).unwrap();
    keys.pin_keys("a.test:8443", [PIN]).unwrap();
    assert_eq!(keys.agreed("a.test", 443).place, (None, Some(0)));
    assert_eq!(keys.agreed("a.test", 8443).place, (None, Some(1)));
    assert_eq!(keys.agreed("b.test", 443).place, (None, None));
}

#[test]
fn what_is_no_server_or_no_pin_is_refused_with_what_would_be_right() {
    for server in [
        "",
        "*.example.com",
        "a.test:",
        "a.test:0",
        "a.test:x",
        "a.test:+1",
        "https://a.test",
        "::1",
        "a.test/b",
    ] {
        let error = pinned(server, &[PIN]).unwrap_err();
        assert_eq!(error, ServerKeysError::Server(server.to_owned()));
    }
    for pin in [
        "",
        "sha256/",
        "sha1/AAAA",
        "sha256/AAAA",
        &PIN[..PIN.len() - 1],
    ] {
        let error = pinned("a.test", &[PIN, pin]).unwrap_err().to_string();
        let said = format!("the pinned key {pin:?} for a.test should be sha256/BASE64");
        assert!(error.starts_with(&said), "{error}");
    }
    let none = pinned("a.test", &[]).unwrap_err();
    assert_eq!(
        none.to_string(),
        "no key is pinned for a.test; give at least one"
    );
    let mut curl = ServerKeys::default();
    let bare = PIN.strip_prefix("sha256/").unwrap();
    assert!(
        curl.pin_keys("a.test", [bare, &format!("sha256//{bare}")])
            .is_ok()
    );
    // A slash is a letter of base64, too: it may be the first.
    let slash = format!("/{}", &bare[1..]);
    for pin in [
        slash.clone(),
        format!("sha256/{slash}"),
        format!("sha256//{slash}"),
    ] {
        assert!(curl.pin_keys("a.test", [&*pin]).is_ok(), "{pin}");
    }
}

#[test]
fn a_certificate_and_a_key_that_do_not_belong_together_are_refused() {
    let ca = appnet_testkit::Ca::new();
    let (one, other) = (ca.issue(&["client"]), ca.issue(&["client"]));
    let mut keys = ServerKeys::default();
    let mut give = |chain: &str, key: &str| {
        keys.client_certificate("a.test", chain.as_bytes(), key.as_bytes())
    };
    assert_eq!(
        give(&one.pem(), &other.key_pem()),
        Err(ServerKeysError::Mismatch("a.test".to_owned()))
    );
    let error = give(&one.key_pem(), &one.key_pem())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "the client certificate for a.test cannot be read: there is none; it should be"
        ),
        "{error}"
    );
    let error = give(&one.pem(), &one.pem()).unwrap_err().to_string();
    assert!(
        error.starts_with("the private key for a.test cannot be used: "),
        "{error}"
    );
    assert_eq!(give(&one.pem(), &one.key_pem()), Ok(()));
}

#[test]
fn pins_of_a_server_are_added_to_those_before_and_other_servers_keep_theirs() {
    let [a, b, c] = ["A", "B", "C"].map(|letter| PIN.replacen('A', letter, 1));
    let mut keys = ServerKeys::default();
    for (server, pin) in [("a.test", &a), ("b.test", &b), ("a.test", &c)] {
        keys.pin_keys(server, [pin.as_str()]).unwrap();
    }
    let pinned = |host| format!("{:?}", keys.agreed(host, 443).pins.unwrap());
    assert_eq!(pinned("a.test"), format!("Pins([{a}, {c}])"));
    assert_eq!(pinned("b.test"), format!("Pins([{b}])"));
}

#[test]
fn a_client_certificate_replaces_that_of_the_same_server_only() {
    let ca = appnet_testkit::Ca::new();
    let given = [1, 2, 3].map(|_| ca.issue(&["client"]));
    let mut keys = ServerKeys::default();
    for (server, leaf) in ["a.test", "b.test", "a.test"].into_iter().zip(&given) {
        let (chain, key) = (leaf.pem(), leaf.key_pem());
        keys.client_certificate(server, chain.as_bytes(), key.as_bytes())
            .unwrap();
    }
    let shown = |host| keys.agreed(host, 443).certificate.unwrap().cert[0].to_vec();
    let der = |leaf: &appnet_testkit::Leaf| {
        let der = CertificateDer::from_pem_slice(leaf.pem().as_bytes()).unwrap();
        der.to_vec()
    };
    assert_eq!(shown("a.test"), der(&given[2]));
    assert_eq!(shown("b.test"), der(&given[1]));
    assert_eq!(keys.certificates.len(), 2);
}
