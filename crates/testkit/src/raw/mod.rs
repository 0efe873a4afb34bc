//! An origin whose replies are made by hand, byte by byte.
//!
//! ```
//! use appnet_testkit::{RawOrigin, Script};
//!
//! let origin = RawOrigin::plain()
//!     .script(Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").close())
//!     .start();
//! assert_ne!(origin.port(), 0);
//! ```
//!
//! The first connection plays the first script, the second one the second; the last script serves all that follow.

mod journal;
mod play;
mod script;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;

pub use journal::{ConnectionLog, PeerClose, RawRequest, TlsLog};
pub use script::{Script, Step};

use crate::{
    conn::Conn,
    thread::{ServerThread, accept_each, listen},
};
use journal::Journal;

/// A server on loopback that plays scripts, and remembers what it saw. Dropped, it is gone.
#[derive(Debug)]
pub struct RawOrigin {
    address: SocketAddr,
    journal: Arc<Journal>,
    _thread: ServerThread,
}

/// What an origin will be.
#[derive(Debug, Default)]
pub struct RawOriginBuilder {
    tls: Option<Arc<ServerConfig>>,
    ipv6: bool,
    scripts: Vec<Script>,
}

impl RawOriginBuilder {
    /// Adds the script of the next connection.
    #[must_use]
    pub fn script(mut self, script: Script) -> Self {
        self.scripts.push(script);
        self
    }

    /// Listens on ::1 too, on the same port.
    #[must_use]
    pub const fn ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }

    /// Starts it on a free port.
    ///
    /// # Panics
    /// If this machine has no loopback to listen on: no test can do without.
    #[must_use]
    pub fn start(self) -> RawOrigin {
        let listeners = listen(0, self.ipv6).expect("loopback has a free port");
        let address = listeners[0]
            .local_addr()
            .expect("a bound socket has an address");
        let journal = Arc::new(Journal::default());
        let stage = Arc::new(Stage {
            tls: self.tls,
            scripts: self.scripts,
            journal: Arc::clone(&journal),
        });
        let thread = ServerThread::start("raw-origin", move || async move {
            for listener in listeners {
                tokio::spawn(accept(listener, Arc::clone(&stage)));
            }
            stage.journal.signal.beat().await;
        });
        RawOrigin {
            address,
            journal,
            _thread: thread.expect("the system has a thread to spare"),
        }
    }
}

impl RawOrigin {
    /// Over plain TCP.
    #[must_use]
    pub fn plain() -> RawOriginBuilder {
        RawOriginBuilder::default()
    }

    /// Over TLS.
    #[must_use]
    pub fn tls(config: Arc<ServerConfig>) -> RawOriginBuilder {
        RawOriginBuilder {
            tls: Some(config),
            ..RawOriginBuilder::default()
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

    /// How many connections were accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.journal.read().connections.len()
    }

    /// What happened so far on the `n`-th connection (from 0).
    #[must_use]
    pub fn connection(&self, n: usize) -> Option<ConnectionLog> {
        self.journal.read().connections.get(n).cloned()
    }

    /// All requests so far, of all connections, in the order they were read.
    #[must_use]
    pub fn requests(&self) -> Vec<RawRequest> {
        self.journal.read().requests.clone()
    }

    /// Waits for the `n`-th request (from 0) of all connections.
    ///
    /// # Panics
    /// If it does not come within 20 seconds of real time.
    pub async fn request(&self, n: usize) -> RawRequest {
        self.until(&format!("request {n}"), || {
            self.journal.read().requests.get(n).cloned()
        })
        .await
    }

    /// Waits until the `n`-th connection (from 0) is accepted and its TLS handshake has ended, well or not.
    ///
    /// # Panics
    /// As [`request`](Self::request).
    pub async fn accepted(&self, n: usize) -> ConnectionLog {
        self.until(&format!("connection {n}"), || {
            self.connection(n)
                .filter(|log| log.ready || log.closed.is_some())
        })
        .await
    }

    /// Waits until the `n`-th connection (from 0) is closed by the peer, or reset by its script.
    ///
    /// # Panics
    /// As [`request`](Self::request).
    pub async fn closed(&self, n: usize) -> PeerClose {
        self.until(&format!("the close of connection {n}"), || {
            self.connection(n).and_then(|log| log.closed)
        })
        .await
    }

    async fn until<R>(&self, what: &str, probe: impl FnMut() -> Option<R>) -> R {
        let missing = || {
            format!(
                "{what} did not come; the origin saw {:#?}",
                *self.journal.read()
            )
        };
        self.journal.signal.until(probe, missing).await
    }
}

/// What every connection of an origin shares.
struct Stage {
    tls: Option<Arc<ServerConfig>>,
    scripts: Vec<Script>,
    journal: Arc<Journal>,
}

async fn accept(listener: TcpListener, stage: Arc<Stage>) {
    let accepted = |tcp| {
        let index = stage.journal.open();
        tokio::spawn(serve(tcp, Arc::clone(&stage), index));
    };
    accept_each(listener, accepted).await;
}

async fn serve(tcp: TcpStream, stage: Arc<Stage>, index: usize) {
    let conn = match stage.tls.clone() {
        None => Conn::Plain(tcp),
        Some(config) => match handshake(tcp, config, &stage.journal, index).await {
            Ok(conn) => conn,
            Err(error) => return handshake_failed(&stage.journal, index, &error),
        },
    };
    stage.journal.update(index, |log| log.ready = true);
    let last = stage.scripts.len().saturating_sub(1);
    let script = stage
        .scripts
        .get(index.min(last))
        .cloned()
        .unwrap_or_default();
    play::play(conn, &script, &stage.journal, index).await;
}

async fn handshake(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    journal: &Journal,
    index: usize,
) -> std::io::Result<Conn> {
    // Lazily, because only the hello tells what the client offered.
    let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), tcp).await?;
    let mut log = offered(&start.client_hello());
    journal.update(index, |entry| entry.tls = Some(log.clone()));
    let tls = start.into_stream(config).await?;
    let session = tls.get_ref().1;
    log.alpn = session.alpn_protocol().map(text);
    log.version = session
        .protocol_version()
        .map(|v| format!("{v:?}"))
        .unwrap_or_default();
    log.client_certificates = session.peer_certificates().map_or(0, <[_]>::len);
    log.resumed = session.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
    journal.update(index, |entry| entry.tls = Some(log));
    Ok(Conn::Tls(Box::new(tls)))
}

fn offered(hello: &rustls::server::ClientHello<'_>) -> TlsLog {
    TlsLog {
        sni: hello.server_name().map(str::to_owned),
        alpn_offered: hello.alpn().into_iter().flatten().map(text).collect(),
        ..TlsLog::default()
    }
}

fn handshake_failed(journal: &Journal, index: usize, error: &std::io::Error) {
    journal.update(index, |log| {
        log.tls.get_or_insert_default().error = Some(error.to_string());
        log.closed = Some(PeerClose::Error(error.to_string()));
    });
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
