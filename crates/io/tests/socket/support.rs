//! An app that opens sockets, and servers for it.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use appnet_io::{
    ClientOptions, HttpClient, IoFailure, Opened, Socket, SocketEvent, SystemRoots, TlsTrust,
    roots_from_pem,
};
use appnet_policy::{
    Api, Failure, Policy, Rules,
    domains::DomainLists,
    identity::{AppId, Env, Identity},
    rules::AppConfig,
    socket::{SocketLimits, SocketRequest},
};
use appnet_testkit::Ca;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The name that every secure test server goes by.
pub(crate) const HOST: &str = "api.example.test";

/// Runs a test as an actix arbiter would: one thread, local tasks. A socket that hangs fails the test.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let bounded = async { tokio::time::timeout(Duration::from_secs(20), test).await };
    let outcome = runtime.block_on(tokio::task::LocalSet::new().run_until(bounded));
    outcome.expect("the test ends within 20 seconds")
}

/// An app with its rules and client.
pub(crate) struct App {
    pub(crate) client: HttpClient,
    pub(crate) rules: Arc<Rules>,
}

/// Each look at the slice gives the thread back, however fast the machine is.
fn hurried() -> ClientOptions {
    ClientOptions {
        slices: Duration::ZERO.into(),
        ..ClientOptions::default()
    }
}

impl App {
    /// A developer's session, which may use plain ws: to any port of loopback.
    pub(crate) fn plain() -> Self {
        Self::plain_with(Policy::seed())
    }

    pub(crate) fn plain_with(policy: Policy) -> Self {
        Self::with(&Ca::new(), policy, |config| {
            config.identity.env = Env::Devtools;
            config.url_check = false;
        })
    }

    /// A released app that may open `wss://api.example.test`, which is at `port` on loopback.
    pub(crate) fn released(ca: &Ca, port: u16) -> Self {
        Self::with(ca, Policy::seed(), |config| {
            config.connect_to = vec![format!("{HOST}::127.0.0.1:{port}").parse().unwrap()];
        })
    }

    pub(crate) fn with(ca: &Ca, policy: Policy, change: impl FnOnce(&mut AppConfig)) -> Self {
        let identity = Identity {
            app_id: AppId::new("wx1234567890"),
            version: "7".to_owned(),
            env: Env::Release,
        };
        let domains = DomainLists {
            socket: vec![format!("wss://{HOST}")],
            ..DomainLists::default()
        };
        let mut config = AppConfig::new(identity, domains);
        change(&mut config);
        Self {
            client: HttpClient::with_options(&trust(ca), hurried()),
            rules: Arc::new(Rules::new(Arc::new(policy), config, None).unwrap()),
        }
    }

    pub(crate) fn request(&self, url: &str) -> Box<SocketRequest> {
        Box::new(SocketRequest {
            target: self.rules.permit(Api::ConnectSocket, url).unwrap(),
            headers: Vec::new(),
            protocols: Vec::new(),
            tcp_no_delay: true,
            per_message_deflate: false,
            force_cellular: false,
        })
    }

    pub(crate) async fn connect(
        &self,
        request: Box<SocketRequest>,
    ) -> Result<(Socket, Opened), IoFailure> {
        self.client.connect_socket(request, limits()).await
    }

    pub(crate) async fn open(&self, url: &str) -> Result<(Socket, Opened), IoFailure> {
        self.connect(self.request(url)).await
    }
}

pub(crate) fn trust(ca: &Ca) -> TlsTrust {
    TlsTrust::new(
        roots_from_pem(ca.pem().as_bytes()).unwrap(),
        SystemRoots::Ignore,
    )
    .unwrap()
}

/// Times so long that no test passes by waiting for them.
pub(crate) fn limits() -> SocketLimits {
    SocketLimits {
        close_wait: Duration::from_secs(60),
        end_wait: Duration::from_secs(60),
        answer_wait: Duration::ZERO,
        ..SocketLimits::seed()
    }
}

/// A listener on loopback whose connections a test serves itself.
pub(crate) struct Server {
    listener: TcpListener,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/", self.listener.local_addr().unwrap())
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub(crate) async fn accept(&self) -> TcpStream {
        let (tcp, _) = self.listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        tcp
    }

    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.listener.poll_accept(cx).map(|_| ())
    }

    /// Shakes hands by hand; `more` are header lines, `behind` what follows the head in the same write.
    pub(crate) async fn upgrade(&self, more: &str, behind: &[u8]) -> TcpStream {
        let mut tcp = self.accept().await;
        let head = read_head(&mut tcp).await;
        let mut reply = format!("{}{more}\r\n", switching(&head)).into_bytes();
        reply.extend_from_slice(behind);
        tcp.write_all(&reply).await.unwrap();
        tcp
    }
}

