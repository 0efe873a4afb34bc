//! A request as a handler sees it: borrowed from the connection's buffer, so that nothing is allocated for it.

use http::HeaderMap;

/// One whole request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET` …
    pub method: &'a str,
    /// Path and query, byte for byte.
    pub target: &'a str,
    /// The name it was sent to: `Host`, or `:authority` of HTTP/2; empty if the client said none.
    pub authority: &'a str,
    /// Whether it came over HTTP/2.
    pub http2: bool,
    /// Its fields.
    pub headers: Headers<'a>,
    /// Its body, without framing.
    pub body: &'a [u8],
    /// The connection it came over, from 0.
    pub connection: usize,
}

impl<'a> Request<'a> {
    /// The target up to its query.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The target behind its first `?`; empty without one.
    #[must_use]
    pub fn query(&self) -> &'a str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The value of the first field of this name, whatever its case, if it is UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }
}

/// The fields of a request.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'a>(Fields<'a>);

#[derive(Debug, Clone, Copy)]
enum Fields<'a> {
    Http1(&'a [httparse::Header<'a>]),
    Http2(&'a HeaderMap),
}

impl<'a> Headers<'a> {
    pub(super) const fn http1(fields: &'a [httparse::Header<'a>]) -> Self {
        Self(Fields::Http1(fields))
    }

    pub(super) const fn http2(fields: &'a HeaderMap) -> Self {
        Self(Fields::Http2(fields))
    }

    /// Names and values. HTTP/1: in order and as written. HTTP/2: names in lower case, equal ones together.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        let (http1, http2) = match self.0 {
            Fields::Http1(fields) => (Some(fields), None),
            Fields::Http2(fields) => (None, Some(fields)),
        };
        let http1 = http1
            .into_iter()
            .flatten()
            .map(|field| (field.name, field.value));
        let http2 = http2
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value.as_bytes()));
        http1.chain(http2)
    }
}
