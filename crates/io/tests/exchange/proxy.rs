//! Calls through a proxy of the host: what is checked before it hears of them, what goes inside its tunnel, and what it does wrong.

use std::{net::SocketAddr, rc::Rc, time::Duration};

use appnet_io::{ClientOptions, Exchanged};
use appnet_policy::{
    Failure, Policy,
    addresses::AddressRule,
    failure::{AppFault, HostFault, NetworkFault, ServerFault},
    prepare::RequestOptions,
    proxy::Proxy,
};
use appnet_testkit::{Ca, Conduct, HttpOrigin, RawOrigin, Reply, Script, Speaks, TestProxy};

use crate::{
    scripted::{Scripted, forever},
    support::{App, HOST, answer, assert_fails, http2, options, post, run, text, url as plain_url},
};

/// An address of documentation, which counts as public nowhere; this one is of a public block that nobody here reaches.
const PUBLIC: &str = "93.184.215.14";

fn url() -> String {
    format!("https://{HOST}/")
}

fn origin(ca: &Ca) -> HttpOrigin {
    HttpOrigin::tls(ca.issue(&[HOST]).http2())
        .start(|request| Reply::text(request.path().to_owned()))
        .unwrap()
}

fn settings(proxy: &TestProxy, speaks: Speaks) -> Proxy {
    match speaks {
        Speaks::Http => Proxy::http_connect("127.0.0.1", proxy.port()),
        Speaks::Socks5 => Proxy::socks5("127.0.0.1", proxy.port()),
    }
}

/// A released app that may reach public addresses only, whose names are looked up there.
fn app(ca: &Ca, resolver: &Scripted, proxy: Proxy) -> App {
    app_with(ca, resolver, proxy, AddressRule::PublicOnly)
}

fn app_with(ca: &Ca, resolver: &Scripted, proxy: Proxy, rule: AddressRule) -> App {
    let app = App::with(ca, 1, Policy::seed(), |config| {
        config.connect_to.clear();
        config.addresses = rule;
    });
    let options = ClientOptions {
        resolver: Rc::new(resolver.clone()),
        proxy: Some(proxy),
        ..ClientOptions::default()
    };
    app.with_options(ca, options)
}

fn resolver(addresses: &[&str]) -> Scripted {
    Scripted::answering(forever(addresses))
}

/// What comes of one call through a proxy that leads here.
async fn through(
    speaks: Speaks,
    conduct: Conduct,
    change: impl FnOnce(Proxy) -> Proxy,
) -> Exchanged {
    let ca = Ca::new();
    let origin = origin(&ca);
    let proxy = TestProxy::speaking(speaks)
        .conduct(conduct)
        .knowing("user", "pass")
        .leading_to(origin.address())
        .start()
        .unwrap();
    let settings = change(settings(&proxy, speaks));
    app(&ca, &resolver(&[PUBLIC]), settings).get(&url()).await
}

const BOTH: [Speaks; 2] = [Speaks::Http, Speaks::Socks5];

#[test]
fn u7_k1_a_local_proxy_leads_to_the_public_address_that_was_checked_and_tls_goes_inside() {
    for speaks in BOTH {
        run(async {
            let ca = Ca::new();
            let origin = origin(&ca);
            let proxy = TestProxy::speaking(speaks)
                .knowing("user", "pass")
                .leading_to(origin.address())
                .start()
                .unwrap();
            let settings = settings(&proxy, speaks)
                .credentials("user", "pass")
                .unwrap();
            let resolver = resolver(&[PUBLIC]);
            let app = app(&ca, &resolver, settings);
            let exchanged = app.call(post(&url(), "12345")).await;
            let profile = &exchanged.profile;
            // The app is told of the server, and not of the proxy.
            let peer: SocketAddr = format!("{PUBLIC}:443").parse().unwrap();
            assert_eq!(profile.peer, Some(peer));
            assert!(profile.ssl.is_some() && profile.connect.is_some());
            assert_eq!(text(exchanged), "/");
            let again = app.get(&url()).await;
            assert!(again.profile.socket_reused);
            assert_eq!(text(again), "/");
            let over_http2 = app.call(http2(options(&url()))).await;
            assert_eq!(over_http2.profile.protocol, Some("h2"));
            assert_eq!(
                proxy.asked(),
                [format!("{PUBLIC}:443"), format!("{PUBLIC}:443")]
            );
            assert_eq!(resolver.asked(), [HOST]);
        });
    }
}

