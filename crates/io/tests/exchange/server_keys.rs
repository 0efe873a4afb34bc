//! What a host agrees with single servers: client certificates (nobody else sees them) and pinned keys (beside every other check).

use std::sync::Arc;

use appnet_io::{ClientOptions, IoFailure, ServerKeys};
use appnet_policy::{Failure, Policy, failure::ServerFault, identity::Env};
use appnet_testkit::{Ca, Flaw, Leaf, RawOrigin, Script};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, pem::PemObject as _},
    version::{TLS12, TLS13},
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::support::{App, HOST, answer, assert_fails, failure, http2, options, run, text};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const OK_AND_CLOSE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
const OTHER: &str = "other.example.test";

fn url() -> String {
    format!("https://{HOST}/")
}

/// An app that may call both names, at any port; all lead to this one.
fn app(ca: &Ca, port: u16, keys: ServerKeys) -> App {
    let app = App::with(ca, port, Policy::seed(), |config| {
        config.domains.request = [HOST, OTHER, "api.example.test:8443"]
            .map(|host| format!("https://{host}"))
            .into();
        config.connect_to = vec![format!("::127.0.0.1:{port}").parse().unwrap()];
    });
    app.with_options(ca, with(keys))
}

fn with(server_keys: ServerKeys) -> ClientOptions {
    ClientOptions {
        server_keys,
        ..ClientOptions::default()
    }
}

/// The host's certificate for this server, which is of this authority.
fn known_to(clients: &Ca, server: &str) -> ServerKeys {
    let client = clients.issue_flawed(&["client.test"], Flaw::ForClients);
    let mut keys = ServerKeys::default();
    let (chain, key) = (client.chain_pem(), client.key_pem());
    keys.client_certificate(server, chain.as_bytes(), key.as_bytes())
        .unwrap();
    keys
}

fn pinned(server: &str, pins: &[String]) -> ServerKeys {
    let mut keys = ServerKeys::default();
    keys.pin_keys(server, pins.iter().map(String::as_str))
        .unwrap();
    keys
}

/// `sha256/…` of a certificate's key.
fn pin(pem: &str) -> String {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    let hash = ring::digest::digest(&ring::digest::SHA256, certificate.public_key().raw);
    format!("sha256/{}", BASE64_STANDARD.encode(hash))
}

fn origin(config: Arc<ServerConfig>, reply: &str) -> RawOrigin {
    RawOrigin::tls(config)
        .script(Script::reply(reply.to_owned()))
        .start()
}

/// How many certificates the client showed on each connection.
fn shown(origin: &RawOrigin) -> Vec<usize> {
    (0..origin.connections())
        .map(|n| {
            origin
                .connection(n)
                .unwrap()
                .tls
                .unwrap()
                .client_certificates
        })
        .collect()
}

#[test]
fn a_server_that_demands_a_client_certificate_gets_the_host_s() {
    for version in [&TLS12, &TLS13] {
        run(async {
            let (ca, clients) = (Ca::new(), Ca::new());
            let config = ca.issue(&[HOST]).for_known_clients(&clients, &[version]);
            let origin = origin(config, OK);
            let app = app(&ca, origin.port(), known_to(&clients, HOST));
            assert_eq!(text(app.get(&url()).await), "ok");
            assert_eq!(shown(&origin), [1]);
        });
    }
}

#[test]
fn a_client_certificate_goes_over_http2_and_http3_too() {
    run(async {
        let (ca, clients) = (Ca::new(), Ca::new());
        let leaf = ca.issue(&[HOST]);
        let demanding = leaf.for_known_clients(&clients, &[&TLS13]);
        let speaking = |alpn: &[u8]| {
            let mut config = ServerConfig::clone(&demanding);
            config.alpn_protocols = vec![alpn.to_vec()];
            Arc::new(config)
        };
        let builder = appnet_testkit::HttpOrigin::tls(speaking(b"h2"));
        #[cfg(feature = "http3")]
        let builder = builder.http3(speaking(b"h3"));
        let origin = builder
            .start(|_| appnet_testkit::Reply::text("ok".to_owned()))
            .unwrap();
        let keys = known_to(&clients, HOST);
        let exchanged = app(&ca, origin.port(), keys.clone())
            .call(http2(options(&url())))
            .await;
        assert_eq!(exchanged.profile.protocol, Some("h2"));
        assert_eq!(text(exchanged), "ok");
        #[cfg(feature = "http3")]
        {
            let options_ = ClientOptions {
                http3_servers: vec![(HOST.to_owned(), 443)],
                ..with(keys)
            };
            let app = App::new(&ca, origin.port()).with_options(&ca, options_);
            let mut call = options(&url());
            call.enable_quic = true;
            let exchanged = app.call(call).await;
            assert_eq!(exchanged.profile.protocol, Some("h3"));
            assert_eq!(text(exchanged), "ok");
        }
    });
}

/// K3: neither by another name, nor by another port, nor by a session that was resumed.
#[test]
fn k3_no_other_server_sees_a_client_certificate() {
    run(async {
        let (ca, clients) = (Ca::new(), Ca::new());
        let config = ca.issue(&[HOST, OTHER]).asking_clients(&clients);
        let origin = origin(config, OK_AND_CLOSE);
        let app = app(
            &ca,
            origin.port(),
            known_to(&clients, "api.example.test:443"),
        );
        for called in [HOST, HOST, OTHER, "api.example.test:8443", HOST] {
            answer(app.get(&format!("https://{called}/")).await);
        }
        assert_eq!(shown(&origin), [1, 1, 0, 0, 1]);
        let resumed = (0..5).map(|n| origin.connection(n).unwrap().tls.unwrap().resumed);
        assert_eq!(
            resumed.collect::<Vec<_>>(),
            [false, true, false, false, true]
        );
    });
}

