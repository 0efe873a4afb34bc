//! Certificates made for one test run: authorities, and leafs both good and bad (K1, K4, K5).
//!
//! Every key is P-256 and every signature SHA-256, so that a good leaf meets the strictest platform (K5).

mod flaw;

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

pub use flaw::Flaw;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::CertificateDer,
};

use crate::leaf::Leaf;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate authority: a root, or an intermediate below one.
#[derive(Debug)]
pub struct Ca {
    name: DistinguishedName,
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Intermediates that a server has to send, nearest to the leaf first; empty for a root.
    chain: Vec<Certificate>,
}

impl Ca {
    /// A fresh root; two of them do not trust each other's leafs.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "each one is different: a default would suggest otherwise"
    )]
    pub fn new() -> Self {
        Self::root(authority("root"))
    }

    /// A root with something wrong.
    #[must_use]
    pub fn flawed(flaw: Flaw) -> Self {
        let mut params = authority("root");
        flaw.apply(&mut params);
        Self::root(params)
    }

    fn root(params: CertificateParams) -> Self {
        Self::root_with(params, key())
    }

    fn root_with(params: CertificateParams, key: KeyPair) -> Self {
        let name = params.distinguished_name.clone();
        let issuer = CertifiedIssuer::self_signed(params, key).expect("the parameters are valid");
        Self {
            name,
            issuer,
            chain: Vec::new(),
        }
    }

    /// An authority below this one; its leafs carry it in their chain.
    #[must_use]
    pub fn intermediate(&self) -> Self {
        self.below(authority("intermediate"))
    }

    /// An authority below this one with something wrong.
    #[must_use]
    pub fn flawed_intermediate(&self, flaw: Flaw) -> Self {
        let mut params = authority("intermediate");
        flaw.apply(&mut params);
        self.below(params)
    }

    /// The same authority, with the same name and key, in a new certificate that is in date.
    ///
    /// # Panics
    /// If this is no root.
    #[must_use]
    pub fn renewed(&self) -> Self {
        assert!(self.chain.is_empty(), "only a root renews itself");
        let mut params = authority("root");
        params.distinguished_name = self.name.clone();
        Self::root_with(params, self.key_again())
    }

    /// Another root with the same name, and a key of its own.
    #[must_use]
    pub fn namesake(&self) -> Self {
        let mut params = authority("root");
        params.distinguished_name = self.name.clone();
        Self::root(params)
    }

    /// Another certificate for `other`, by this authority: a second way up for what `other` has issued.
    #[must_use]
    pub fn cross_signs(&self, other: &Self) -> Self {
        let mut params = authority("intermediate");
        params.distinguished_name = other.name.clone();
        let name = params.distinguished_name.clone();
        let issuer = CertifiedIssuer::signed_by(params, other.key_again(), &self.issuer)
            .expect("the parameters are valid");
        Self {
            name,
            issuer,
            chain: Vec::new(),
        }
    }

    fn key_again(&self) -> KeyPair {
        KeyPair::try_from(self.issuer.key().serialize_der()).expect("a key that was written")
    }

    fn below(&self, params: CertificateParams) -> Self {
        let name = params.distinguished_name.clone();
        let issuer = CertifiedIssuer::signed_by(params, key(), &self.issuer)
            .expect("the parameters are valid");
        let mut chain = vec![issuer.as_ref().clone()];
        chain.extend(self.chain.iter().cloned());
        Self {
            name,
            issuer,
            chain,
        }
    }

    /// This authority's own certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// This authority's own certificate in DER.
    #[must_use]
    pub fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// A good leaf: valid from yesterday on for 30 days, for these names (DNS names, or addresses), usage serverAuth.
    ///
    /// # Panics
    /// If a name is no ASCII text.
    #[must_use]
    pub fn issue(&self, names: &[&str]) -> Leaf {
        self.sign(server(names))
    }

    /// A leaf whose time ended yesterday.
    ///
    /// # Panics
    /// As [`issue`](Self::issue).
    #[must_use]
    pub fn issue_expired(&self, names: &[&str]) -> Leaf {
        self.issue_flawed(names, Flaw::Expired)
    }

    /// A leaf whose time starts tomorrow.
    ///
    /// # Panics
    /// As [`issue`](Self::issue).
    #[must_use]
    pub fn issue_not_yet_valid(&self, names: &[&str]) -> Leaf {
        self.issue_flawed(names, Flaw::NotYetValid)
    }

    /// A leaf with something wrong.
    ///
    /// # Panics
    /// As [`issue`](Self::issue).
    #[must_use]
    pub fn issue_flawed(&self, names: &[&str], flaw: Flaw) -> Leaf {
        let mut params = server(names);
        flaw.apply(&mut params);
        self.sign(params)
    }

    /// Trust in this authority alone.
    #[must_use]
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.der())
            .expect("an authority made here is well formed");
        roots
    }

    /// A client that trusts this authority alone, speaks TLS 1.2 and 1.3, and offers these ALPN names in order.
    #[must_use]
    pub fn client_config(&self, alpn: &[&[u8]]) -> Arc<ClientConfig> {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(self.roots())
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }

    fn sign(&self, params: CertificateParams) -> Leaf {
        let key = key();
        let certificate = params
            .signed_by(&key, &self.issuer)
            .expect("the parameters are valid");
        let chain = std::iter::once(&certificate).chain(&self.chain);
        Leaf::new(chain.map(|one| one.der().clone()).collect(), key)
    }
}

/// A leaf that vouches for itself.
pub(crate) fn self_signed(names: &[&str], flaws: &[Flaw]) -> Leaf {
    let key = key();
    let mut params = server(names);
    flaws.iter().for_each(|flaw| flaw.apply(&mut params));
    let certificate = params.self_signed(&key).expect("the parameters are valid");
    Leaf::new(vec![certificate.der().clone()], key)
}

/// The provider is always named: a process-wide default belongs to whoever embeds the kit.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

pub(crate) fn key() -> KeyPair {
    KeyPair::generate().expect("the system has randomness")
}

fn authority(kind: &str) -> CertificateParams {
    let mut params = named(&format!("appnet test {kind}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn server(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = named("appnet test server");
    params.subject_alt_names = CertificateParams::new(names)
        .expect("names of certificates are ASCII")
        .subject_alt_names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

/// Each subject is named once in a process: verifiers find issuers by name, and an unknown authority that shared a known one's
/// name would be reported as a bad signature.
fn named(name: &str) -> CertificateParams {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("{name} {serial}"));
    set_validity(&mut params, now() - DAY, now() + 30 * DAY);
    params
}

/// Both counted from the Unix epoch.
fn set_validity(params: &mut CertificateParams, from: Duration, to: Duration) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + from;
    params.not_after = epoch + to;
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970")
}
