//! One parsed URL: what was checked is what is connected to (U1).

mod text;

#[cfg(test)]
mod tests;

use crate::failure::AppFault;
use std::fmt;

use url::Url;

use crate::{Api, Failure};

/// A URL of a call, parsed once. The host in it is the ASCII form that is checked, connected to, sent as SNI and verified
/// against the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    api: Api,
    url: Url,
    /// The port as it stands in the text: U3 tells `https://a` from `https://a:443`, which a parser does not.
    port_text: Option<String>,
}

impl Target {
    /// Parses the URL of a call (U2): scheme http(s), or ws(s) for sockets; no user-info; a fragment is dropped for HTTP and
    /// refused for sockets.
    ///
    /// # Errors
    /// [`AppFault::InvalidUrl`] with the text.
    pub fn parse(api: Api, text: &str) -> Result<Self, Failure> {
        Self::read(api, text).map_err(|_| Failure::App(AppFault::InvalidUrl(text.to_owned())))
    }

    /// [`parse`](Self::parse), with the reason for the host's log.
    pub(crate) fn read(api: Api, text: &str) -> Result<Self, UrlProblem> {
        let url = Url::parse(text).map_err(UrlProblem::Unreadable)?;
        let cleaned = text::cleaned(text);
        let authority = text::authority(&cleaned, None).ok_or(UrlProblem::Ambiguous)?;
        Self::checked(api, url, text::port(authority)?.map(str::to_owned))
    }

    /// Where a `Location` leads from here (RFC 3986 §5.2). One with an authority of its own brings its own port text, any other
    /// keeps that of this target (U3, U6).
    pub(crate) fn resolve(&self, location: &str) -> Result<Self, UrlProblem> {
        let url = self.url.join(location).map_err(UrlProblem::Unreadable)?;
        let cleaned = text::cleaned(location);
        let port_text = match text::authority(&cleaned, Some(self.url.scheme())) {
            Some(authority) => text::port(authority)?.map(str::to_owned),
            None => self.port_text.clone(),
        };
        Self::checked(self.api, url, port_text)
    }

    fn checked(api: Api, mut url: Url, port_text: Option<String>) -> Result<Self, UrlProblem> {
        if !takes(api, url.scheme()) {
            return Err(UrlProblem::Scheme(api));
        }
        if !url.has_host() {
            return Err(UrlProblem::Unreadable(url::ParseError::EmptyHost));
        }
        // U1: our reading of the text and the parser's must be one; where they part, nobody knows what would be checked.
        if !agrees(port_text.as_deref(), &url) {
            return Err(UrlProblem::Ambiguous);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlProblem::UserInfo);
        }
        if api == Api::ConnectSocket && url.fragment().is_some() {
            return Err(UrlProblem::Fragment);
        }
        url.set_fragment(None);
        Ok(Self {
            api,
            url,
            port_text,
        })
    }

    /// The same target with `added` behind its query, which is kept byte for byte (R5). The origin, which is all that the rules
    /// look at, stays.
    pub(crate) fn with_query(mut self, added: &str) -> Self {
        let query = match self.url.query().unwrap_or_default() {
            "" => added.to_owned(),
            kept if kept.ends_with('&') => format!("{kept}{added}"),
            kept => format!("{kept}&{added}"),
        };
        self.url.set_query(Some(&query));
        self
    }

    /// `scheme://host[:port]` with the port as the text has it: what is compared with an entry (U3).
    pub(crate) fn origin_text(&self) -> String {
        let port = self
            .port_text
            .as_deref()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        format!("{}://{}{port}", self.url.scheme(), self.host())
    }

    /// The call it is for.
    #[must_use]
    pub const fn api(&self) -> Api {
        self.api
    }

    /// The URL in its serialized form; connect with this and nothing else.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The host in ASCII form (an IPv6 address in brackets).
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// The port as the URL's text has it, without the colon.
    #[must_use]
    pub fn port_text(&self) -> Option<&str> {
        self.port_text.as_deref()
    }

    /// Whether the scheme asks for TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        matches!(self.url.scheme(), "https" | "wss")
    }

    /// Whether both have the same scheme, host and port (RFC 6454).
    #[must_use]
    pub fn same_origin(&self, other: &Self) -> bool {
        self.url.scheme() == other.url.scheme()
            && self.host() == other.host()
            && self.port() == other.port()
    }
}

/// Why a text is no URL for a call (U2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UrlProblem {
    /// The parser takes it for no URL, or for one without a host.
    Unreadable(url::ParseError),
    /// A scheme that the call does not speak.
    Scheme(Api),
    /// A name or password before the host, even an empty one.
    UserInfo,
    /// A fragment in the URL of a socket.
    Fragment,
    /// Its text and its parsed form do not say the same.
    Ambiguous,
}

impl fmt::Display for UrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(problem) => write!(f, "it is not an absolute URL: {problem}"),
            Self::Scheme(Api::ConnectSocket) => f.write_str("its scheme should be wss (or ws)"),
            Self::Scheme(Api::Request | Api::UploadFile | Api::DownloadFile) => {
                f.write_str("its scheme should be https (or http)")
            }
            Self::UserInfo => f.write_str("it should carry no user name or password"),
            Self::Fragment => f.write_str("the URL of a socket should carry no fragment"),
            Self::Ambiguous => f.write_str("its authority cannot be read in one way only"),
        }
    }
}

fn takes(api: Api, scheme: &str) -> bool {
    match api {
        Api::Request | Api::UploadFile | Api::DownloadFile => matches!(scheme, "http" | "https"),
        Api::ConnectSocket => matches!(scheme, "ws" | "wss"),
    }
}

fn agrees(port_text: Option<&str>, url: &Url) -> bool {
    match port_text {
        None | Some("") => url.port().is_none(),
        Some(digits) => digits.parse().ok() == url.port_or_known_default(),
    }
}
