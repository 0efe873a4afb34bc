//! U1–U6: the spellings that misled other checkers, each as the URL of a call and as where a redirect leads.
//!
//! A table says what becomes of each; a generator mixes their pieces. Its oracle is how a permitted URL is sent: it begins with the very text of the
//! entry.

use proptest::{prelude::*, sample::select};

use super::*;
use crate::{
    exchange::{Body, HttpVersion, Method, OutgoingRequest, ResponseHead},
    redirect::{self, Next},
    testing,
};

const ENTRIES: [&str; 3] = [
    "https://good.com",
    "https://port.com:8443",
    "https://xn--e1afmkfd.com",
];

/// What becomes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The call goes out, to this host.
    To(&'static str),
    /// It is refused by this rule.
    By(Rule),
}

use Verdict::{By, To};

const TRICKS: &[(&str, Verdict)] = &[
    // user-info (U2)
    ("https://good.com@evil.com/", By(Rule::U2)),
    ("https://good.com:443@evil.com/", By(Rule::U2)),
    ("https://good.com%00@evil.com/", By(Rule::U2)),
    ("https://good.com\\@evil.com/", To("good.com")), // as browsers: `\` ends the host
    ("https://evil.com\\@good.com/", By(Rule::U3)),
    ("https://evil.com/@good.com", By(Rule::U3)),
    ("https://evil.com?@good.com", By(Rule::U3)),
    ("https://evil.com#@good.com", By(Rule::U3)),
    ("https://evil.com%2f@good.com/", By(Rule::U2)),
    ("https://evil.com%40good.com/", By(Rule::U2)), // no host has an `@`
    ("https://evil.com%23.good.com/", By(Rule::U2)),
    ("https://evil.com%2fgood.com/", By(Rule::U2)),
    ("https://evil.com%5cgood.com/", By(Rule::U2)),
    ("https://@good.com/", By(Rule::U2)),
    ("https://:@good.com/", By(Rule::U2)),
    ("https://good.com @evil.com/", By(Rule::U2)),
    ("https://good.com\t@evil.com/", By(Rule::U2)),
    ("https://good.com\u{ff20}evil.com/", By(Rule::U2)), // full-width @
    // slashes, backslashes and what parsers skip (U1)
    ("https:\\\\good.com\\x", To("good.com")),
    ("https:\\/\\good.com", To("good.com")),
    ("https:good.com", To("good.com")),
    ("https:////good.com", To("good.com")),
    ("https://good.com\u{2215}.evil.com/", By(Rule::U3)), // a division slash is no slash: the host is evil.com's
    ("https://good.com\u{ff0f}.evil.com/", By(Rule::U2)), // full-width /
    ("https://good.com\u{ff1f}.evil.com/", By(Rule::U2)), // full-width ?
    ("https://good.com\u{ff03}.evil.com/", By(Rule::U2)), // full-width #
    ("https://good.com\u{ff3c}.evil.com/", By(Rule::U2)), // full-width \
    ("https://good.com\u{ff1a}443/", By(Rule::U2)),       // full-width :
    ("https://good.com\u{2100}.evil.com/", By(Rule::U2)), // ℀ becomes a/c
    (" \t\nhttps://good.com\n ", To("good.com")),
    ("ht\ntps:/\t/go\r\nod.com/", To("good.com")),
    ("https://go od.com/", By(Rule::U2)),
    ("https://good.com\u{0}.evil.com/", By(Rule::U2)),
    ("https://good.com%00.evil.com/", By(Rule::U2)),
    ("https://good.com%0d%0aHost:evil.com/", By(Rule::U2)),
    ("https://good.com%09.evil.com/", By(Rule::U2)),
    // dots (U4)
    ("https://good%2ecom/", To("good.com")),
    ("https://good%2Ecom/", To("good.com")),
    ("https://good\u{3002}com/", To("good.com")),
    ("https://good\u{ff0e}com/", To("good.com")),
    ("https://good\u{ff61}com/", To("good.com")),
    ("https://good%E3%80%82com/", To("good.com")),
    ("https://good%252ecom/", By(Rule::U2)),
    ("https://good.com./", By(Rule::U4)),
    ("https://good.com%2e/", By(Rule::U4)),
    ("https://good.com\u{3002}/", By(Rule::U4)),
    ("https://good.com../", By(Rule::U4)),
    ("https://.good.com/", By(Rule::U4)),
    ("https://good..com/", By(Rule::U3)),
    ("https://good\u{2024}com/", By(Rule::U2)), // a one dot leader would be a dot by NFKC, but no name has it
    // other hosts that look like it (U4)
    ("https://sub.good.com/", By(Rule::U4)),
    ("https://evilgood.com/", By(Rule::U3)),
    ("https://good.com.evil.com/", By(Rule::U3)),
    ("https://good.com-evil.com/", By(Rule::U3)),
    ("https://good.co/", By(Rule::U3)),
    ("https://goo\u{501}.com/", By(Rule::U3)), // Cyrillic d
    ("https://g\u{43e}od.com/", By(Rule::U3)), // Cyrillic o
    ("https://g\u{3bf}od.com/", By(Rule::U3)), // Greek omicron
    ("https://g\u{585}od.com/", By(Rule::U3)), // Armenian oh
    ("https://goo\u{0307}d.com/", By(Rule::U3)), // a dot above
    ("https://good.c\u{43e}m/", By(Rule::U3)),
    ("https://g00d.com/", By(Rule::U3)),
    ("https://xn--good-.com/", By(Rule::U2)), // a punycode that stands for ASCII
    ("https://go\u{ad}od.com/", To("good.com")), // a soft hyphen is nothing
    ("https://go\u{200b}od.com/", To("good.com")), // and so is a zero-width space
    ("https://go\u{200d}od.com/", By(Rule::U2)), // a zero-width joiner stands behind a virama only
    ("https://\u{1d558}ood.com/", To("good.com")), // mathematical g
    ("https://\u{24d6}ood.com/", To("good.com")), // circled g
    ("https://GOOD.COM/", To("good.com")),
    ("https://пример.com/", To("xn--e1afmkfd.com")),
    ("https://ПРИМЕР.com/", To("xn--e1afmkfd.com")),
    ("https://XN--E1AFMKFD.com/", To("xn--e1afmkfd.com")),
    ("https://примеp.com/", By(Rule::U3)), // its last letter is Latin
    // ports (U3)
    ("https://good.com:443/", By(Rule::U3)),
    ("https://good.com:0443/", By(Rule::U3)),
    ("https://good.com:/", By(Rule::U3)),
    ("https://good.com:\t/", By(Rule::U3)),
    ("https://good.com:4\t43/", By(Rule::U3)),
    ("https://good.com:\u{664}\u{664}\u{663}/", By(Rule::U2)), // Arabic digits
    ("https://good.com:+443/", By(Rule::U2)),
    ("https://good.com:443:443/", By(Rule::U2)),
    ("https://good.com:65979/", By(Rule::U2)), // 443 modulo 65536
    ("https://port.com:8443/", To("port.com")),
    ("https://port.com:08443/", By(Rule::U3)),
    ("https://port.com/", By(Rule::U3)),
    ("https://port.com:443/", By(Rule::U3)),
    ("https://port.com\\:8443/", By(Rule::U3)),
    ("https://port.com:8443\\@evil.com/", To("port.com")),
    // schemes (U2, U3)
    ("HTTPS://good.com/", To("good.com")),
    ("hTtPs://good.com/", To("good.com")),
    ("http://good.com/", By(Rule::U3)),
    ("HTTP://good.com/", By(Rule::U3)),
    ("http://good.com:443/", By(Rule::U3)),
    ("wss://good.com/", By(Rule::U2)),
    ("ftp://good.com/", By(Rule::U2)),
    ("javascript://good.com/%0aalert(1)", By(Rule::U2)),
    ("blob:https://good.com/x", By(Rule::U2)),
    ("data:text/html,https://good.com", By(Rule::U2)),
    ("view-source:https://good.com", By(Rule::U2)),
    ("\u{ff48}ttps://good.com/", By(Rule::U2)), // full-width h
    // reserved (D5)
    ("https://api.weixin.qq.com/", By(Rule::D5)),
    ("https://API.weixin.qq.com./", By(Rule::D5)),
    ("https://api%2eweixin\u{3002}qq\u{ff0e}com/", By(Rule::D5)),
    ("https://api.wei\u{ad}xin.qq.com:8443/", By(Rule::D5)),
    // addresses in every spelling (U3: no entry can be one)
    ("https://127.0.0.1/", By(Rule::U3)),
    ("https://127.1/", By(Rule::U3)),
    ("https://0x7f.1/", By(Rule::U3)),
    ("https://0X7F.0.0.1/", By(Rule::U3)),
    ("https://0177.0.0.01/", By(Rule::U3)),
    ("https://2130706433/", By(Rule::U3)),
    ("https://017700000001/", By(Rule::U3)),
    ("https://127.0.0.1./", By(Rule::U3)),
    ("https://%31%32%37.0.0.1/", By(Rule::U3)),
    ("https://\u{2460}\u{2461}\u{2466}.0.0.1/", By(Rule::U3)), // circled digits
    ("https://127\u{3002}0\u{3002}0\u{3002}1/", By(Rule::U3)),
    ("https://0/", By(Rule::U3)),
    ("https://[::1]/", By(Rule::U3)),
    ("https://[::ffff:127.0.0.1]/", By(Rule::U3)),
    ("https://[::ffff:7f00:1]/", By(Rule::U3)),
    ("https://[64:ff9b::7f00:1]/", By(Rule::U3)),
    ("https://[2002:7f00:1::]/", By(Rule::U3)),
    ("https://[::1%25lo]/", By(Rule::U2)), // a zone
    ("https://[::1%lo]/", By(Rule::U2)),
    ("https://[v1.good.com]/", By(Rule::U2)),
    ("https://256.0.0.1/", By(Rule::U2)),
    ("https://4294967296/", By(Rule::U2)),
    ("https://1.2.3.4.5/", By(Rule::U2)),
    ("https://localhost/", By(Rule::U3)),
    ("https://good.com.localhost/", By(Rule::U3)),
];

