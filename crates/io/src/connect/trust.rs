//! Whom to trust: the system's roots and those of the host (K1, K2).
//!
//! The roots come from the system, the judgement never does: a chain is checked by webpki and by [`strictness`], the same on every system,
//! and nothing is fetched for it. The reasons are in `docs/decisions/0005-trust.md`.

mod certificate;
mod diagnosis;
mod fault;
pub(super) mod pins;
mod roots;
mod shown;
mod strictness;
mod verifier;

use std::{path::Path, sync::Arc};

use rustls::{
    SupportedCipherSuite,
    client::danger::ServerCertVerifier,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_native_certs::CertificateResult;

pub(crate) use self::shown::Shown;
pub use self::shown::ShownCertificate;
use self::{
    fault::HOW_TO_GIVE_ROOTS, pins::Pins, roots::Roots, shown::Watching, verifier::ServerVerifier,
};

/// The roots of one network, loaded once; cheap to clone. Only the embedding host makes it (K2).
///
/// A server is trusted if the chain that it sends leads to one of these roots, is in date from the leaf to the root, is for that very host, and
/// meets K5 in every certificate; or if its certificate is itself one of the roots, in date and for that host. Nothing is fetched: no missing
/// intermediate, no revocation list, no OCSP answer.
#[derive(Debug, Clone)]
pub struct TlsTrust {
    judge: Arc<ServerVerifier>,
    /// Where to look at what servers show.
    shown: Option<Shown>,
    provider: Arc<CryptoProvider>,
}

/// Whether the system's roots count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SystemRoots {
    /// They do (K1): the bundle of a Linux distribution or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, Android's folder of authorities,
    /// the keychains of macOS, the `ROOT` store of the user on Windows. iOS gives its roots to nobody: there a host brings a list of its own.
    #[default]
    Use,
    /// Only the extra roots do: for tests, and for hosts with a closed world.
    Ignore,
}

/// There is nothing to trust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// No root certificate is known, so no server could be trusted.
    #[error(
        "no root certificates: {detail}; install the system's (on Debian the package `ca-certificates`) \
         or give roots to the host ({HOW_TO_GIVE_ROOTS})"
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
#[non_exhaustive]
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
        let mut roots = Roots::default();
        for (index, root) in extra_roots.into_iter().enumerate() {
            roots
                .add(root)
                .map_err(|reason| TrustError::BadRoot { index, reason })?;
        }
        let detail = match system {
            SystemRoots::Use => add_system_roots(&mut roots),
            SystemRoots::Ignore => "none was given and the system's are ignored".to_owned(),
        };
        if roots.is_empty() {
            return Err(TrustError::NoRoots { detail });
        }
        let provider = Arc::new(crypto());
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self {
            judge: Arc::new(ServerVerifier::new(roots, algorithms)),
            shown: None,
            provider,
        })
    }

    /// The same trust, and where to look at what servers show to it.
    pub(crate) fn watched(&self) -> (Self, Shown) {
        let shown = Shown::default();
        let watched = Self {
            shown: Some(shown.clone()),
            ..self.clone()
        };
        (watched, shown)
    }

    /// Who judges a server, of whose chain one of these keys is asked for, too.
    pub(super) fn verifier(&self, pins: Option<&Arc<Pins>>) -> Arc<dyn ServerCertVerifier> {
        let judge: Arc<dyn ServerCertVerifier> = match pins {
            None => Arc::clone(&self.judge) as _,
            Some(pins) => Arc::new(self.judge.pinning(Arc::clone(pins))),
        };
        match &self.shown {
            None => judge,
            Some(shown) => Arc::new(Watching::new(judge, shown.clone())),
        }
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        Arc::clone(&self.provider)
    }
}

/// ring, which offers the suites of SHA-256 first, as browsers do. Most servers take the first that they have. SHA-384 has no instructions of its own on
/// most processors, and a handshake hashes some fifty blocks.
fn crypto() -> CryptoProvider {
    let mut crypto = rustls::crypto::ring::default_provider();
    crypto.cipher_suites.sort_by_key(|suite| match suite {
        SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider.output_len(),
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider.output_len(),
    });
    crypto
}

/// Adds what the system has, and says what was found. What is no certificate there harms nobody: other software skips it too.
fn add_system_roots(roots: &mut Roots) -> String {
    let found = system_roots();
    for error in &found.errors {
        tracing::debug!(%error, "a part of the system's root certificates cannot be read");
    }
    let (mut added, mut skipped) = (0, 0);
    for root in found.certs {
        match roots.add(root) {
            Ok(()) => added += 1,
            Err(_) => skipped += 1,
        }
    }
    tracing::debug!(added, skipped, "the system's root certificates");
    match found.errors.first() {
        Some(error) => format!("the system's cannot be read ({error})"),
        None => "the system has none".to_owned(),
    }
}

fn system_roots() -> CertificateResult {
    // Where Android keeps its authorities since version 14, and before; rustls-native-certs does not look there.
    const ANDROID: [&str; 2] = [
        "/apex/com.android.conscrypt/cacerts",
        "/system/etc/security/cacerts",
    ];
    let folder = ANDROID
        .iter()
        .map(Path::new)
        .find(|folder| cfg!(target_os = "android") && folder.is_dir());
    match folder {
        Some(folder) => rustls_native_certs::load_certs_from_paths(None, Some(folder)),
        None => rustls_native_certs::load_native_certs(),
    }
}
