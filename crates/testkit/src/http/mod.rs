//! A fast and correct origin: HTTP/1.1, HTTP/2 and, with the feature `http3`, HTTP/3 with a handler, for benches, the demo and tests that need no odd replies.
//!
//! ```
//! use appnet_testkit::{HttpOrigin, Reply};
//!
//! let origin = HttpOrigin::plain().start(|request| Reply::text(request.path().to_owned())).unwrap();
//! assert_eq!(origin.counts().requests, 0);
//! ```
//!
//! Not here: replies that break rules; those are [`RawOrigin`](crate::RawOrigin)'s.

mod counters;
pub mod filler;
mod h1;
mod h2;
#[cfg(feature = "http3")]
mod h3;
mod reply;
mod request;
#[cfg(test)]
mod tests;

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use rustls::ServerConfig;
use tokio::{
    net::TcpStream,
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
};
use tokio_rustls::TlsAcceptor;

pub use counters::Counts;
pub use reply::{Abrupt, Body, Reply};
pub use request::{Headers, Request};

use crate::{
    conn::Conn,
    thread::{ServerThread, accept_each, listen},
};
use counters::Counters;

/// A server on loopback. Dropped, it is gone.
#[derive(Debug)]
pub struct HttpOrigin {
    address: SocketAddr,
    service: Arc<Service>,
    _threads: Vec<ServerThread>,
}

/// What an origin will be.
#[derive(Debug)]
pub struct HttpOriginBuilder {
    tls: Option<Arc<ServerConfig>>,
    port: u16,
    ipv6: bool,
    threads: usize,
    #[cfg(feature = "http3")]
    http3: Option<Arc<ServerConfig>>,
    #[cfg(feature = "http3")]
    unread: Option<&'static str>,
}

impl HttpOriginBuilder {
    /// Spreads connections over so many threads (at least 1, which is the default).
    #[must_use]
    pub const fn threads(mut self, count: usize) -> Self {
        self.threads = count;
        self
    }

    /// Listens on this port instead of any free one.
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens on ::1 too, on the same port.
    #[must_use]
    pub const fn ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }

    /// Speaks HTTP/3 with this configuration, which has TLS 1.3 and the ALPN `h3`, on the UDP port of the same number.
    #[cfg(feature = "http3")]
    #[must_use]
    pub fn http3(mut self, config: Arc<ServerConfig>) -> Self {
        self.http3 = Some(config);
        self
    }

    /// Over HTTP/3, requests whose path begins with this are answered before anything of their body is read.
    #[cfg(feature = "http3")]
    #[must_use]
    pub const fn unread(mut self, path: &'static str) -> Self {
        self.unread = Some(path);
        self
    }

    /// Starts it. The handler runs on the threads of the origin and must not block; where it panics, the client sees its
    /// connection (HTTP/2, HTTP/3: its stream) end without an answer.
    ///
    /// # Errors
    /// The port is taken, or the system gives no socket or thread.
    pub fn start(
        self,
        handler: impl Fn(&Request<'_>) -> Reply + Send + Sync + 'static,
    ) -> io::Result<HttpOrigin> {
        let listeners = listen(self.port, self.ipv6)?;
        let address = listeners[0].local_addr()?;
        let service = Arc::new(Service {
            handler: Box::new(handler),
            tls: self.tls.map(TlsAcceptor::from),
            counters: Counters::default(),
            #[cfg(feature = "http3")]
            unread: self.unread,
        });
        let mut threads = Vec::new();
        let mut workers = Vec::new();
        for _ in 0..self.threads.max(1) {
            let (worker, streams) = mpsc::unbounded_channel();
            let service = Arc::clone(&service);
            threads.push(ServerThread::start("http-origin", move || {
                work(streams, service)
            })?);
            workers.push(worker);
        }
        #[cfg(feature = "http3")]
        if let Some(tls) = self.http3 {
            let socket = h3::bind(address)?;
            let service = Arc::clone(&service);
            threads.push(ServerThread::start("http3-origin", move || {
                h3::serve(socket, tls, service)
            })?);
        }
        // In front, so that it is dropped first.
        threads.insert(0, accept_thread(listeners, workers, Arc::clone(&service))?);
        Ok(HttpOrigin {
            address,
            service,
            _threads: threads,
        })
    }
}

