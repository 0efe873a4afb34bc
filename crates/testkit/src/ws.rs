//! A WebSocket origin: echo, chat, and what a server may do wrong once the socket is open.
//!
//! ```
//! use appnet_testkit::ws::{Act, WsOrigin};
//!
//! let origin = WsOrigin::plain().start(|path| if path == "/chat" { Act::Chat } else { Act::Echo }).unwrap();
//! assert_ne!(origin.port(), 0);
//! ```
//!
//! Not here: handshakes that are answered wrongly; those are [`RawOrigin`](crate::RawOrigin)'s.

mod journal;
mod serve;
#[cfg(test)]
mod tests;

use std::{fmt, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use rustls::ServerConfig;
use tokio::sync::broadcast;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;

pub use journal::{Handshake, SocketCounts};

use crate::{
    Gate,
    thread::{ServerThread, accept_each, listen},
};
use journal::Journal;

/// What a server does with one socket.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends back what it gets.
    Echo,
    /// Sends what it gets to all who chat, the sender too.
    Chat,
    /// Sends so many binary messages of so many bytes, then echoes.
    Flood {
        /// How many.
        count: usize,
        /// How long each.
        bytes: usize,
    },
    /// Waits for the gate before it reads or sends anything, then echoes.
    Hold(Gate),
    /// Starts the close handshake with this code and reason.
    Close(u16, &'static str),
    /// Sends these bytes behind the handshake, whatever they are, then resets the connection or waits for the peer's close.
    Raw {
        /// What it sends.
        bytes: Bytes,
        /// Whether it resets the connection behind them.
        reset: bool,
    },
}

/// A server on loopback. It agrees to the first protocol that is asked for, and to no extension unless told to. Dropped, it is gone.
#[derive(Debug)]
pub struct WsOrigin {
    address: SocketAddr,
    journal: Arc<Journal>,
    _thread: ServerThread,
}

/// What an origin will be.
#[derive(Debug)]
pub struct WsOriginBuilder {
    tls: Option<Arc<ServerConfig>>,
    extension: Option<&'static str>,
}

impl WsOriginBuilder {
    /// Agrees to this extension in every handshake, and does nothing about it: what needs it goes out by [`Act::Raw`].
    #[must_use]
    pub const fn agree_to(mut self, extension: &'static str) -> Self {
        self.extension = Some(extension);
        self
    }

    /// Starts it on a free port. `acts` says by the path and query of a handshake what becomes of its socket.
    ///
    /// # Errors
    /// The system gives no socket or thread.
    pub fn start(self, acts: impl Fn(&str) -> Act + Send + Sync + 'static) -> io::Result<WsOrigin> {
        let listener = listen(0, false)?.remove(0);
        let address = listener.local_addr()?;
        let journal = Arc::new(Journal::default());
        let (chat, _) = broadcast::channel(1024);
        let stage = Arc::new(Stage {
            acts: Box::new(acts),
            tls: self.tls.map(TlsAcceptor::from),
            extension: self.extension,
            chat,
            journal: Arc::clone(&journal),
        });
        let thread = ServerThread::start("ws-origin", move || async move {
            let accepting = Arc::clone(&stage);
            tokio::spawn(accept_each(listener, move |tcp| {
                tokio::spawn(serve::serve(tcp, Arc::clone(&accepting)));
            }));
            stage.journal.signal.beat().await;
        })?;
        Ok(WsOrigin {
            address,
            journal,
            _thread: thread,
        })
    }
}

impl WsOrigin {
    /// Over plain TCP: `ws:`.
    #[must_use]
    pub const fn plain() -> WsOriginBuilder {
        WsOriginBuilder {
            tls: None,
            extension: None,
        }
    }

    /// Over TLS: `wss:`.
    #[must_use]
    pub const fn tls(config: Arc<ServerConfig>) -> WsOriginBuilder {
        WsOriginBuilder {
            tls: Some(config),
            extension: None,
        }
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it counted so far.
    #[must_use]
    pub fn counts(&self) -> SocketCounts {
        self.journal.counts()
    }

    /// Waits until the counts are as wanted.
    ///
    /// # Panics
    /// If that does not happen within 20 seconds of real time.
    pub async fn until(&self, wanted: impl Fn(&SocketCounts) -> bool) -> SocketCounts {
        let probe = || Some(self.counts()).filter(&wanted);
        let missing = || format!("the origin counts {:?}", self.counts());
        self.journal.signal.until(probe, missing).await
    }

    /// Waits for the `n`-th handshake (from 0).
    ///
    /// # Panics
    /// As [`until`](Self::until).
    pub async fn handshake(&self, n: usize) -> Handshake {
        let missing = || format!("handshake {n} did not come");
        self.journal
            .signal
            .until(|| self.journal.handshake(n), missing)
            .await
    }

    /// Waits for the `n`-th close frame (from 0) of all sockets: its code and reason, `None` if it had no code.
    ///
    /// # Panics
    /// As [`until`](Self::until).
    pub async fn closed(&self, n: usize) -> Option<(u16, String)> {
        let missing = || format!("close frame {n} did not come");
        self.journal
            .signal
            .until(|| self.journal.closed(n), missing)
            .await
    }
}

/// What every connection of an origin shares.
struct Stage {
    acts: Box<dyn Fn(&str) -> Act + Send + Sync>,
    tls: Option<TlsAcceptor>,
    extension: Option<&'static str>,
    chat: broadcast::Sender<Message>,
    journal: Arc<Journal>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}
