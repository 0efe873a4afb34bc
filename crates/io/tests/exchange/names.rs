//! Who looks a name up, what is remembered of it, and over which interface the connection goes (R6, K3).

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use appnet_io::{ClientOptions, DeviceNetwork, Exchanged, ResolveFault, Resolver};
use appnet_policy::{
    Failure, Policy,
    addresses::AddressRule,
    failure::{AppFault, HostFault, HttpDnsFault, NetworkFault},
    prepare::{HttpDnsOptions, RequestOptions},
};
use appnet_testkit::{Ca, HttpOrigin, Reply};

use crate::{
    scripted::{Scripted, forever, lasting},
    support::{App, HOST, assert_fails, options, run, text},
};

const LOOPBACK: &str = "127.0.0.1";
const SERVICE: &str = "wx1";

/// An origin that closes each connection, so that each call looks its name up.
struct World {
    ca: Ca,
    origin: HttpOrigin,
}

impl World {
    fn new() -> Self {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&[HOST]).http1())
            .start(|_| Reply::text("ok").header("Connection", "close"))
            .unwrap();
        Self { ca, origin }
    }

    fn app(&self, addresses: AddressRule, options: ClientOptions) -> App {
        let port = self.origin.address().port();
        let app = App::with(&self.ca, port, Policy::seed(), |config| {
            config.addresses = addresses;
            config.connect_to = vec![format!(":::{port}").parse().unwrap()];
        });
        app.with_options(&self.ca, options)
    }

    /// An app with an ordinary resolver, and one HttpDNS service.
    fn with_service(&self, ordinary: &Scripted, service: &Scripted) -> App {
        let service: Rc<dyn Resolver> = Rc::new(service.clone());
        let options = ClientOptions {
            http_dns: BTreeMap::from([(SERVICE.to_owned(), service)]),
            ..asking(ordinary)
        };
        self.app(AddressRule::Any, options)
    }
}

fn asking(resolver: &Scripted) -> ClientOptions {
    ClientOptions {
        resolver: Rc::new(resolver.clone()),
        ..ClientOptions::default()
    }
}

fn url() -> String {
    format!("https://{HOST}/")
}

fn http_dns(service_id: &str, timeout: Option<f64>, fallback: bool) -> RequestOptions {
    let http_dns = HttpDnsOptions {
        service_id: service_id.to_owned(),
        timeout,
        fallback,
    };
    RequestOptions {
        http_dns: Some(http_dns),
        ..options(&url())
    }
}

fn assert_http_dns(exchanged: Exchanged, fault: HttpDnsFault, reason: &str) {
    let failure = Failure::Network(NetworkFault::HttpDns(fault));
    assert_fails(exchanged, failure, reason);
}

#[test]
fn an_answer_is_asked_for_once_while_it_holds() {
    run(async {
        let world = World::new();
        for (ttl, lookups) in [(3600, 1), (0, 3)] {
            let resolver = Scripted::answering(lasting(&[LOOPBACK], Duration::from_secs(ttl)));
            let app = world.app(AddressRule::Any, asking(&resolver));
            for _ in 0..3 {
                assert_eq!(text(app.get(&url()).await), "ok");
            }
            assert_eq!(resolver.asked(), vec![HOST; lookups], "{ttl} seconds");
        }
    });
}

#[test]
fn k3_an_answer_is_remembered_for_one_app_alone() {
    run(async {
        let world = World::new();
        let resolver = Scripted::answering(forever(&[LOOPBACK]));
        for _ in 0..2 {
            let app = world.app(AddressRule::Any, asking(&resolver));
            assert_eq!(text(app.get(&url()).await), "ok");
        }
        assert_eq!(resolver.asked(), [HOST, HOST]);
    });
}

