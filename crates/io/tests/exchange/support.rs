//! An app, its rules, and its client.

use std::{sync::Arc, time::Duration};

use appnet_io::{
    ClientOptions, Exchanged, HttpClient, IoFailure, Listener, SystemRoots, TlsTrust,
    roots_from_pem,
};
use appnet_policy::{
    Failure, Policy, Rules,
    addresses::AddressRule,
    body::CallData,
    domains::DomainLists,
    exchange::{Answer, Data, OutgoingRequest, Receive, ResponseHead},
    identity::{AppId, Env, Identity},
    prepare::{self, Prepared, RequestOptions},
    rules::AppConfig,
};
use appnet_testkit::{Ca, RawOrigin, Script};
use bytes::Bytes;

/// The name that every test origin goes by.
pub(crate) const HOST: &str = "api.example.test";

/// Runs a test as an actix arbiter would: one thread, local tasks. An exchange or a server that hangs fails the test.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let bounded = async { tokio::time::timeout(Duration::from_secs(60), test).await };
    let outcome = runtime.block_on(tokio::task::LocalSet::new().run_until(bounded));
    outcome.expect("the test ends within 60 seconds")
}

/// An app that may call `https://api.example.test`, which is at `port` on loopback.
pub(crate) struct App {
    pub(crate) client: HttpClient,
    pub(crate) rules: Arc<Rules>,
}

impl App {
    pub(crate) fn new(ca: &Ca, port: u16) -> Self {
        Self::with(ca, port, Policy::seed(), |_| {})
    }

    pub(crate) fn with(
        ca: &Ca,
        port: u16,
        policy: Policy,
        change: impl FnOnce(&mut AppConfig),
    ) -> Self {
        let client = HttpClient::new(&trust(ca));
        Self {
            client,
            rules: rules(port, policy, change),
        }
    }

    /// As [`new`](Self::new), with other roots.
    pub(crate) fn trusting(trust: &TlsTrust, port: u16) -> Self {
        Self {
            client: HttpClient::new(trust),
            rules: rules(port, Policy::seed(), |_| {}),
        }
    }

    /// A developer's session, which may use plain http: to any port of loopback.
    pub(crate) fn plain() -> Self {
        Self::plain_with(Policy::seed())
    }

    pub(crate) fn plain_with(policy: Policy) -> Self {
        Self::with(&Ca::new(), 1, policy, |config| {
            config.identity.env = Env::Devtools;
            config.url_check = false;
        })
    }

    pub(crate) fn with_options(mut self, ca: &Ca, options: ClientOptions) -> Self {
        self.client = HttpClient::with_options(&trust(ca), options);
        self
    }

    pub(crate) fn prepare(&self, options: RequestOptions) -> (Box<OutgoingRequest>, Receive) {
        let Prepared {
            request, receive, ..
        } = prepare::request(&self.rules, options).unwrap();
        (request, receive)
    }

    pub(crate) async fn call(&self, options: RequestOptions) -> Exchanged {
        let (request, receive) = self.prepare(options);
        self.client.exchange(request, receive, &mut ()).await
    }

    pub(crate) async fn get(&self, url: &str) -> Exchanged {
        self.call(options(url)).await
    }

    /// Also the head as it was announced.
    pub(crate) async fn call_with_head(
        &self,
        options: RequestOptions,
    ) -> (Exchanged, Option<ResponseHead>) {
        let (request, receive) = self.prepare(options);
        let mut seen = None;
        let mut on_head = OnHead(|head: &ResponseHead| seen = Some(head.clone()));
        let exchanged = self.client.exchange(request, receive, &mut on_head).await;
        (exchanged, seen)
    }
}

/// Listens for the head only.
pub(crate) struct OnHead<F>(pub(crate) F);

impl<F: FnMut(&ResponseHead)> Listener for OnHead<F> {
    fn head(&mut self, head: &Arc<ResponseHead>) {
        self.0(head);
    }
}

