//! What a server looks like to an app: the steps of a call one by one, each by the code that calls take, and what they show.
//!
//! Nothing is decided here. Which addresses count, whether a certificate is trusted, why a step failed and what mends it: all of it is what a
//! call would have heard.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use appnet_policy::{
    Failure,
    failure::NetworkFault,
    prepare::{Prepared, PreparedCall, PreparedSocket},
};
use tokio::time::timeout;

use crate::{
    ClientOptions, HttpClient, IoFailure,
    connect::{
        Destination, DialTimes, Phase,
        trust::{Shown, ShownCertificate, TlsTrust},
    },
    error::ExchangeError,
};

/// How a server was found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Probed {
    /// What was seen on the way.
    pub seen: Seen,
    /// The status that an app would get, or what it would hear and why.
    pub outcome: Result<u16, IoFailure>,
}

/// What was seen of a server. A field that is `None` or empty was not reached, or the server does not say.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Seen {
    /// The name that was looked up: the URL's, or what the host maps it to.
    pub name: String,
    /// Whether the host maps the URL's to it.
    pub mapped: bool,
    /// The proxy that stands before it, by its URL without credentials.
    pub proxy: Option<String>,
    /// Its addresses, and whether the app may reach each (U7); none if the proxy looks the name up.
    pub addresses: Vec<(IpAddr, bool)>,
    /// The address that was connected to.
    pub peer: Option<SocketAddr>,
    /// `TLSv1.2` or `TLSv1.3`
    pub tls_version: Option<&'static str>,
    /// The cipher suite, by its name at IANA.
    pub tls_suite: Option<String>,
    /// The certificates that were sent, the server's own first.
    pub certificates: Vec<ShownCertificate>,
    /// Whether they are trusted for this host (K1, K5).
    pub trusted: Option<bool>,
    /// The versions of HTTP that it agreed to, by their names in ALPN.
    pub protocols: Vec<&'static str>,
    /// How long the name was looked up.
    pub lookup: Option<Duration>,
    /// How long it took to connect, TLS included.
    pub connect: Option<Duration>,
    /// How long the handshake of TLS took.
    pub tls: Option<Duration>,
}

/// Makes the steps of this call one by one: looks up, connects, shakes hands for HTTP/1.1 and again for HTTP/2, makes the call. It ends with the
/// first that fails, at the call's timeout at the latest (T1).
///
/// `options` are those of the app's client. It must be polled inside a `LocalSet`.
pub async fn probe(trust: &TlsTrust, options: ClientOptions, call: PreparedCall) -> Probed {
    let (trust, shown) = trust.watched();
    let probe = Probe {
        client: HttpClient::with_options(&trust, options),
        destination: Destination::of_target(call.target()),
        shown,
    };
    let limit = call.timeout();
    let route = &probe.destination.route;
    let proxy = probe.client.pool.dialler().proxy(&probe.destination);
    let mut seen = Seen {
        proxy: proxy.map(ToString::to_string),
        name: route.host.clone(),
        mapped: route.mapped,
        ..Seen::default()
    };
    let outcome = timeout(limit, probe.run(call, &mut seen)).await;
    seen.certificates = probe.shown.certificates();
    seen.trusted = probe.shown.trusted();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(_) => Err(timed_out(limit)),
    };
    Probed { seen, outcome }
}

struct Probe {
    client: HttpClient,
    destination: Destination,
    shown: Shown,
}

impl Probe {
    async fn run(&self, call: PreparedCall, seen: &mut Seen) -> Result<u16, IoFailure> {
        self.connect(&call, seen)
            .await
            .map_err(ExchangeError::into_failure)?;
        self.call(call).await
    }

    async fn connect(&self, call: &PreparedCall, seen: &mut Seen) -> Result<(), ExchangeError> {
        self.look_up(seen).await?;
        let times = self.dial(&self.destination, seen).await?;
        (seen.connect, seen.tls) = (took(times.connect), took(times.ssl));
        // A socket speaks HTTP/1.1 only, and without TLS there is no ALPN to agree on HTTP/2.
        if let (PreparedCall::Http(_), true) = (call, self.destination.secure) {
            let http2 = self.destination.over_http2();
            // An app does without HTTP/2: that the server fails when it is offered decides nothing here.
            if let Err(error) = self.dial(&http2, seen).await {
                tracing::debug!(reason = %error, "no connection where HTTP/2 is offered");
            }
        }
        Ok(())
    }

    /// All addresses, also those that are refused: the dial that follows looks again, and refuses them.
    async fn look_up(&self, seen: &mut Seen) -> Result<(), ExchangeError> {
        let begun = Instant::now();
        let found = self.client.pool.dialler().found(&self.destination).await?;
        seen.lookup = Some(begun.elapsed());
        let rule = self.destination.addresses;
        seen.addresses = found
            .into_iter()
            .map(|address| (address, rule.allows(address)))
            .collect();
        Ok(())
    }

    async fn dial(
        &self,
        destination: &Destination,
        seen: &mut Seen,
    ) -> Result<DialTimes, ExchangeError> {
        let mut times = DialTimes::default();
        let dialled = self.client.pool.dial_apart(destination, &mut times).await?;
        seen.peer = dialled.facts.peer;
        seen.tls_version = dialled.facts.tls_version;
        seen.tls_suite = dialled.facts.tls_suite.map(at_iana);
        let protocol = if dialled.http2 { "h2" } else { "http/1.1" };
        if !seen.protocols.contains(&protocol) {
            seen.protocols.push(protocol);
        }
        Ok(times)
    }

    async fn call(&self, call: PreparedCall) -> Result<u16, IoFailure> {
        match call {
            PreparedCall::Http(Prepared {
                request, receive, ..
            }) => {
                let exchanged = self.client.exchange(request, receive, &mut ()).await;
                exchanged.outcome.map(|answer| answer.head.status)
            }
            PreparedCall::Socket(PreparedSocket { request, .. }) => {
                let limits = request.target.rules().policy().socket;
                let opened = self.client.connect_socket(request, limits).await;
                opened.map(|(_, opened)| opened.head.status)
            }
        }
    }
}

fn took(phase: Option<Phase>) -> Option<Duration> {
    phase.map(|(begun, ended)| ended.duration_since(begun))
}

/// rustls says `TLS13_AES_128_GCM_SHA256`, the registry of IANA `TLS_AES_128_GCM_SHA256`.
fn at_iana(suite: &str) -> String {
    suite.replacen("TLS13_", "TLS_", 1)
}

fn timed_out(limit: Duration) -> IoFailure {
    IoFailure {
        failure: Failure::Network(NetworkFault::TimedOut),
        reason: format!(
            "no answer within {} ms; to mend it: see that nothing between here and the server drops packets, and that the server answers at once",
            limit.as_millis()
        ),
        refusal: None,
    }
}
