//! Public keys that a host has pinned for a server (RFC 7469 §2.4: the SHA-256 of a SubjectPublicKeyInfo).

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::digest::{SHA256, digest};

use super::certificate::Certificate;

/// The SHA-256 of a public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::connect) struct KeyHash([u8; 32]);

/// Keys of which a chain must have one, at any place: the server's own, an intermediate authority's or the root's.
#[derive(Debug, Clone, Default)]
pub(in crate::connect) struct Pins(Vec<KeyHash>);

impl KeyHash {
    pub(super) fn of(certificate: &Certificate<'_>) -> Self {
        let digest = digest(&SHA256, certificate.public_key());
        Self(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// Reads `sha256/BASE64`, or `sha256//BASE64` as curl has it, or the base64 alone.
    pub(in crate::connect) fn parse(text: &str) -> Option<Self> {
        // A hash may begin with a slash: what is left has to be one.
        ["sha256//", "sha256/", ""].iter().find_map(|prefix| {
            let base64 = text.strip_prefix(prefix)?;
            let bytes = BASE64_STANDARD.decode(base64).ok()?;
            bytes.try_into().ok().map(Self)
        })
    }
}

impl Pins {
    pub(in crate::connect) fn add(&mut self, key: KeyHash) {
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether one of these keys is pinned.
    pub(super) fn have_one_of<'a, 'b: 'a>(
        &self,
        mut chain: impl Iterator<Item = &'a Certificate<'b>>,
    ) -> bool {
        chain.any(|certificate| self.0.contains(&KeyHash::of(certificate)))
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", BASE64_STANDARD.encode(self.0))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};

    use super::*;

    #[test]
    fn the_hash_of_a_key_is_what_openssl_says_it_is() {
        // openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
        let pin = "sha256/Smfy09aBR+ifze/7lZrwg04Aqys79kNHnEauSG9CUpg=";
        let pem = include_bytes!("../../../tests/fixtures/certificates/md5.pem");
        let der = CertificateDer::from_pem_slice(pem).unwrap();
        let hash = KeyHash::of(&Certificate::read(&der).unwrap());
        assert_eq!(hash.to_string(), pin);
        assert_eq!(KeyHash::parse(pin), Some(hash));
    }
}
