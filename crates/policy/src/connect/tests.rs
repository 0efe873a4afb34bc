use super::*;
use crate::Api;

fn target(url: &str) -> Target {
    Target::parse(Api::Request, url).expect(url)
}

fn routed(url: &str, mappings: &[&str]) -> (String, bool) {
    let mappings: Vec<_> = mappings
        .iter()
        .map(|text| text.parse().expect(text))
        .collect();
    let route = route(&target(url), &mappings);
    (route.to_string(), route.mapped)
}

#[test]
fn u7_a_mapping_names_host_and_port_on_both_sides() {
    let table = [
        (
            "api.example.com:443:127.0.0.1:8443",
            (
                Some("api.example.com"),
                Some(443),
                Some("127.0.0.1"),
                Some(8443),
            ),
        ),
        (
            "api.example.com::127.0.0.1:",
            (Some("api.example.com"), None, Some("127.0.0.1"), None),
        ),
        ("::[::1]:8443", (None, None, Some("::1"), Some(8443))),
        (
            "[::1]:443:localhost:",
            (Some("::1"), Some(443), Some("localhost"), None),
        ),
        (
            "API.Example.COM:::",
            (Some("api.example.com"), None, None, None),
        ),
        (
            "例え.テスト:::1",
            (Some("xn--r8jz45g.xn--zckzah"), None, None, Some(1)),
        ),
        (":::", (None, None, None, None)),
    ];
    for (text, (from_host, from_port, to_host, to_port)) in table {
        let [from_host, to_host] =
            [from_host, to_host].map(|host: Option<&str>| host.map(str::to_owned));
        assert_eq!(
            text.parse(),
            Ok(ConnectTo {
                from_host,
                from_port,
                to_host,
                to_port
            }),
            "{text}"
        );
    }
}

#[test]
fn u7_another_port_of_the_same_host_is_mapped_for_itself() {
    let mappings = ["a.com:443:127.0.0.1:8443", "a.com:444::9"];
    let mappings = mappings.map(|text| text.parse().expect(text));
    let route = |port| {
        let route = route_to_port(&target("https://a.com/"), port, &mappings);
        (route.to_string(), route.mapped)
    };
    assert_eq!(route(443), ("127.0.0.1:8443".to_owned(), true));
    assert_eq!(route(444), ("a.com:9".to_owned(), false));
    assert_eq!(route(445), ("a.com:445".to_owned(), false));
}

#[test]
fn u7_what_is_no_mapping_is_refused_with_its_text() {
    for text in [
        "",
        "a",
        "a:1",
        "a:1:b",
        "a:1:b:2:",
        "a:1:b:2:3",
        "a:x:b:2",
        "a:1:b:x",
        "a:0:b:2",
        "a:+1:b:2",
        "a:65536:b:2",
        "::1:443:b:2",
        "[::1:443:b:2",
        "[::1]443:b:2",
        "[a]:1:b:2",
        "a b:1:c:2",
        "a:1:b:2 ",
        "\u{e9}[:1:b:2",
        "https://a:1:b:2",
        "*.example.com::127.0.0.1:8443",
        "*::127.0.0.1:8443",
        "a.example.com::*:",
    ] {
        let error = text.parse::<ConnectTo>().expect_err(text);
        assert_eq!(
            error,
            ConnectToError {
                text: text.to_owned()
            }
        );
    }
    let words = "\"a\" should be HOST:PORT:ADDR:PORT, where each part may be empty, which matches any, no part is a pattern, and an IPv6 address stands in brackets";
    assert_eq!(
        "a".parse::<ConnectTo>().expect_err("too short").to_string(),
        words
    );
}

#[test]
fn u7_the_first_mapping_that_matches_decides() {
    let mappings = [
        "a.com:443:10.0.0.1:1",
        "A.com::10.0.0.2:",
        ":8080:10.0.0.3:",
        "[::1]:443:b.com:7",
    ];
    for (url, route) in [
        ("https://a.com", "10.0.0.1:1"),
        ("https://A.COM:443", "10.0.0.1:1"),
        ("https://a.com:8080", "10.0.0.2:8080"),
        ("http://a.com", "10.0.0.2:80"),
        ("https://b.com:8080", "10.0.0.3:8080"),
        ("https://[::1]/", "b.com:7"),
    ] {
        assert_eq!(routed(url, &mappings), (route.to_owned(), true), "{url}");
    }
}

#[test]
fn u7_without_a_mapping_a_connection_goes_where_the_url_says_and_is_not_trusted() {
    assert_eq!(
        routed("https://b.com", &["a.com::10.0.0.1:", ":444:10.0.0.1:"]),
        ("b.com:443".to_owned(), false)
    );
    assert_eq!(
        routed("https://[2606:4700::1111]:444", &[]),
        ("[2606:4700::1111]:444".to_owned(), false)
    );
    assert_eq!(
        routed("https://a.com.", &["a.com::10.0.0.1:"]),
        ("a.com.:443".to_owned(), false)
    );
}

#[test]
fn u7_a_mapping_of_the_port_alone_does_not_make_addresses_trusted() {
    assert_eq!(
        routed("https://a.com", &["a.com:::8443"]),
        ("a.com:8443".to_owned(), false)
    );
}

proptest::proptest! {
    #[test]
    fn u7_no_text_makes_parsing_panic(text in "[a\\[\\]:0-9é.]{0,12}") {
        let _ = text.parse::<ConnectTo>();
    }
}
