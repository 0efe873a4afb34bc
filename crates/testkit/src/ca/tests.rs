use std::sync::Arc;

use rustls::{
    ALL_VERSIONS, CertificateError, ClientConnection, Error, ServerConfig, ServerConnection,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};

use super::{Ca, Flaw, Leaf};

/// What a client that trusts `ca` makes of this server, in memory.
fn judge(ca: &Ca, server: Arc<ServerConfig>) -> Result<(), Error> {
    let name = ServerName::try_from("a.test").unwrap();
    let mut client = ClientConnection::new(ca.client_config(&[]), name).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    while client.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets().unwrap();
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut wire = wire.as_slice();
        while !wire.is_empty() {
            client.read_tls(&mut wire).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(())
}

fn problem(ca: &Ca, leaf: &Leaf) -> CertificateError {
    match judge(ca, leaf.http1()) {
        Err(Error::InvalidCertificate(error)) => error,
        other => panic!("expected a certificate error, got {other:?}"),
    }
}

#[test]
fn a_good_leaf_is_accepted_in_both_versions_of_tls() {
    let ca = Ca::new();
    let leaf = ca.issue(&["b.test", "a.test"]);
    for version in ALL_VERSIONS {
        assert_eq!(
            judge(&ca, leaf.server_config(&[], &[version])),
            Ok(()),
            "{version:?}"
        );
    }
}

#[test]
fn a_leaf_outside_its_time_is_refused_for_that_reason() {
    let ca = Ca::new();
    let expired = problem(&ca, &ca.issue_expired(&["a.test"]));
    assert!(
        matches!(expired, CertificateError::ExpiredContext { .. }),
        "{expired:?}"
    );
    let early = problem(&ca, &ca.issue_not_yet_valid(&["a.test"]));
    assert!(
        matches!(early, CertificateError::NotValidYetContext { .. }),
        "{early:?}"
    );
}

#[test]
fn a_leaf_for_another_name_is_refused_for_that_reason() {
    let ca = Ca::new();
    let other = problem(&ca, &ca.issue(&["b.test"]));
    assert!(
        matches!(other, CertificateError::NotValidForNameContext { .. }),
        "{other:?}"
    );
}

#[test]
fn a_leaf_of_an_unknown_authority_is_refused_for_that_reason() {
    let other = Ca::new().issue(&["a.test"]);
    assert_eq!(problem(&Ca::new(), &other), CertificateError::UnknownIssuer);
    assert_eq!(
        problem(&Ca::new(), &Leaf::self_signed(&["a.test"])),
        CertificateError::UnknownIssuer
    );
}

#[test]
fn a_leaf_without_the_usage_server_auth_is_refused_for_that_reason() {
    let ca = Ca::new();
    let client_only = problem(&ca, &ca.issue_flawed(&["a.test"], Flaw::ForClients));
    assert!(
        matches!(client_only, CertificateError::InvalidPurposeContext { .. }),
        "{client_only:?}"
    );
}

#[test]
fn a_chain_is_accepted_only_with_its_intermediates() {
    let ca = Ca::new();
    let leaf = ca.intermediate().intermediate().issue(&["a.test"]);
    assert_eq!(judge(&ca, leaf.http1()), Ok(()));
    assert_eq!(
        problem(&ca, &leaf.without_intermediates()),
        CertificateError::UnknownIssuer
    );
}

#[test]
fn what_is_written_as_pem_reads_back() {
    let ca = Ca::new();
    assert_eq!(
        CertificateDer::from_pem_slice(ca.pem().as_bytes()).unwrap(),
        ca.der()
    );
    let leaf = ca.intermediate().issue(&["a.test"]);
    let chain = leaf.chain_pem();
    assert_eq!(
        CertificateDer::pem_slice_iter(chain.as_bytes())
            .filter(Result::is_ok)
            .count(),
        2
    );
    assert!(PrivateKeyDer::from_pem_slice(leaf.key_pem().as_bytes()).is_ok());
}
