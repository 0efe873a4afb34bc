//! The certificates that a server shows, for whoever wants to look at them. The judgement is the verifier's own.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::certificate::Certificate;
use crate::tls_reason::day;

/// A certificate that a server sent, as far as it can be read. Its names are the server's text, without control characters and not without end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShownCertificate {
    /// Whom it is for.
    pub subject: String,
    /// Hosts and addresses of its `subjectAltName`.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Its first day, such as `2026-03-01` (UTC).
    pub valid_from: String,
    /// Its last day.
    pub valid_until: String,
    /// Its key, in words.
    pub key: String,
    /// How it is signed: the usual name of the algorithm, else its number.
    pub signature: String,
    /// Whether it is an authority's (`CA:TRUE`).
    pub authority: bool,
}

impl ShownCertificate {
    fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let certificate = Certificate::read(der)?;
        Some(Self {
            subject: certificate.subject(),
            names: certificate.names(),
            issuer: certificate.issuer(),
            valid_from: day(certificate.valid_from()),
            valid_until: day(certificate.valid_until()),
            key: certificate.key().to_string(),
            signature: certificate.signature(),
            authority: certificate.is_authority(),
        })
    }
}

/// What was shown last, and whether it was trusted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown(Arc<Mutex<Look>>);

#[derive(Debug, Default)]
struct Look {
    certificates: Vec<ShownCertificate>,
    trusted: Option<bool>,
}

impl Shown {
    /// The certificates, the server's own first; those that cannot be read are left out.
    pub(crate) fn certificates(&self) -> Vec<ShownCertificate> {
        self.look(|look| look.certificates.clone())
    }

    /// Whether the chain that was shown is trusted; `None` if none was.
    pub(crate) fn trusted(&self) -> Option<bool> {
        self.look(|look| look.trusted)
    }

    fn look<T>(&self, at: impl FnOnce(&mut Look) -> T) -> T {
        at(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes what a server shows before another verifier judges it.
#[derive(Debug)]
pub(super) struct Watching {
    check: Arc<dyn ServerCertVerifier>,
    shown: Shown,
}

impl Watching {
    pub(super) fn new(check: Arc<dyn ServerCertVerifier>, shown: Shown) -> Self {
        Self { check, shown }
    }
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.check.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let sent = std::iter::once(end_entity).chain(intermediates);
        let certificates = sent.filter_map(ShownCertificate::read).collect();
        self.shown.look(|look| {
            *look = Look {
                certificates,
                trusted: Some(verdict.is_ok()),
            };
        });
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.check.supported_verify_schemes()
    }
}
