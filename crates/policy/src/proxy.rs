//! A proxy that stands before servers: what the host says of it, as data. Only the host sets one.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use url::Url;

/// A proxy through which connections of TCP go. TLS to the server goes inside its tunnel and is checked as ever (K1).
///
/// Names are looked up here and their addresses checked (U7): the proxy is asked to connect to an address that was checked. The proxy's own
/// address is the host's word, and may be a local one.
///
/// ```
/// use appnet_policy::proxy::Proxy;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxy = Proxy::http_connect("proxy.example.com", 3128)
///     .credentials("user", "secret")?
///     .direct_for(["intranet.example.com", ".local.example.com"]);
/// assert!(proxy.serves("api.example.com") && !proxy.serves("a.local.example.com"));
/// assert_eq!("socks5://[::1]:1080".parse::<Proxy>()?, Proxy::socks5("::1", 1080));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    protocol: ProxyProtocol,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
    direct: Vec<String>,
    names: ProxyNames,
}

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyProtocol {
    /// HTTP/1.1 with `CONNECT` (RFC 9110 §9.3.6), also for plain HTTP, in plain TCP.
    HttpConnect,
    /// SOCKS 5 (RFC 1928).
    Socks5,
}

/// Who looks names up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum ProxyNames {
    /// The network, as without a proxy.
    #[default]
    Here,
    DangerouslyAtProxy,
}

/// Whom a proxy is to know.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Its name.
    pub user: String,
    /// Its password.
    pub password: String,
}

