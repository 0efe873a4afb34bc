use crate::failure::AppFault;
use proptest::prelude::*;

use super::*;
use crate::testing::{headers, pairs};

fn built(app: &[(&str, &str)]) -> Built {
    build(headers(app), Purpose::Request, "https://referer", "agent/1").expect("valid headers")
}

/// What of the app's goes out, without what the host adds.
fn own<'a>(built: &'a Built, app: &[(&str, &str)]) -> Vec<(&'a str, &'a str)> {
    let names = |name: &str| app.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    pairs(&built.headers)
        .into_iter()
        .filter(|(name, _)| names(name))
        .collect()
}

#[test]
fn r1_r4_what_the_host_adds_comes_behind_the_apps_own() {
    let expected = [
        ("X-A", "1"),
        ("content-type", "application/json"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Referer", "https://referer"),
        ("User-Agent", "agent/1"),
    ];
    let built = built(&[("X-A", "1")]);
    assert_eq!(pairs(&built.headers), expected);
    assert!(built.dropped.is_empty());
}

#[test]
fn r4_each_purpose_has_the_defaults_that_it_needs() {
    let names = |purpose| {
        let built = build(Vec::new(), purpose, "r", "u").expect("no header is wrong");
        let names: Vec<_> = built
            .headers
            .into_iter()
            .map(|header| header.name)
            .collect();
        names.join(" ")
    };
    assert_eq!(
        names(Purpose::Request),
        "content-type Accept Accept-Encoding Referer User-Agent"
    );
    assert_eq!(
        names(Purpose::Transfer),
        "Accept Accept-Encoding Referer User-Agent"
    );
    assert_eq!(names(Purpose::Handshake), "Referer User-Agent");
}

#[test]
fn r4_a_range_asks_for_identity_and_an_accept_encoding_of_the_apps_is_its_own() {
    let sent = |app: &[(&str, &str)]| {
        let built = built(app);
        find(&built.headers, "accept-encoding").map(str::to_owned)
    };
    let own = "gzip, deflate, br, zstd";
    assert_eq!(sent(&[]).as_deref(), Some(own));
    assert_eq!(sent(&[("If-Range", "x")]).as_deref(), Some(own));
    for name in ["Range", "range", "RANGE"] {
        assert_eq!(sent(&[(name, "bytes=0-1")]).as_deref(), Some("identity"));
    }
    for (name, value) in [("accept-encoding", "br"), ("Accept-Encoding", "")] {
        let app = [("Range", "bytes=0-1"), (name, value)];
        assert_eq!(sent(&app).as_deref(), Some(value));
        assert_eq!(sent(&[(name, value)]).as_deref(), Some(value));
    }
}

#[test]
fn r4_an_accept_of_the_apps_is_its_own() {
    for (name, value) in [("accept", "text/plain"), ("ACCEPT", "")] {
        assert_eq!(
            own(&built(&[(name, value)]), &[("Accept", "")]),
            [(name, value)]
        );
    }
}

#[test]
fn r4_j6_a_content_type_of_the_apps_goes_out_byte_for_byte() {
    for value in [
        "text/plain;Charset=\"UTF-8\"",
        "Application/X-WWW-Form-URLencoded",
        "",
        "x",
    ] {
        let built = built(&[("CONTENT-type", value)]);
        assert_eq!(
            own(&built, &[("content-type", "")]),
            [("CONTENT-type", value)]
        );
    }
}

#[test]
fn j6_other_headers_go_out_untouched() {
    let app = [
        ("Cookie", "a=1; b=\"2\""),
        ("Authorization", "Bearer x.y_z~+/="),
        ("accept-encoding", "identity"),
        ("Accept", "*/*"),
        ("Origin", "https://a.com"),
        ("Range", "bytes=0-1"),
        ("If-None-Match", "\"e\""),
        ("X-!#$%&'*+-.^_`|~09", "tab\there"),
        ("X-Empty", ""),
    ];
    assert_eq!(own(&built(&app), &app), app);
}

#[test]
fn r1_r2_what_an_app_cannot_set_is_dropped_and_named() {
    let names = [
        "Host",
        "Content-Length",
        "connection",
        "TRANSFER-ENCODING",
        "te",
        "Trailer",
        "Upgrade",
        "Keep-Alive",
        "HTTP2-Settings",
        "Expect",
        "Proxy-Authorization",
        "proxy-connection",
        "Proxy-",
        "Sec-Fetch-Mode",
        "sec-websocket-key",
        "User-Agent",
        "REFERER",
    ];
    let app: Vec<_> = names.iter().map(|&name| (name, "evil")).collect();
    let built = built(&app);
    assert_eq!(built.dropped, names);
    assert!(built.headers.iter().all(|header| header.value != "evil"));
    assert_eq!(find(&built.headers, "referer"), Some("https://referer"));
    assert_eq!(find(&built.headers, "user-agent"), Some("agent/1"));
}

#[test]
fn r2_names_that_only_look_forbidden_are_sent() {
    let app = [
        ("Hostname", "1"),
        ("X-Host", "2"),
        ("Proxy", "3"),
        ("Security", "4"),
        ("Tea", "5"),
        ("X-Referer", "6"),
    ];
    let built = built(&app);
    assert_eq!(own(&built, &app), app);
    assert!(built.dropped.is_empty());
}

#[test]
fn r2_a_name_that_is_no_token_is_refused() {
    for name in [
        "", " ", "a b", "a:", ":path", "a\r\nb", "a\0", "a\u{7f}", "é", "a(b)", "a/b", "\"a\"",
        "a=", " a", "a\t", "Host\n",
    ] {
        let result = build(headers(&[(name, "v")]), Purpose::Request, "", "");
        assert_eq!(
            result,
            Err(Failure::App(AppFault::InvalidHeader)),
            "{name:?}"
        );
    }
}

#[test]
fn r2_a_value_with_a_control_character_is_refused_wherever_it_stands() {
    for value in [
        "a\r\nX-Evil: 1",
        "a\n",
        "\ra",
        "a\0b",
        "\u{1}",
        "\u{7f}",
        "a\u{b}",
        "\n",
        " \r",
    ] {
        for name in ["X-A", "Host"] {
            let result = build(headers(&[(name, value)]), Purpose::Request, "", "");
            assert_eq!(
                result,
                Err(Failure::App(AppFault::InvalidHeader)),
                "{name}: {value:?}"
            );
        }
    }
}

#[test]
fn r2_blanks_around_a_value_are_no_part_of_it_and_other_text_is_sent_as_utf8() {
    let built = built(&[("X-A", " \ta b\t "), ("X-B", "中文 é"), ("X-C", "\u{a0}x")]);
    let expected = [("X-A", "a b"), ("X-B", "中文 é"), ("X-C", "\u{a0}x")];
    assert_eq!(own(&built, &expected), expected);
}

#[test]
fn r2_of_a_name_that_comes_twice_the_last_value_is_sent_in_the_first_place() {
    let built = built(&[
        ("x-a", "1"),
        ("X-B", "2"),
        ("X-A", "3"),
        ("content-type", "a/b"),
        ("Content-Type", "c/d"),
    ]);
    let expected = [("X-A", "3"), ("X-B", "2"), ("Content-Type", "c/d")];
    assert_eq!(own(&built, &expected), expected);
}

proptest! {
    #[test]
    fn r2_nothing_that_is_sent_can_end_a_line(name in "\\PC{0,8}|[a-z\r\n:\0 -]{0,8}", value in "\\PC{0,8}|[a-z\r\n:\0\t ]{0,8}") {
        if let Ok(built) = build(headers(&[(name.as_str(), value.as_str())]), Purpose::Request, "r", "u") {
            for header in built.headers {
                prop_assert!(!header.name.is_empty() && header.name.bytes().all(is_token_byte));
                prop_assert!(!header.value.contains(['\r', '\n', '\0']));
            }
        }
    }
}