#[test]
fn u7_a_proxy_never_hears_of_a_name_whose_addresses_are_refused() {
    for speaks in BOTH {
        run(async {
            let ca = Ca::new();
            let proxy = TestProxy::speaking(speaks).start().unwrap();
            let app = app(&ca, &resolver(&["10.0.0.1"]), settings(&proxy, speaks));
            let exchanged = app.get(&url()).await;
            let refused = Failure::App(AppFault::NotInDomainList);
            assert_fails(exchanged, refused, "10.0.0.1");
            assert!(proxy.asked().is_empty());
        });
    }
}

#[test]
fn u7_names_are_left_to_the_proxy_when_the_host_says_so() {
    for speaks in BOTH {
        run(async {
            let ca = Ca::new();
            let origin = origin(&ca);
            let proxy = TestProxy::speaking(speaks)
                .leading_to(origin.address())
                .start()
                .unwrap();
            let settings = settings(&proxy, speaks).dangerously_leave_names_to_it();
            let resolver = resolver(&["10.0.0.1"]);
            let exchanged = app(&ca, &resolver, settings).get(&url()).await;
            assert_eq!(exchanged.profile.peer, None);
            assert_eq!(text(exchanged), "/");
            assert_eq!(proxy.asked(), [format!("{HOST}:443")]);
            assert!(resolver.asked().is_empty());
        });
    }
}

#[test]
fn k4_a_proxy_that_speaks_tls_itself_is_no_server() {
    for speaks in BOTH {
        run(async {
            let ca = Ca::new();
            let stranger = origin(&Ca::new());
            let proxy = TestProxy::speaking(speaks)
                .leading_to(stranger.address())
                .start()
                .unwrap();
            let app = app(&ca, &resolver(&[PUBLIC]), settings(&proxy, speaks));
            let exchanged = app.get(&url()).await;
            let expected = Failure::Server(ServerFault::TlsHandshake);
            assert_fails(exchanged, expected, "unknown issuer");
        });
    }
}

#[test]
fn a_host_that_goes_directly_does_not_meet_the_proxy_and_its_own_plain_calls_do() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca);
        let direct = TestProxy::speaking(Speaks::Http).start().unwrap();
        let settings = Proxy::http_connect("127.0.0.1", direct.port());
        let mapped = |proxy| {
            App::new(&ca, origin.port()).with_options(
                &ca,
                ClientOptions {
                    proxy: Some(proxy),
                    ..ClientOptions::default()
                },
            )
        };
        let app = mapped(settings.clone().direct_for([HOST]));
        assert_eq!(text(app.get(&url()).await), "/");
        assert!(direct.asked().is_empty());
        // A name that the host maps is trusted, and the proxy is asked for what it is mapped to.
        assert_eq!(text(mapped(settings).get(&url()).await), "/");
        assert_eq!(direct.asked(), [origin.address().to_string()]);
    });
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            ))
            .start();
        let proxy = TestProxy::speaking(Speaks::Http).start().unwrap();
        let options = ClientOptions {
            proxy: Some(Proxy::http_connect("127.0.0.1", proxy.port())),
            ..ClientOptions::default()
        };
        let app = App::plain().with_options(&Ca::new(), options);
        assert_eq!(text(app.get(&plain_url(&origin, "/")).await), "ok");
        assert_eq!(proxy.asked(), [origin.address().to_string()]);
    });
}

