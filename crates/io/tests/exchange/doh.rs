//! Names looked up over HTTPS (RFC 8484), by a server on loopback.

use std::{
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use appnet_io::{
    ClientOptions, DeviceNetwork, DohResolver, DohServer, ResolveFault, Resolved, Resolver as _,
    Spawn,
};
use appnet_policy::{Policy, addresses::AddressRule};
use appnet_testkit::{Ca, HttpOrigin, Reply, Request};
use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{RData, Record, RecordType, rdata::A},
};

use crate::support::{App, HOST, run, text, trust};

const SERVER: &str = "dns.example.test";

/// A server that knows one IPv4 address for every name but `none.example.test`.
struct DnsServer {
    ca: Ca,
    origin: HttpOrigin,
    asked: Arc<Mutex<Vec<String>>>,
}

impl DnsServer {
    fn start() -> Self {
        Self::replying(|request| {
            let question = Message::from_vec(request.body).unwrap();
            Reply::ok("application/dns-message", answer(&question))
        })
    }

    fn replying(reply: impl Fn(&Request<'_>) -> Reply + Send + Sync + 'static) -> Self {
        let ca = Ca::new();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let origin = HttpOrigin::tls(ca.issue(&[SERVER]).http2())
            .start(move |request| {
                let line = format!(
                    "{} {} {}",
                    request.method,
                    request.target,
                    request.header("content-type").unwrap_or_default()
                );
                log.lock().unwrap().push(line);
                reply(request)
            })
            .unwrap();
        Self { ca, origin, asked }
    }

    fn resolver(&self) -> DohResolver {
        self.resolver_trusting(&self.ca)
    }

    fn resolver_trusting(&self, ca: &Ca) -> DohResolver {
        let port = self.origin.address().port();
        let mapped = format!("{SERVER}:443:127.0.0.1:{port}").parse().unwrap();
        let url = format!("https://{SERVER}/dns-query");
        let server = DohServer::new(&url, vec![mapped]).unwrap();
        server.resolver(&trust(ca), DeviceNetwork::default(), Spawn::default())
    }
}

fn answer(question: &Message) -> Vec<u8> {
    let mut message = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    let query = question.queries[0].clone();
    let name = query.name().clone();
    if name.to_string() == "none.example.test." {
        message.metadata.response_code = ResponseCode::NXDomain;
    } else if query.query_type() == RecordType::A {
        let loopback = RData::A(A([127, 0, 0, 1].into()));
        message.add_answer(Record::from_rdata(name, 300, loopback));
    }
    message.add_query(query);
    message.to_vec().unwrap()
}

fn loopback(seconds: u64) -> Resolved {
    Resolved {
        addresses: vec![[127, 0, 0, 1].into()],
        ttl: Duration::from_secs(seconds),
    }
}

async fn fault(server: &DnsServer, name: &str) -> (ResolveFault, String) {
    let error = server.resolver().resolve(name).await.unwrap_err();
    (error.fault, error.detail)
}

#[test]
fn both_families_are_asked_for_over_one_connection() {
    run(async {
        let server = DnsServer::start();
        let resolver = server.resolver();
        assert_eq!(resolver.resolve("a.example.test").await, Ok(loopback(300)));
        let question = "POST /dns-query application/dns-message";
        assert_eq!(*server.asked.lock().unwrap(), [question, question]);
        assert_eq!(server.origin.counts().connections, 1);
    });
}

#[test]
fn a_name_that_does_not_exist_is_told_from_a_server_that_cannot_be_asked() {
    run(async {
        let server = DnsServer::start();
        let (kind, detail) = fault(&server, "none.example.test").await;
        assert_eq!(
            (kind, detail.as_str()),
            (ResolveFault::NoAddress, "there is no such name")
        );
        let busy = DnsServer::replying(|_| Reply::status(503));
        let (kind, detail) = fault(&busy, "a.example.test").await;
        assert_eq!(kind, ResolveFault::Unreachable);
        assert_eq!(detail, "the server answered with 503");
        let page = DnsServer::replying(|_| Reply::ok("text/html", "<html>"));
        let (kind, detail) = fault(&page, "a.example.test").await;
        assert_eq!(kind, ResolveFault::InvalidReply);
        assert!(detail.contains("text/html"), "{detail}");
        let empty = DnsServer::replying(|_| Reply::ok("application/dns-message", ""));
        assert_eq!(
            fault(&empty, "a.example.test").await.0,
            ResolveFault::EmptyReply
        );
        let long =
            DnsServer::replying(|_| Reply::ok("application/dns-message", "").filler(1 << 20));
        assert_eq!(
            fault(&long, "a.example.test").await.0,
            ResolveFault::Unreachable
        );
    });
}

#[test]
fn k1_the_certificate_of_the_server_is_checked() {
    run(async {
        let server = DnsServer::start();
        let resolver = server.resolver_trusting(&Ca::new());
        let error = resolver.resolve("a.example.test").await.unwrap_err();
        assert_eq!(error.fault, ResolveFault::Unreachable);
        assert!(error.detail.contains("no secure connection"), "{error}");
        assert!(server.asked.lock().unwrap().is_empty());
    });
}

#[test]
fn rfc8484_5_1_the_age_of_an_answer_is_time_that_it_has_held_already() {
    run(async {
        let server = DnsServer::replying(|request| {
            let question = Message::from_vec(request.body).unwrap();
            Reply::ok("application/dns-message", answer(&question)).header("age", "250")
        });
        let resolved = server.resolver().resolve("a.example.test").await;
        assert_eq!(resolved, Ok(loopback(50)));
    });
}

#[test]
fn u7_calls_go_to_the_address_that_the_server_gave_and_ask_once_while_it_holds() {
    run(async {
        let server = DnsServer::start();
        let calls = AtomicUsize::new(0);
        let origin = HttpOrigin::tls(server.ca.issue(&[HOST]).http1())
            .start(move |_| {
                let n = calls.fetch_add(1, Ordering::Relaxed);
                Reply::text(n.to_string()).header("Connection", "close")
            })
            .unwrap();
        let port = origin.address().port();
        let app = |rule| {
            let app = App::with(&server.ca, port, Policy::seed(), |config| {
                config.addresses = rule;
                config.connect_to = vec![format!(":::{port}").parse().unwrap()];
            });
            let options = ClientOptions {
                resolver: Rc::new(server.resolver()),
                ..ClientOptions::default()
            };
            app.with_options(&server.ca, options)
        };
        let allowed = app(AddressRule::Any);
        for n in ["0", "1"] {
            assert_eq!(text(allowed.get(&format!("https://{HOST}/")).await), n);
        }
        assert_eq!(server.asked.lock().unwrap().len(), 2); // one question a family
        let refused = app(AddressRule::PublicOnly);
        let outcome = refused.get(&format!("https://{HOST}/")).await.outcome;
        assert!(outcome.unwrap_err().reason.contains("127.0.0.1"));
    });
}
