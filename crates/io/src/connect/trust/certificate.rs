//! What the checks and the reasons need to know of a certificate. Read by x509-parser: webpki, which decides on the chain, shows none of it.

use std::{fmt, net::IpAddr};

use rustls::pki_types::UnixTime;
use x509_parser::{
    der_parser::oid::Oid,
    extensions::{GeneralName, ParsedExtension},
    objects::{oid_registry, oid2abbrev},
    prelude::{FromDer as _, X509Certificate},
    public_key::PublicKey,
    time::ASN1Time,
};

/// A certificate that was sent, or a trusted one.
pub(super) struct Certificate<'a>(X509Certificate<'a>);

/// What a certificate says of its use in servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    /// `serverAuth` is among its extended key usages.
    Servers,
    /// It has others only.
    Others,
    /// It has no such extension.
    Unsaid,
}

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Of so many bits.
    Rsa(usize),
    /// On a curve of so many bits.
    EllipticCurve(usize),
    /// Another kind. Ed25519 is one; of the others webpki checks no signature.
    Other,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA of {bits} bits"),
            Self::EllipticCurve(bits) => write!(f, "an elliptic curve of {bits} bits"),
            Self::Other => f.write_str("neither RSA nor an elliptic curve"),
        }
    }
}

impl<'a> Certificate<'a> {
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        Some(Self(certificate))
    }

    /// The name of its holder, for a log.
    pub(super) fn subject(&self) -> String {
        printable(&self.0.subject().to_string())
    }

    /// Its SubjectPublicKeyInfo, in DER.
    pub(super) fn public_key(&self) -> &[u8] {
        self.0.public_key().raw
    }

    /// The name of its issuer, for a log.
    pub(super) fn issuer(&self) -> String {
        printable(&self.0.issuer().to_string())
    }

    /// The hosts and addresses that it is for, for a log.
    pub(super) fn names(&self) -> Vec<String> {
        const MOST: usize = 100;
        let Ok(Some(names)) = self.0.subject_alternative_name() else {
            return Vec::new();
        };
        let names = names.value.general_names.iter();
        names.filter_map(host).take(MOST).collect()
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.is_issued_in_the_name_of(self)
    }

    /// Whether the other has the name of this one's issuer; its key may still be another.
    pub(super) fn is_issued_in_the_name_of(&self, other: &Certificate<'_>) -> bool {
        self.0.issuer().as_raw() == other.0.subject().as_raw()
    }

    pub(super) fn is_in_date(&self, now: UnixTime) -> bool {
        (self.valid_from()..=self.valid_until()).contains(&now.as_secs())
    }

    /// In seconds of the Unix epoch.
    pub(super) fn valid_from(&self) -> u64 {
        seconds(self.0.validity().not_before)
    }

    /// In seconds of the Unix epoch; that second is the last one.
    pub(super) fn valid_until(&self) -> u64 {
        seconds(self.0.validity().not_after)
    }

    pub(super) fn is_authority(&self) -> bool {
        self.0.is_ca()
    }

    /// RFC 5280 §6.1.4 (n): a key usage, where there is one, has `keyCertSign`.
    pub(super) fn may_issue(&self) -> bool {
        match self.0.key_usage() {
            Ok(Some(usage)) => usage.value.key_cert_sign(),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    pub(super) fn usage(&self) -> Usage {
        match self.0.extended_key_usage() {
            Ok(Some(usage)) if usage.value.server_auth => Usage::Servers,
            Ok(Some(_)) | Err(_) => Usage::Others,
            Ok(None) => Usage::Unsaid,
        }
    }

    pub(super) fn key(&self) -> Key {
        match self.0.public_key().parsed() {
            Ok(PublicKey::RSA(key)) => Key::Rsa(significant_bits(key.modulus)),
            Ok(PublicKey::EC(point)) => Key::EllipticCurve(point.key_size()),
            Ok(_) | Err(_) => Key::Other,
        }
    }

    /// How it is signed: the usual name of the algorithm, else its number.
    pub(super) fn signature(&self) -> String {
        named(&self.0.signature_algorithm.algorithm)
    }

    /// The hash of its signature, if that is weaker than SHA-256.
    pub(super) fn weak_hash(&self) -> Option<&'static str> {
        let algorithm = self.0.signature_algorithm.algorithm.to_id_string();
        match algorithm.as_str() {
            "1.2.840.113549.1.1.2" => Some("MD2"),
            "1.2.840.113549.1.1.3" => Some("MD4"),
            "1.2.840.113549.1.1.4" | "1.3.14.3.2.25" => Some("MD5"),
            // with RSA under two numbers, with ECDSA, with DSA
            "1.2.840.113549.1.1.5"
            | "1.3.14.3.2.29"
            | "1.2.840.10045.4.1"
            | "1.2.840.10040.4.3" => Some("SHA-1"),
            "1.2.840.113549.1.1.14" | "1.2.840.10045.4.3.1" => Some("SHA-224"),
            _ => None,
        }
    }

    /// Whether its signature is of an algorithm by this number in DER, as webpki gives it.
    pub(super) fn is_signed_with(&self, algorithm: &[u8]) -> bool {
        let own = self.0.signature_algorithm.algorithm.as_bytes();
        algorithm == own || algorithm.windows(own.len()).any(|part| part == own)
    }

    /// A critical extension that webpki does not know.
    pub(super) fn unknown_critical_extension(&self) -> Option<String> {
        let known = |extension: &ParsedExtension<'_>| {
            matches!(
                extension,
                ParsedExtension::BasicConstraints(_)
                    | ParsedExtension::KeyUsage(_)
                    | ParsedExtension::ExtendedKeyUsage(_)
                    | ParsedExtension::NameConstraints(_)
                    | ParsedExtension::SubjectAlternativeName(_)
                    | ParsedExtension::CRLDistributionPoints(_)
                    | ParsedExtension::SCT(_)
            )
        };
        self.0
            .extensions()
            .iter()
            .find(|extension| extension.critical && !known(extension.parsed_extension()))
            .map(|extension| named(&extension.oid))
    }
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match *name {
        GeneralName::DNSName(name) => Some(printable(name)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
            _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        }
        .map(|address| address.to_string()),
        _ => None, // it names no host
    }
}