#[test]
fn names_are_looked_up_again_after_the_device_has_moved() {
    run(async {
        let world = World::new();
        let resolver = Scripted::answering(forever(&[LOOPBACK]));
        let network = DeviceNetwork::default();
        let options = ClientOptions {
            network: network.clone(),
            ..asking(&resolver)
        };
        let app = world.app(AddressRule::Any, options);
        for _ in 0..2 {
            assert_eq!(text(app.get(&url()).await), "ok");
        }
        assert_eq!(resolver.asked(), [HOST]);
        network.moved();
        assert_eq!(text(app.get(&url()).await), "ok");
        assert_eq!(resolver.asked(), [HOST, HOST]);
    });
}

#[test]
fn u7_a_remembered_answer_is_checked_by_the_rules_of_each_call() {
    run(async {
        let world = World::new();
        let resolver = Scripted::answering(forever(&[LOOPBACK]));
        let mut app = world.app(AddressRule::Any, asking(&resolver));
        assert_eq!(text(app.get(&url()).await), "ok");
        app.rules = world
            .app(AddressRule::PublicOnly, ClientOptions::default())
            .rules;
        let refused = Failure::App(AppFault::NotInDomainList);
        assert_fails(app.get(&url()).await, refused, "may not reach");
        assert_eq!(resolver.asked(), [HOST]);
    });
}

