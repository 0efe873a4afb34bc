//! What one small call costs at the level of `io`, beside bare awc: the CPU time of the thread that calls, over TLS on loopback.
//!
//! `wire [ROUNDS] [CALLS]`: rounds of either by turns, so many calls each; prints the medians and their ratio.
//! `wire ROUNDS CALLS 0` leaves awc out, for a profiler.

#[path = "../awc_tls.rs"]
mod awc_tls;

use std::{cell::Cell, env, fs, future::Ready, future::ready, rc::Rc, sync::Arc, time::Duration};

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection as Connected};
use appnet_io::{HttpClient, SystemRoots, TlsTrust, roots_from_pem};
use appnet_policy::{
    Policy, Rules,
    domains::DomainLists,
    identity::{AppId, Env, Identity},
    prepare::{self, Prepared, RequestOptions},
    rules::AppConfig,
};
use appnet_testkit::{Ca, HttpOrigin, Reply};
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use awc_tls::Tls;

const HOST: &str = "api.example.test";

fn main() {
    let mut numbers = env::args()
        .skip(1)
        .map(|text| text.parse().expect("a number"));
    let rounds: u32 = numbers.next().unwrap_or(21);
    let calls = numbers.next().unwrap_or(3000);
    let calls_of_awc = numbers.next().unwrap_or(calls);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, compare(rounds, calls, calls_of_awc));
}

#[expect(clippy::print_stdout, reason = "the numbers are what it is for")]
async fn compare(rounds: u32, calls: u32, calls_of_awc: u32) {
    let ca = Ca::new();
    let origin = HttpOrigin::tls(ca.issue(&[HOST]).http1())
        .start(|_| Reply::json("x".repeat(200)).header("X-Request-Id", "0123456789"))
        .expect("an origin");
    let io = Io::new(&ca, origin.port());
    let bare = bare_awc(&ca, origin.port()).await;
    let (mut of_io, mut of_awc) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let before = cpu_time();
        for _ in 0..calls {
            io.call().await;
        }
        of_io.push((cpu_time() - before) / calls);
        let before = cpu_time();
        for _ in 0..calls_of_awc {
            call_awc(&bare).await;
        }
        of_awc.push((cpu_time() - before) / calls_of_awc.max(1));
    }
    let (io, awc) = (median(of_io), median(of_awc));
    let ratio = io.as_secs_f64() / awc.as_secs_f64();
    println!("io {io:?}, awc {awc:?} of CPU for each call; {ratio:.3} times");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// CPU time of this thread so far.
fn cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// A call through `io`.
struct Io {
    client: HttpClient,
    rules: Arc<Rules>,
}

impl Io {
    fn new(ca: &Ca, port: u16) -> Self {
        let roots = roots_from_pem(ca.pem().as_bytes()).expect("certificates");
        let trust = TlsTrust::new(roots, SystemRoots::Ignore).expect("roots");
        let identity = Identity {
            app_id: AppId::new("wx1"),
            version: "1".to_owned(),
            env: Env::Release,
        };
        let domains = DomainLists {
            request: vec![format!("https://{HOST}")],
            ..DomainLists::default()
        };
        let mut config = AppConfig::new(identity, domains);
        config.connect_to = vec![
            format!("{HOST}::127.0.0.1:{port}")
                .parse()
                .expect("a mapping"),
        ];
        let rules = Rules::new(Arc::new(Policy::seed()), config, None).expect("rules");
        Self {
            client: HttpClient::new(&trust),
            rules: Arc::new(rules),
        }
    }

    async fn call(&self) {
        let options = RequestOptions {
            url: format!("https://{HOST}/path?query=1"),
            ..RequestOptions::default()
        };
        let Prepared {
            request, receive, ..
        } = prepare::request(&self.rules, options).expect("permitted");
        let exchanged = self.client.exchange(request, receive, &mut ()).await;
        assert_eq!(exchanged.outcome.expect("an answer").head.status, 200);
    }
}

/// awc with everything off that costs, over one TLS connection.
async fn bare_awc(ca: &Ca, port: u16) -> awc::Client {
    let mut roots = RootCertStore::empty();
    for root in roots_from_pem(ca.pem().as_bytes()).expect("certificates") {
        roots.add(root).expect("a root");
    }
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
    let tcp = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("a connection");
    tcp.set_nodelay(true).expect("an open socket");
    let name = ServerName::try_from(HOST).expect("a name");
    let tls = TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
        .expect("a handshake");
    let connector = awc::Connector::new()
        .connector(Once(Rc::new(Cell::new(Some(Tls(tls))))))
        .limit(0)
        .conn_keep_alive(Duration::MAX)
        .conn_lifetime(Duration::MAX);
    awc::Client::builder()
        .connector(connector)
        .disable_timeout()
        .disable_redirects()
        .no_default_headers()
        .finish()
}

async fn call_awc(client: &awc::Client) {
    let mut response = client
        .get(format!("http://{HOST}/path?query=1"))
        .insert_header(("content-type", "application/json"))
        .insert_header(("Referer", "https://servicewechat.com/wx1/1/page-frame.html"))
        .insert_header(("User-Agent", "appnet/0.1.0"))
        .insert_header(("Accept", "*/*"))
        .insert_header(("Accept-Encoding", "gzip, deflate, br, zstd"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.body().await.expect("a body").len(), 200);
}

/// A connector that hands over one connection, once.
#[derive(Clone)]
struct Once(Rc<Cell<Option<Tls>>>);

impl Service<ConnectInfo<awc::http::Uri>> for Once {
    type Response = Connected<awc::http::Uri, Tls>;
    type Error = ConnectError;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    actix_service::always_ready!();

    fn call(&self, info: ConnectInfo<awc::http::Uri>) -> Self::Future {
        let tls = self.0.take().ok_or(ConnectError::Unresolved);
        ready(tls.map(|tls| Connected::new(info.request().clone(), tls)))
    }
}
