//! K4: each fault of a server's TLS has its exact reason, and what mends it. K5: what the strictest platform refuses is refused.

use std::sync::Arc;

use appnet_io::{ClientOptions, SystemRoots, TlsTrust, roots_from_pem};
use appnet_policy::{Failure, Policy, failure::ServerFault};
use appnet_testkit::{Ca, Flaw, Leaf, RawOrigin, Script};
use rustls::{
    ServerConfig,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::LazyConfigAcceptor;

use crate::support::{App, HOST, failure, run, text};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// An app that trusts what is in this PEM text.
fn app(roots: &str, port: u16) -> App {
    let roots = roots_from_pem(roots.as_bytes()).unwrap();
    let trust = TlsTrust::new(roots, SystemRoots::Ignore).unwrap();
    App::trusting(&trust, port)
}

/// The reason that the host is told when an app calls this port.
async fn refusal(roots: &str, port: u16) -> String {
    let failure = failure(app(roots, port).get(&format!("https://{HOST}/")).await);
    assert_eq!(
        failure.failure,
        Failure::Server(ServerFault::TlsHandshake),
        "{}",
        failure.reason
    );
    let reason = failure.reason.split_once(": ").unwrap().1;
    reason.to_owned()
}

fn reason(roots: &str, config: Arc<ServerConfig>) -> String {
    run(async {
        let origin = RawOrigin::tls(config).script(Script::reply(OK)).start();
        refusal(roots, origin.port()).await
    })
}

/// What a server hears that says only this in plain TCP.
fn reason_of_plain(script: Script) -> String {
    run(async {
        let origin = RawOrigin::plain().script(script).start();
        refusal(&Ca::new().pem(), origin.port()).await
    })
}

fn accepted(roots: &str, leaf: &Leaf) -> bool {
    run(async {
        let origin = RawOrigin::tls(leaf.http1())
            .script(Script::reply(OK))
            .start();
        let exchanged = app(roots, origin.port())
            .get(&format!("https://{HOST}/"))
            .await;
        exchanged.outcome.is_ok() && text(exchanged) == "ok"
    })
}

#[track_caller]
fn assert_says(reason: &str, what: &str, remedy: &str) {
    let (found, mended) = reason.split_once("; to mend it: ").unwrap_or((reason, ""));
    assert!(found.contains(what), "{reason:?} should say {what:?}");
    assert!(
        mended.contains(remedy),
        "{reason:?} should mend it by {remedy:?}"
    );
}

#[test]
fn k4_k5_each_fault_of_a_certificate_is_named_with_what_mends_it() {
    let root = Ca::new();
    let names = &[HOST][..];
    let leaf = |flaw| root.issue_flawed(names, flaw);
    let below = |flaw| root.flawed_intermediate(flaw).issue(names);
    let table = [
        (
            leaf(Flaw::Expired),
            "certificate expired: it was valid until 20",
            "a new one",
        ),
        (
            leaf(Flaw::NotYetValid),
            "certificate not valid yet: it is valid from 20",
            "clock",
        ),
        (
            leaf(Flaw::ForClients),
            "certificate not meant for servers: its extended key usage has no serverAuth",
            "serverAuth",
        ),
        (
            leaf(Flaw::NoUsage),
            "certificate not meant for servers: it has no extended key usage",
            "serverAuth",
        ),
        (
            leaf(Flaw::NoNames),
            "certificate names no host: it has no subjectAltName",
            HOST,
        ),
        (
            leaf(Flaw::Authority),
            "certificate is an authority's (CA:TRUE)",
            "CA:FALSE",
        ),
        (
            leaf(Flaw::CriticalExtension),
            "certificate has a critical extension that is not known: 1.3.6.1.4.1.55555.1",
            "not as critical",
        ),
        (
            root.issue(&["other.test", "192.0.2.1"]),
            "certificate not valid for api.example.test, only for",
            HOST,
        ),
        (
            below(Flaw::Expired),
            "intermediate certificate \"CN=appnet test intermediate",
            "a new one",
        ),
        (
            below(Flaw::ForClients),
            "intermediate certificate \"CN=appnet test intermediate",
            "serverAuth",
        ),
        (
            below(Flaw::NoAuthority),
            "issued another one and is no authority's (CA:FALSE)",
            "CA:TRUE",
        ),
        (
            below(Flaw::NoKeyCertSign),
            "may not issue others: its key usage has no keyCertSign",
            "keyCertSign",
        ),
        (
            below(Flaw::OnlyBelow("other.test")),
            "may not issue for this name (name constraints)",
            "an authority that may",
        ),
        (
            below(Flaw::CriticalExtension),
            "has a critical extension that is not known: 1.3.6.1.4.1.55555.1",
            "not as critical",
        ),
        (
            root.flawed_intermediate(Flaw::NothingBelow)
                .intermediate()
                .issue(names),
            "longer than one of its authorities allows",
            "nearer to the root",
        ),
        (
            root.intermediate().issue(names).without_intermediates(),
            "unknown issuer: \"CN=appnet test intermediate",
            "`--ca FILE`",
        ),
        (
            Ca::new().issue(names),
            "unknown issuer: \"CN=appnet test root",
            "`extra_roots_pem`",
        ),
        (
            Leaf::self_signed(names),
            "unknown issuer: the certificate is self-signed",
            "`--ca FILE`",
        ),
        (
            Leaf::flawed_self_signed(names, &[Flaw::Authority]),
            "unknown issuer: the certificate is self-signed",
            "`--ca FILE`",
        ),
    ];
    for (leaf, what, remedy) in table {
        assert_says(&reason(&root.pem(), leaf.http1()), what, remedy);
    }
}

#[test]
fn k4_a_root_that_the_server_sends_along_and_nobody_trusts_is_named() {
    let unknown = Ca::new();
    let leaf = unknown.issue(&[HOST]).with_ballast(&unknown, 1);
    let reason = reason(&Ca::new().pem(), leaf.http1());
    assert_says(
        &reason,
        "unknown issuer: the chain leads to the root \"CN=appnet test root",
        "`--ca FILE`",
    );
}

/// By `tests/fixtures/certificates/make.sh`.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/certificates/", $name, ".pem"))
    };
}