#[test]
fn c4_a_lookup_that_is_given_up_ends() {
    run(async {
        let world = World::new();
        let resolver = Scripted::silent();
        let app = world.app(AddressRule::Any, asking(&resolver));
        let mut call = Box::pin(app.call(options(&url())));
        tokio::select! {
            biased;
            _ = &mut call => panic!("nobody answered the lookup"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(resolver.under_way(), 1);
        drop(call);
        assert_eq!(resolver.under_way(), 0);
    });
}

#[test]
fn r6_http_dns_is_asked_instead_of_the_ordinary_resolver() {
    run(async {
        let world = World::new();
        let ordinary = Scripted::failing(ResolveFault::NoAddress);
        let service = Scripted::answering(forever(&[LOOPBACK]));
        let app = world.with_service(&ordinary, &service);
        let exchanged = app.call(http_dns(SERVICE, None, false)).await;
        let profile = &exchanged.profile;
        assert!(profile.http_dns && profile.http_dns_lookup == profile.domain_lookup);
        assert_eq!(text(exchanged), "ok");
        let again = app.call(http_dns(SERVICE, None, false)).await.profile;
        assert!(again.http_dns, "also where the answer was remembered");
        assert_eq!(
            (ordinary.asked(), service.asked()),
            (vec![], vec![HOST.to_owned()])
        );
        // What the service said says nothing to a call that did not ask it.
        let exchanged = app.get(&url()).await;
        let failure = Failure::Network(NetworkFault::DnsLookup);
        assert_fails(exchanged, failure, "has no address");
    });
}

#[test]
fn r6_http_dns_that_fails_falls_back_or_fails_the_call_as_it_asked() {
    run(async {
        let world = World::new();
        let ordinary = Scripted::answering(forever(&[LOOPBACK]));
        for (fault, heard) in [
            (ResolveFault::NoAddress, HttpDnsFault::NoAddress),
            (ResolveFault::Unreachable, HttpDnsFault::Unreachable),
            (ResolveFault::OverQuota, HttpDnsFault::OverQuota),
        ] {
            let app = world.with_service(&ordinary, &Scripted::failing(fault));
            let exchanged = app.call(http_dns(SERVICE, None, true)).await;
            let profile = &exchanged.profile;
            assert!(!profile.http_dns && profile.http_dns_lookup.is_none());
            let passed_over = Failure::Network(NetworkFault::HttpDns(heard));
            assert_eq!(profile.http_dns_failure, Some(passed_over));
            assert_eq!(text(exchanged), "ok");
            let exchanged = app.call(http_dns(SERVICE, None, false)).await;
            assert_http_dns(exchanged, heard, "\"wx1\": scripted");
        }
    });
}

#[test]
fn r6_http_dns_has_a_time_of_its_own() {
    run(async {
        let world = World::new();
        let (ordinary, service) = (
            Scripted::answering(forever(&[LOOPBACK])),
            Scripted::silent(),
        );
        let app = world.with_service(&ordinary, &service);
        let exchanged = app.call(http_dns(SERVICE, Some(1.0), false)).await;
        assert_http_dns(exchanged, HttpDnsFault::TimedOut, "no answer within 1ms");
        let exchanged = app.call(http_dns(SERVICE, Some(1.0), true)).await;
        assert_eq!(text(exchanged), "ok");
        assert_eq!(service.under_way(), 0);
    });
}

#[test]
fn r6_a_service_that_the_host_does_not_have_is_as_one_that_fails() {
    run(async {
        let world = World::new();
        let ordinary = Scripted::answering(forever(&[LOOPBACK]));
        let app = world.with_service(&ordinary, &Scripted::silent());
        let exchanged = app.call(http_dns("wx2", None, false)).await;
        let reason = "\"wx2\" is none of the host's: [\"wx1\"]";
        assert_http_dns(exchanged, HttpDnsFault::UnknownService, reason);
        assert_eq!(world.origin.counts().connections, 0);
        let exchanged = app.call(http_dns("wx2", None, true)).await;
        let unknown = Failure::Network(NetworkFault::HttpDns(HttpDnsFault::UnknownService));
        assert_eq!(exchanged.profile.http_dns_failure, Some(unknown));
        assert_eq!(text(exchanged), "ok");
    });
}

#[test]
fn u7_the_addresses_of_http_dns_are_checked_too() {
    run(async {
        let world = World::new();
        let service: Rc<dyn Resolver> = Rc::new(Scripted::answering(forever(&[LOOPBACK])));
        let options = ClientOptions {
            http_dns: BTreeMap::from([(SERVICE.to_owned(), service)]),
            ..ClientOptions::default()
        };
        let app = world.app(AddressRule::PublicOnly, options);
        let exchanged = app.call(http_dns(SERVICE, None, false)).await;
        let refused = Failure::App(AppFault::NotInDomainList);
        assert_fails(exchanged, refused, "may not reach");
    });
}

fn over_cellular() -> RequestOptions {
    RequestOptions {
        force_cellular: true,
        ..options(&url())
    }
}

fn with_interface(world: &World, interface: Option<&str>) -> App {
    let resolver = Scripted::answering(forever(&[LOOPBACK]));
    let options = ClientOptions {
        cellular_interface: interface.map(str::to_owned),
        ..asking(&resolver)
    };
    world.app(AddressRule::Any, options)
}

#[test]
fn r6_without_a_cellular_network_a_call_that_must_go_over_it_fails() {
    run(async {
        let world = World::new();
        let unavailable = || Failure::Host(HostFault::NoCellularNetwork);
        let exchanged = with_interface(&world, None).call(over_cellular()).await;
        assert_fails(exchanged, unavailable(), "the host names no interface");
        let app = with_interface(&world, Some("appnet-none0"));
        let exchanged = app.call(over_cellular()).await;
        assert_fails(
            exchanged,
            unavailable(),
            "no socket is bound to appnet-none0",
        );
        assert_eq!(text(app.get(&url()).await), "ok"); // and others do not need it
        assert_eq!(world.origin.counts().connections, 1);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn r6_a_connection_over_the_cellular_network_is_not_lent_to_other_calls() {
    run(async {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&[HOST]).http1())
            .start(|_| Reply::text("ok"))
            .unwrap();
        let world = World { ca, origin };
        let app = with_interface(&world, Some("lo"));
        for _ in 0..2 {
            assert_eq!(text(app.call(over_cellular()).await), "ok");
        }
        assert_eq!(world.origin.counts().connections, 1);
        assert_eq!(text(app.get(&url()).await), "ok");
        assert_eq!(world.origin.counts().connections, 2);
    });
}