fn named(oid: &Oid<'_>) -> String {
    oid2abbrev(oid, oid_registry()).map_or_else(|_| oid.to_id_string(), str::to_owned)
}

fn seconds(time: ASN1Time) -> u64 {
    u64::try_from(time.timestamp()).unwrap_or(0) // before 1970
}

fn significant_bits(number: &[u8]) -> usize {
    let digits = number.iter().position(|&byte| byte != 0);
    let Some(first) = digits else { return 0 };
    let leading = number.get(first).map_or(0, |byte| byte.leading_zeros());
    (number.len() - first) * 8 - usize::try_from(leading).unwrap_or(0)
}

/// A name is the server's text: no control characters, and not without end.
fn printable(name: &str) -> String {
    const LONGEST: usize = 120;
    let shown = name.chars().map(|c| if c.is_control() { '?' } else { c });
    shown.take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use appnet_testkit::{Ca, Leaf};
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};

    use super::*;

    fn der(leaf: &Leaf) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(leaf.chain_pem().as_bytes()).unwrap()
    }

    #[test]
    fn k4_whom_a_certificate_is_for_and_whether_it_is_an_authority() {
        let ca = Ca::new();
        let (root, leaf) = (ca.der(), der(&ca.issue(&["a.test", "127.0.0.1", "::1"])));
        let [root, leaf] = [&root, &leaf].map(|der| Certificate::read(der).unwrap());
        assert_eq!(leaf.names(), ["a.test", "127.0.0.1", "::1"]);
        assert!(root.is_authority() && !leaf.is_authority());
        assert!(leaf.is_issued_in_the_name_of(&root) && !leaf.is_self_issued());
        assert!(root.is_self_issued() && !root.is_issued_in_the_name_of(&leaf));
    }

    #[test]
    fn k4_from_when_and_until_when_a_certificate_is_valid() {
        const IN_2001: u64 = 1_000_000_000;
        let ca = Ca::new();
        let now = UnixTime::now();
        let read = |leaf: &Leaf, test: &dyn Fn(&Certificate<'_>)| {
            test(&Certificate::read(&der(leaf)).unwrap());
        };
        read(&ca.issue(&["a.test"]), &|it| {
            assert!(it.is_in_date(now));
            assert!(it.valid_from() > IN_2001 && it.valid_from() < it.valid_until());
            let last = UnixTime::since_unix_epoch(Duration::from_secs(it.valid_until()));
            assert!(it.is_in_date(last), "the last second counts");
        });
        read(&ca.issue_expired(&["a.test"]), &|it| {
            assert!(!it.is_in_date(now) && it.valid_until() < now.as_secs());
        });
        read(&ca.issue_not_yet_valid(&["a.test"]), &|it| {
            assert!(!it.is_in_date(now) && it.valid_from() > now.as_secs());
        });
    }

    #[test]
    fn k5_the_bits_of_a_key_are_those_from_its_first_one_on() {
        for (number, bits) in [
            (&[][..], 0),
            (&[0, 0], 0),
            (&[1], 1),
            (&[0, 0x80, 0], 16),
            (&[0x7f, 0xff], 15),
            (&[0, 0, 3, 0, 0], 18),
        ] {
            assert_eq!(significant_bits(number), bits, "{number:?}");
        }
    }

    #[test]
    fn k5_by_which_algorithm_a_certificate_is_signed() {
        const ECDSA_SHA256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        const RSA_SHA256: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b];
        let der = der(&Ca::new().issue(&["a.test"]));
        let leaf = Certificate::read(&der).unwrap();
        assert!(leaf.is_signed_with(&ECDSA_SHA256));
        assert!(leaf.is_signed_with(&[&[6, 8], &ECDSA_SHA256[..]].concat()));
        assert!(!leaf.is_signed_with(&RSA_SHA256));
        assert_eq!(
            (leaf.weak_hash(), leaf.key()),
            (None, Key::EllipticCurve(256))
        );
    }
}
