mod agreement;

use super::*;
use crate::failure::AppFault;

fn request(text: &str) -> Target {
    Target::parse(Api::Request, text).unwrap_or_else(|failure| panic!("{text:?}: {failure:?}"))
}

fn problem(api: Api, text: &str) -> UrlProblem {
    Target::read(api, text).expect_err(text)
}

#[test]
fn u3_the_port_text_is_what_stands_in_the_text() {
    let table = [
        ("https://a.com", None),
        ("https://a.com/:443", None),
        ("https://a.com?:443", None),
        ("https://a.com#:443", None),
        ("https://a.com:443", Some("443")),
        ("https://a.com:443/x", Some("443")),
        ("https://a.com:0443", Some("0443")),
        ("https://a.com:/x", Some("")),
        ("https://a.com:", Some("")),
        ("https://a.com:8080?q", Some("8080")),
        ("http://a.com:80", Some("80")),
        ("https://[2606:4700::1111]/", None),
        ("https://[2606:4700::1111]:443/", Some("443")),
        (" \u{1}https://a.com:443\n", Some("443")),
        ("ht\ttps:/\n/a.com:4\r43/", Some("443")),
        ("HTTPS:\\\\a.com:443\\x", Some("443")),
        ("https:a.com:443", Some("443")),
        ("https:/a.com:443", Some("443")),
        ("https:////a.com:443", Some("443")),
        ("https://a.com\\:443", None),
    ];
    for (text, port) in table {
        assert_eq!(request(text).port_text(), port, "{text:?}");
    }
}

#[test]
fn u2_a_call_takes_its_own_schemes_only() {
    for scheme in ["http", "https", "HTTPS"] {
        for api in [Api::Request, Api::UploadFile, Api::DownloadFile] {
            assert!(Target::parse(api, &format!("{scheme}://a.com")).is_ok());
        }
        let problem = problem(Api::ConnectSocket, &format!("{scheme}://a.com"));
        assert_eq!(problem, UrlProblem::Scheme(Api::ConnectSocket));
    }
    for scheme in ["ws", "wss"] {
        assert!(Target::parse(Api::ConnectSocket, &format!("{scheme}://a.com")).is_ok());
    }
    for scheme in [
        "ws",
        "wss",
        "ftp",
        "file",
        "data",
        "javascript",
        "wxfile",
        "blob",
    ] {
        let problem = problem(Api::Request, &format!("{scheme}://a.com/x"));
        assert_eq!(problem, UrlProblem::Scheme(Api::Request), "{scheme}");
    }
}

#[test]
fn u2_an_invalid_url_is_named_as_the_app_wrote_it() {
    for text in [
        "",
        " ",
        "a.com",
        "/path",
        "//a.com/x",
        "https://",
        "https:///",
        "https://?q",
        "https:// a.com",
        "wss://a.com",
    ] {
        assert_eq!(
            Target::parse(Api::Request, text),
            Err(Failure::App(AppFault::InvalidUrl(text.to_owned())))
        );
    }
}

#[test]
fn u2_what_is_no_host_or_no_port_is_no_url() {
    for text in [
        "https://a b.com",
        "https://a.com:80 80",
        "https://a.com:x",
        "https://a.com:-1",
        "https://a.com:65536",
        "https://a.com:99999999999999999999",
        "https://[::1",
        "https://::1",
        "https://1.2.3.4.5",
        "https://256.256.256.256",
        "https://a.com\u{ff1a}443",
        "https://a%00.com",
        "https://xn--a.\u{df}",
        "https://%",
    ] {
        assert!(
            matches!(problem(Api::Request, text), UrlProblem::Unreadable(_)),
            "{text:?}"
        );
    }
}

#[test]
fn u2_user_info_is_refused_even_when_it_is_empty() {
    for text in [
        "https://user@a.com",
        "https://user:secret@a.com",
        "https://:secret@a.com",
        "https://@a.com",
        "https://:@a.com",
        "https:@a.com",
        "https://good.com@evil.com",
        "https://good.com:443@evil.com",
        "https://a@b@c.com",
    ] {
        assert_eq!(
            problem(Api::Request, text),
            UrlProblem::UserInfo,
            "{text:?}"
        );
    }
    assert_eq!(request("https://a.com/@b?@c#@d").host(), "a.com");
    // The parser's reading alone is enough for it, whatever ours of the text says.
    for text in ["https://user@a.com", "https://:secret@a.com"] {
        let url = Url::parse(text).expect("a URL");
        let target = Target::checked(Api::Request, url, None);
        assert_eq!(target.expect_err(text), UrlProblem::UserInfo, "{text}");
    }
}

#[test]
fn u2_a_fragment_is_dropped_for_http_and_refused_for_sockets() {
    assert_eq!(
        request("https://a.com/x?q#part").url().as_str(),
        "https://a.com/x?q"
    );
    for text in ["wss://a.com/#part", "wss://a.com/#", "wss://a.com#"] {
        assert_eq!(
            problem(Api::ConnectSocket, text),
            UrlProblem::Fragment,
            "{text:?}"
        );
    }
}

