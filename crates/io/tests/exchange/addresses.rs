//! U7: the addresses of a name are checked, and the connection goes to one that was.

use appnet_policy::failure::{AppFault, NetworkFault, ServerFault};
use appnet_policy::rules::Rule;
use std::{net::SocketAddr, rc::Rc};

use appnet_io::ClientOptions;
use appnet_policy::{Failure, Policy, addresses::AddressRule, connect::ConnectTo, identity::Env};
use appnet_testkit::{Ca, RawOrigin, Script};

use crate::{
    scripted::{Scripted, forever},
    support::{App, HOST, assert_fails, failure, run, text},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// An app whose names are all looked up there, and whose connections go to this port: no name is mapped.
fn app(ca: &Ca, rule: AddressRule, resolver: &Scripted, port: u16) -> App {
    let app = App::with(ca, port, Policy::seed(), |config| {
        config.addresses = rule;
        config.connect_to = vec![to_port(port)];
    });
    app.with_options(ca, asking(resolver))
}

fn asking(resolver: &Scripted) -> ClientOptions {
    ClientOptions {
        resolver: Rc::new(resolver.clone()),
        ..ClientOptions::default()
    }
}

/// Keeps every name, and its addresses are checked as ever.
fn to_port(port: u16) -> ConnectTo {
    format!(":::{port}").parse().unwrap()
}

fn origin(ca: &Ca) -> RawOrigin {
    RawOrigin::tls(ca.issue(&[HOST]).http1())
        .script(Script::reply(OK))
        .start()
}

fn resolver(addresses: &[&str]) -> Scripted {
    Scripted::answering(forever(addresses))
}

const LOOPBACK: &str = "127.0.0.1";

#[test]
fn u7_a_name_with_only_private_addresses_is_refused_with_the_reason() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca);
        let resolver = resolver(&[LOOPBACK, "10.0.0.1"]);
        let exchanged = app(&ca, AddressRule::PublicOnly, &resolver, origin.port())
            .get(&format!("https://{HOST}/"))
            .await;
        let failure = failure(exchanged);
        assert_eq!(failure.failure, Failure::App(AppFault::NotInDomainList));
        assert_eq!(failure.refusal.unwrap().rule, Rule::U7);
        assert!(
            failure.reason.contains("127.0.0.1, 10.0.0.1"),
            "{}",
            failure.reason
        );
        assert_eq!(origin.connections(), 0);
    });
}

#[test]
fn u6_u7_a_redirect_to_a_name_with_only_private_addresses_is_refused_as_a_redirect() {
    run(async {
        let ca = Ca::new();
        let elsewhere = "HTTP/1.1 302 Found\r\nLocation: https://inside.example.test/x\r\nContent-Length: 0\r\n\r\n";
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(elsewhere))
            .start();
        let app = App::with(&ca, origin.port(), Policy::seed(), |config| {
            let inside = "https://inside.example.test".to_owned();
            config.domains.request.push(inside);
        });
        let exchanged = app
            .with_options(&ca, asking(&resolver(&["10.0.0.1"])))
            .get(&format!("https://{HOST}/"))
            .await;
        let failure = failure(exchanged);
        let host = "inside.example.test".to_owned();
        assert_eq!(
            failure.failure,
            Failure::Server(ServerFault::RedirectNotInDomainList(host))
        );
        assert_eq!(failure.refusal.unwrap().rule, Rule::U7);
        assert!(failure.reason.contains("10.0.0.1"), "{}", failure.reason);
    });
}

#[test]
fn u8_a_developers_session_is_told_of_each_hop_and_address_that_a_release_would_refuse() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST, "other.example.test"]).http1())
            .script(Script::reply(
                "HTTP/1.1 302 Found\r\nLocation: https://other.example.test/\r\nContent-Length: 0\r\n\r\n",
            ))
            .script(Script::reply(OK))
            .start();
        let app = App::with(&ca, 1, Policy::seed(), |config| {
            config.identity.env = Env::Devtools;
            config.url_check = false;
            config.connect_to = vec![to_port(origin.port())];
        });
        let exchanged = app
            .with_options(&ca, asking(&resolver(&[LOOPBACK])))
            .get(&format!("https://{HOST}/"))
            .await;
        let said: Vec<_> = exchanged
            .would_refuse
            .iter()
            .map(|refusal| (refusal.rule, refusal.reason.split(' ').next().unwrap()))
            .collect();
        assert_eq!(
            said,
            [
                (Rule::U7, HOST),
                (Rule::U3, "redirect:"),
                (Rule::U7, "other.example.test"),
            ]
        );
        assert_eq!(text(exchanged), "ok");
    });
}

