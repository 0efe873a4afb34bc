//! The judgement on a server's certificates: webpki finds a chain to a root, and each chain that it finds has to meet K5.

use std::{cell::RefCell, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};

use super::{
    certificate::Certificate,
    diagnosis::{self, Sent},
    fault::Fault,
    pins::{KeyHash, Pins},
    roots::Roots,
    strictness::{self, Chain},
};

/// Why a server is not trusted, in words: the form in which rustls hands the verdict on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Untrusted(String);

/// Judges servers by these roots, the same on every system. It fetches nothing (K1).
#[derive(Debug)]
pub(super) struct ServerVerifier {
    roots: Arc<Roots>,
    algorithms: WebPkiSupportedAlgorithms,
    /// Keys of which a chain must have one, in addition.
    pins: Option<Arc<Pins>>,
}

impl ServerVerifier {
    pub(super) fn new(roots: Roots, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self {
            roots: Arc::new(roots),
            algorithms,
            pins: None,
        }
    }

    /// The same judgement, and a pinned key beside it.
    pub(super) fn pinning(&self, pins: Arc<Pins>) -> Self {
        Self {
            roots: Arc::clone(&self.roots),
            algorithms: self.algorithms,
            pins: Some(pins),
        }
    }

    fn judge(&self, sent: &Sent<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Fault> {
        let diagnose = |error| diagnosis::of(error, sent, &self.roots);
        let certificate = EndEntityCert::try_from(sent.leaf).map_err(diagnose)?;
        let chain = match self.roots.contains(sent.leaf) {
            true => self.check_trusted_leaf(&read(sent.leaf)?, now),
            false => self.find_chain(&certificate, sent, now),
        };
        // What is wrong without a pin is the nearer reason.
        let not_pinned = match chain {
            Ok(()) => None,
            Err(fault @ Fault::NotPinned { .. }) => Some(fault),
            Err(fault) => return Err(fault),
        };
        certificate
            .verify_is_valid_for_subject_name(name)
            .map_err(|error| diagnosis::of_name(error, name))?;
        not_pinned.map_or(Ok(()), Err)
    }

    fn check_trusted_leaf(&self, leaf: &Certificate<'_>, now: UnixTime) -> Result<(), Fault> {
        strictness::check_trusted_leaf(leaf, now)?;
        self.check_pins(leaf, std::iter::empty())
    }

    fn check_pins<'a, 'b: 'a>(
        &self,
        leaf: &'a Certificate<'b>,
        above: impl Iterator<Item = &'a Certificate<'b>>,
    ) -> Result<(), Fault> {
        match &self.pins {
            Some(pins) if !pins.have_one_of(std::iter::once(leaf).chain(above)) => {
                Err(Fault::NotPinned {
                    pinned: pins.count(),
                    key: KeyHash::of(leaf),
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A chain that K5 or a pin refuses is not the end: webpki goes on to look for another. If there is none, that refusal is the reason, because
    /// that chain came furthest.
    fn find_chain(
        &self,
        certificate: &EndEntityCert<'_>,
        sent: &Sent<'_>,
        now: UnixTime,
    ) -> Result<(), Fault> {
        let refused = RefCell::new(None);
        let meets_k5 = |path: &VerifiedPath<'_>| {
            self.check(path, sent.leaf, now).map_err(|fault| {
                refused.replace(Some(fault));
                webpki::Error::UnknownIssuer
            })
        };
        let found = certificate.verify_for_usage(
            self.algorithms.all,
            self.roots.anchors(),
            sent.intermediates,
            now,
            KeyUsage::server_auth(),
            None, // revocation: its lists would have to be fetched
            Some(&meets_k5),
        );
        match found {
            Ok(_) => Ok(()),
            Err(error) => Err(refused
                .take()
                .unwrap_or_else(|| diagnosis::of(error, sent, &self.roots))),
        }
    }

    fn check(
        &self,
        path: &VerifiedPath<'_>,
        leaf: &CertificateDer<'_>,
        now: UnixTime,
    ) -> Result<(), Fault> {
        let ders: Vec<_> = path
            .intermediate_certificates()
            .map(webpki::Cert::der)
            .collect();
        let chain = Chain {
            leaf: read(leaf)?,
            intermediates: ders.iter().map(read).collect::<Result<_, _>>()?,
            root: self
                .roots
                .certificate(path.anchor(), now)
                .ok_or_else(unreadable)?,
        };
        strictness::check(&chain, now)?;
        let above = chain.intermediates.iter().chain([&chain.root]);
        self.check_pins(&chain.leaf, above)
    }
}

fn read<'a>(der: &'a CertificateDer<'_>) -> Result<Certificate<'a>, Fault> {
    Certificate::read(der).ok_or_else(unreadable)
}

fn unreadable() -> Fault {
    Fault::Unreadable {
        detail: "a part of it is not as X.509 has it".to_owned(),
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let sent = Sent {
            leaf: end_entity,
            intermediates,
        };
        match self.judge(&sent, server_name, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            // The server hears the alert `certificate_unknown`, as from browsers.
            Err(fault) => Err(Error::InvalidCertificate(CertificateError::Other(
                OtherError(Arc::new(Untrusted(fault.explained()))),
            ))),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
