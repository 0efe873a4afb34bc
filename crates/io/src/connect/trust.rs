//! Whom to trust: the system's roots and those of the host (K1, K2).

use std::sync::Arc;

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// The roots of one network, loaded once; cheap to clone. Only the embedding host makes it (K2).
#[derive(Debug, Clone)]
pub struct TlsTrust {
    verifier: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
}

/// Whether the system's roots count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SystemRoots {
    /// They do (K1).
    #[default]
    Use,
    /// Only the extra roots do: for tests, and for hosts with a closed world.
    Ignore,
}

/// There is nothing to trust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// No root certificate is known, so no server could be trusted.
    #[error(
        "no root certificates: {detail}; install the system's (on Debian the package `ca-certificates`) \
         or give roots to the builder (`--ca` on the command line)"
    )]
    NoRoots {
        /// What was looked for.
        detail: String,
    },
    /// An extra root is no certificate.
    #[error("extra root certificate {index} is not valid: {reason}")]
    BadRoot {
        /// Its place in the list, from 0.
        index: usize,
        /// What is wrong.
        reason: String,
    },
}

/// Text that is no list of certificates in PEM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// A section is damaged.
    #[error("not valid PEM: {0}")]
    Damaged(String),
    /// There is no `CERTIFICATE` section.
    #[error("no CERTIFICATE section in the PEM text")]
    Empty,
}

/// Reads the certificates of a PEM file.
///
/// # Errors
/// [`PemError`] if a section is damaged or there is none.
pub fn roots_from_pem(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let roots = roots.map_err(|error| PemError::Damaged(error.to_string()))?;
    if roots.is_empty() {
        Err(PemError::Empty)
    } else {
        Ok(roots)
    }
}

impl TlsTrust {
    /// Loads the roots.
    ///
    /// # Errors
    /// [`TrustError`]: no root at all, or an extra one that is no certificate.
    pub fn new(
        extra_roots: Vec<CertificateDer<'static>>,
        system: SystemRoots,
    ) -> Result<Self, TrustError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let store = checked(&extra_roots)?;
        let verifier: Arc<dyn ServerCertVerifier> = match system {
            SystemRoots::Use => with_system_roots(extra_roots, &provider)?,
            SystemRoots::Ignore => {
                WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider))
                    .build()
                    .map_err(|error| TrustError::NoRoots {
                        detail: error.to_string(),
                    })?
            }
        };
        Ok(Self { verifier, provider })
    }

    pub(super) fn verifier(&self) -> Arc<dyn ServerCertVerifier> {
        Arc::clone(&self.verifier)
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        Arc::clone(&self.provider)
    }
}

fn with_system_roots(
    extra_roots: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TrustError> {
    // The extra roots are good, so what can fail is the system's.
    rustls_platform_verifier::Verifier::new_with_extra_roots(extra_roots, Arc::clone(provider))
        .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
        .map_err(|error| TrustError::NoRoots {
            detail: error.to_string(),
        })
}

fn checked(roots: &[CertificateDer<'static>]) -> Result<RootCertStore, TrustError> {
    let mut store = RootCertStore::empty();
    for (index, root) in roots.iter().enumerate() {
        store
            .add(root.clone())
            .map_err(|error| TrustError::BadRoot {
                index,
                reason: error.to_string(),
            })?;
    }
    Ok(store)
}
