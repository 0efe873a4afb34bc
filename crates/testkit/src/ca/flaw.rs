//! What can be wrong with a certificate, for the reasons that are to be told of it (K1, K4, K5).

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyUsagePurpose, NameConstraints,
};

use super::{DAY, now, set_validity};

/// A departure from a good certificate, of a server or of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Its time ended yesterday.
    Expired,
    /// Its time starts tomorrow.
    NotYetValid,
    /// It has no extended key usage.
    NoUsage,
    /// Its only extended key usage is clientAuth.
    ForClients,
    /// It has no subjectAltName.
    NoNames,
    /// It is an authority's (CA:TRUE).
    Authority,
    /// It is no authority's (CA:FALSE).
    NoAuthority,
    /// Its key usage has no keyCertSign.
    NoKeyCertSign,
    /// No authority may be below it (a path length of 0).
    NothingBelow,
    /// It is good for names below this one only (name constraints).
    OnlyBelow(&'static str),
    /// A critical extension that nobody knows, by the number 1.3.6.1.4.1.55555.1.
    CriticalExtension,
}

impl Flaw {
    pub(super) fn apply(self, params: &mut CertificateParams) {
        match self {
            Self::Expired => set_validity(params, now() - 30 * DAY, now() - DAY),
            Self::NotYetValid => set_validity(params, now() + DAY, now() + 30 * DAY),
            Self::NoUsage => params.extended_key_usages = Vec::new(),
            Self::ForClients => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }
            Self::NoNames => params.subject_alt_names = Vec::new(),
            Self::Authority => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            Self::NoAuthority => params.is_ca = IsCa::ExplicitNoCa,
            Self::NoKeyCertSign => params.key_usages = vec![KeyUsagePurpose::CrlSign],
            Self::NothingBelow => params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)),
            Self::OnlyBelow(name) => {
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName(name.to_owned())],
                    excluded_subtrees: Vec::new(),
                });
            }
            Self::CriticalExtension => {
                let null = vec![5, 0];
                let number = [1, 3, 6, 1, 4, 1, 55_555, 1];
                let mut extension = CustomExtension::from_oid_content(&number, null);
                extension.set_criticality(true);
                params.custom_extensions.push(extension);
            }
        }
    }
}