#[test]
fn u8_a_release_has_nothing_to_say_of_a_mapped_name() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca);
        let app = App::with(&ca, origin.port(), Policy::seed(), |config| {
            config.identity.env = Env::Devtools;
            config.url_check = false;
        });
        let exchanged = app.get(&format!("https://{HOST}/")).await;
        assert_eq!(exchanged.would_refuse, []);
        assert_eq!(text(exchanged), "ok");
    });
}

#[test]
fn u7_a_host_may_allow_private_addresses() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca);
        let resolver = resolver(&[LOOPBACK]);
        let exchanged = app(&ca, AddressRule::Any, &resolver, origin.port())
            .get(&format!("https://{HOST}/"))
            .await;
        assert_eq!(exchanged.profile.peer, Some(origin.address()));
        assert_eq!(text(exchanged), "ok");
        assert_eq!(resolver.asked(), [HOST]);
    });
}

#[test]
fn u7_a_connection_to_a_private_address_serves_no_call_that_may_not_reach_it() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca);
        let resolver = resolver(&[LOOPBACK]);
        let mut app_ = app(&ca, AddressRule::Any, &resolver, origin.port());
        assert_eq!(text(app_.get(&format!("https://{HOST}/")).await), "ok");
        app_.rules = app(&ca, AddressRule::PublicOnly, &resolver, origin.port()).rules;
        let exchanged = app_.get(&format!("https://{HOST}/")).await;
        assert_fails(
            exchanged,
            Failure::App(AppFault::NotInDomainList),
            "may not reach",
        );
    });
}

#[test]
fn u7_a_mapped_name_is_trusted_and_keeps_its_name_in_tls_and_host() {
    run(async {
        let ca = Ca::new();
        let origin = origin(&ca);
        let exchanged = App::new(&ca, origin.port())
            .get(&format!("https://{HOST}/"))
            .await;
        assert_eq!(text(exchanged), "ok");
        assert_eq!(origin.request(0).await.header("host"), Some(HOST));
        assert_eq!(
            origin.connection(0).unwrap().tls.unwrap().sni.as_deref(),
            Some(HOST)
        );
    });
}

#[test]
fn an_address_that_does_not_listen_makes_way_for_one_that_does() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(OK))
            .start();
        let resolver = resolver(&["::1", LOOPBACK]); // the origin listens on the second only
        let exchanged = app(&ca, AddressRule::Any, &resolver, origin.port())
            .get(&format!("https://{HOST}/"))
            .await;
        assert_eq!(exchanged.profile.peer, Some(origin.address()));
        assert_eq!(text(exchanged), "ok");
    });
}

#[test]
fn a_name_without_addresses_and_a_port_without_listener_are_told_apart() {
    run(async {
        let ca = Ca::new();
        let exchanged = app(&ca, AddressRule::Any, &resolver(&[]), 1)
            .get(&format!("https://{HOST}/"))
            .await;
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::DnsLookup),
            "api.example.test has no address",
        );
        let nobody = closed().port();
        let exchanged = app(&ca, AddressRule::Any, &resolver(&[LOOPBACK]), nobody)
            .get(&format!("https://{HOST}/"))
            .await;
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::ConnectionRefused),
            "connection refused",
        );
    });
}

/// Where nobody listens.
fn closed() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn a_failed_connect_still_tells_where_the_time_went() {
    run(async {
        let ca = Ca::new();
        let nobody = closed().port();
        let exchanged = app(&ca, AddressRule::Any, &resolver(&[LOOPBACK]), nobody)
            .get(&format!("https://{HOST}/"))
            .await;
        assert!(exchanged.profile.domain_lookup.is_some() && exchanged.profile.connect.is_some());
        assert_eq!(
            (exchanged.profile.ssl, exchanged.profile.request),
            (None, None)
        );
    });
}
