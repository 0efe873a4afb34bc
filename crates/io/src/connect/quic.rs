//! Connections of QUIC (RFC 9000, RFC 9001), by quinn: under the same roots, the same judgement of certificates and the same check of addresses
//! as TLS over TCP, and without 0-RTT.

use std::{
    fmt, io, mem,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use appnet_policy::rules::Refusal;
use futures_util::FutureExt as _;
use quinn::{
    AsyncTimer, AsyncUdpSocket, ClientConfig, Endpoint, EndpointConfig, Runtime, TokioRuntime,
    TransportConfig, VarInt,
    crypto::rustls::{NoInitialCipherSuite, QuicClientConfig},
};
use tokio::{sync::watch, task::yield_now};

use super::{Destination, Facts, interface, race, tls::TlsConfigs};
use crate::{error::ExchangeError, spawn::Spawn};

/// What a server may send of one body before the app takes some of it, and of all bodies of a connection: as over HTTP/2.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// What is kept of request bodies until the server has it.
const SEND_WINDOW: u64 = 1 << 20;

/// Streams that a server may have open at a time: control and the two of QPACK, and some that say nothing.
const SERVER_STREAMS: u32 = 8;

/// A connection on which nothing comes for so long is lost.
const SILENCE: Duration = Duration::from_secs(30);

/// A live connection. Dropped, it is closed, and its tasks end.
pub(crate) struct QuicLink {
    connection: quinn::Connection,
    _open: watch::Sender<()>,
}

impl QuicLink {
    pub(crate) const fn connection(&self) -> &quinn::Connection {
        &self.connection
    }

    /// Closes it now.
    pub(crate) fn close(&self) {
        const H3_NO_ERROR: u32 = 0x100;
        self.connection.close(VarInt::from_u32(H3_NO_ERROR), b"");
    }
}

impl Drop for QuicLink {
    fn drop(&mut self) {
        self.close();
    }
}

/// Connects to whichever of these addresses, which were checked, answers first.
///
/// # Errors
/// None did, or the handshake failed with all.
pub(super) async fn connect(
    tls: &TlsConfigs,
    destination: &Destination,
    addresses: &[SocketAddr],
    over: Option<&str>,
    spawn: &Spawn,
) -> Result<(QuicLink, Facts), ExchangeError> {
    let (config, verdict) = tls.quic(destination);
    let config =
        client_config(config).map_err(|error| ExchangeError::Unexpected(error.to_string()))?;
    let host = destination.host.as_str();
    let attempt = |address| attempt(config.clone(), address, over, host, spawn);
    let (link, peer) = race::first(addresses, race::HEAD_START, attempt)
        .await
        .map_err(race::most_telling)?;
    let facts = Facts {
        peer: Some(peer),
        tls_version: Some("TLSv1.3"),
        tls_suite: None, // quinn does not tell
        would_refuse: verdict
            .take()
            .map(Refusal::of_certificate)
            .into_iter()
            .collect(),
        http_dns: false,
    };
    Ok((link, facts))
}

fn client_config(tls: Arc<rustls::ClientConfig>) -> Result<ClientConfig, NoInitialCipherSuite> {
    let crypto = QuicClientConfig::try_from(tls)?;
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(SERVER_STREAMS))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(SILENCE.try_into().ok());
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport));
    Ok(config)
}

/// Each connection has a socket of its own: nobody can tell by a port that two of them are the same app's.
async fn attempt(
    config: ClientConfig,
    address: SocketAddr,
    over: Option<&str>,
    host: &str,
    spawn: &Spawn,
) -> io::Result<QuicLink> {
    let any = match address {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = interface::udp(any, over).await?;
    let runtime = Arc::new(Collecting::default());
    let endpoint = Endpoint::new(
        EndpointConfig::default(),
        None,
        socket,
        Arc::clone(&runtime) as Arc<dyn Runtime>,
    )?;
    let connecting = endpoint
        .connect_with(config, address, host)
        .map_err(io::Error::other)?;
    let (open, closed) = watch::channel(());
    for task in runtime.take() {
        spawn.spawn(run(task, closed.clone()));
    }
    Ok(QuicLink {
        connection: connecting.await.map_err(io::Error::other)?,
        _open: open,
    })
}

/// Runs a task of quinn until its connection is dropped, and a little longer: the last packet says that it is closed. What would follow is
/// waiting for packets that are late, which would keep the socket of an app that is gone (B7).
async fn run(task: Task, mut closed: watch::Receiver<()>) {
    const LAST_POLLS: usize = 3;
    let mut task = pin!(task);
    tokio::select! {
        biased;
        () = &mut task => return,
        _ = closed.changed() => {}
    }
    for _ in 0..LAST_POLLS {
        if task.as_mut().now_or_never().is_some() {
            return;
        }
        yield_now().await;
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// tokio, but for the tasks: those are collected for whoever runs the app's others, and counted as the app's time (I1).
#[derive(Default)]
struct Collecting(Mutex<Vec<Task>>);

impl Collecting {
    fn take(&self) -> Vec<Task> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Runtime for Collecting {
    fn new_timer(&self, at: Instant) -> Pin<Box<dyn AsyncTimer>> {
        TokioRuntime.new_timer(at)
    }

    fn spawn(&self, task: Task) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(task);
    }

    fn wrap_udp_socket(&self, socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        TokioRuntime.wrap_udp_socket(socket)
    }

    fn now(&self) -> Instant {
        TokioRuntime.now()
    }
}

impl fmt::Debug for Collecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collecting").finish_non_exhaustive()
    }
}
