//! One connection to a server, whatever version of HTTP it speaks.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use appnet_policy::{
    exchange::{OutgoingRequest, ResponseHead},
    preset::ResponseLimits,
};
use bytes::Bytes;
use futures_core::Stream;

#[cfg(feature = "http3")]
use crate::{
    connect::quic::QuicLink,
    http3::{Http3, Http3Exchange},
};
use crate::{
    connect::{Dialled, Facts},
    error::ExchangeError,
    http1::{Http1, Http1Exchange},
    http2::{Http2, Http2Exchange, SilenceLimits},
    journal::Traffic,
    path::{LastLook, PathInfo},
    resend::{Reach, Unanswered},
    spawn::Spawn,
    upload::Payload,
};

/// A live connection and what is known of it.
pub(crate) struct Connection {
    protocol: Protocol,
    facts: Facts,
    /// Exchanges it has begun to serve.
    served: Cell<u64>,
    /// Exchanges it serves now; at most one for HTTP/1.
    active: Cell<usize>,
    idle_since: Cell<Instant>,
    /// Whether new exchanges stay away from it, while those it has go on (HTTP/2).
    retired: Cell<bool>,
    last_look: LastLook,
}

/// What had come on a connection at a moment, where that is known.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(feature = "http3"),
    expect(dead_code, reason = "it is known of HTTP/3 alone")
)]
pub(crate) struct Heard {
    at: Instant,
    datagrams: u64,
}

/// What makes one exchange over a connection.
enum Protocol {
    Http1(Http1),
    Http2(Http2),
    #[cfg(feature = "http3")]
    Http3(Http3),
}

/// An exchange under way; as a stream, the body of its answer.
pub(crate) enum WireExchange {
    Http1(Http1Exchange),
    Http2(Http2Exchange),
    /// In a box: the other two are small, and each call that waits has room for the largest.
    #[cfg(feature = "http3")]
    Http3(Box<Http3Exchange>),
}

impl Connection {
    /// What speaks HTTP over a connection that was made.
    ///
    /// # Errors
    /// The connection broke.
    pub(crate) async fn new(
        dialled: Dialled,
        limits: &ResponseLimits,
        silence: SilenceLimits,
        spawn: &Spawn,
    ) -> Result<Self, ExchangeError> {
        let protocol = if dialled.http2 {
            Protocol::Http2(Http2::new(dialled.transport, limits, silence, spawn).await?)
        } else {
            Protocol::Http1(Http1::new(dialled.transport))
        };
        Ok(Self::over(protocol, dialled.facts))
    }

    /// What speaks HTTP/3 over a connection that was made.
    ///
    /// # Errors
    /// The connection broke.
    #[cfg(feature = "http3")]
    pub(crate) async fn over_quic(
        (link, facts): (QuicLink, Facts),
        limits: &ResponseLimits,
        spawn: &Spawn,
    ) -> Result<Self, ExchangeError> {
        let protocol = Protocol::Http3(Http3::new(link, limits, spawn).await?);
        Ok(Self::over(protocol, facts))
    }

    fn over(protocol: Protocol, facts: Facts) -> Self {
        Self {
            protocol,
            facts,
            served: Cell::new(0),
            active: Cell::new(0),
            idle_since: Cell::new(Instant::now()),
            retired: Cell::new(false),
            last_look: LastLook::default(),
        }
    }

    /// Begins an exchange; over HTTP/2 it may have to wait for a stream.
    ///
    /// # Errors
    /// A request that cannot be sent, or not over this connection.
    pub(crate) async fn exchange(
        &self,
        request: &OutgoingRequest,
        payload: Payload,
    ) -> Result<WireExchange, Unanswered> {
        match &self.protocol {
            Protocol::Http1(http1) => http1
                .begin(request, payload)
                .map(WireExchange::Http1)
                .map_err(Unanswered::for_good),
            Protocol::Http2(http2) => http2.begin(request, payload).await.map(WireExchange::Http2),
            #[cfg(feature = "http3")]
            Protocol::Http3(http3) => Box::pin(http3.begin(request, payload))
                .await
                .map(|exchange| WireExchange::Http3(Box::new(exchange))),
        }
    }

