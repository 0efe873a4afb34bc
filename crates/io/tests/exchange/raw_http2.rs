//! A server of HTTP/2 that sends the frames it is told to, whether they make sense or not.

use std::sync::Arc;

use appnet_io::{ClientOptions, ConnectionLimits};
use appnet_policy::Policy;
use appnet_testkit::{Ca, Leaf};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::support::{App, HOST};

pub(crate) const DATA: u8 = 0x0;
pub(crate) const HEADERS: u8 = 0x1;
pub(crate) const RESET: u8 = 0x3;
pub(crate) const SETTINGS: u8 = 0x4;
pub(crate) const PING: u8 = 0x6;
pub(crate) const GOAWAY: u8 = 0x7;
pub(crate) const WINDOW_UPDATE: u8 = 0x8;
pub(crate) const CONTINUATION: u8 = 0x9;

pub(crate) const ACK: u8 = 0x1;
pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;

/// `:status: 200`, which the static table has.
pub(crate) const OK: &[u8] = b"\x88";

/// A field that no table has.
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        assert!(length < 127);
        length
    };
    let mut field = vec![0, length(name)];
    field.extend_from_slice(name.as_bytes());
    field.push(length(value));
    field.extend_from_slice(value.as_bytes());
    field
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// A frame that came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) kind: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// Where the server listens, with a certificate of its own.
pub(crate) struct RawHttp2Origin {
    ca: Ca,
    leaf: Leaf,
    listener: TcpListener,
}

impl RawHttp2Origin {
    pub(crate) async fn listen() -> Self {
        let ca = Ca::new();
        Self {
            leaf: ca.issue(&[HOST]),
            ca,
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    /// An app that reaches it and trusts it.
    pub(crate) fn app(&self) -> App {
        self.app_with(Policy::seed())
    }

    pub(crate) fn app_with(&self, policy: Policy) -> App {
        let port = self.listener.local_addr().unwrap().port();
        App::with(&self.ca, port, policy, |_| {})
    }

    /// The same, whose connections are kept so.
    pub(crate) fn app_limited(&self, policy: Policy, limits: ConnectionLimits) -> App {
        let options = ClientOptions {
            limits,
            ..ClientOptions::default()
        };
        self.app_with(policy).with_options(&self.ca, options)
    }

    /// Accepts a connection, shakes hands, sends these settings and acknowledges the client's: until then its window is 65,535 bytes for
    /// each stream, whatever it said (RFC 9113 §6.5.3).
    pub(crate) async fn accept(&self, settings: &[(u16, u32)]) -> RawHttp2 {
        let mut io = self.accept_tls(self.leaf.http2()).await;
        io.read_exact(&mut [0; 24]).await.unwrap();
        let mut server = RawHttp2 { io };
        let payload: Vec<_> = settings
            .iter()
            .flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        server.send(SETTINGS, 0, 0, &payload).await;
        server.until(SETTINGS).await;
        server.send(SETTINGS, ACK, 0, b"").await;
        server
    }

    /// Accepts a connection that will speak HTTP/1.1.
    pub(crate) async fn accept_http1(&self) -> TlsStream<TcpStream> {
        self.accept_tls(self.leaf.http1()).await
    }

    async fn accept_tls(&self, config: Arc<ServerConfig>) -> TlsStream<TcpStream> {
        let (tcp, _) = self.listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        TlsAcceptor::from(config).accept(tcp).await.unwrap()
    }
}

/// One connection, after its TLS handshake.
pub(crate) struct RawHttp2 {
    io: TlsStream<TcpStream>,
}

impl RawHttp2 {
    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.send_bytes(&frame(kind, flags, stream, payload)).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        assert!(self.try_send(bytes).await, "the client has closed");
    }

    /// Sends, unless the client has closed.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.io.write_all(bytes).await.is_ok() && self.io.flush().await.is_ok()
    }

    /// The next frame, if the client does not close.
    pub(crate) async fn try_receive(&mut self) -> Option<Received> {
        let mut header = [0; 9];
        self.io.read_exact(&mut header).await.ok()?;
        let [a, b, c, kind, _, stream @ ..] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.io.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes(stream);
        Some(Received {
            kind,
            stream,
            payload,
        })
    }

    /// The next frame of this kind; others are dropped.
    pub(crate) async fn until(&mut self, kind: u8) -> Received {
        loop {
            let frame = self.try_receive().await.expect("the client has closed");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// The stream of the next request.
    pub(crate) async fn request(&mut self) -> u32 {
        self.until(HEADERS).await.stream
    }

    /// Until the client has closed.
    pub(crate) async fn closed(&mut self) {
        while self.try_receive().await.is_some() {}
    }

    pub(crate) async fn answer(&mut self, stream: u32, body: &str) {
        self.send(HEADERS, END_HEADERS, stream, OK).await;
        self.send(DATA, END_STREAM, stream, body.as_bytes()).await;
    }
}
