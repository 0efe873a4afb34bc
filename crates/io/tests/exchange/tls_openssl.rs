//! K1, K4, K5 with servers of another make: `openssl s_server`. Where there is no openssl these tests say so and pass.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

use appnet_policy::{Failure, failure::ServerFault};
use appnet_testkit::{Ca, Flaw, Leaf};
use tempfile::NamedTempFile;

use crate::support::{App, HOST, answer, failure, run, text};

/// A server, gone when dropped.
struct Server {
    child: Child,
    port: u16,
    _files: [NamedTempFile; 3],
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// `None` without openssl.
    fn start(leaf: &Leaf, clients: &Ca, options: &[&str]) -> Option<Self> {
        let files = [leaf.chain_pem(), leaf.key_pem(), clients.pem()].map(file);
        let [chain, key, ca] = files.each_ref().map(NamedTempFile::path);
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-naccept",
                "4",
                "-www",
            ])
            .args(options)
            .arg("-cert")
            .arg(chain)
            .arg("-cert_chain")
            .arg(chain)
            .arg("-key")
            .arg(key)
            .arg("-CAfile")
            .arg(ca)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok());
        Some(Self {
            child,
            port: port.expect("openssl says where it listens"),
            _files: files,
        })
    }
}

fn file(text: String) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Runs it with a server that has a good certificate and these options.
fn with_server(options: &[&str], test: impl AsyncFnOnce(App)) {
    let ca = Ca::new();
    let leaf = ca.intermediate().issue(&[HOST]);
    with_certificate(&ca, &leaf, options, async |port| {
        test(App::new(&ca, port)).await;
    });
}

/// Runs it with the port of a server that has this certificate and these options.
fn with_certificate(ca: &Ca, leaf: &Leaf, options: &[&str], test: impl AsyncFnOnce(u16)) {
    let Some(server) = Server::start(leaf, ca, options) else {
        eprintln!("skipped: there is no openssl here");
        return;
    };
    run(test(server.port));
}

fn assert_refused(options: &[&str], what: &str) {
    with_server(options, async |app| {
        let failure = failure(app.get(&format!("https://{HOST}/")).await);
        let expected = Failure::Server(ServerFault::TlsHandshake);
        assert_eq!(failure.failure, expected, "{}", failure.reason);
        assert!(
            failure.reason.contains(what),
            "{options:?}: {}",
            failure.reason
        );
    });
}

#[test]
fn k1_tls_12_and_13_of_openssl_are_spoken() {
    for options in [
        &["-tls1_3"][..],
        &["-tls1_2"],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
        &["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        &["-groups", "P-384"],
        // It asks for a certificate and does without.
        &["-tls1_2", "-verify", "1"],
        &["-tls1_3", "-verify", "1"],
    ] {
        with_server(options, async |app| {
            let answer = answer(app.get(&format!("https://{HOST}/")).await);
            assert_eq!(answer.head.status, 200, "{options:?}");
        });
    }
}

#[test]
fn k4_a_server_with_cbc_suites_only_is_a_deviation_that_is_named() {
    assert_refused(
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"],
        "CBC suites",
    );
}

#[test]
fn k4_a_server_without_a_curve_in_common_is_named() {
    assert_refused(
        &["-tls1_3", "-groups", "P-521"],
        "no cipher suite, curve or signature scheme in common",
    );
}

#[test]
fn k1_a_server_of_tls_11_is_named() {
    assert_refused(
        &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        "neither TLS 1.2 nor TLS 1.3",
    );
}

#[test]
fn k4_a_server_of_tls_12_that_requires_a_client_certificate_is_named() {
    assert_refused(
        &["-tls1_2", "-Verify", "1", "-verify_return_error"],
        "requires a client certificate",
    );
}

#[test]
fn k1_k4_each_fault_of_a_certificate_that_openssl_shows_is_named() {
    let ca = Ca::new();
    let flawed = |flaw| ca.issue_flawed(&[HOST], flaw);
    let below = |flaw| ca.flawed_intermediate(flaw).issue(&[HOST]);
    let table = [
        (flawed(Flaw::Expired), "certificate expired"),
        (flawed(Flaw::NotYetValid), "certificate not valid yet"),
        (flawed(Flaw::ForClients), "no serverAuth"),
        (flawed(Flaw::NoUsage), "no extended key usage"),
        (flawed(Flaw::NoNames), "names no host"),
        (flawed(Flaw::Authority), "is an authority's (CA:TRUE)"),
        (ca.issue(&["other.test"]), "not valid for api.example.test"),
        (below(Flaw::Expired), "intermediate certificate"),
        (below(Flaw::NoAuthority), "is no authority's (CA:FALSE)"),
        (below(Flaw::OnlyBelow("other.test")), "name constraints"),
        (
            ca.intermediate().issue(&[HOST]).without_intermediates(),
            "unknown issuer: \"CN=appnet test intermediate",
        ),
        (Ca::new().issue(&[HOST]), "unknown issuer"),
        (Leaf::self_signed(&[HOST]), "self-signed"),
    ];
    for (leaf, reason) in table {
        for version in ["-tls1_2", "-tls1_3"] {
            with_certificate(&ca, &leaf, &[version], async |port| {
                let failure = failure(App::new(&ca, port).get(&format!("https://{HOST}/")).await);
                let refused = Failure::Server(ServerFault::TlsHandshake);
                assert_eq!(failure.failure, refused, "{version}: {reason}");
                assert!(
                    failure.reason.contains(reason),
                    "{version}: {} should say {reason:?}",
                    failure.reason
                );
            });
        }
    }
}

#[test]
fn k3_openssl_sees_an_app_again_and_another_app_for_the_first_time() {
    let ca = Ca::new();
    let leaf = ca.issue(&[HOST]);
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        with_certificate(&ca, &leaf, &[version], async |port| {
            let [one, other] = [App::new(&ca, port), App::new(&ca, port)];
            for (app, session) in [(&one, "New"), (&one, "Reused"), (&other, "New")] {
                // Its page says what it knows of the session.
                let page = text(app.get(&format!("https://{HOST}/")).await);
                let expected = format!("{session}, {name}");
                assert!(page.contains(&expected), "not {expected}: {page}");
            }
        });
    }
}
