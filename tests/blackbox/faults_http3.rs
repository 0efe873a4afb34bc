//! The same over HTTP/3 (P8, B7): whatever becomes of datagrams, and whatever a server of HTTP/3 does, each call ends exactly once, with the right
//! number, and nothing of it is left.
//!
//! What a fault must come to: QUIC repairs what is lost, late, twice or changed. Until its handshake is done TCP is tried beside it, so silence there
//! costs a call nothing but time. After that a call has the fate of its connection, as over TCP.

use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use appnet_testkit::{
    Ca, DatagramFault, DatagramProxy, Fault, FaultProxy, Gate, HttpOrigin, Reply, Request, Side,
    http::Abrupt, routes,
};
use serde_json::json;

use crate::{
    faults::{BODY, Call, Outcome, STRAIGHT, Scene, begin, ending, large},
    leaving::sockets_to,
    world::{App, HOST},
};

/// So long waits a call whose fault is silence.
const PATIENCE: Duration = Duration::from_millis(300);

/// RFC 9114 §8.1.
const H3_INTERNAL_ERROR: u64 = 0x102;
const H3_REQUEST_REJECTED: u64 = 0x10b;

/// Over what a call ended well, or how else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Http3,
    Tcp,
    Broken,
    TimedOut,
}

use End::{Broken, Http3, Tcp, TimedOut};

/// What becomes of new connections of TCP, beside QUIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BesideIt {
    Works,
    /// Nothing comes of it, so that no test depends on who is faster.
    Hangs,
}

use BesideIt::{Hangs, Works};

struct Stage {
    scene: Scene,
    http: HttpOrigin,
    tcp: FaultProxy,
    udp: DatagramProxy,
}

