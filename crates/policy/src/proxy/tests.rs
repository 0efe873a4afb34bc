use super::*;

fn parse(text: &str) -> Result<Proxy, ProxyError> {
    text.parse()
}

#[test]
fn a_url_says_what_a_proxy_speaks_where_it_is_and_who_asks() {
    let table = [
        (
            "http://p.example.com:3128",
            Proxy::http_connect("p.example.com", 3128),
        ),
        ("http://127.0.0.1/", Proxy::http_connect("127.0.0.1", 80)),
        ("socks5://[::1]:1080", Proxy::socks5("::1", 1080)),
        (
            "socks5h://p.example.com:1080",
            Proxy::socks5("p.example.com", 1080).dangerously_leave_names_to_it(),
        ),
        (
            "http://us%40er:pa%3Ass@p.example.com:3128",
            Proxy::http_connect("p.example.com", 3128)
                .credentials("us@er", "pa:ss")
                .unwrap(),
        ),
    ];
    for (text, proxy) in table {
        assert_eq!(parse(text), Ok(proxy), "{text}");
    }
    assert_ne!(
        parse("http://user:secret@p.example.com:3128"),
        parse("http://p.example.com:3128")
    );
}

#[test]
fn a_url_that_is_none_of_a_proxy_says_why_and_shows_no_password() {
    let table = [
        ("p.example.com", "cannot be read"),
        ("https://u:geheim@p.example.com:1", "plain TCP"),
        ("ftp://p.example.com:21", "another scheme"),
        ("socks5://p.example.com", "no port"),
        ("http://p.example.com:1/path", "something after the port"),
        ("http://p.example.com:1/?geheim", "something after the port"),
        ("http://%FF:geheim@p.example.com:1", "not UTF-8"),
        ("http://a%3Ab:geheim@p.example.com:1", "colon"),
        (
            "http://a:geheim%0D%0Ax@p.example.com:1",
            "control characters",
        ),
        ("socks5://only-a-user@p.example.com:1", "1 to 255 bytes"),
    ];
    for (text, why) in table {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
        assert!(!error.contains("geheim"), "{error}");
    }
}

#[test]
fn neither_its_text_nor_its_debug_form_has_the_password() {
    let proxy = parse("socks5h://user:geheim@[::1]:1080").unwrap();
    assert_eq!(proxy.to_string(), "socks5h://[::1]:1080");
    assert!(!format!("{proxy:?}").contains("geheim"), "{proxy:?}");
}

#[test]
fn hosts_go_directly_by_their_whole_name_or_by_the_one_above() {
    let proxy = Proxy::http_connect("p", 1).direct_for(["One.example.com", ".below.test", "[::1]"]);
    for direct in [
        "one.example.com",
        "ONE.example.com",
        "a.below.test",
        "a.b.below.test",
        "::1",
        "[::1]",
    ] {
        assert!(!proxy.serves(direct), "{direct}");
    }
    for served in [
        "a.one.example.com",
        "below.test",
        ".below.test",
        "evilbelow.test",
        "example.com",
        "::2",
    ] {
        assert!(proxy.serves(served), "{served}");
    }
}

#[test]
fn a_proxy_in_a_log_has_its_user_and_not_its_password() {
    let proxy = parse("http://user:geheim@p.example.com:3128").unwrap();
    let shown = format!("{proxy:?}");
    for part in ["http://p.example.com:3128", "user"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(!shown.contains("geheim"), "{shown}");
}

#[test]
fn a_proxy_says_what_it_was_made_of() {
    let plain = parse("http://p.example.com:3128").unwrap();
    assert_eq!((plain.host(), plain.port()), ("p.example.com", 3128));
    assert!(plain.known_as().is_none() && !plain.looks_names_up());
    let known = parse("socks5h://user:geheim@[::1]:1080").unwrap();
    assert_eq!((known.host(), known.port()), ("::1", 1080));
    assert!(known.known_as().is_some() && known.looks_names_up());
}