/// The head of a request, with its empty line.
pub(crate) async fn read_head(tcp: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// The right answer to a handshake, without its empty line.
pub(crate) fn switching(head: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n",
        derive_accept_key(field(head, "Sec-WebSocket-Key").as_bytes())
    )
}

/// The value of a field of a request.
pub(crate) fn field<'a>(head: &'a str, name: &str) -> &'a str {
    let value = head
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("no {name} in {head}"))
}

/// An open socket, and the server's end of its connection.
pub(crate) async fn opened() -> (Socket, TcpStream) {
    opened_with(limits()).await
}

pub(crate) async fn opened_with(limits: SocketLimits) -> (Socket, TcpStream) {
    let (app, server) = (App::plain(), Server::start().await);
    let request = app.request(&server.url());
    let (socket, tcp) = tokio::join!(
        app.client.connect_socket(request, limits),
        server.upgrade("", b"")
    );
    (socket.unwrap().0, tcp)
}

/// An open socket that compresses, as the server's answer says.
pub(crate) async fn opened_deflating(answer: &str) -> (Socket, TcpStream) {
    let (app, server) = (App::plain(), Server::start().await);
    let mut request = app.request(&server.url());
    request.per_message_deflate = true;
    let more = format!("Sec-WebSocket-Extensions: {answer}\r\n");
    let (socket, tcp) = tokio::join!(app.connect(request), server.upgrade(&more, b""));
    (socket.unwrap().0, tcp)
}

/// A frame of a client: its first byte, and its payload without the mask, which it must have.
pub(crate) async fn read_frame(tcp: &mut TcpStream) -> (u8, Vec<u8>) {
    let first = tcp.read_u8().await.unwrap();
    let second = tcp.read_u8().await.unwrap();
    assert_eq!(second & 0x80, 0x80, "a client masks its frames");
    let length = match second & 0x7f {
        126 => u64::from(tcp.read_u16().await.unwrap()),
        127 => tcp.read_u64().await.unwrap(),
        length => u64::from(length),
    };
    let mut mask = [0; 4];
    tcp.read_exact(&mut mask).await.unwrap();
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    tcp.read_exact(&mut payload).await.unwrap();
    unmask(mask, &mut payload);
    (first, payload)
}

/// Eight bytes at a time: byte by byte, big messages take seconds without optimisation.
fn unmask(mask: [u8; 4], payload: &mut [u8]) {
    let twice = u64::from_ne_bytes([mask, mask].concat().try_into().unwrap());
    let mut words = payload.chunks_exact_mut(8);
    for word in &mut words {
        let plain = u64::from_ne_bytes(word.try_into().unwrap()) ^ twice;
        word.copy_from_slice(&plain.to_ne_bytes());
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip([mask, mask].concat()) {
        *byte ^= mask;
    }
}

/// A close frame of a client.
pub(crate) async fn read_close(tcp: &mut TcpStream) -> (u16, String) {
    let (first, payload) = read_frame(tcp).await;
    assert_eq!(first, 0x88, "{payload:?} is no close frame");
    match &payload[..] {
        [] => (0, String::new()),
        [high, low, reason @ ..] => (
            u16::from_be_bytes([*high, *low]),
            String::from_utf8(reason.to_vec()).unwrap(),
        ),
        [_] => panic!("half a close code"),
    }
}

/// Sends these frames to a fresh socket and closes when it does; its one event, and the code it gave.
pub(crate) async fn violate(frames: &[u8]) -> (Option<SocketEvent>, u16) {
    let (mut socket, mut tcp) = opened().await;
    tcp.write_all(frames).await.unwrap();
    let server = async {
        let (code, _) = read_close(&mut tcp).await;
        drop(tcp);
        code
    };
    tokio::join!(socket.next(), server)
}

#[track_caller]
pub(crate) fn assert_failed(event: Option<SocketEvent>, expected: &Failure, reason: &str) {
    let Some(SocketEvent::Failed(failure)) = event else {
        panic!("expected a failure, got {event:?}");
    };
    assert_failure(&failure, expected, reason);
}

#[track_caller]
pub(crate) fn assert_failure(failure: &IoFailure, expected: &Failure, reason: &str) {
    assert_eq!(&failure.failure, expected, "{}", failure.reason);
    let found = &failure.reason;
    assert!(
        found.contains(reason),
        "{found:?} should contain {reason:?}"
    );
}