pub(crate) fn trust(ca: &Ca) -> TlsTrust {
    TlsTrust::new(
        roots_from_pem(ca.pem().as_bytes()).unwrap(),
        SystemRoots::Ignore,
    )
    .unwrap()
}

pub(crate) fn rules(port: u16, policy: Policy, change: impl FnOnce(&mut AppConfig)) -> Arc<Rules> {
    let identity = Identity {
        app_id: AppId::new("wx1234567890"),
        version: "7".to_owned(),
        env: Env::Release,
    };
    let domains = DomainLists {
        request: vec![format!("https://{HOST}")],
        ..DomainLists::default()
    };
    let mut config = AppConfig::new(identity, domains);
    config.addresses = AddressRule::PublicOnly;
    config.connect_to = vec![format!("{HOST}::127.0.0.1:{port}").parse().unwrap()];
    change(&mut config);
    Arc::new(Rules::new(Arc::new(policy), config, None).unwrap())
}

pub(crate) fn options(url: &str) -> RequestOptions {
    RequestOptions {
        url: url.to_owned(),
        ..RequestOptions::default()
    }
}

pub(crate) fn method(method: &str, url: &str) -> RequestOptions {
    RequestOptions {
        method: method.to_owned(),
        ..options(url)
    }
}

pub(crate) fn post(url: &str, body: impl Into<Bytes>) -> RequestOptions {
    RequestOptions {
        data: CallData::Bytes(body.into()),
        ..method("POST", url)
    }
}

/// The same call, over HTTP/2 if the server speaks it.
pub(crate) fn http2(call: RequestOptions) -> RequestOptions {
    RequestOptions {
        enable_http2: true,
        ..call
    }
}

pub(crate) fn get_http2() -> RequestOptions {
    http2(options(&format!("https://{HOST}/")))
}

/// What a plain origin that plays these scripts answers to one GET.
pub(crate) async fn reply(reply: impl Into<Bytes>) -> Exchanged {
    play(Script::reply(reply)).await.1
}

/// The same when the origin closes after the reply.
pub(crate) async fn reply_and_close(reply: impl Into<Bytes>) -> Exchanged {
    play(Script::reply(reply).close()).await.1
}

pub(crate) async fn play(script: Script) -> (RawOrigin, Exchanged) {
    let origin = RawOrigin::plain().script(script).start();
    let exchanged = App::plain().get(&url(&origin, "/")).await;
    (origin, exchanged)
}

pub(crate) fn url(origin: &RawOrigin, path: &str) -> String {
    format!("http://{}{path}", origin.address())
}

pub(crate) fn answer(exchanged: Exchanged) -> Answer {
    exchanged.outcome.unwrap()
}

pub(crate) fn text(exchanged: Exchanged) -> String {
    text_of(&answer(exchanged))
}

pub(crate) fn text_of(answer: &Answer) -> String {
    match answer.data() {
        Data::Text(text) => text.into_owned(),
        Data::Json(json) => json.get().to_owned(),
        other @ (Data::Bytes(_) | Data::Chunked | Data::File(_)) => panic!("not text: {other:?}"),
    }
}

pub(crate) fn failure(exchanged: Exchanged) -> IoFailure {
    exchanged.outcome.unwrap_err()
}

#[track_caller]
pub(crate) fn assert_fails(exchanged: Exchanged, expected: Failure, reason: &str) {
    let IoFailure {
        failure,
        reason: found,
        ..
    } = failure(exchanged);
    assert_eq!(failure, expected, "{found}");
    assert!(
        found.contains(reason),
        "{found:?} should contain {reason:?}"
    );
}

/// Until what other origins have sent before is here: it arrives with the packet before it or right after, and an exchange
/// with one more origin takes longer.
pub(crate) async fn loopback_is_quiet() {
    reply("HTTP/1.1 204 No Content\r\n\r\n")
        .await
        .outcome
        .unwrap();
}
