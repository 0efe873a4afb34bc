//! One parsed URL: what was checked is what is connected to (U1).

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
    /// [`Failure::InvalidUrl`] with the text.
    pub fn parse(api: Api, text: &str) -> Result<Self, Failure> {
        let _ = (api, text);
        todo!()
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
        self.url.scheme() == other.url.scheme() && self.host() == other.host() && self.port() == other.port()
    }
}
