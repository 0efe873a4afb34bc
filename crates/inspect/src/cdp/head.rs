//! The head of a request, and whether it may come in.

use std::net::{IpAddr, Ipv6Addr};

/// How long a head may be, in bytes.
pub(crate) const HEAD_BYTES: usize = 8 << 10;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The path, without a query.
    pub(crate) path: String,
    /// The `Host` as the client knows this server.
    pub(crate) host: String,
    /// `Sec-WebSocket-Key` of a handshake.
    pub(crate) key: Option<String>,
    /// How many bytes the head has.
    pub(crate) length: usize,
}

/// Why it is not answered: a status, and words for whoever reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) u16, pub(crate) String);

/// Reads a head; `None`: there is more to come.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<Asked>, Refused> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES => return Ok(None),
        Ok(httparse::Status::Partial) => {
            return Err(Refused(
                431,
                format!("a head has at most {HEAD_BYTES} bytes"),
            ));
        }
        Err(error) => return Err(Refused(400, format!("not HTTP/1.1: {error}"))),
    };
    let named = |name: &'static str| {
        let fields = request.headers.iter();
        fields
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| String::from_utf8_lossy(field.value).trim().to_owned())
    };
    let hosts: Vec<String> = named("host").collect();
    let [host] = &hosts[..] else {
        return Err(Refused(400, "a request has one Host header".to_owned()));
    };
    if !is_this_machine(host) {
        let words = format!("the Host header has to be an IP address or localhost, not {host:?}");
        return Err(Refused(403, words));
    }
    if let Some(page) = named("origin").find(|origin| !is_front_end(origin)) {
        let words = format!("only a DevTools front end may connect, not a page of {page:?}");
        return Err(Refused(403, words));
    }
    if request.method != Some("GET") {
        return Err(Refused(405, "only GET is answered".to_owned()));
    }
    let path = request.path.unwrap_or_default();
    let upgrades = named("upgrade").any(|it| it.eq_ignore_ascii_case("websocket"));
    let key = named("sec-websocket-key").next();
    Ok(Some(Asked {
        path: path.split('?').next().unwrap_or_default().to_owned(),
        host: host.clone(),
        key: key.filter(|_| upgrades),
        length,
    }))
}

/// Against DNS rebinding: a page's own name can be made to lead here, but then `Host` has it.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => {
            name
        }
        Some(_) | None => host,
    };
    let bracketed = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match bracketed {
        Some(inside) => inside.parse::<Ipv6Addr>().is_ok(),
        None => name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok(),
    }
}

/// Browsers send the `Origin` of the page that connects; what is no browser sends none.
fn is_front_end(origin: &str) -> bool {
    ["devtools://", "chrome-devtools://"]
        .iter()
        .any(|scheme| origin.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::{HEAD_BYTES, is_this_machine, read};

    fn status(head: &str) -> u16 {
        read(head.as_bytes()).map_or_else(|refused| refused.0, |_| 200)
    }

    #[test]
    fn only_an_address_or_localhost_names_this_machine() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:9229",
            "localhost",
            "LocalHost:1",
            "[::1]",
            "[::1]:9229",
            "192.168.1.2:80",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "evil.test",
            "evil.test:9229",
            "localhost.evil.test",
            "127.0.0.1.evil.test",
            "127.0.0.1@evil.test",
            "[evil]",
            "localhost:x",
            ":9229",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn a_web_page_may_not_connect_and_a_front_end_may() {
        let with = |more: &str| {
            status(&format!(
                "GET /json HTTP/1.1\r\nHost: localhost\r\n{more}\r\n"
            ))
        };
        assert_eq!(with(""), 200);
        assert_eq!(with("Origin: devtools://devtools\r\n"), 200);
        for origin in [
            "https://evil.test",
            "null",
            "http://localhost:9229",
            "https://devtools://",
            "file://",
        ] {
            assert_eq!(with(&format!("Origin: {origin}\r\n")), 403, "{origin}");
        }
        assert_eq!(
            with("Origin: devtools://devtools\r\nOrigin: https://evil.test\r\n"),
            403
        );
        assert_eq!(with("Host: localhost\r\n"), 400);
    }

    #[test]
    fn a_head_is_bounded_and_has_to_be_a_get() {
        assert_eq!(
            status("POST /json HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            405
        );
        assert_eq!(status("\u{16}\u{3}\u{1}"), 400);
        assert_eq!(status("GET /json HTTP/1.1\r\n\r\n"), 400);
        let long = format!("GET /{}", "x".repeat(HEAD_BYTES));
        assert_eq!(status(&long), 431);
        assert_eq!(read(b"GET /json HT"), Ok(None));
    }
}
