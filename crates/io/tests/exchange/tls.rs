//! Section 9: which servers are trusted, and what is said of those that are not.

use appnet_policy::failure::ServerFault;
use std::sync::Arc;

use appnet_io::{SystemRoots, TlsTrust, TrustError, roots_from_pem};
use appnet_policy::{Failure, Policy, identity::Env};
use appnet_testkit::{Ca, Flaw, Leaf, RawOrigin, Script};
use rustls::ServerConfig;

use crate::support::{App, HOST, answer, assert_fails, failure, run, text};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn origin(config: Arc<ServerConfig>) -> RawOrigin {
    RawOrigin::tls(config).script(Script::reply(OK)).start()
}

fn address() -> String {
    format!("https://{HOST}/")
}

/// Calls an origin with this certificate; the app trusts `ca`.
fn assert_refused(ca: &Ca, leaf: &Leaf, reason: &str) {
    run(async {
        let origin = origin(leaf.http1());
        let exchanged = App::new(ca, origin.port()).get(&address()).await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::TlsHandshake),
            reason,
        );
        origin.closed(0).await;
        assert!(origin.requests().is_empty());
    });
}

#[test]
fn k1_a_certificate_that_is_expired_is_refused() {
    let ca = Ca::new();
    assert_refused(
        &ca,
        &ca.issue_expired(&[HOST]),
        "certificate expired: it was valid until 20",
    );
}

#[test]
fn k1_a_certificate_that_is_not_valid_yet_is_refused() {
    let ca = Ca::new();
    assert_refused(
        &ca,
        &ca.issue_not_yet_valid(&[HOST]),
        "certificate not valid yet: it is valid from 20",
    );
}

#[test]
fn k1_a_certificate_for_another_name_is_refused() {
    let ca = Ca::new();
    let reason = "certificate not valid for api.example.test, only for";
    assert_refused(&ca, &ca.issue(&["other.example.test"]), reason);
    assert_refused(&ca, &ca.issue(&["example.test"]), reason);
    assert_refused(&ca, &ca.issue(&["127.0.0.1"]), reason);
}

#[test]
fn k1_a_certificate_of_an_unknown_issuer_is_refused() {
    assert_refused(&Ca::new(), &Ca::new().issue(&[HOST]), "unknown issuer");
}

#[test]
fn k1_a_self_signed_certificate_is_refused() {
    assert_refused(
        &Ca::new(),
        &Leaf::self_signed(&[HOST]),
        "no secure connection to api.example.test: ",
    );
}

#[test]
fn k1_a_chain_is_complete_as_the_server_sends_it() {
    let ca = Ca::new();
    let leaf = ca.intermediate().issue(&[HOST]);
    run(async {
        let origin = origin(leaf.http1());
        assert_eq!(
            text(App::new(&ca, origin.port()).get(&address()).await),
            "ok"
        );
    });
    assert_refused(&ca, &leaf.without_intermediates(), "unknown issuer");
}

#[test]
fn k5_a_certificate_that_is_not_for_servers_is_refused() {
    let ca = Ca::new();
    assert_refused(
        &ca,
        &ca.issue_flawed(&[HOST], Flaw::ForClients),
        "not meant for servers",
    );
}

#[test]
fn k1_tls_12_and_13_are_spoken_and_named() {
    run(async {
        let ca = Ca::new();
        for (version, name) in [
            (&rustls::version::TLS12, "TLSv1.2"),
            (&rustls::version::TLS13, "TLSv1.3"),
        ] {
            let origin = origin(ca.issue(&[HOST]).server_config(&[b"http/1.1"], &[version]));
            let exchanged = App::new(&ca, origin.port()).get(&address()).await;
            assert_eq!(exchanged.profile.tls_version, Some(name));
            assert_eq!(text(exchanged), "ok");
        }
    });
}

#[test]
fn a_server_that_speaks_no_tls_fails_the_handshake() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::new().read_bytes(5).send("HTTP/1.1 400 Bad\r\n\r\n"))
            .start();
        let exchanged = App::new(&Ca::new(), origin.port()).get(&address()).await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::TlsHandshake),
            "does not speak TLS",
        );
        let origin = RawOrigin::plain()
            .script(Script::new().read_bytes(5).close())
            .start();
        let exchanged = App::new(&Ca::new(), origin.port()).get(&address()).await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::TlsHandshake),
            "closed the connection during the handshake",
        );
    });
}

#[test]
fn r6_http2_is_offered_only_when_asked_for() {
    run(async {
        let ca = Ca::new();
        let origin = origin(ca.issue(&[HOST]).http1());
        let app = App::new(&ca, origin.port());
        answer(app.get(&address()).await);
        let mut call = crate::support::options(&address());
        call.enable_http2 = true;
        answer(app.call(call).await);
        let offered = |n| origin.connection(n).unwrap().tls.unwrap().alpn_offered;
        assert_eq!(
            (offered(0), offered(1)),
            (
                vec!["http/1.1".to_owned()],
                vec!["h2".to_owned(), "http/1.1".to_owned()]
            )
        );
        assert_eq!(
            origin.connection(0).unwrap().tls.unwrap().sni.as_deref(),
            Some(HOST)
        );
    });
}

#[test]
fn k3_sessions_are_resumed_by_the_app_that_made_them_and_by_no_other() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            ))
            .start();
        let (one, other) = (App::new(&ca, origin.port()), App::new(&ca, origin.port()));
        answer(one.get(&address()).await);
        answer(one.get(&address()).await);
        answer(other.get(&address()).await);
        let resumed: Vec<_> = (0..3)
            .map(|n| origin.connection(n).unwrap().tls.unwrap().resumed)
            .collect();
        assert_eq!(resumed, [false, true, false]);
    });
}

