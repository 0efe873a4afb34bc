//! One connection to a server, with the awc client that drives it.
//!
//! Each connection has an awc client of its own, whose pool holds that one connection and whose connector can make no other.
//! So it is always known which connection serves which exchange, and awc can mix nothing up: which origin, which certificate
//! check, which protocol (see `docs/decisions/0001-an-awc-client-for-each-connection.md`).

use std::{
    cell::{Cell, RefCell},
    future::{Ready, ready},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection as Connected};
use appnet_policy::exchange::ResponseHead;
use awc::http::Uri;

use crate::{
    connect::Dialled,
    error::Happened,
    http1::{Expectation, Http1},
    stream::Stream,
    wire::Wire,
};

/// A live connection and what is known of it.
pub(crate) struct Connection {
    client: awc::Client,
    stream: Stream,
    facts: Facts,
    /// Exchanges it has begun to serve.
    served: Cell<u64>,
    /// Exchanges it serves now; at most one for HTTP/1.
    active: Cell<usize>,
    idle_since: Cell<Instant>,
    /// Whether new exchanges stay away from it, while those it has go on (HTTP/2).
    retired: Cell<bool>,
}

/// What the handshakes said.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) peer: Option<SocketAddr>,
    /// `TLSv1.2` or `TLSv1.3`
    pub(crate) tls_version: Option<&'static str>,
    /// Why a release would have refused its certificate (U8).
    pub(crate) would_refuse: Option<String>,
}

impl Connection {
    pub(crate) fn new(dialled: Dialled) -> Self {
        let wire = Wire::new(dialled.transport);
        let stream = if dialled.http2 {
            Stream::Http2(Rc::new(RefCell::new(wire)))
        } else {
            Stream::Http1(Rc::new(RefCell::new(Http1::new(wire))))
        };
        Self {
            client: client_of(stream.clone()),
            stream,
            facts: dialled.facts,
            served: Cell::new(0),
            active: Cell::new(0),
            idle_since: Cell::new(Instant::now()),
            retired: Cell::new(false),
        }
    }

    /// The client that sends over this connection and no other.
    pub(crate) const fn client(&self) -> &awc::Client {
        &self.client
    }

    pub(crate) const fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(crate) const fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(crate) const fn is_http2(&self) -> bool {
        matches!(self.stream, Stream::Http2(_))
    }

    /// Whether another exchange may begin on it.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.stream {
            Stream::Http1(http1) => self.active.get() == 0 && http1.borrow_mut().is_reusable(),
            Stream::Http2(wire) => !self.retired.get() && wire.borrow().is_open(),
        }
    }

    /// Notes the begin of an exchange; whether the connection had served before.
    pub(crate) fn begin(&self) -> bool {
        self.active.set(self.active.get() + 1);
        self.served.replace(self.served.get() + 1) > 0
    }

    pub(crate) fn end(&self) {
        self.active.set(self.active.get().saturating_sub(1));
        self.idle_since.set(Instant::now());
    }

    pub(crate) fn idle_for(&self) -> Option<Duration> {
        (self.active.get() == 0).then(|| self.idle_since.get().elapsed())
    }

    pub(crate) fn retire(&self) {
        self.retired.set(true);
    }

    /// Tells it what the next answer belongs to; HTTP/2 has that in its streams.
    pub(crate) fn expect(&self, expectation: &Expectation) {
        if let Stream::Http1(http1) = &self.stream {
            http1.borrow_mut().begin(expectation);
        }
    }

    /// The head of the answer, which awc does not get to see; `None` for HTTP/2.
    pub(crate) fn take_head(&self) -> Option<ResponseHead> {
        match &self.stream {
            Stream::Http1(http1) => http1.borrow_mut().take_head(),
            Stream::Http2(_) => None,
        }
    }

    /// What really happened when awc reports an error, as far as this connection knows.
    pub(crate) fn take_happened(&self) -> Option<Happened> {
        match &self.stream {
            Stream::Http1(http1) => http1.borrow_mut().take_happened(),
            Stream::Http2(_) => None,
        }
    }
}

impl Drop for Connection {
    /// At once, whatever awc still does with it: left alone, awc would send one more request over a live HTTP/2 connection, cancel it,
    /// and wait for the server to close.
    fn drop(&mut self) {
        self.stream.close();
    }
}

fn client_of(stream: Stream) -> awc::Client {
    let handover = Handover(Rc::new(Cell::new(Some(stream))));
    let connector = awc::Connector::new()
        .connector(handover)
        .limit(0)
        .timeout(Duration::MAX)
        .handshake_timeout(Duration::MAX)
        .conn_keep_alive(Duration::MAX)
        .conn_lifetime(Duration::MAX);
    awc::Client::builder()
        .connector(connector)
        .disable_timeout()
        .disable_redirects()
        .no_default_headers()
        .finish()
}

/// The connector of a client: it hands over the one stream, once.
#[derive(Clone)]
struct Handover(Rc<Cell<Option<Stream>>>);

impl Service<ConnectInfo<Uri>> for Handover {
    type Response = Connected<Uri, Stream>;
    type Error = ConnectError;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    actix_service::always_ready!();

    /// The second call means that awc found the connection unusable: there is no other.
    fn call(&self, info: ConnectInfo<Uri>) -> Self::Future {
        let stream = self.0.take().ok_or(ConnectError::Unresolved);
        ready(stream.map(|stream| Connected::new(info.request().clone(), stream)))
    }
}