/// What becomes of a call.
fn called(text: &str) -> Result<Permitted<Target>, Refusal> {
    testing::rules(&ENTRIES).permit(Api::Request, text)
}

/// What becomes of a redirect there.
fn led(text: &str) -> Result<Permitted<Target>, Refusal> {
    let request = OutgoingRequest {
        target: called("https://good.com/start").expect("it is in the list"),
        method: Method::Get,
        headers: Vec::new(),
        body: Body::NONE,
        http2: false,
        high_performance: false,
        cache: false,
        measured: false,
        http3: false,
        redirect: crate::exchange::RedirectMode::Follow,
        http_dns: None,
        force_cellular: false,
    };
    let head = ResponseHead {
        status: 302,
        version: HttpVersion::Http1,
        headers: testing::headers(&[("location", text)]),
    };
    match redirect::next(&request, &head, 0)? {
        Next::Follow(hop) => Ok(hop.target),
        Next::Final => panic!("{text:?} was not followed"),
    }
}

/// U1, U3: what is connected to is the text of an entry and what belongs to no origin.
fn assert_is_of_the_list(target: &Target, text: &str) {
    let sent = target.url().as_str();
    let is_of_the_list = ENTRIES.iter().any(|entry| {
        sent.strip_prefix(entry)
            .is_some_and(|rest| rest.starts_with('/'))
    });
    assert!(is_of_the_list, "{text:?} leads to {sent}");
    let port = if target.host() == "port.com" {
        8443
    } else {
        443
    };
    assert_eq!(target.port(), port, "{text:?}");
}