#[test]
fn u1_the_host_is_the_one_form_that_is_checked_and_connected_to() {
    let table = [
        ("https://EXAMPLE.com", "example.com"),
        ("https://ex%61mple.com", "example.com"),
        ("https://\u{ff45}xample.com", "example.com"),
        ("https://exa\u{ad}mple.com", "example.com"),
        ("https://example\u{3002}com", "example.com"),
        ("https://例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("https://example.com.", "example.com."),
        ("https://0x7f.1", "127.0.0.1"),
        ("https://2130706433", "127.0.0.1"),
        ("https://017700000001", "127.0.0.1"),
        ("https://%31%32%37.1", "127.0.0.1"),
        ("https://[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
        ("https://evil.com\\@good.com", "evil.com"),
        ("https://evil.com\\.good.com", "evil.com"),
        ("https://evil.com#@good.com", "evil.com"),
    ];
    for (text, host) in table {
        assert_eq!(request(text).host(), host, "{text:?}");
    }
}

#[test]
fn r5_a_query_goes_behind_the_one_that_is_there() {
    let table = [
        ("https://a.com", "https://a.com/?k=v"),
        ("https://a.com/p?", "https://a.com/p?k=v"),
        (
            "https://a.com/p?x=%e4+%2B&&y='[]|{}^`\\",
            "https://a.com/p?x=%e4+%2B&&y=%27[]|{}^`\\&k=v",
        ),
        ("https://a.com/p?x=1&", "https://a.com/p?x=1&k=v"),
        ("https://a.com/p?a?b#part", "https://a.com/p?a?b&k=v"),
        ("https://a.com:443/p", "https://a.com/p?k=v"),
    ];
    for (text, url) in table {
        let target = request(text);
        assert_eq!(
            target.clone().with_query("k=v").url().as_str(),
            url,
            "{text:?}"
        );
        assert!(target.same_origin(&target.clone().with_query("k=v")));
    }
}

#[test]
fn u6_a_location_with_an_authority_brings_its_own_port_text_and_any_other_keeps_it() {
    let table = [
        ("/next", "https://a.com/next", Some("443")),
        ("next", "https://a.com/dir/next", Some("443")),
        ("", "https://a.com/dir/page?q", Some("443")),
        ("?r", "https://a.com/dir/page?r", Some("443")),
        ("#part", "https://a.com/dir/page?q", Some("443")),
        ("https:next", "https://a.com/dir/next", Some("443")),
        ("https:/next", "https://a.com/next", Some("443")),
        (":443", "https://a.com/dir/:443", Some("443")),
        ("//b.com", "https://b.com/", None),
        ("//b.com:443/x", "https://b.com/x", Some("443")),
        ("\\\\b.com:0443", "https://b.com/", Some("0443")),
        ("/\t/b.com", "https://b.com/", None),
        ("https://a.com/x", "https://a.com/x", None),
        ("https:\\\\a.com:443\\x", "https://a.com/x", Some("443")),
        ("http:/b.com:80", "http://b.com/", Some("80")),
        ("http:b.com", "http://b.com/", None),
        (
            "/中 文?é=\u{1f600}",
            "https://a.com/%E4%B8%AD%20%E6%96%87?%C3%A9=%F0%9F%98%80",
            Some("443"),
        ),
    ];
    let base = request("https://a.com:443/dir/page?q");
    for (location, url, port) in table {
        let hop = base
            .resolve(location)
            .unwrap_or_else(|p| panic!("{location:?}: {p}"));
        assert_eq!(
            (hop.url().as_str(), hop.port_text()),
            (url, port),
            "{location:?}"
        );
    }
}

#[test]
fn u6_a_location_is_judged_like_the_url_of_a_call() {
    let base = request("https://a.com/");
    for location in ["//@b.com", "https://user@b.com", "//b.com@c.com"] {
        assert_eq!(
            base.resolve(location),
            Err(UrlProblem::UserInfo),
            "{location:?}"
        );
    }
    for location in [
        "ftp://b.com",
        "javascript:alert(1)",
        "wss://b.com",
        "data:,x",
    ] {
        assert_eq!(
            base.resolve(location),
            Err(UrlProblem::Scheme(Api::Request)),
            "{location:?}"
        );
    }
    for location in ["https://", "//", "//b.com:x", "///b.com", "https://a b.com"] {
        assert!(
            matches!(base.resolve(location), Err(UrlProblem::Unreadable(_))),
            "{location:?}"
        );
    }
}

#[test]
fn u6_origins_are_the_same_by_scheme_host_and_effective_port() {
    let base = request("https://a.com/x");
    assert!(base.same_origin(&request("https://A.com:443/y?z")));
    for other in [
        "http://a.com",
        "https://b.com",
        "https://a.com.",
        "https://a.com:444",
        "http://a.com:443",
    ] {
        assert!(!base.same_origin(&request(other)), "{other}");
    }
}