impl Stage {
    fn new() -> Self {
        let ca = Ca::new();
        let leaf = ca.issue(&[HOST, STRAIGHT]);
        let demo = routes::demo_routes(&Gate::new());
        let http = HttpOrigin::tls(leaf.http2())
            .http3(leaf.http3())
            .unread("/unread/")
            .start(move |request| {
                let reply = breaking_off(request).unwrap_or_else(|| demo(request));
                reply.header("alt-svc", r#"h3=":8443"; ma=600"#)
            })
            .unwrap();
        Self {
            scene: Scene::new(&ca),
            tcp: FaultProxy::start(http.address(), Fault::None).unwrap(),
            udp: DatagramProxy::start(http.address()).unwrap(),
            http,
        }
    }

    /// An app that was told of HTTP/3.
    async fn told(&self, directory: &std::path::Path) -> (appnet::policy::identity::AppId, App) {
        self.tcp.set(Fault::None);
        let leads = [
            format!("{HOST}:443:127.0.0.1:{}", self.tcp.address().port()),
            format!("{HOST}:8443:127.0.0.1:{}", self.udp.address().port()),
            format!("{STRAIGHT}::127.0.0.1:{}", self.http.port()),
        ];
        let (id, mut app) = self.scene.launch(directory, &leads).await;
        let told = app.start("/json", json!({}));
        assert_eq!(ending(&mut app, told, "/json").await, Outcome::Success);
        self.scene.record().await;
        (id, app)
    }

    /// One call of a fresh app, and all that must hold around it.
    async fn play(
        &self,
        (call, path): (Call, &str),
        tcp: BesideIt,
        (side, fault): (Side, DatagramFault),
    ) -> End {
        let what = format!("{call:?} {path}, TCP {tcp:?}, {side:?}: {fault:?}");
        let directory = tempfile::tempdir().unwrap();
        let (id, mut app) = self.told(directory.path()).await;
        let clients_before = self.udp.clients().len();
        self.udp.set_for(side, fault);
        let mut options = json!({"enableQuic": true});
        if tcp == Hangs {
            self.tcp.set(Fault::BlackHole);
            if is_silent(fault) {
                options["timeout"] = json!(PATIENCE.as_millis() as u64);
            }
        }
        let task = begin(&mut app, call, path, options);
        let outcome = ending(&mut app, task, &what).await;
        let ended = (task, outcome);
        let over = self
            .scene
            .assert_over((id, app), ended, directory.path(), &what);
        let record = over.await;
        self.assert_no_socket_is_left(clients_before, &what).await;
        match outcome {
            Outcome::Success => {
                let profile = record.profile.unwrap();
                if profile.protocol == Some("h3") {
                    Http3
                } else {
                    Tcp
                }
            }
            Outcome::Broken => Broken,
            Outcome::TimedOut => TimedOut,
        }
    }

    /// The app is closed, and with it every socket that spoke with a proxy.
    ///
    /// A socket is known by its inode: the proxy has sockets of its own, which live as long as the test, and may get the port of a client that is gone.
    async fn assert_no_socket_is_left(&self, clients_before: usize, what: &str) {
        let late = Instant::now() + Duration::from_secs(20);
        let clients = self.udp.clients().split_off(clients_before);
        let open: Vec<_> = clients
            .into_iter()
            .filter_map(|client| Some((client, inode_of_socket(client.port())?)))
            .collect();
        let is_left =
            |&(client, inode): &(SocketAddr, u64)| inode_of_socket(client.port()) == Some(inode);
        while let Some((client, _)) = open.iter().find(|it| is_left(it)) {
            assert!(Instant::now() < late, "{what}: {client}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let connected = || sockets_to(self.tcp.address().port()).is_some_and(|count| count > 0);
        while connected() {
            assert!(Instant::now() < late, "{what}: TCP");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

const fn is_silent(fault: DatagramFault) -> bool {
    matches!(
        fault,
        DatagramFault::SilentAfter(_) | DatagramFault::DeadAfter(_)
    )
}

/// The UDP socket at this port, as far as the kernel tells.
fn inode_of_socket(port: u16) -> Option<u64> {
    let hex = format!(":{port:04X}");
    let table = fs::read_to_string("/proc/self/net/udp").unwrap_or_default();
    table.lines().skip(1).find_map(|row| {
        let mut columns = row.split_whitespace().skip(1);
        let is_here = columns.next()?.ends_with(&hex);
        is_here.then(|| columns.nth(7)?.parse().ok()).flatten()
    })
}

#[test]
fn an_open_socket_is_found_by_its_port() {
    let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let inodes = sockets.map(|socket| inode_of_socket(socket.local_addr().unwrap().port()));
    assert!(inodes[0].is_some() && inodes[1].is_some());
    assert_ne!(inodes[0], inodes[1]);
}

/// Answers that break off over HTTP/3: `/reset` in place of an answer, `/reset/body` in the middle of its body, and so on; with `/unread` in front,
/// before the request is read.
fn breaking_off(request: &Request<'_>) -> Option<Reply> {
    let path = request.path();
    let path = path.strip_prefix("/unread").unwrap_or(path);
    let (how, within) = match path.strip_suffix("/body") {
        Some(how) => (how, true),
        None => (path, false),
    };
    let whole = Reply::status(200).filler(BODY as u64);
    let how = match how {
        "/whole" => return Some(whole),
        "/reset" => Abrupt::Reset(H3_INTERNAL_ERROR),
        "/rejected" => Abrupt::Reset(H3_REQUEST_REJECTED),
        "/close" => Abrupt::Close(H3_INTERNAL_ERROR),
        "/finish" => Abrupt::Finish,
        _ => return None,
    };
    let reply = whole.abrupt(how);
    Some(if within {
        reply.cut_after(BODY as u64 / 2)
    } else {
        reply
    })
}

/// Plays every fault at every phase of this call.
async fn every_fault(call: Call) {
    use DatagramFault::{
        CorruptAt, CorruptEvery, DeadAfter, Delay, LoseEvery, None, RepeatEvery, SilentAfter,
    };
    let stage = Stage::new();
    let path = large(call);
    let play = async |tcp, side, fault| stage.play((call, &path), tcp, (side, fault)).await;
    assert_eq!(play(Hangs, Side::Target, None).await, Http3);
    let whole = match call {
        Call::Upload => (Side::Client, stage.udp.passed(Side::Client)),
        Call::Request | Call::Download | Call::Socket => {
            (Side::Target, stage.udp.passed(Side::Target))
        }
    };

    // What QUIC mends.
    for side in [Side::Target, Side::Client] {
        for fault in [
            Delay(Duration::from_millis(2)),
            LoseEvery(10),
            CorruptEvery(10),
            RepeatEvery(3),
            CorruptAt(0),
            CorruptAt(1),
        ] {
            assert_eq!(play(Hangs, side, fault).await, Http3, "{side:?} {fault:?}");
        }
    }
    // Silence before the handshake is done, after it, and within the large body.
    for side in [Side::Target, Side::Client] {
        for fault in [SilentAfter(0), DeadAfter(0)] {
            assert_eq!(play(Works, side, fault).await, Tcp, "{side:?} {fault:?}");
            assert_eq!(
                play(Hangs, side, fault).await,
                TimedOut,
                "{side:?} {fault:?}"
            );
        }
        for fault in [SilentAfter(2), DeadAfter(2)] {
            assert_eq!(
                play(Hangs, side, fault).await,
                TimedOut,
                "{side:?} {fault:?}"
            );
        }
    }
    let (side, datagrams) = whole;
    for fault in [
        CorruptAt(datagrams / 2),
        SilentAfter(datagrams / 2),
        DeadAfter(datagrams / 2),
    ] {
        let end = if is_silent(fault) { TimedOut } else { Http3 };
        assert_eq!(play(Hangs, side, fault).await, end, "{side:?} {fault:?}");
    }
    // What the server does, before it has read the request and after it, in place of an answer and within one.
    let serve =
        async |tcp, path: String| stage.play((call, &path), tcp, (Side::Target, None)).await;
    for path in [
        "/reset",
        "/close",
        "/finish",
        "/reset/body",
        "/close/body",
        "/finish/body",
    ] {
        for path in [path.to_owned(), format!("/unread{path}")] {
            assert_eq!(serve(Hangs, path.clone()).await, Broken, "{path}");
        }
    }
    assert_eq!(serve(Hangs, "/unread/whole".to_owned()).await, Http3);
    // H4: who has done nothing, and says so, is asked again.
    assert_eq!(serve(Works, "/rejected".to_owned()).await, Tcp);
    assert_eq!(serve(Works, "/unread/rejected".to_owned()).await, Tcp);
    // A server that the last word did not reach notices after a while.
    let quiet = stage
        .http
        .until(|counts| counts.open == 0 && counts.in_flight == 0);
    quiet.await;
}

#[tokio::test]
async fn p8_b7_a_request_over_http3_ends_once_whatever_the_network_does() {
    every_fault(Call::Request).await;
}

#[tokio::test]
async fn p8_b7_f1_an_upload_over_http3_ends_once_whatever_the_network_does() {
    every_fault(Call::Upload).await;
}

#[tokio::test]
async fn p8_b7_f3_a_download_over_http3_ends_once_whatever_the_network_does() {
    every_fault(Call::Download).await;
}

/// Nobody says that a way of UDP was closed. The call that hears nothing at all is the last on it.
#[tokio::test]
async fn t3_a_connection_of_quic_that_fell_silent_serves_no_further_call() {
    let stage = Stage::new();
    let directory = tempfile::tempdir().unwrap();
    let (_, mut app) = stage.told(directory.path()).await;
    // Enough for a handshake and a small answer, and not for a large one.
    stage
        .udp
        .set_for(Side::Target, DatagramFault::DeadAfter(30));
    let mut call = async |path: &str| {
        let options = json!({"enableQuic": true, "timeout": PATIENCE.as_millis() as u64});
        let task = begin(&mut app, Call::Request, path, options);
        let outcome = ending(&mut app, task, path).await;
        let record = stage.scene.record().await;
        (outcome, record.profile.and_then(|profile| profile.protocol))
    };
    assert_eq!(call("/json").await, (Outcome::Success, Some("h3")));
    assert_eq!(call(&large(Call::Request)).await.0, Outcome::TimedOut);
    assert_eq!(call("/json").await.0, Outcome::TimedOut);
    // Another connection, which has a way of its own.
    assert_eq!(call("/json").await, (Outcome::Success, Some("h3")));
}
