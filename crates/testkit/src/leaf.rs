//! A server's certificate and key.

use std::sync::Arc;

use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::KeyPair;
use rustls::{
    ALL_VERSIONS, ServerConfig, SupportedProtocolVersion,
    crypto::ring::sign::any_ecdsa_type,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
    server::{ResolvesServerCert, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
};

use crate::{Ca, Flaw, ca};

/// A certificate with its key and the intermediates that are sent along.
#[derive(Debug)]
pub struct Leaf {
    /// The leaf, then the intermediates.
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Leaf {
    pub(crate) const fn new(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> Self {
        Self { chain, key }
    }

    /// A leaf that no authority vouches for.
    ///
    /// # Panics
    /// If a name is no ASCII text.
    #[must_use]
    pub fn self_signed(names: &[&str]) -> Self {
        ca::self_signed(names, &[])
    }

    /// The same with something wrong.
    ///
    /// # Panics
    /// As [`self_signed`](Self::self_signed).
    #[must_use]
    pub fn flawed_self_signed(names: &[&str], flaws: &[Flaw]) -> Self {
        ca::self_signed(names, flaws)
    }

    /// Certificates that were made elsewhere, without their key: a client that checks them first refuses them before it misses the key.
    ///
    /// # Panics
    /// If this is no list of certificates in PEM.
    #[must_use]
    pub fn without_key(pem: &str) -> Self {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        Self::new(chain.expect("certificates in PEM"), ca::key())
    }

    /// The same leaf from a server that forgot its intermediates: an incomplete chain (K1).
    #[must_use]
    pub fn without_intermediates(mut self) -> Self {
        self.chain.truncate(1);
        self
    }

    /// The same leaf from a server that sends another certificate along, so many times over.
    #[must_use]
    pub fn with_ballast(mut self, ca: &Ca, times: usize) -> Self {
        self.chain.extend(std::iter::repeat_n(ca.der(), times));
        self
    }

    /// The certificate without its chain, in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.chain.iter().take(1).map(as_pem).collect()
    }

    /// The chain as it is sent, in PEM.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        self.chain.iter().map(as_pem).collect()
    }

    /// The private key in PEM (PKCS #8).
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// A server with this certificate. `alpn` in the server's order of preference; with an empty list it agrees to none.
    ///
    /// # Panics
    /// If `versions` is empty.
    #[must_use]
    pub fn server_config(
        &self,
        alpn: &[&[u8]],
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        self.config(alpn, versions, WebPkiClientVerifier::no_client_auth())
    }

    /// A server for HTTP/1.1 that requires its clients to have a certificate of `ca`.
    ///
    /// # Panics
    /// If `versions` is empty.
    #[must_use]
    pub fn for_known_clients(
        &self,
        ca: &Ca,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let roots = Arc::new(ca.roots());
        let clients = WebPkiClientVerifier::builder_with_provider(roots, ca::provider())
            .build()
            .expect("there is a root");
        self.config(&[b"http/1.1"], versions, clients)
    }

    /// A server for HTTP/2 and HTTP/1.1 that asks its clients for a certificate of `ca`, and does without.
    ///
    /// # Panics
    /// Never: ring speaks TLS 1.2 and 1.3.
    #[must_use]
    pub fn asking_clients(&self, ca: &Ca) -> Arc<ServerConfig> {
        let roots = Arc::new(ca.roots());
        let clients = WebPkiClientVerifier::builder_with_provider(roots, ca::provider())
            .allow_unauthenticated()
            .build()
            .expect("there is a root");
        self.config(&[b"h2", b"http/1.1"], ALL_VERSIONS, clients)
    }

    fn config(
        &self,
        alpn: &[&[u8]],
        versions: &[&'static SupportedProtocolVersion],
        clients: Arc<dyn ClientCertVerifier>,
    ) -> Arc<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(ca::provider())
            .with_protocol_versions(versions)
            .expect("at least one version that ring speaks is chosen")
            .with_client_cert_verifier(clients)
            .with_cert_resolver(self.resolver());
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }

    /// By hand, because rustls would refuse a certificate with another's key.
    fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let key = any_ecdsa_type(&key).expect("the key is on P-256");
        let certified = CertifiedKey::new(self.chain.clone(), key);
        Arc::new(SingleCertAndKey::from(certified))
    }

    /// A server for HTTP/1.1 only, over TLS 1.2 or 1.3.
    #[must_use]
    pub fn http1(&self) -> Arc<ServerConfig> {
        self.server_config(&[b"http/1.1"], ALL_VERSIONS)
    }

    /// A server for HTTP/3 only.
    #[must_use]
    pub fn http3(&self) -> Arc<ServerConfig> {
        self.server_config(&[b"h3"], &[&rustls::version::TLS13])
    }

    /// A server that prefers HTTP/2 and also speaks HTTP/1.1, over TLS 1.2 or 1.3.
    #[must_use]
    pub fn http2(&self) -> Arc<ServerConfig> {
        self.server_config(&[b"h2", b"http/1.1"], ALL_VERSIONS)
    }
}

fn as_pem(certificate: &CertificateDer<'static>) -> String {
    let section = Pem::new("CERTIFICATE", certificate.to_vec());
    pem::encode_config(
        &section,
        EncodeConfig::new().set_line_ending(LineEnding::LF),
    )
}