fn in_devtools(ca: &Ca, port: u16, url_check: bool) -> App {
    App::with(ca, port, Policy::seed(), |config| {
        config.identity.env = Env::Devtools;
        config.url_check = url_check;
    })
}

#[test]
fn u8_a_developers_session_lets_a_bad_certificate_pass_and_says_so_each_time() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue_expired(&["other.example.test"]).http1())
            .script(Script::reply(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            ))
            .start();
        let app = in_devtools(&ca, origin.port(), false);
        for _ in 0..2 {
            let exchanged = app.get(&address()).await;
            assert_eq!(exchanged.would_refuse.len(), 1);
            assert!(
                exchanged.would_refuse[0].reason.contains("certificate"),
                "{:?}",
                exchanged.would_refuse
            );
            assert_eq!(text(exchanged), "ok");
        }
    });
}

#[test]
fn u8_a_good_certificate_raises_no_word_and_the_checks_stay_where_they_are_not_skipped() {
    run(async {
        let ca = Ca::new();
        let good = origin(ca.issue(&[HOST]).http1());
        let exchanged = in_devtools(&ca, good.port(), false).get(&address()).await;
        assert_eq!(
            (exchanged.would_refuse.len(), text(exchanged).as_str()),
            (0, "ok")
        );
        let bad = origin(ca.issue_expired(&[HOST]).http1());
        let exchanged = in_devtools(&ca, bad.port(), true).get(&address()).await;
        assert_eq!(
            failure(exchanged).failure,
            Failure::Server(ServerFault::TlsHandshake)
        );
    });
}

#[test]
fn u8_a_connection_made_without_checks_serves_no_checked_call() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue_expired(&[HOST]).http1())
            .script(Script::reply(OK).repeat())
            .start();
        let mut app = in_devtools(&ca, origin.port(), false);
        answer(app.get(&address()).await);
        // The host switches the checks on again, for the same app and its connections.
        app.rules = in_devtools(&ca, origin.port(), true).rules;
        assert_eq!(
            failure(app.get(&address()).await).failure,
            Failure::Server(ServerFault::TlsHandshake)
        );
    });
}

#[test]
fn extra_roots_are_checked_and_no_roots_at_all_are_an_error_that_names_the_remedy() {
    let error = TlsTrust::new(Vec::new(), SystemRoots::Ignore).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("ca-certificates") && text.contains("--ca"),
        "{text}"
    );
    let error = TlsTrust::new(vec![vec![1, 2, 3].into()], SystemRoots::Ignore).unwrap_err();
    assert!(
        matches!(error, TrustError::BadRoot { index: 0, .. }),
        "{error}"
    );
}

#[test]
fn roots_are_read_from_pem_or_refused() {
    let ca = Ca::new();
    let two = format!("{}\n# a comment\n{}", ca.pem(), Ca::new().pem());
    assert_eq!(roots_from_pem(two.as_bytes()).unwrap().len(), 2);
    assert_eq!(
        roots_from_pem(b"nothing").unwrap_err().to_string(),
        "no CERTIFICATE section in the PEM text"
    );
    let damaged = ca.pem().replace("MII", "%%%");
    assert!(
        roots_from_pem(damaged.as_bytes())
            .unwrap_err()
            .to_string()
            .starts_with("not valid PEM")
    );
}

/// Run by the next test in a process whose system has no roots.
#[test]
#[ignore = "needs the environment that the next test makes"]
fn in_a_system_without_roots() {
    let error = TlsTrust::new(Vec::new(), SystemRoots::Use).unwrap_err();
    let text = error.to_string();
    let found = ["the system has none", "the system's cannot be read"];
    assert!(
        text.contains("ca-certificates") && found.iter().any(|it| text.contains(it)),
        "{text}"
    );
    let extra = roots_from_pem(Ca::new().pem().as_bytes()).unwrap();
    TlsTrust::new(extra, SystemRoots::Use).unwrap();
}

#[test]
fn a_system_without_roots_is_told_so_unless_the_host_gives_some() {
    run_where_roots_are("tls::in_a_system_without_roots", "/dev/null");
}

/// Run by the next test in a process whose system has one root.
#[test]
#[ignore = "needs the environment that the next test makes"]
fn in_a_system_with_a_root() {
    TlsTrust::new(Vec::new(), SystemRoots::Use).unwrap();
    let error = TlsTrust::new(Vec::new(), SystemRoots::Ignore).unwrap_err();
    assert!(error.to_string().contains("ignored"), "{error}");
}

#[test]
fn k1_the_systems_roots_count() {
    let root = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(root.path(), Ca::new().pem()).unwrap();
    run_where_roots_are(
        "tls::in_a_system_with_a_root",
        root.path().to_str().unwrap(),
    );
}

/// Run by the next test in a process one of whose system's two roots is no certificate.
#[test]
#[ignore = "needs the environment that the next test makes"]
fn in_a_system_with_a_damaged_root() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .init();
    TlsTrust::new(Vec::new(), SystemRoots::Use).unwrap();
}

#[test]
fn k1_a_damaged_root_of_the_system_harms_no_other_and_the_log_counts_it() {
    let roots = tempfile::NamedTempFile::new().unwrap();
    let damaged = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
    std::fs::write(roots.path(), format!("{damaged}{}", Ca::new().pem())).unwrap();
    let said = run_where_roots_are(
        "tls::in_a_system_with_a_damaged_root",
        roots.path().to_str().unwrap(),
    );
    assert!(said.contains("added=1 skipped=1"), "{said}");
}

/// Runs an ignored test in a process whose system has its roots there; what that said.
fn run_where_roots_are(test: &str, file: &str) -> String {
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored"])
        .env("SSL_CERT_FILE", file)
        .env("SSL_CERT_DIR", "/nonexistent")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
    said.into_owned()
}
