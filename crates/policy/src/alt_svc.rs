//! What a server says of other ways to reach it: `Alt-Svc` (RFC 7838).

use std::time::Duration;

/// What one answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AltSvc {
    /// Everything that was said before is void.
    Clear,
    /// What was said before is void, and these hold. Only ways to the same host over HTTP/3 are in here: another host would need a certificate
    /// and a domain list of its own.
    Http3(Vec<Alternative>),
}

/// A way to the same host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alternative {
    /// The port to speak to, by UDP.
    pub port: u16,
    /// For how long it holds.
    pub max_age: Duration,
}

/// Alternatives that are read of one answer.
const MOST_ALTERNATIVES: usize = 16;

/// RFC 7838 §3.1: a day, unless the server says otherwise.
const DEFAULT_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads the values of all `Alt-Svc` fields of an answer of `host`; `None`: it has none that can be read.
#[must_use]
pub fn read<'a>(host: &str, values: impl Iterator<Item = &'a str>) -> Option<AltSvc> {
    let mut said = false;
    let mut found = Vec::new();
    for value in values {
        if value.trim() == "clear" {
            return Some(AltSvc::Clear);
        }
        for member in split(value, ',').take(MOST_ALTERNATIVES) {
            let Some(alternative) = member_of(member) else {
                continue;
            };
            said = true;
            found.extend(alternative.over_http3(host));
        }
    }
    said.then(|| {
        found.truncate(MOST_ALTERNATIVES);
        AltSvc::Http3(found)
    })
}

/// `protocol-id "=" alt-authority *( OWS ";" OWS parameter )`
struct Member<'a> {
    protocol: &'a str,
    host: &'a str,
    port: u16,
    max_age: Duration,
}

impl Member<'_> {
    fn over_http3(&self, host: &str) -> Option<Alternative> {
        let same_host = self.host.is_empty() || self.host.eq_ignore_ascii_case(host);
        (self.protocol == "h3" && same_host).then_some(Alternative {
            port: self.port,
            max_age: self.max_age,
        })
    }
}

fn member_of(text: &str) -> Option<Member<'_>> {
    let mut parts = split(text, ';');
    let (protocol, authority) = parts.next()?.split_once('=')?;
    let (host, port) = unquoted(authority)?.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let max_age = parts.filter_map(|part| part.split_once('='));
    let max_age = max_age
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("ma"))
        .find_map(|(_, seconds)| unquoted(seconds)?.parse().ok());
    Some(Member {
        protocol: protocol.trim(),
        host,
        port,
        max_age: max_age.map_or(DEFAULT_AGE, Duration::from_secs),
    })
}

/// A token as it is, a quoted string without its quotes. No host, port or number needs an escape.
fn unquoted(text: &str) -> Option<&str> {
    let text = text.trim();
    match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"'),
        None => Some(text),
    }
}

/// The parts of a text between separators that stand outside of quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[&str]) -> Option<AltSvc> {
        read("a.com", values.iter().copied())
    }

    fn http3(ways: &[(u16, u64)]) -> Option<AltSvc> {
        let ways = ways.iter().map(|&(port, seconds)| Alternative {
            port,
            max_age: Duration::from_secs(seconds),
        });
        Some(AltSvc::Http3(ways.collect()))
    }

    #[test]
    fn rfc7838_ways_to_the_same_host_over_http3_are_taken() {
        assert_eq!(of(&[r#"h3=":443"; ma=3600"#]), http3(&[(443, 3600)]));
        assert_eq!(of(&[r#"h3="A.com:8443""#]), http3(&[(8443, 86_400)]));
        let several = r#"h3=":443"; ma=1; persist=1, h3-29=":444", h2=":445", h3=":446";MA="7""#;
        assert_eq!(of(&[several]), http3(&[(443, 1), (446, 7)]));
        assert_eq!(of(&[r#"h2=":1""#, r#"h3=":2";ma=0"#]), http3(&[(2, 0)]));
        let quoted = r#"h3=":443"; v="46,43;ma=9"; ma=60"#;
        assert_eq!(of(&[quoted]), http3(&[(443, 60)]));
    }

    #[test]
    fn rfc7838_clear_and_other_hosts_leave_nothing() {
        assert_eq!(of(&["clear"]), Some(AltSvc::Clear));
        assert_eq!(of(&[r#"h3=":443""#, " clear "]), Some(AltSvc::Clear));
        assert_eq!(of(&[r#"h3="b.com:443""#]), http3(&[]));
        assert_eq!(of(&[r#"h2=":443""#]), http3(&[]));
    }

    #[test]
    fn rfc7838_what_cannot_be_read_says_nothing() {
        for nothing in [
            "",
            ",",
            "h3",
            "h3=443",
            r#"h3=":0""#,
            r#"h3=":70000""#,
            r#"h3=":443"#,
        ] {
            assert_eq!(of(&[nothing]), None, "{nothing}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(
            of(&[r#"h3=:1, x, h3=":2""#]),
            http3(&[(1, 86_400), (2, 86_400)])
        );
    }

    #[test]
    fn a_value_has_a_bounded_number_of_ways() {
        let long = r#"h3=":443","#.repeat(10_000);
        let Some(AltSvc::Http3(ways)) = of(&[&long, &long]) else {
            panic!("it is a list");
        };
        assert_eq!(ways.len(), MOST_ALTERNATIVES);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[h3=\":;,ma0-9 \\\\x]{0,60}") {
            let _ = of(&[&text]);
        }
    }
}