/// What is no proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Not the URL of one. It is not repeated: it may hold a password.
    #[error(
        "the URL of the proxy {0}; it should be http://[USER:PASSWORD@]HOST:PORT, socks5://[USER:PASSWORD@]HOST:PORT, or socks5h:// where the \
         proxy looks names up"
    )]
    Url(&'static str),
    /// Credentials that cannot be sent.
    #[error("the credentials of the proxy cannot be sent: {0}")]
    Credentials(&'static str),
}

impl Proxy {
    /// One that is asked by HTTP `CONNECT`; `host` is a name or an address.
    #[must_use]
    pub fn http_connect(host: impl Into<String>, port: u16) -> Self {
        Self::new(ProxyProtocol::HttpConnect, host.into(), port)
    }

    /// One that speaks SOCKS 5; `host` is a name or an address.
    #[must_use]
    pub fn socks5(host: impl Into<String>, port: u16) -> Self {
        Self::new(ProxyProtocol::Socks5, host.into(), port)
    }

    const fn new(protocol: ProxyProtocol, host: String, port: u16) -> Self {
        Self {
            protocol,
            host,
            port,
            credentials: None,
            direct: Vec::new(),
            names: ProxyNames::Here,
        }
    }

    /// Whom the proxy is to know: `Basic` (RFC 7617) over HTTP, RFC 1929 over SOCKS. Both go there in plain text.
    ///
    /// # Errors
    /// [`ProxyError::Credentials`]: what the protocol has no place for.
    pub fn credentials(
        self,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<Self, ProxyError> {
        let (user, password) = (user.into(), password.into());
        let credentials = Credentials { user, password };
        credentials.check(self.protocol)?;
        Ok(Self {
            credentials: Some(credentials),
            ..self
        })
    }

    /// Servers that are connected to directly, by the hosts of their URLs: `example.com` is that name alone (or an address), `.example.com` every
    /// name below it. Case makes no difference.
    #[must_use]
    pub fn direct_for(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let hosts = hosts.into_iter();
        self.direct
            .extend(hosts.map(|host| host.into().to_ascii_lowercase()));
        self
    }

    /// Has the proxy look names up, for a machine that cannot. **No address is checked then**: which ones apps reach by name is up to the proxy,
    /// which has to refuse those that are not public where apps may not reach them (U7). Addresses in URLs, and what a call asks of HttpDNS,
    /// are checked as ever.
    #[must_use]
    pub fn dangerously_leave_names_to_it(self) -> Self {
        Self {
            names: ProxyNames::DangerouslyAtProxy,
            ..self
        }
    }

    /// What it speaks.
    #[must_use]
    pub const fn protocol(&self) -> ProxyProtocol {
        self.protocol
    }

    /// Its name or address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        without_brackets(&self.host)
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whom it is to know.
    #[must_use]
    pub const fn known_as(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Whether it looks names up.
    #[must_use]
    pub const fn looks_names_up(&self) -> bool {
        matches!(self.names, ProxyNames::DangerouslyAtProxy)
    }

    /// Whether connections to this host of a URL go through it.
    #[must_use]
    pub fn serves(&self, host: &str) -> bool {
        let host = without_brackets(host).to_ascii_lowercase();
        let is_direct = |entry: &String| match entry.strip_prefix('.') {
            Some(parent) => host
                .strip_suffix(parent)
                .is_some_and(|below| below.len() > 1 && below.ends_with('.')),
            None => without_brackets(entry) == host,
        };
        !self.direct.iter().any(is_direct)
    }
}

impl Credentials {
    fn check(&self, protocol: ProxyProtocol) -> Result<(), ProxyError> {
        let problem = match protocol {
            ProxyProtocol::HttpConnect if self.user.contains(':') => {
                Some("a user name with a colon has no place in Basic (RFC 7617)")
            }
            ProxyProtocol::HttpConnect => [&self.user, &self.password]
                .iter()
                .any(|text| text.chars().any(char::is_control))
                .then_some("control characters have no place in Basic (RFC 7617)"),
            ProxyProtocol::Socks5 => [&self.user, &self.password]
                .iter()
                .any(|text| !(1..=255).contains(&text.len()))
                .then_some("over SOCKS 5 user and password have 1 to 255 bytes each (RFC 1929)"),
        };
        problem.map_or(Ok(()), |problem| Err(ProxyError::Credentials(problem)))
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    /// Reads a URL as curl has it; `socks5h` leaves names to the proxy.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = ProxyError::Url;
        let url = Url::parse(text).map_err(|_| wrong("cannot be read"))?;
        let (protocol, default_port) = match url.scheme() {
            "http" => (ProxyProtocol::HttpConnect, Some(80)),
            "socks5" | "socks5h" => (ProxyProtocol::Socks5, None),
            "https" => {
                return Err(wrong(
                    "has https, and a proxy is spoken to in plain TCP (TLS to servers goes inside)",
                ));
            }
            _ => return Err(wrong("has another scheme")),
        };
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(wrong("has no host"))?;
        let port = url.port().or(default_port).ok_or(wrong("has no port"))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("has something after the port"));
        }
        let proxy = Self::new(protocol, without_brackets(host).to_owned(), port);
        let proxy = match (url.username(), url.password()) {
            ("", None) => proxy,
            (user, password) => {
                proxy.credentials(decoded(user)?, decoded(password.unwrap_or_default())?)?
            }
        };
        Ok(match url.scheme() {
            "socks5h" => proxy.dangerously_leave_names_to_it(),
            _ => proxy,
        })
    }
}

impl fmt::Display for Proxy {
    /// Its URL, without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.protocol, self.names) {
            (ProxyProtocol::HttpConnect, _) => "http",
            (ProxyProtocol::Socks5, ProxyNames::Here) => "socks5",
            (ProxyProtocol::Socks5, ProxyNames::DangerouslyAtProxy) => "socks5h",
        };
        let host = self.host();
        match host.contains(':') {
            true => write!(f, "{scheme}://[{host}]:{}", self.port),
            false => write!(f, "{scheme}://{host}:{}", self.port),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("url", &self.to_string())
            .field("credentials", &self.credentials)
            .field("direct", &self.direct)
            .field("names", &self.names)
            .finish()
    }
}

impl fmt::Debug for Credentials {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

fn decoded(text: &str) -> Result<String, ProxyError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(String::from)
        .map_err(|_| ProxyError::Url("has credentials that are not UTF-8"))
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}