/// Fails with every trick of which something else became than the table says.
#[track_caller]
fn assert_table(
    of: impl Fn(&str) -> Option<Result<Permitted<Target>, Refusal>>,
    expected: impl Fn(&str, Verdict) -> Result<&'static str, Rule>,
) {
    let mut wrong = Vec::new();
    for &(text, verdict) in TRICKS {
        let Some(found) = of(text) else { continue };
        let found = found
            .map(|target| target.host().to_owned())
            .map_err(|refusal| refusal.rule);
        let expected = expected(text, verdict).map(str::to_owned);
        if found != expected {
            wrong.push(format!("{text:?}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn of_call(verdict: Verdict) -> Result<&'static str, Rule> {
    match verdict {
        To(host) => Ok(host),
        By(rule) => Err(rule),
    }
}

#[test]
fn u1_u2_u3_u4_no_spelling_leads_a_call_elsewhere() {
    let of = |text: &str| {
        let found = called(text);
        if let Ok(target) = &found {
            assert_is_of_the_list(target, text);
        }
        Some(found)
    };
    assert_table(of, |_, verdict| of_call(verdict));
}

#[test]
fn u6_no_spelling_leads_a_redirect_elsewhere() {
    let of = |text: &str| {
        let found = led(text);
        if let Ok(target) = &found {
            assert_is_of_the_list(target, text);
        }
        Some(found)
    };
    assert_table(of, |text, verdict| match verdict {
        // Without a scheme that anybody knows it is a path of the server that sent it.
        By(Rule::U2) if text.starts_with('\u{ff48}') => Ok("good.com"),
        By(Rule::U2) => Err(Rule::U6), // a Location that is no URL for a call
        verdict => of_call(verdict),
    });
}

#[test]
fn u2_u3_no_spelling_opens_a_socket_elsewhere() {
    let mut config = testing::config(&[]);
    config.domains.socket = ENTRIES
        .iter()
        .map(|entry| entry.replacen("https", "wss", 1))
        .collect();
    let rules = testing::checked(config);
    // The same tricks with the scheme of sockets.
    let of = |text: &str| {
        let rest = text.strip_prefix("https:")?;
        Some(rules.permit(Api::ConnectSocket, &format!("wss:{rest}")))
    };
    assert_table(of, |text, verdict| match verdict {
        By(_) if text.contains('#') => Err(Rule::U2), // a fragment
        verdict => of_call(verdict),
    });
}

fn piece() -> impl Strategy<Value = String> {
    let tricks = vec![
        "good.com", "evil.com", "port.com", ":8443", ":443", ":", "@", "\\", "/", "//", "?", "#",
        ".", "%2e", "%40", "%2f", "%5c", "%00", "%25", "\t", "\n", " ", "\u{3002}", "\u{ff0e}",
        "\u{ff0f}", "\u{ff20}", "\u{ff1a}", "\u{ad}", "\u{200b}", "\u{200d}", "[", "]", "::1",
        "127.1", "0x7f", "https:", "http:", "xn--", "evil", "good", "com", "\u{43e}", "É",
    ];
    prop_oneof![9 => select(tricks).prop_map(str::to_owned), 1 => "\\PC{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn u1_u3_u4_u6_no_mixture_of_tricks_leads_elsewhere(
        start in select(vec!["https://", "https:", "HTTPS:\\\\", "https:///", "//", "\\\\", "", "/"]),
        pieces in proptest::collection::vec(piece(), 1..8),
    ) {
        let text = format!("{start}{}", pieces.concat());
        if let Ok(target) = called(&text) {
            assert_is_of_the_list(&target, &text);
        }
        if !text.trim_ascii().is_empty() && let Ok(target) = led(&text) {
            assert_is_of_the_list(&target, &text);
        }
    }
}
