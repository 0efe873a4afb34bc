//! Sections 2 and 9 for sockets: the same checks as for requests, on the way to the same open socket.

use appnet_policy::failure::{AppFault, ServerFault};
use appnet_policy::rules::Rule;
use std::{net::IpAddr, rc::Rc, time::Duration};

use appnet_io::{ClientOptions, HttpClient, Lookup, Resolved, Resolver, SocketEvent};
use appnet_policy::{Failure, Policy, identity::Env};
use appnet_policy::{proxy::Proxy, socket::SocketMessage};
use appnet_testkit::{Ca, Leaf, RawOrigin, Script, Speaks, TestProxy};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_async;

use crate::support::{App, HOST, Server, assert_failure, limits, run, trust};

fn url() -> String {
    format!("wss://{HOST}/")
}

/// Serves one socket over TLS: echoes until it is closed.
async fn echo(server: &Server, leaf: &Leaf) -> Option<Vec<u8>> {
    let acceptor = TlsAcceptor::from(leaf.http2());
    let tls = acceptor.accept(server.accept().await).await.unwrap();
    let alpn = tls.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    let mut peer = accept_async(tls).await.unwrap();
    while let Some(Ok(message)) = peer.next().await {
        if message.is_text() {
            peer.send(message).await.unwrap();
        }
    }
    alpn
}

#[test]
fn k1_a_socket_over_tls_speaks_http_1_1_and_echoes() {
    run(async {
        let ca = Ca::new();
        let (leaf, server) = (ca.issue(&[HOST]), Server::start().await);
        let app = App::released(&ca, server.port());
        let client = async {
            let (mut socket, opened) = app.open(&url()).await.unwrap();
            assert_eq!(opened.profile.tls_version, Some("TLSv1.3"));
            assert!(opened.profile.ssl.is_some());
            let message = SocketMessage::Text("x".repeat(100_000).into());
            assert_eq!(socket.sender().send(message.clone()).await, Ok(()));
            assert_eq!(socket.next().await, Some(SocketEvent::Message(message)));
            socket.sender().close(Some(1000), "").unwrap();
            assert!(
                matches!(socket.next().await, Some(SocketEvent::Closed(closed)) if closed.clean)
            );
        };
        let ((), alpn) = tokio::join!(client, echo(&server, &leaf));
        // The server would have preferred HTTP/2.
        assert_eq!(alpn.as_deref(), Some(&b"http/1.1"[..]));
    });
}

#[test]
fn k4_a_certificate_that_is_not_trusted_opens_no_socket() {
    run(async {
        let ca = Ca::new();
        for (leaf, reason) in [
            (Ca::new().issue(&[HOST]), "unknown issuer"),
            (
                ca.issue(&["other.example.test"]),
                "not valid for api.example.test",
            ),
            (ca.issue_expired(&[HOST]), "certificate expired"),
        ] {
            let origin = RawOrigin::tls(leaf.http1())
                .script(Script::new().read_head())
                .start();
            let failure = App::released(&ca, origin.port())
                .open(&url())
                .await
                .unwrap_err();
            assert_failure(
                &failure,
                &Failure::Server(ServerFault::TlsHandshake),
                reason,
            );
            assert!(origin.requests().is_empty());
        }
    });
}

#[test]
fn u8_a_developers_session_is_told_what_a_release_would_refuse() {
    run(async {
        let leaf = Leaf::self_signed(&[HOST]);
        let server = Server::start().await;
        let app = App::with(&Ca::new(), Policy::seed(), |config| {
            config.identity.env = Env::Devtools;
            config.url_check = false;
            config.connect_to = vec![
                format!("{HOST}::127.0.0.1:{}", server.port())
                    .parse()
                    .unwrap(),
            ];
        });
        let client = async { app.open(&url()).await.unwrap().1 };
        let (opened, _) = tokio::join!(client, echo(&server, &leaf));
        let rules: Vec<_> = opened
            .would_refuse
            .iter()
            .map(|refusal| refusal.rule)
            .collect();
        assert_eq!(rules, [Rule::K1]);
    });
}

#[test]
fn k3_sockets_of_an_app_share_its_tls_sessions() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            ))
            .start();
        let app = App::released(&ca, origin.port());
        for _ in 0..2 {
            app.open(&url()).await.unwrap_err();
        }
        let resumed = |n| origin.connection(n).unwrap().tls.unwrap().resumed;
        assert_eq!((resumed(0), resumed(1)), (false, true));
    });
}

/// Every name is at this address.
struct Everywhere(IpAddr);

impl Resolver for Everywhere {
    fn resolve<'a>(&'a self, _: &'a str) -> Lookup<'a> {
        let (addresses, ttl) = (vec![self.0], Duration::ZERO);
        Box::pin(async move { Ok(Resolved { addresses, ttl }) })
    }
}

#[test]
fn u7_a_name_with_private_addresses_only_opens_no_socket() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::new())
            .start();
        let mut app = App::with(&ca, Policy::seed(), |_| {});
        let options = ClientOptions {
            resolver: Rc::new(Everywhere(origin.address().ip())),
            ..ClientOptions::default()
        };
        app.client = HttpClient::with_options(&trust(&ca), options);
        let request = app.request(&url());
        let failure = app
            .client
            .connect_socket(request, limits())
            .await
            .unwrap_err();
        assert_failure(
            &failure,
            &Failure::App(AppFault::NotInDomainList),
            "may not reach",
        );
        assert_eq!(failure.refusal.unwrap().rule, Rule::U7);
        assert_eq!(origin.connections(), 0);
    });
}

#[test]
fn a_socket_goes_through_the_proxy_and_its_tls_inside() {
    run(async {
        let ca = Ca::new();
        let (leaf, server) = (ca.issue(&[HOST]), Server::start().await);
        let proxy = TestProxy::speaking(Speaks::Socks5).start().unwrap();
        let mut app = App::released(&ca, server.port());
        let options = ClientOptions {
            proxy: Some(Proxy::socks5("127.0.0.1", proxy.port())),
            ..ClientOptions::default()
        };
        app.client = HttpClient::with_options(&trust(&ca), options);
        let client = async {
            let (mut socket, _) = app.open(&url()).await.unwrap();
            let message = SocketMessage::Text("hello".into());
            assert_eq!(socket.sender().send(message.clone()).await, Ok(()));
            assert_eq!(socket.next().await, Some(SocketEvent::Message(message)));
            socket.sender().close(Some(1000), "").unwrap();
            let closed = socket.next().await;
            assert!(matches!(closed, Some(SocketEvent::Closed(closed)) if closed.clean));
        };
        tokio::join!(client, echo(&server, &leaf));
        assert_eq!(proxy.asked(), [format!("127.0.0.1:{}", server.port())]);
    });
}
