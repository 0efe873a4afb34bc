//! U1, U3: the parser and our reading of the text say the same, for any text.

use proptest::{prelude::*, sample::select};

use super::super::agrees;
use super::request;
use crate::{Api, Target};

/// A URL's text in pieces, so that a test knows what stands where without reading it.
#[derive(Debug, Clone)]
struct Pieces {
    before: &'static str,
    scheme: &'static str,
    slashes: &'static str,
    host: String,
    port: Option<String>,
    after: &'static str,
}

impl Pieces {
    fn text(&self) -> String {
        let port = self
            .port
            .as_deref()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        format!(
            "{}{}:{}{}{port}{}",
            self.before, self.scheme, self.slashes, self.host, self.after
        )
    }
}

fn visible(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], "")
}

fn is_in_brackets(host: &str) -> bool {
    host.starts_with('[') && host.ends_with(']')
}

prop_compose! {
    fn pieces()(
        before in select(vec!["", " ", "\u{1f}\t ", "\n"]),
        scheme in select(vec!["https", "http", "HtTpS", "ht\ntps", "https\t"]),
        slashes in select(vec!["//", "\\\\", "/\\", "/\t/", "", "/", "////"]),
        host in prop_oneof![
            "[a-zA-Z0-9-]{1,8}(\\.[a-z]{1,4}){0,3}\\.?",
            "[0-9a-fA-Fx.]{1,12}",
            "\\[[0-9a-f:]{2,12}\\]",
            "[a-z\t\n%:@\\[\\]éß。０]{1,8}",
        ],
        port in proptest::option::of(prop_oneof!["", "443", "80", "0{0,3}[0-9]{1,5}", "[0-9\t]{1,5}"]),
        after in select(vec!["", "/", "/a:1/b", "?:2", "#:3", "\\:4", "/x@y", " ", "\t", "?a@b:5"]),
    ) -> Pieces {
        Pieces { before, scheme, slashes, host, port, after }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn u1_u3_parsed_host_and_port_are_those_of_the_text(pieces in pieces()) {
        let Ok(target) = Target::parse(Api::Request, &pieces.text()) else { return Ok(()) };
        // A host of the generator's that is none, or that has a port of its own, says nothing of where the pieces stand.
        prop_assume!(!visible(&pieces.host).is_empty());
        prop_assume!(!pieces.host.contains(':') || is_in_brackets(&visible(&pieces.host)));
        let port = pieces.port.as_deref().map(visible);
        prop_assert_eq!(target.port_text(), port.as_deref());
        let host = url::Host::parse(&visible(&pieces.host)).expect("the target has parsed it");
        prop_assert_eq!(target.host(), host.to_string());
        let number = port.filter(|p| !p.is_empty()).map(|p| p.parse().expect("the target has parsed it"));
        let default = if target.is_secure() { 443 } else { 80 };
        prop_assert_eq!(target.port(), number.unwrap_or(default));
    }

    #[test]
    fn u1_u3_any_text_that_parses_agrees_with_itself(text in "\\PC{0,6}[htpsHTPS:/\\\\@.\\[\\]#?0-9a-c\t\n ]{0,40}\\PC{0,6}") {
        for api in [Api::Request, Api::ConnectSocket] {
            if let Ok(target) = Target::parse(api, &text) {
                assert_consistent(&target);
            }
        }
    }

    #[test]
    fn u6_any_location_that_resolves_agrees_with_itself(location in "[htps:/\\\\@.\\[\\]#?0-9a-c\t\n ]{0,24}\\PC{0,4}") {
        let base = request("https://a.com:8443/x?y");
        if let Ok(hop) = base.resolve(&location) {
            assert_consistent(&hop);
            if hop.host() == base.host() && hop.port_text().is_none() {
                // Nothing relative loses the port text of the base.
                prop_assert!(location.contains(['/', '\\', ':']), "{:?}", location);
            }
        }
    }

    #[test]
    fn r5_a_query_that_was_there_stays_byte_for_byte(query in "[!-~é中\"<> ]{0,20}", added in "[a-z0-9=&%]{1,10}") {
        let Ok(target) = Target::parse(Api::Request, &format!("https://a.com/p?{query}")) else { return Ok(()) };
        let before = target.url().query().unwrap_or_default().to_owned();
        let after = target.with_query(&added);
        prop_assert!(after.url().query().is_some_and(|q| q.starts_with(&before) && q.ends_with(&added)));
    }
}

/// U1: the serialized URL is read back as the same target, and its port is what the text says.
fn assert_consistent(target: &Target) {
    let again =
        Target::parse(target.api(), target.url().as_str()).expect("a target's own form parses");
    assert_eq!(
        (again.url(), again.port(), again.host()),
        (target.url(), target.port(), target.host())
    );
    if let Some(digits) = target.port_text().filter(|text| !text.is_empty()) {
        assert_eq!(digits.parse(), Ok(target.port()));
    }
    assert!(target.url().fragment().is_none());
    assert!(!target.url().authority().contains('@'));
}

/// The text of a file of the outside suites; `None`, said aloud, in a checkout without them.
fn suite(name: &str) -> Option<String> {
    let file = format!(
        "{}/../../../shared/suites/url/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        println!("skipped: no {file}");
    }
    text
}

/// Host and port of every URL of the web platform's own tests, as this crate and those tests read them.
#[test]
fn u1_the_web_platform_tests_read_the_same_host_and_port() {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Line {
        Comment(#[expect(dead_code, reason = "read past")] String),
        Case(Case),
    }
    #[derive(serde::Deserialize)]
    struct Case {
        input: String,
        base: Option<String>,
        #[serde(default)]
        failure: bool,
        hostname: Option<String>,
        port: Option<String>,
    }
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/suites/url/urltestdata.json"
    );
    let Ok(text) = std::fs::read_to_string(file) else {
        println!("skipped: no {file}");
        return;
    };
    let lines: Vec<Line> = serde_json::from_str(&text).expect("the suite is JSON");
    let mut read = 0;
    for line in lines {
        let Line::Case(case) = line else { continue };
        let target = match case.base.as_deref().filter(|base| !base.is_empty()) {
            None => Target::parse(Api::Request, &case.input).ok(),
            Some(base) => Target::parse(Api::Request, base)
                .ok()
                .and_then(|base| base.resolve(&case.input).ok()),
        };
        let Some(target) = target else { continue };
        assert!(!case.failure, "{:?} is no URL", case.input);
        let port = if target.url().port().is_some() {
            target.port().to_string()
        } else {
            String::new()
        };
        assert_eq!(
            case.hostname.as_deref(),
            Some(target.host()),
            "{:?}",
            case.input
        );
        assert_eq!(case.port, Some(port), "{:?}", case.input);
        assert_consistent(&target);
        read += 1;
    }
    assert!(read > 150, "only {read} cases were read");
}

/// International hosts of the web platform's tests: what is checked is the ASCII form that those tests ask for, or nothing.
#[test]
fn u4_international_hosts_are_compared_in_the_ascii_form_of_the_web_platform_tests() {
    let mut read = 0;
    for name in ["toascii.json", "IdnaTestV2.json"] {
        let Some(text) = suite(name) else { return };
        let lines: Vec<&serde_json::value::RawValue> =
            serde_json::from_str(&text).expect("the suite is JSON");
        for line in lines {
            // Half a surrogate pair, which some inputs have, cannot come out of a URL's text.
            let Ok(line) = serde_json::from_str::<serde_json::Value>(line.get()) else {
                continue;
            };
            let Some(input) = line.get("input").and_then(|input| input.as_str()) else {
                continue;
            };
            // What ends a host in a URL is not part of one.
            if input.is_empty() || input.contains(['/', '?', '#', ':', '@']) {
                continue;
            }
            let Ok(target) = Target::parse(Api::Request, &format!("https://{input}/x")) else {
                continue;
            };
            assert_consistent(&target);
            assert!(target.host().is_ascii());
            // A name that the tests refuse may get an ASCII form here: of another version of Unicode, but still one form.
            if let Some(output) = line.get("output").and_then(|output| output.as_str()) {
                assert_eq!(target.host(), output, "{input:?}");
                read += 1;
            }
        }
    }
    assert!(read > 800, "only {read} hosts were read");
}

#[test]
fn u1_u3_a_port_that_the_parser_reads_differently_is_not_agreed_on() {
    let url = |text| url::Url::parse(text).unwrap();
    for (port, text, agreed) in [
        (None, "https://a.com", true),
        (Some(""), "https://a.com", true),
        (Some("443"), "https://a.com", true),
        (Some("00443"), "https://a.com", true),
        (Some("8443"), "https://a.com:8443", true),
        (None, "https://a.com:8443", false),
        (Some(""), "https://a.com:8443", false),
        (Some("8443"), "https://a.com", false),
        (Some("443"), "https://a.com:8443", false),
        (Some("x"), "https://a.com", false),
    ] {
        assert_eq!(agrees(port, &url(text)), agreed, "{port:?} {text}");
    }
}
