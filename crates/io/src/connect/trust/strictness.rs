//! K5 on a chain that webpki has verified: the conditions of the strictest platform, which webpki does not look at.
//!
//! That every signature is of SHA-256 or better needs no check here: webpki is given no other algorithm.

use rustls::pki_types::UnixTime;

use super::{
    certificate::{Certificate, Key, Usage},
    fault::{Fault, Place},
};

/// A chain from the server's certificate to a trusted one.
pub(super) struct Chain<'a> {
    pub(super) leaf: Certificate<'a>,
    pub(super) intermediates: Vec<Certificate<'a>>,
    pub(super) root: Certificate<'a>,
}

/// RSA of fewer bits is too weak.
const RSA_BITS: usize = 2048;
/// A curve of fewer bits is too weak.
const CURVE_BITS: usize = 256;

pub(super) fn check(chain: &Chain<'_>, now: UnixTime) -> Result<(), Fault> {
    match chain.leaf.usage() {
        Usage::Servers => {}
        Usage::Others => return Err(Fault::NotForServers { place: Place::Leaf }),
        Usage::Unsaid => return Err(Fault::UsageUnsaid),
    }
    strong_key(&chain.leaf, || Place::Leaf)?;
    for intermediate in &chain.intermediates {
        let place = || Place::Intermediate(intermediate.subject());
        strong_key(intermediate, place)?;
        if !intermediate.may_issue() {
            return Err(Fault::MayNotIssue { place: place() });
        }
    }
    let place = || Place::Root(chain.root.subject());
    strong_key(&chain.root, place)?;
    in_date(&chain.root, now, place)
}

/// The same for a server whose certificate is itself a trusted one. Whoever trusts it by hand has said what it is for: it may be an
/// authority's and needs no usage, but one that it has must fit.
pub(super) fn check_trusted_leaf(leaf: &Certificate<'_>, now: UnixTime) -> Result<(), Fault> {
    match leaf.usage() {
        Usage::Servers | Usage::Unsaid => {}
        Usage::Others => return Err(Fault::NotForServers { place: Place::Leaf }),
    }
    strong_key(leaf, || Place::Leaf)?;
    in_date(leaf, now, || Place::Leaf)
}

fn strong_key(certificate: &Certificate<'_>, place: impl Fn() -> Place) -> Result<(), Fault> {
    if is_weak(certificate.key()) {
        return Err(Fault::WeakKey {
            place: place(),
            key: certificate.key(),
        });
    }
    Ok(())
}

pub(super) const fn is_weak(key: Key) -> bool {
    match key {
        Key::Rsa(bits) => bits < RSA_BITS,
        Key::EllipticCurve(bits) => bits < CURVE_BITS,
        // webpki has checked a signature of it, so it is Ed25519; or it is the leaf's, which has to sign the handshake.
        Key::Other => false,
    }
}

fn in_date(
    certificate: &Certificate<'_>,
    now: UnixTime,
    place: impl Fn() -> Place,
) -> Result<(), Fault> {
    let (from, until) = (certificate.valid_from(), certificate.valid_until());
    if certificate.is_in_date(now) {
        Ok(())
    } else if now.as_secs() < from {
        let place = place();
        Err(Fault::NotValidYet { place, from })
    } else {
        let place = place();
        Err(Fault::Expired { place, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k5_a_key_of_just_enough_bits_is_strong() {
        assert!(is_weak(Key::Rsa(2047)) && !is_weak(Key::Rsa(2048)));
        assert!(is_weak(Key::EllipticCurve(255)) && !is_weak(Key::EllipticCurve(256)));
        assert!(!is_weak(Key::Other));
    }

    #[test]
    fn k5_a_root_is_in_date_from_its_first_second_to_its_last() {
        let der = appnet_testkit::Ca::new().der();
        let root = Certificate::read(&der).unwrap();
        let (from, until) = (root.valid_from(), root.valid_until());
        let place = || Place::Root("root".to_owned());
        let at = |second| {
            let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(second));
            in_date(&root, now, place)
        };
        let (early, late) = (place(), place());
        assert_eq!(at(from - 1), Err(Fault::NotValidYet { place: early, from }));
        assert_eq!((at(from), at(until)), (Ok(()), Ok(())));
        assert_eq!(at(until + 1), Err(Fault::Expired { place: late, until }));
    }
}