#[test]
fn k4_k5_weak_keys_and_signatures_are_named_with_what_mends_them() {
    let root = fixture!("root");
    let table = [
        (
            root,
            fixture!("md5"),
            "certificate signed with MD5",
            "SHA-256",
        ),
        (
            root,
            fixture!("sha1"),
            "certificate signed with SHA-1",
            "SHA-256",
        ),
        (
            root,
            fixture!("sha224"),
            "certificate signed with SHA-224",
            "SHA-256",
        ),
        (
            root,
            fixture!("rsa-1024"),
            "certificate has a key that is too weak: RSA of 1024 bits",
            "2048",
        ),
        (
            root,
            fixture!("p-224"),
            "certificate has a key that is too weak: an elliptic curve of 224 bits",
            "P-256",
        ),
        (
            root,
            fixture!("under-rsa-1024"),
            "intermediate certificate \"CN=test authority-rsa-1024\" has a key that is too weak: RSA of 1024 bits",
            "2048",
        ),
        (
            root,
            fixture!("under-p-521"),
            "certificate signed with ecdsa-with-SHA512, which is not supported",
            "P-384",
        ),
        (
            root,
            fixture!("version-1"),
            "old version of X.509",
            "version 3",
        ),
        (
            fixture!("root-rsa-1024"),
            fixture!("under-root-rsa-1024"),
            "root certificate \"CN=test root-rsa-1024\" has a key that is too weak",
            "2048",
        ),
    ];
    for (root, leaf, what, remedy) in table {
        assert_says(&reason(root, Leaf::without_key(leaf).http1()), what, remedy);
    }
}

#[test]
fn k5_a_root_that_has_expired_vouches_for_nobody_and_its_successor_does() {
    let expired = Ca::flawed(Flaw::Expired);
    let leaf = expired.issue(&[HOST]);
    assert_says(
        &reason(&expired.pem(), leaf.http1()),
        "root certificate \"CN=appnet test root",
        "a new one",
    );
    let renewed = format!("{}{}", expired.pem(), expired.renewed().pem());
    assert!(accepted(&renewed, &leaf));
}

#[test]
fn k5_a_root_in_date_does_not_stand_in_for_an_expired_one_of_its_name() {
    let expired = Ca::flawed(Flaw::Expired);
    let both = format!("{}{}", expired.pem(), expired.namesake().pem());
    assert_says(
        &reason(&both, expired.issue(&[HOST]).http1()),
        "root certificate \"CN=appnet test root",
        "a new one",
    );
}

#[test]
fn k1_of_two_chains_the_one_that_is_good_counts() {
    let root = Ca::new();
    let good = root.intermediate();
    let also_expired = Ca::flawed(Flaw::Expired).cross_signs(&good);
    let leaf = good.issue(&[HOST]).with_ballast(&also_expired, 1);
    assert!(accepted(&root.pem(), &leaf));
}

#[test]
fn k1_a_certificate_that_is_itself_trusted_is_accepted_for_its_name_and_time() {
    let own = |names: &[&str], flaws: &[Flaw]| Leaf::flawed_self_signed(names, flaws);
    let good = [
        own(&[HOST], &[]),
        own(&[HOST], &[Flaw::NoUsage]),
        // what `openssl req -x509` makes
        own(&[HOST], &[Flaw::Authority, Flaw::NoUsage]),
        Ca::new().issue(&[HOST]),
    ];
    for leaf in &good {
        assert!(accepted(&leaf.pem(), leaf));
    }
    let bad = [
        (
            own(&["other.test"], &[Flaw::Authority]),
            "not valid for api.example.test",
        ),
        (
            own(&[HOST], &[Flaw::Authority, Flaw::Expired]),
            "certificate expired",
        ),
        (
            own(&[HOST], &[Flaw::Authority, Flaw::ForClients]),
            "not meant for servers",
        ),
    ];
    for (leaf, what) in &bad {
        assert_says(&reason(&leaf.pem(), leaf.http1()), what, "");
    }
    let weak = Leaf::without_key(fixture!("rsa-1024"));
    assert_says(&reason(&weak.pem(), weak.http1()), "too weak", "2048");
}

