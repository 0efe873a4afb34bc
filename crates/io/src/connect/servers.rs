//! What a host has agreed with single servers: the certificate that it shows to them, and the keys that they must have.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustls::{
    Error, InconsistentKeys,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};

use super::trust::pins::{KeyHash, Pins};

/// By servers: client certificates, and pinned keys. A server is `HOST:PORT`, or `HOST`, which stands for every port that has nothing of its own; it is
/// that of the URL, wherever the host maps it to. Nothing of it goes to another server.
#[derive(Debug, Clone, Default)]
pub struct ServerKeys {
    certificates: Vec<(Server, Arc<CertifiedKey>)>,
    pins: Vec<(Server, Arc<Pins>)>,
}

/// What is wrong with what a host says of a server's keys. No private key is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerKeysError {
    /// No server.
    #[error(
        "{0:?} should be HOST or HOST:PORT, where an IPv6 address stands in brackets and no part is a pattern"
    )]
    Server(String),
    /// The certificates.
    #[error(
        "the client certificate for {server} cannot be read: {detail}; it should be CERTIFICATE sections of PEM, the client's own first"
    )]
    Certificate {
        /// For which server.
        server: String,
        /// What is wrong.
        detail: String,
    },
    /// The private key.
    #[error(
        "the private key for {server} cannot be used: {detail}; it should be one PRIVATE KEY section of PEM, for RSA, P-256, P-384 or Ed25519"
    )]
    Key {
        /// For which server.
        server: String,
        /// What is wrong.
        detail: String,
    },
    /// The key is another certificate's.
    #[error(
        "the private key for {0} is not that of the first certificate; give the key that belongs to it"
    )]
    Mismatch(String),
    /// A pin.
    #[error(
        "the pinned key {pin:?} for {server} should be sha256/BASE64: the SHA-256 of a public key (SubjectPublicKeyInfo), in 44 characters"
    )]
    Pin {
        /// For which server.
        server: String,
        /// What was given.
        pin: String,
    },
    /// No pin.
    #[error("no key is pinned for {0}; give at least one")]
    NoPin(String),
}

/// A host of URLs as it stands there, and a port or every one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    host: String,
    port: Option<u16>,
}

/// What holds for one server.
#[derive(Debug, Clone, Default)]
pub(super) struct Agreed {
    pub(super) certificate: Option<Arc<CertifiedKey>>,
    pub(super) pins: Option<Arc<Pins>>,
    /// What tells it from what holds for others.
    pub(super) place: Place,
}

/// Places in the lists of certificates and of pins.
pub(super) type Place = (Option<usize>, Option<usize>);

impl ServerKeys {
    /// Shows this certificate to a server that asks for one. In place of one that was given for the same server before.
    ///
    /// # Errors
    /// [`ServerKeysError`], with what would be right.
    pub fn client_certificate(
        &mut self,
        server: &str,
        chain_pem: &[u8],
        key_pem: &[u8],
    ) -> Result<(), ServerKeysError> {
        let place = Server::parse(server)?;
        let certified = Arc::new(certified(server, chain_pem, key_pem)?);
        self.certificates.retain(|(other, _)| *other != place);
        self.certificates.push((place, certified));
        Ok(())
    }

    /// Trusts this server only if its chain has one of these keys, too: its own, or that of an authority above it. Beside those that were given for
    /// the same server before.
    ///
    /// # Errors
    /// [`ServerKeysError`], with what would be right.
    pub fn pin_keys<'a>(
        &mut self,
        server: &str,
        pins: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), ServerKeysError> {
        let place = Server::parse(server)?;
        let before = self.pins.iter().find(|(other, _)| *other == place);
        let mut all = before
            .map(|(_, pins)| Pins::clone(pins))
            .unwrap_or_default();
        let mut pins = pins.into_iter().peekable();
        if pins.peek().is_none() {
            return Err(ServerKeysError::NoPin(server.to_owned()));
        }
        for pin in pins {
            let key = KeyHash::parse(pin).ok_or_else(|| ServerKeysError::Pin {
                server: server.to_owned(),
                pin: pin.to_owned(),
            })?;
            all.add(key);
        }
        self.pins.retain(|(other, _)| *other != place);
        self.pins.push((place, Arc::new(all)));
        Ok(())
    }

    /// What holds for this server.
    pub(super) fn agreed(&self, host: &str, port: u16) -> Agreed {
        let certificate = find(&self.certificates, host, port);
        let pins = find(&self.pins, host, port);
        Agreed {
            place: (
                certificate.map(|(place, _)| place),
                pins.map(|(place, _)| place),
            ),
            certificate: certificate.map(|(_, certified)| Arc::clone(certified)),
            pins: pins.map(|(_, pins)| Arc::clone(pins)),
        }
    }
}

/// That of the very port before that of every port.
fn find<'a, T>(list: &'a [(Server, T)], host: &str, port: u16) -> Option<(usize, &'a T)> {
    let of = |port| {
        let place = list
            .iter()
            .position(|(server, _)| server.port == port && server.host == host)?;
        Some((place, &list[place].1))
    };
    of(Some(port)).or_else(|| of(None))
}

impl Server {
    fn parse(text: &str) -> Result<Self, ServerKeysError> {
        Self::read(text).ok_or_else(|| ServerKeysError::Server(text.to_owned()))
    }

    fn read(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, digits)) if !digits.contains(']') => {
                let is_number = digits.bytes().all(|b| b.is_ascii_digit());
                let port = digits.parse().ok();
                (host, Some(port.filter(|port| is_number && *port != 0)?))
            }
            _ => (text, None),
        };
        let host = url::Host::parse(host).ok()?.to_string();
        (!host.contains('*')).then_some(Self { host, port })
    }
}

fn certified(
    server: &str,
    chain_pem: &[u8],
    key_pem: &[u8],
) -> Result<CertifiedKey, ServerKeysError> {
    let certificate = |detail: String| ServerKeysError::Certificate {
        server: server.to_owned(),
        detail,
    };
    let key_error = |detail: String| ServerKeysError::Key {
        server: server.to_owned(),
        detail,
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain_pem).collect();
    let chain = chain.map_err(|error| certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(certificate("there is none".to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_slice(key_pem).map_err(|error| key_error(error.to_string()))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            ServerKeysError::Mismatch(server.to_owned())
        }
        Error::InvalidCertificate(error) => certificate(format!("{error:?}")),
        error => key_error(error.to_string()),
    })
}
