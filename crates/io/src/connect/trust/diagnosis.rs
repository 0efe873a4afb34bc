//! From webpki's error to the exact reason (K4). webpki says what is wrong with a chain and not in which certificate, so the certificates
//! that were sent are looked through again; this happens only when a server is refused.

use rustls::pki_types::{CertificateDer, ServerName};
use webpki::Error;

use super::{
    certificate::{Certificate, Usage},
    fault::{Fault, Place},
    roots::Roots,
    strictness::is_weak,
};

/// What a server sent.
pub(super) struct Sent<'a> {
    pub(super) leaf: &'a CertificateDer<'a>,
    pub(super) intermediates: &'a [CertificateDer<'a>],
}

impl Sent<'_> {
    /// All that can be read, the leaf first.
    fn certificates(&self) -> impl Iterator<Item = (Place, Certificate<'_>)> {
        let leaf = Certificate::read(self.leaf).map(|leaf| (Place::Leaf, leaf));
        let above = self
            .intermediates
            .iter()
            .filter_map(|der| Certificate::read(der))
            .map(|certificate| (Place::Intermediate(certificate.subject()), certificate));
        leaf.into_iter().chain(above)
    }

    fn intermediates(&self) -> impl Iterator<Item = (Place, Certificate<'_>)> {
        self.certificates()
            .filter(|(place, _)| *place != Place::Leaf)
    }

    /// The first certificate that this is true of.
    fn place(&self, is_it: impl Fn(&Certificate<'_>) -> bool) -> Place {
        let mut all = self.certificates();
        all.find(|(_, certificate)| is_it(certificate))
            .map_or(Place::Leaf, |(place, _)| place)
    }
}

/// Why webpki found no chain.
pub(super) fn of(error: Error, sent: &Sent<'_>, roots: &Roots) -> Fault {
    match error {
        Error::CertExpired { not_after, .. } => {
            let until = not_after.as_secs();
            let place = sent.place(|one| one.valid_until() == until);
            Fault::Expired { place, until }
        }
        Error::CertNotValidYet { not_before, .. } => {
            let from = not_before.as_secs();
            let place = sent.place(|one| one.valid_from() == from);
            Fault::NotValidYet { place, from }
        }
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => Fault::NotForServers {
            place: sent.place(|one| one.usage() == Usage::Others),
        },
        Error::CaUsedAsEndEntity => authority_as_leaf(sent),
        Error::EndEntityUsedAsCa => no_authority(sent),
        Error::PathLenConstraintViolated => Fault::PathTooLong,
        Error::NameConstraintViolation => Fault::NameConstraints,
        Error::UnsupportedCriticalExtension => critical_extension(sent),
        Error::UnsupportedSignatureAlgorithmContext(context) => {
            signature(sent, &context.signature_algorithm_id)
        }
        Error::UnsupportedSignatureAlgorithmForPublicKeyContext(context) => {
            signature(sent, &context.signature_algorithm_id)
        }
        Error::InvalidSignatureForPublicKey | Error::SignatureAlgorithmMismatch => {
            weak_key(sent, roots).unwrap_or(Fault::BadSignature)
        }
        Error::UnknownIssuer => unknown_issuer(sent),
        Error::UnsupportedCertVersion => Fault::OldVersion,
        Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => Fault::TooComplex,
        other => Fault::Unreadable {
            detail: format!("{other:?}"),
        },
    }
}

/// Why a certificate is not this host's.
pub(super) fn of_name(error: Error, name: &ServerName<'_>) -> Fault {
    let host = name.to_str().into_owned();
    match error {
        Error::CertNotValidForName(context) if context.presented.is_empty() => {
            Fault::NoName { host }
        }
        Error::CertNotValidForName(context) => Fault::OtherName {
            host,
            names: context.presented,
        },
        other => Fault::Unreadable {
            detail: format!("{other:?}"),
        },
    }
}

/// One's own certificate by `openssl req -x509` is an authority's; that it is not trusted is what its owner has to know.
fn authority_as_leaf(sent: &Sent<'_>) -> Fault {
    match Certificate::read(sent.leaf) {
        Some(leaf) if leaf.is_self_issued() => Fault::SelfSigned,
        Some(_) | None => Fault::AuthorityAsLeaf,
    }
}

fn no_authority(sent: &Sent<'_>) -> Fault {
    let place = sent
        .intermediates()
        .find(|(_, certificate)| !certificate.is_authority())
        .map_or(Place::Leaf, |(place, _)| place);
    Fault::NoAuthority { place }
}