#[test]
fn a_redirect_to_another_server_takes_no_client_certificate_there() {
    run(async {
        let (ca, clients) = (Ca::new(), Ca::new());
        let config = ca.issue(&[HOST, OTHER]).asking_clients(&clients);
        let away = format!(
            "HTTP/1.1 302 Found\r\nLocation: https://{OTHER}/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
        let origin = RawOrigin::tls(config)
            .script(Script::reply(away))
            .script(Script::reply(OK))
            .start();
        let app = app(&ca, origin.port(), known_to(&clients, HOST));
        assert_eq!(text(app.get(&url()).await), "ok");
        assert_eq!(shown(&origin), [1, 0]);
    });
}

#[test]
fn k4_a_client_certificate_that_the_server_does_not_accept_is_named() {
    run(async {
        let (ca, clients) = (Ca::new(), Ca::new());
        let config = ca.issue(&[HOST]).for_known_clients(&clients, &[&TLS12]);
        let origin = origin(config, OK);
        let app = app(&ca, origin.port(), known_to(&Ca::new(), HOST));
        let expected = Failure::Server(ServerFault::TlsHandshake);
        let said = "the server wants another client certificate than it was shown, if it was shown one (alert: unknown ca)";
        assert_fails(app.get(&url()).await, expected, said);
    });
}

async fn called(ca: &Ca, leaf: &Leaf, keys: ServerKeys) -> Result<String, IoFailure> {
    let origin = origin(leaf.http1(), OK);
    let exchanged = app(ca, origin.port(), keys).get(&url()).await;
    match exchanged.outcome {
        Ok(_) => Ok(text(exchanged)),
        Err(_) => Err(failure(exchanged)),
    }
}

fn reason(called: Result<String, IoFailure>) -> String {
    let failure = called.unwrap_err();
    assert_eq!(failure.failure, Failure::Server(ServerFault::TlsHandshake));
    failure.reason
}

#[test]
fn a_pinned_key_may_be_the_server_s_or_that_of_an_authority_above_it() {
    run(async {
        let root = Ca::new();
        let intermediate = root.intermediate();
        let leaf = intermediate.issue(&[HOST]);
        let stranger = pin(&Ca::new().pem());
        for pem in [leaf.pem(), intermediate.pem(), root.pem()] {
            let keys = pinned(HOST, &[stranger.clone(), pin(&pem)]);
            assert_eq!(called(&root, &leaf, keys).await, Ok("ok".to_owned()));
        }
        let keys = pinned(OTHER, std::slice::from_ref(&stranger));
        assert_eq!(called(&root, &leaf, keys).await, Ok("ok".to_owned()));
    });
}

#[test]
fn k4_a_key_that_is_not_pinned_is_named_with_how_many_are() {
    run(async {
        let root = Ca::new();
        let leaf = root.issue(&[HOST]);
        let strangers = [Ca::new(), Ca::new()].map(|ca| pin(&ca.pem()));
        let said = format!(
            "no secure connection to {HOST}: its public key is not one of the 2 that the host pinned for this server, and neither is an authority's above it; its own is {}; to mend it: ",
            pin(&leaf.pem())
        );
        let reason = reason(called(&root, &leaf, pinned(HOST, &strangers)).await);
        assert!(reason.starts_with(&said), "{reason}");
    });
}

/// The key of a certificate that is only sent along counts for nothing.
#[test]
fn k1_a_pinned_key_beside_the_chain_does_not_count() {
    run(async {
        let (root, stranger) = (Ca::new(), Ca::new());
        let leaf = root.issue(&[HOST]).with_ballast(&stranger, 1);
        let keys = pinned(HOST, &[pin(&stranger.pem())]);
        let reason = reason(called(&root, &leaf, keys).await);
        assert!(reason.contains("that the host pinned"), "{reason}");
    });
}

#[test]
fn k1_a_pinned_key_makes_no_certificate_good() {
    run(async {
        let (root, stranger) = (Ca::new(), Ca::new());
        let table = [
            (stranger.issue(&[HOST]), "unknown issuer"),
            (root.issue_expired(&[HOST]), "certificate expired"),
            (root.issue(&[OTHER]), "certificate not valid for"),
        ];
        for (leaf, said) in table {
            for key in [pin(&leaf.pem()), pin(&Ca::new().pem())] {
                let reason = reason(called(&root, &leaf, pinned(HOST, &[key])).await);
                assert!(reason.contains(said), "{reason}");
            }
        }
    });
}

#[test]
fn u8_a_session_without_checks_says_that_a_release_would_miss_the_pinned_key() {
    run(async {
        let ca = Ca::new();
        let origin = origin(ca.issue(&[HOST]).http1(), OK);
        let app = App::with(&ca, origin.port(), Policy::seed(), |config| {
            config.identity.env = Env::Devtools;
            config.url_check = false;
        });
        let keys = pinned(HOST, &[pin(&Ca::new().pem())]);
        let exchanged = app.with_options(&ca, with(keys)).get(&url()).await;
        let [refusal] = &exchanged.would_refuse[..] else {
            panic!("one: {:?}", exchanged.would_refuse)
        };
        assert!(refusal.reason.contains("that the host pinned"), "{refusal}");
        assert_eq!(text(exchanged), "ok");
    });
}
