//! The trusted roots, with the dates that webpki does not keep of them.

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};

use super::certificate::Certificate;

/// Trusted certificates: roots, or whatever else the host gives as such.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// What webpki looks for; the certificate of the same place is in `certificates`.
    anchors: Vec<TrustAnchor<'static>>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Roots {
    pub(super) fn add(&mut self, root: CertificateDer<'static>) -> Result<(), String> {
        let anchor = webpki::anchor_from_trusted_cert(&root)
            .map_err(|error| error.to_string())?
            .to_owned();
        Certificate::read(&root).ok_or("it is no certificate of X.509")?;
        self.anchors.push(anchor);
        self.certificates.push(root);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    pub(super) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// Whether this very certificate is trusted.
    pub(super) fn contains(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates.contains(certificate)
    }

    /// The root that a chain leads to. Of a renewed root, which has the name and key of the old one, it is the one that is in date.
    pub(super) fn certificate(
        &self,
        anchor: &TrustAnchor<'_>,
        now: UnixTime,
    ) -> Option<Certificate<'_>> {
        let same = self.same_key(anchor);
        same.max_by_key(|root| (root.is_in_date(now), root.valid_until()))
    }

    fn same_key(&self, anchor: &TrustAnchor<'_>) -> impl Iterator<Item = Certificate<'_>> {
        let places = self.anchors.iter().zip(&self.certificates);
        places
            .filter(move |(trusted, _)| {
                trusted.subject == anchor.subject
                    && trusted.subject_public_key_info == anchor.subject_public_key_info
            })
            .filter_map(|(_, der)| Certificate::read(der))
    }

    /// The trusted certificates that have the name of this one's issuer.
    pub(super) fn issuers(&self, of: &Certificate<'_>) -> impl Iterator<Item = Certificate<'_>> {
        self.certificates
            .iter()
            .filter_map(|der| Certificate::read(der))
            .filter(|root| of.is_issued_in_the_name_of(root))
    }
}