    pub(crate) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Its name in ALPN.
    pub(crate) const fn protocol(&self) -> &'static str {
        match self.protocol {
            Protocol::Http1(_) => "http/1.1",
            Protocol::Http2(_) => "h2",
            #[cfg(feature = "http3")]
            Protocol::Http3(_) => "h3",
        }
    }

    /// What the kernel, or QUIC, has measured on it by now or shortly before.
    pub(crate) fn path(&self) -> Option<PathInfo> {
        self.last_look
            .renew(Instant::now(), || match &self.protocol {
                Protocol::Http1(http1) => http1.measured(),
                Protocol::Http2(http2) => http2.measured(),
                #[cfg(feature = "http3")]
                Protocol::Http3(http3) => Some(http3.measured()),
            })
    }

    /// Whether it serves many exchanges at a time.
    pub(crate) const fn is_shared(&self) -> bool {
        !matches!(self.protocol, Protocol::Http1(_))
    }

    /// Whether it speaks HTTP/3.
    pub(crate) const fn is_http3(&self) -> bool {
        !matches!(self.protocol, Protocol::Http1(_) | Protocol::Http2(_))
    }

    /// Whether another exchange may begin on it: looked at in the moment before it does (H4).
    pub(crate) fn is_ready(&self) -> bool {
        !self.retired.get()
            && match &self.protocol {
                Protocol::Http1(http1) => self.active.get() == 0 && http1.is_quiet(),
                Protocol::Http2(http2) => http2.is_open(),
                #[cfg(feature = "http3")]
                Protocol::Http3(http3) => http3.is_open(),
            }
    }

    /// Whether it may wait for another exchange in the hands of its pool, which looks at it again then.
    pub(crate) const fn may_be_kept(&self) -> bool {
        !self.is_shared() && !self.retired.get()
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

    pub(crate) fn idle_for(&self, now: Instant) -> Option<Duration> {
        let idle = now.saturating_duration_since(self.idle_since.get());
        (self.active.get() == 0).then_some(idle)
    }

    /// What has come so far. Only of UDP: over HTTP/2 the server is asked (`http2::pulse`), and of HTTP/1 a call has a connection to itself.
    pub(crate) fn heard(&self) -> Option<Heard> {
        match &self.protocol {
            Protocol::Http1(_) | Protocol::Http2(_) => None,
            #[cfg(feature = "http3")]
            Protocol::Http3(http3) => Some(Heard {
                at: Instant::now(),
                datagrams: http3.heard(),
            }),
        }
    }

    /// Whether nothing at all has come since then, though the server had the time to say that it hears us.
    #[cfg_attr(
        not(feature = "http3"),
        expect(unused_variables, reason = "it is known of HTTP/3 alone")
    )]
    pub(crate) fn is_silent_since(&self, then: Heard) -> bool {
        match &self.protocol {
            Protocol::Http1(_) | Protocol::Http2(_) => false,
            #[cfg(feature = "http3")]
            Protocol::Http3(http3) => {
                http3.heard() == then.datagrams && then.at.elapsed() > http3.answers_within()
            }
        }
    }

    pub(crate) fn retire(&self) {
        self.retired.set(true);
    }
}

impl Drop for Connection {
    /// At once, whatever awc, h2 and h3 still do with it (B7).
    fn drop(&mut self) {
        match &self.protocol {
            Protocol::Http1(http1) => http1.close(),
            Protocol::Http2(http2) => http2.close(),
            #[cfg(feature = "http3")]
            Protocol::Http3(http3) => http3.close(),
        }
    }
}

impl WireExchange {
    /// The head of the final answer.
    ///
    /// # Errors
    /// What happened instead, and how far the request came.
    pub(crate) async fn head(&mut self) -> Result<ResponseHead, Unanswered> {
        match self {
            Self::Http1(exchange) => exchange.head().await.map_err(|error| Unanswered {
                reach: reach(&error, exchange.is_heard()),
                error,
            }),
            Self::Http2(exchange) => exchange.head().await,
            #[cfg(feature = "http3")]
            Self::Http3(exchange) => exchange.head().await,
        }
    }

    pub(crate) fn traffic(&self) -> Traffic {
        match self {
            Self::Http1(exchange) => exchange.traffic(),
            Self::Http2(exchange) => exchange.traffic(),
            #[cfg(feature = "http3")]
            Self::Http3(exchange) => exchange.traffic(),
        }
    }

    /// Whether the connection may serve again after it.
    pub(crate) fn leaves_connection_usable(&self) -> bool {
        match self {
            Self::Http1(exchange) => exchange.is_over(),
            Self::Http2(_) => true,
            #[cfg(feature = "http3")]
            Self::Http3(_) => true,
        }
    }
}

impl Stream for WireExchange {
    type Item = Result<Bytes, ExchangeError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.get_mut() {
            Self::Http1(exchange) => Pin::new(exchange).poll_next(cx),
            Self::Http2(exchange) => Pin::new(exchange).poll_next(cx),
            #[cfg(feature = "http3")]
            Self::Http3(exchange) => Pin::new(exchange).poll_next(cx),
        }
    }
}

/// Over HTTP/1 only the end of the connection leaves it open whether the server has acted.
const fn reach(error: &ExchangeError, heard: bool) -> Reach {
    match error {
        ExchangeError::Broken(_)
        | ExchangeError::Shaped(_)
        | ExchangeError::Framing(_)
        | ExchangeError::Tls { .. }
            if !heard =>
        {
            Reach::Unknown
        }
        _ => Reach::Answered,
    }
}
