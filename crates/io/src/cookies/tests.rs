use super::*;

const LIMITS: CookieLimits = CookieLimits {
    count: 3,
    bytes: 200,
    cookie_bytes: 100,
};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// A jar in which these URLs have set these cookies.
fn jar(set: &[(&str, &str)]) -> Jar {
    let mut jar = Jar::default();
    for (from, text) in set {
        jar.set(text, &url(from), &LIMITS);
        let bytes: usize = jar.kept.values().map(|kept| kept.bytes).sum();
        assert_eq!((jar.bytes, jar.order.len()), (bytes, jar.kept.len()));
        assert_eq!(jar.store.iter_any().count(), jar.kept.len());
    }
    jar
}

fn sent(jar: &Jar, to: &str) -> String {
    jar.header(&url(to)).unwrap_or_default()
}

#[test]
fn p5_a_socket_shares_the_cookies_of_its_host_and_wss_is_secure() {
    let jar = jar(&[
        ("https://a.example.com/", "a=1; Secure"),
        ("https://a.example.com/", "b=2"),
    ]);
    let sent_over = |to| jar.header(&over_http(&url(to))).unwrap_or_default();
    assert_eq!(sent_over("wss://a.example.com/"), "a=1; b=2");
    assert_eq!(sent_over("ws://a.example.com/"), "b=2");
}

#[test]
fn p5_a_cookie_goes_back_to_the_host_that_set_it() {
    let jar = jar(&[
        ("https://a.example.com/", "a=1"),
        ("https://a.example.com/", "b=2; Domain=example.com"),
        ("https://a.example.com/x/y", "c=3; Path=/x; Secure"),
    ]);
    assert_eq!(sent(&jar, "https://a.example.com/x/z"), "c=3; a=1; b=2");
    assert_eq!(sent(&jar, "https://a.example.com/"), "a=1; b=2");
    assert_eq!(sent(&jar, "http://a.example.com/x"), "a=1; b=2");
    assert_eq!(sent(&jar, "https://b.example.com/"), "b=2");
    assert_eq!(sent(&jar, "https://evilexample.com/"), "");
}

#[test]
fn p5_nobody_sets_cookies_for_the_names_of_others() {
    let jar = jar(&[
        ("https://a.example.com/", "a=1; Domain=com"),
        ("https://me.github.io/", "b=1; Domain=github.io"),
        ("https://a.example.com/", "c=1; Domain=other.com"),
        ("https://a.example.com.cn/", "d=1; Domain=com.cn"),
        ("https://192.168.1.7/", "e=1; Domain=1.7"),
        ("https://github.io/", "f=1; Domain=github.io"),
    ]);
    for other in [
        "https://b.com/",
        "https://you.github.io/",
        "https://other.com/",
        "https://b.com.cn/",
        "https://192.169.1.7/",
        "https://me.github.io/",
    ] {
        assert_eq!(sent(&jar, other), "", "{other}");
    }
    assert_eq!(sent(&jar, "https://github.io/"), "f=1", "its own host");
}

#[test]
fn p5_a_cookie_is_replaced_and_ends_when_the_server_says_so() {
    let host = "https://a.com/";
    let two = jar(&[(host, "a=1"), (host, "b=1"), (host, "a=2")]);
    assert_eq!(sent(&two, host), "b=1; a=2");
    let gone = jar(&[(host, "a=1"), (host, "b=1"), (host, "a=; Max-Age=0")]);
    assert_eq!(sent(&gone, host), "b=1");
    let past = "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(sent(&jar(&[(host, past)]), host), "");
}

#[test]
fn i2_over_a_bound_the_cookie_that_was_set_longest_ago_goes() {
    let host = "https://a.com/";
    let many = jar(&[
        (host, "a=1"),
        (host, "b=1"),
        (host, "a=2"),
        (host, "c=1"),
        (host, "d=1"),
    ]);
    assert_eq!(sent(&many, host), "a=2; c=1; d=1");
    let long = "x".repeat(80);
    let set: Vec<_> = ["a", "b", "c"]
        .map(|name| format!("{name}={long}"))
        .to_vec();
    let large = jar(&set
        .iter()
        .map(|text| (host, text.as_str()))
        .collect::<Vec<_>>());
    assert_eq!(large.kept.len(), 2, "200 bytes hold two of them");
    assert!(sent(&large, host).starts_with("b="));
}

#[test]
fn p5_what_no_header_could_carry_is_not_kept() {
    let long = format!("a={}", "x".repeat(100));
    for text in ["", "=", ";", "a=\u{1}", "a=b\u{7f}", long.as_str()] {
        let jar = jar(&[("https://a.com/", text)]);
        let header = sent(&jar, "https://a.com/");
        assert!(
            header.is_empty() || is_sendable(COOKIE, &header),
            "{text:?}: {header:?}"
        );
        assert!(!header.contains('x'));
    }
}