#[test]
fn k4_a_certificate_message_over_64_kb_is_named() {
    let ca = Ca::new();
    let leaf = ca.issue(&[HOST]).with_ballast(&Ca::new(), 300);
    for version in [&TLS12, &TLS13] {
        let config = leaf.server_config(&[b"http/1.1"], &[version]);
        assert_says(
            &reason(&ca.pem(), config),
            "certificate message is larger than 64 kB",
            "only its certificate",
        );
    }
}

#[test]
fn k4_a_server_without_the_key_of_its_certificate_is_named() {
    let ca = Ca::new();
    let leaf = Leaf::without_key(&ca.issue(&[HOST]).pem());
    assert_says(
        &reason(&ca.pem(), leaf.http1()),
        "does not hold the key of its certificate",
        "key",
    );
}

#[test]
fn k4_a_server_that_requires_a_client_certificate_is_named() {
    let ca = Ca::new();
    let leaf = ca.issue(&[HOST]);
    for version in [&TLS12, &TLS13] {
        let config = leaf.for_known_clients(&Ca::new(), &[version]);
        let reason = run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            tokio::task::spawn_local(refuse_and_linger(listener, config));
            refusal(&ca.pem(), port).await
        });
        assert_says(&reason, "requires a client certificate", "without one");
    }
}

/// Reads on after its alert: closing a connection with unread bytes resets it, and the alert could be lost.
async fn refuse_and_linger(listener: TcpListener, config: Arc<ServerConfig>) {
    let (tcp, _) = listener.accept().await.unwrap();
    let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), tcp)
        .await
        .unwrap();
    let refused = start.into_stream(config).into_fallible().await;
    let (_, mut tcp) = refused.map(drop).unwrap_err();
    tcp.shutdown().await.unwrap();
    let _ = tcp.read_to_end(&mut Vec::new()).await;
}

/// A fatal alert in a record of its own.
fn alert(number: u8) -> Script {
    Script::new()
        .read_bytes(5)
        .send(vec![21, 3, 3, 0, 2, 2, number])
}

#[test]
fn k4_what_a_server_says_instead_of_a_handshake_is_named() {
    let table = [
        (
            alert(40),
            "no cipher suite, curve or signature scheme in common",
            "CBC",
        ),
        (
            alert(71),
            "no cipher suite, curve or signature scheme in common",
            "ECDHE",
        ),
        (alert(70), "speaks neither TLS 1.2 nor TLS 1.3", "switch"),
        (alert(112), "does not know this host name", "configure"),
        (
            alert(80),
            "failed by itself",
            "no certificate for this name",
        ),
        (alert(49), "the server sent the alert: access denied", ""),
        (
            Script::new()
                .read_bytes(5)
                .send("HTTP/1.1 400 Bad Request\r\n\r\n"),
            "does not speak TLS",
            "plain HTTP",
        ),
        (
            Script::new().read_bytes(5).send("SSH-2.0-OpenSSH_9.9\r\n"),
            "does not speak TLS",
            "port",
        ),
        (
            Script::new().read_bytes(5).send(server_hello_of_tls_10()),
            "speaks neither TLS 1.2 nor TLS 1.3",
            "switch",
        ),
        (
            Script::new().read_bytes(5).close(),
            "closed the connection during the handshake",
            "port",
        ),
    ];
    for (script, what, remedy) in table {
        assert_says(&reason_of_plain(script), what, remedy);
    }
}

/// As of a server that knows nothing newer and does not refuse us for it.
fn server_hello_of_tls_10() -> Vec<u8> {
    let body = [&[3, 1][..], &[7; 32], &[0], &[0xC0, 0x13], &[0]].concat(); // version, random, no session, suite, no compression
    let length = u8::try_from(body.len()).unwrap();
    let message = [&[2, 0, 0, length][..], &body].concat();
    [&[22, 3, 1, 0, length + 4][..], &message].concat()
}

#[test]
fn u8_a_developers_session_hears_of_k5_too() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue_flawed(&[HOST], Flaw::NoUsage).http1())
            .script(Script::reply(OK))
            .start();
        let app = App::with(&ca, origin.port(), Policy::seed(), |config| {
            config.identity.env = appnet_policy::identity::Env::Devtools;
            config.url_check = false;
        });
        let app = app.with_options(&ca, ClientOptions::default());
        let exchanged = app.get(&format!("https://{HOST}/")).await;
        assert!(
            exchanged.would_refuse[0]
                .reason
                .contains("no extended key usage"),
            "{:?}",
            exchanged.would_refuse
        );
    });
}