fn critical_extension(sent: &Sent<'_>) -> Fault {
    let found = sent
        .certificates()
        .find_map(|(place, certificate)| Some((place, certificate.unknown_critical_extension()?)));
    let (place, extension) = found.unwrap_or((Place::Leaf, "one of an unknown kind".to_owned()));
    Fault::CriticalExtension { place, extension }
}

/// The certificate that is signed in a way that nobody here can check, or wants to.
fn signature(sent: &Sent<'_>, algorithm: &[u8]) -> Fault {
    let found = sent
        .certificates()
        .find(|(_, certificate)| certificate.is_signed_with(algorithm));
    let Some((place, certificate)) = found else {
        return Fault::BadSignature;
    };
    match certificate.weak_hash() {
        Some(hash) => Fault::WeakHash { place, hash },
        None => Fault::UnsupportedSignature {
            place,
            algorithm: certificate.signature(),
        },
    }
}

/// ring calls a good signature by a weak key a bad one.
fn weak_key(sent: &Sent<'_>, roots: &Roots) -> Option<Fault> {
    let above_sent = sent.certificates().flat_map(|(_, certificate)| {
        let issuers = roots.issuers(&certificate);
        let weak = issuers.filter(|root| is_weak(root.key()));
        weak.map(|root| (Place::Root(root.subject()), root.key()))
            .collect::<Vec<_>>()
    });
    let sent = sent
        .intermediates()
        .map(|(place, certificate)| (place, certificate.key()));
    sent.chain(above_sent)
        .find(|(_, key)| is_weak(*key))
        .map(|(place, key)| Fault::WeakKey { place, key })
}

/// Up the chain to where it ends.
fn unknown_issuer(sent: &Sent<'_>) -> Fault {
    let Some(mut top) = Certificate::read(sent.leaf) else {
        return Fault::Unreadable {
            detail: "it is no certificate".to_owned(),
        };
    };
    if top.is_self_issued() {
        return Fault::SelfSigned;
    }
    // Each step goes to another certificate, so there are at most as many as were sent.
    for _ in sent.intermediates {
        let mut above = sent.intermediates();
        match above.find(|(_, issuer)| top.is_issued_in_the_name_of(issuer)) {
            Some((_, issuer)) => top = issuer,
            None => break,
        }
    }
    if top.is_self_issued() {
        let root = top.subject();
        Fault::UnknownRoot { root }
    } else {
        let issuer = top.issuer();
        Fault::UnknownIssuer { issuer }
    }
}

#[cfg(test)]
mod tests {
    use appnet_testkit::{Ca, Leaf};
    use rustls::pki_types::{UnixTime, pem::PemObject as _};

    use super::*;

    fn certificates(leaf: &Leaf) -> Vec<CertificateDer<'static>> {
        let chain = leaf.chain_pem();
        let all = CertificateDer::pem_slice_iter(chain.as_bytes());
        all.collect::<Result<_, _>>().unwrap()
    }

    fn fault(error: Error, chain: &[CertificateDer<'_>]) -> Fault {
        let (leaf, intermediates) = chain.split_first().unwrap();
        let sent = Sent {
            leaf,
            intermediates,
        };
        of(error, &sent, &Roots::default())
    }

    #[test]
    fn k4_of_a_chain_the_certificate_is_named_that_is_not_valid_yet() {
        let chain = certificates(&Ca::new().intermediate().issue_not_yet_valid(&["a.test"]));
        let from = Certificate::read(&chain[0]).unwrap().valid_from();
        let not_before = UnixTime::since_unix_epoch(std::time::Duration::from_secs(from));
        let error = Error::CertNotValidYet {
            time: UnixTime::now(),
            not_before,
        };
        let place = Place::Leaf;
        assert_eq!(fault(error, &chain), Fault::NotValidYet { place, from });
    }

    #[test]
    fn k4_of_a_chain_the_certificate_is_named_that_is_no_authority() {
        let mut chain = certificates(&Ca::new().intermediate().issue(&["a.test"]));
        chain.extend(certificates(&Ca::new().issue(&["b.test"])));
        let subject = Certificate::read(&chain[2]).unwrap().subject();
        let place = Place::Intermediate(subject);
        let found = fault(Error::EndEntityUsedAsCa, &chain);
        assert_eq!(found, Fault::NoAuthority { place });
    }
}