#[test]
fn an_address_that_the_proxy_cannot_reach_makes_way_for_the_next() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca);
        let proxy = TestProxy::speaking(Speaks::Socks5).start().unwrap();
        let resolver = resolver(&["127.0.0.2", "127.0.0.1"]); // the origin listens on the second only
        let settings = settings(&proxy, Speaks::Socks5);
        let app = app_with(&ca, &resolver, settings, AddressRule::Any);
        let mut rules = crate::support::rules(1, Policy::seed(), |config| {
            config.addresses = AddressRule::Any;
            config.connect_to = vec![format!(":::{}", origin.port()).parse().unwrap()];
        });
        let mut app = app;
        std::mem::swap(&mut app.rules, &mut rules);
        let exchanged = app.get(&url()).await;
        assert_eq!(exchanged.profile.peer, Some(origin.address()));
        assert_eq!(text(exchanged), "/");
        let first = format!("127.0.0.2:{}", origin.port());
        assert_eq!(proxy.asked(), [first, origin.address().to_string()]);
    });
}

#[test]
fn a_server_that_the_proxy_cannot_reach_is_not_the_proxy_s_fault() {
    run(async {
        let ca = Ca::new();
        let proxy = TestProxy::speaking(Speaks::Socks5)
            .leading_to("127.0.0.1:1".parse().unwrap())
            .start()
            .unwrap();
        let app = app(&ca, &resolver(&[PUBLIC]), settings(&proxy, Speaks::Socks5));
        let expected = Failure::Network(NetworkFault::ConnectionRefused);
        let said = format!(
            "the proxy socks5://{} says that {PUBLIC}:443 cannot be reached: connection refused (5)",
            proxy.address()
        );
        assert_fails(app.get(&url()).await, expected, &said);
    });
}

