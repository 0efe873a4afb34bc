//! A server's certificate and key.

use std::sync::Arc;

use rcgen::{Certificate, KeyPair};
use rustls::{
    ALL_VERSIONS, ServerConfig, SupportedProtocolVersion,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};

use crate::ca;

/// A certificate with its key and the intermediates that are sent along.
#[derive(Debug)]
pub struct Leaf {
    /// The leaf, then the intermediates.
    chain: Vec<Certificate>,
    key: KeyPair,
}

impl Leaf {
    pub(crate) const fn new(chain: Vec<Certificate>, key: KeyPair) -> Self {
        Self { chain, key }
    }

    /// A leaf that no authority vouches for.
    ///
    /// # Panics
    /// If a name is no ASCII text.
    #[must_use]
    pub fn self_signed(names: &[&str]) -> Self {
        ca::self_signed(names)
    }

    /// The same leaf from a server that forgot its intermediates: an incomplete chain (K1).
    #[must_use]
    pub fn without_intermediates(mut self) -> Self {
        self.chain.truncate(1);
        self
    }

    /// The chain as it is sent, in PEM.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        self.chain.iter().map(Certificate::pem).collect()
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
        let chain: Vec<CertificateDer<'static>> =
            self.chain.iter().map(|c| c.der().clone()).collect();
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(ca::provider())
            .with_protocol_versions(versions)
            .expect("at least one version that ring speaks is chosen")
            .with_no_client_auth()
            .with_single_cert(chain, key.into())
            .expect("the key belongs to the certificate");
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }

    /// A server for HTTP/1.1 only, over TLS 1.2 or 1.3.
    #[must_use]
    pub fn http1(&self) -> Arc<ServerConfig> {
        self.server_config(&[b"http/1.1"], ALL_VERSIONS)
    }

    /// A server that prefers HTTP/2 and also speaks HTTP/1.1, over TLS 1.2 or 1.3.
    #[must_use]
    pub fn http2(&self) -> Arc<ServerConfig> {
        self.server_config(&[b"h2", b"http/1.1"], ALL_VERSIONS)
    }
}