impl HttpOrigin {
    /// Over plain TCP: HTTP/1.1 only.
    #[must_use]
    pub const fn plain() -> HttpOriginBuilder {
        HttpOriginBuilder {
            tls: None,
            port: 0,
            ipv6: false,
            threads: 1,
            #[cfg(feature = "http3")]
            http3: None,
            #[cfg(feature = "http3")]
            unread: None,
        }
    }

    /// Over TLS: HTTP/2 where ALPN agrees on `h2`, else HTTP/1.1.
    #[must_use]
    pub const fn tls(config: Arc<ServerConfig>) -> HttpOriginBuilder {
        HttpOriginBuilder {
            tls: Some(config),
            port: 0,
            ipv6: false,
            threads: 1,
            #[cfg(feature = "http3")]
            http3: None,
            #[cfg(feature = "http3")]
            unread: None,
        }
    }

    /// Its address on 127.0.0.1.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port, on 127.0.0.1 and perhaps on ::1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.service.counters.now()
    }

    /// Waits until the counts are as wanted.
    ///
    /// # Panics
    /// If that does not happen within 20 seconds of real time.
    pub async fn until(&self, wanted: impl Fn(&Counts) -> bool) -> Counts {
        let counters = &self.service.counters;
        let probe = || Some(counters.now()).filter(&wanted);
        counters
            .signal
            .until(probe, || format!("the origin counts {:?}", counters.now()))
            .await
    }
}

/// What every connection of an origin shares.
struct Service {
    handler: Box<dyn Fn(&Request<'_>) -> Reply + Send + Sync>,
    tls: Option<TlsAcceptor>,
    counters: Counters,
    #[cfg(feature = "http3")]
    unread: Option<&'static str>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

/// One thread accepts and deals out in turn: listeners of several threads would leave the balance to chance.
fn accept_thread(
    listeners: Vec<TcpListener>,
    workers: Vec<UnboundedSender<std::net::TcpStream>>,
    service: Arc<Service>,
) -> io::Result<ServerThread> {
    ServerThread::start("http-origin-accept", move || async move {
        for listener in listeners {
            tokio::spawn(accept(listener, workers.clone()));
        }
        service.counters.signal.beat().await;
    })
}

async fn accept(listener: TcpListener, workers: Vec<UnboundedSender<std::net::TcpStream>>) {
    let mut turn = workers.iter().cycle();
    let accepted = |tcp: TcpStream| {
        // A stream moves to its worker's runtime as a plain one.
        if let (Some(worker), Ok(tcp)) = (turn.next(), tcp.into_std()) {
            // A worker ends only together with this thread.
            drop(worker.send(tcp));
        }
    };
    accept_each(listener, accepted).await;
}

async fn work(mut streams: UnboundedReceiver<std::net::TcpStream>, service: Arc<Service>) {
    while let Some(tcp) = streams.recv().await {
        if let Ok(tcp) = TcpStream::from_std(tcp) {
            tokio::spawn(serve(tcp, Arc::clone(&service)));
        }
    }
}

async fn serve(tcp: TcpStream, service: Arc<Service>) {
    let (connection, _open) = service.counters.connection();
    let Some(tls) = &service.tls else {
        return h1::serve(Conn::Plain(tcp), &service, connection).await;
    };
    // A handshake that fails is the client's to report.
    let Ok(stream) = tls.accept(tcp).await else {
        return;
    };
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let conn = Conn::Tls(Box::new(stream));
    if http2 {
        h2::serve(conn, Arc::clone(&service), connection).await;
    } else {
        h1::serve(conn, &service, connection).await;
    }
}