#[test]
fn what_a_proxy_does_wrong_is_said_exactly_and_is_the_host_s_to_mend() {
    let forbidden = b"HTTP/1.1 403 Forbidden\r\n\r\n".to_vec();
    let http: [(Conduct, &str); 6] = [
        (
            Conduct::Serves,
            "wants to know who asks (status 407, by Basic)",
        ),
        (
            Conduct::Answers(vec![forbidden]),
            "refused the way to 93.184.215.14:443 with the status 403; to mend it: see the log and the rules of the proxy",
        ),
        (Conduct::Closes, "the connection before it had answered"),
        (
            Conduct::Floods(b"x".repeat(1000)),
            "answered with what is not HTTP",
        ),
        (
            Conduct::Floods(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
            "answered with a head of more than 16384 bytes",
        ),
        (
            Conduct::Answers(vec![
                b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".to_vec(),
            ]),
            "sent bytes behind its answer",
        ),
    ];
    let socks: [(Conduct, &str); 4] = [
        (Conduct::Serves, "wants to know who asks"),
        (
            Conduct::Answers(vec![vec![5, 0], vec![5, 2, 0, 1, 0, 0, 0, 0, 0, 0]]),
            "refused the way to 93.184.215.14:443: not allowed by its rules (2)",
        ),
        (
            Conduct::Floods(b"x".repeat(1000)),
            "answered with what is not SOCKS 5",
        ),
        (Conduct::Closes, "the connection before it had answered"),
    ];
    let http = http
        .into_iter()
        .map(|(conduct, said)| (Speaks::Http, conduct, said));
    let socks = socks
        .into_iter()
        .map(|(conduct, said)| (Speaks::Socks5, conduct, said));
    for (speaks, conduct, said) in http.chain(socks) {
        run(async {
            let exchanged = through(speaks, conduct, |proxy| proxy).await;
            let failure = exchanged.outcome.unwrap_err();
            assert_eq!(failure.failure, Failure::Host(HostFault::Proxy));
            assert!(
                failure.reason.starts_with("the proxy "),
                "{}",
                failure.reason
            );
            assert!(
                failure.reason.contains(said),
                "{} should say {said}",
                failure.reason
            );
        });
    }
}

/// A second address of the server would only make the proxy say it again.
#[test]
fn what_a_proxy_says_of_its_client_is_asked_once_whatever_addresses_the_server_has() {
    for (reply, asked) in [
        ("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", 1),
        ("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", 2), // this may be the address's fault
    ] {
        run(async {
            let ca = Ca::new();
            let proxy = RawOrigin::plain()
                .script(Script::new().read_head().send(reply))
                .start();
            let settings = Proxy::http_connect("127.0.0.1", proxy.address().port());
            let app = app(&ca, &resolver(&[PUBLIC, "93.184.215.15"]), settings);
            app.get(&url()).await.outcome.unwrap_err();
            assert_eq!(proxy.connections(), asked, "{reply}");
        });
    }
}

#[test]
fn a_proxy_that_is_not_there_or_has_no_address_is_named_without_its_password() {
    run(async {
        let ca = Ca::new();
        let nobody = "http://user:geheim@127.0.0.1:1".parse().unwrap();
        let exchanged = app(&ca, &resolver(&[PUBLIC]), nobody).get(&url()).await;
        let said = "the proxy http://127.0.0.1:1 cannot be connected to: connection refused; to mend it: start the proxy";
        assert_fails(exchanged, Failure::Host(HostFault::Proxy), said);
        let nameless = Proxy::socks5("proxy.example.test", 1080);
        let app = App::new(&ca, 1).with_options(
            &ca,
            ClientOptions {
                resolver: Rc::new(resolver(&[])),
                proxy: Some(nameless),
                ..ClientOptions::default()
            },
        );
        let said = "the proxy socks5://proxy.example.test:1080 has a name without an address";
        let exchanged = app.get(&url()).await;
        assert_fails(exchanged, Failure::Host(HostFault::Proxy), said);
    });
}

/// C4: whoever gives a call up leaves nothing at the proxy.
#[test]
fn c4_a_call_that_is_given_up_closes_its_connection_to_the_proxy() {
    run(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::http_connect("127.0.0.1", listener.local_addr().unwrap().port());
        let app = app(&Ca::new(), &resolver(&[PUBLIC]), proxy);
        let url = url();
        let call = app.get(&url);
        let accepted = async {
            let (mut peer, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") {
                tokio::io::AsyncReadExt::read_buf(&mut peer, &mut heard)
                    .await
                    .unwrap();
            }
            peer
        };
        let mut peer = tokio::select! {
            peer = accepted => peer,
            _ = call => panic!("the proxy has not answered"),
        };
        let mut rest = Vec::new();
        let ended = tokio::io::AsyncReadExt::read_to_end(&mut peer, &mut rest);
        assert_eq!(
            tokio::time::timeout(Duration::from_secs(20), ended)
                .await
                .unwrap()
                .unwrap(),
            0
        );
    });
}

#[cfg(feature = "http3")]
#[test]
fn a_call_that_may_go_over_quic_goes_through_the_proxy_over_tcp() {
    run(async {
        let ca = Ca::new();
        let leaf = ca.issue(&[HOST]);
        let origin = HttpOrigin::tls(leaf.http2())
            .http3(leaf.http3())
            .start(|_| Reply::text("ok".to_owned()))
            .unwrap();
        let proxy = TestProxy::speaking(Speaks::Socks5).start().unwrap();
        let options_ = |proxy| ClientOptions {
            http3_servers: vec![(HOST.to_owned(), 443)],
            proxy,
            ..ClientOptions::default()
        };
        let call = || RequestOptions {
            enable_quic: true,
            ..options(&url())
        };
        let direct = App::new(&ca, origin.port()).with_options(&ca, options_(None));
        assert_eq!(direct.call(call()).await.profile.protocol, Some("h3"));
        let settings = Proxy::socks5("127.0.0.1", proxy.port());
        let proxied = App::new(&ca, origin.port()).with_options(&ca, options_(Some(settings)));
        let exchanged = proxied.call(call()).await;
        assert_eq!(exchanged.profile.protocol, Some("http/1.1"));
        assert_eq!(answer(exchanged).head.status, 200);
        assert_eq!(proxy.asked(), [origin.address().to_string()]);
    });
}
