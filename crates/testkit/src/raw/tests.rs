use std::{io::ErrorKind, time::Duration};

use rustls::{ALL_VERSIONS, pki_types::ServerName, version};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{PeerClose, RawOrigin, Script, Step};
use crate::{Ca, Gate};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

async fn connect(origin: &RawOrigin) -> TcpStream {
    TcpStream::connect(origin.address()).await.unwrap()
}

async fn connect_tls(
    origin: &RawOrigin,
    ca: &Ca,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("a.test").unwrap();
    TlsConnector::from(ca.client_config(alpn))
        .connect(name, connect(origin).await)
        .await
}

async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.map(|_| bytes)
}

#[tokio::test]
async fn a_reply_is_sent_after_the_request_was_read_and_recorded() {
    let origin = RawOrigin::plain()
        .script(Script::reply("HTTP/1.1 204 X\r\n\r\n").close())
        .start();
    let mut client = connect(&origin).await;
    client
        .write_all(b"PUT /p HTTP/1.1\r\nContent-Length: 3\r\n\r\na")
        .await
        .unwrap();
    client.write_all(b"bc").await.unwrap();
    assert_eq!(
        read_all(&mut client).await.unwrap(),
        b"HTTP/1.1 204 X\r\n\r\n"
    );
    let request = origin.request(0).await;
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("PUT", "/p")
    );
    assert_eq!(request.body, b"abc");
    assert_eq!(origin.requests(), [request]);
}

#[tokio::test]
async fn each_connection_plays_the_next_script_and_the_last_one_serves_the_rest() {
    let origin = RawOrigin::plain()
        .script(Script::new().send("1").close())
        .script(Script::new().send("2").close())
        .start();
    for expected in [b"1", b"2", b"2"] {
        assert_eq!(
            read_all(&mut connect(&origin).await).await.unwrap(),
            expected
        );
    }
    assert_eq!(origin.connections(), 3);
}

#[tokio::test]
async fn a_repeated_script_serves_one_request_after_the_other() {
    let origin = RawOrigin::plain()
        .script(Script::reply("yes").repeat())
        .start();
    let mut client = connect(&origin).await;
    for _ in 0..3 {
        client.write_all(GET).await.unwrap();
        let mut answer = [0; 3];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"yes");
    }
    assert_eq!(origin.connection(0).unwrap().requests, 3);
}

#[tokio::test]
async fn a_repeated_script_that_only_sends_is_played_once() {
    let origin = RawOrigin::plain()
        .script(Script::new().send("x").close().repeat())
        .start();
    assert_eq!(read_all(&mut connect(&origin).await).await.unwrap(), b"x");
}

#[tokio::test]
async fn what_follows_a_gate_is_sent_only_when_it_opens() {
    let gate = Gate::new();
    let origin = RawOrigin::plain()
        .script(Script::reply("a").wait(&gate).send("b").close())
        .start();
    let mut client = connect(&origin).await;
    client.write_all(GET).await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'a');
    let mut rest = [0; 1];
    assert_eq!(
        client.try_read(&mut rest).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    gate.open();
    assert_eq!(read_all(&mut client).await.unwrap(), b"b");
}

#[tokio::test]
async fn pieces_arrive_whole_whatever_their_size() {
    let script =
        Script::new()
            .send_byte_by_byte("abc")
            .send_slowly("defg", 3, Duration::from_millis(1));
    let origin = RawOrigin::plain()
        .script(script.pause(Duration::from_millis(1)).close())
        .start();
    assert_eq!(
        read_all(&mut connect(&origin).await).await.unwrap(),
        b"abcdefg"
    );
}

#[tokio::test]
async fn a_reset_reaches_the_client_as_an_error() {
    let origin = RawOrigin::plain()
        .script(Script::reply("HTTP/1.1 200 OK\r\n").reset())
        .start();
    let mut client = connect(&origin).await;
    client.write_all(GET).await.unwrap();
    assert_eq!(origin.closed(0).await, PeerClose::ResetByUs);
    assert_eq!(
        read_all(&mut client).await.unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
}

#[tokio::test]
async fn a_close_of_the_client_ends_a_script_that_waits() {
    let script = Script::new().read_request().wait(&Gate::new());
    let origin = RawOrigin::plain().script(script).start();
    let mut client = connect(&origin).await;
    client.write_all(GET).await.unwrap();
    origin.request(0).await;
    assert_eq!(origin.connection(0).unwrap().closed, None);
    drop(client);
    assert_eq!(origin.closed(0).await, PeerClose::Clean);
}

#[tokio::test]
async fn a_body_cut_short_is_no_request_but_its_bytes_are_kept() {
    let origin = RawOrigin::plain()
        .script(Script::new().read_head().read_bytes(1).read_request())
        .start();
    let mut client = connect(&origin).await;
    client
        .write_all(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nxyz")
        .await
        .unwrap();
    drop(client);
    assert_eq!(origin.closed(0).await, PeerClose::Clean);
    let log = origin.connection(0).unwrap();
    assert_eq!(
        (log.requests, log.raw, log.unread),
        (1, b"x".to_vec(), b"yz".to_vec())
    );
}

#[tokio::test]
async fn tls_ends_with_close_notify_or_without() {
    let ca = Ca::new();
    let origin = RawOrigin::tls(ca.issue(&["a.test"]).http1())
        .script(Script::reply("x").close())
        .script(Script::reply("x").fin())
        .start();
    let mut polite = connect_tls(&origin, &ca, &[]).await.unwrap();
    polite.write_all(GET).await.unwrap();
    assert_eq!(read_all(&mut polite).await.unwrap(), b"x");
    let mut cut = connect_tls(&origin, &ca, &[]).await.unwrap();
    cut.write_all(GET).await.unwrap();
    assert_eq!(
        read_all(&mut cut).await.unwrap_err().kind(),
        ErrorKind::UnexpectedEof
    );
}

#[tokio::test]
async fn the_way_a_tls_client_leaves_is_told_apart() {
    let ca = Ca::new();
    let origin = RawOrigin::tls(ca.issue(&["a.test"]).http1()).start();
    let mut polite = connect_tls(&origin, &ca, &[]).await.unwrap();
    polite.shutdown().await.unwrap();
    assert_eq!(origin.closed(0).await, PeerClose::Clean);
    drop(connect_tls(&origin, &ca, &[]).await.unwrap().into_inner());
    assert_eq!(origin.accepted(1).await.tls.unwrap().error, None);
    assert_ne!(origin.closed(1).await, PeerClose::Clean);
}

#[tokio::test]
async fn the_origin_tells_what_the_client_offered_and_what_was_agreed() {
    let ca = Ca::new();
    let leaf = ca.issue(&["a.test"]);
    let origin = RawOrigin::tls(leaf.server_config(&[b"h2"], &[&version::TLS12])).start();
    let _client = connect_tls(&origin, &ca, &[b"x", b"h2"]).await.unwrap();
    let tls = origin.accepted(0).await.tls.unwrap();
    assert_eq!(tls.sni.as_deref(), Some("a.test"));
    assert_eq!(tls.alpn_offered, ["x", "h2"]);
    assert_eq!(tls.alpn.as_deref(), Some("h2"));
    assert_eq!((tls.version.as_str(), tls.resumed), ("TLSv1_2", false));
}

#[tokio::test]
async fn a_session_that_was_resumed_is_told() {
    let ca = Ca::new();
    let leaf = ca.issue(&["a.test"]);
    let origin = RawOrigin::tls(leaf.server_config(&[], ALL_VERSIONS))
        .script(Script::new().send("x").close())
        .start();
    let config = ca.client_config(&[]);
    for n in 0..2 {
        let name = ServerName::try_from("a.test").unwrap();
        let connector = TlsConnector::from(config.clone());
        let mut client = connector
            .connect(name, connect(&origin).await)
            .await
            .unwrap();
        // The ticket comes with the first bytes.
        assert_eq!(read_all(&mut client).await.unwrap(), b"x");
        assert_eq!(origin.accepted(n).await.tls.unwrap().resumed, n == 1);
    }
}

#[tokio::test]
async fn a_handshake_the_client_refuses_leaves_its_alert() {
    let origin = RawOrigin::tls(Ca::new().issue(&["a.test"]).http1()).start();
    connect_tls(&origin, &Ca::new(), &[]).await.unwrap_err();
    let tls = origin.accepted(0).await.tls.unwrap();
    assert_eq!(
        tls.error.as_deref(),
        Some("received fatal alert: UnknownCA")
    );
}

#[tokio::test]
async fn both_families_answer_on_one_port() {
    let origin = RawOrigin::plain()
        .ipv6()
        .script(Script::new().send("x").close())
        .start();
    for host in ["127.0.0.1", "::1"] {
        let mut client = TcpStream::connect((host, origin.port())).await.unwrap();
        assert_eq!(read_all(&mut client).await.unwrap(), b"x", "{host}");
    }
}

#[tokio::test]
async fn a_dropped_origin_refuses_connections() {
    let origin = RawOrigin::plain().start();
    let address = origin.address();
    drop(origin);
    assert_eq!(
        TcpStream::connect(address).await.unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
}

#[tokio::test(start_paused = true)]
async fn events_can_be_awaited_in_virtual_time() {
    let origin = RawOrigin::plain()
        .script(Script::new().step(Step::ReadRequest))
        .start();
    let address = origin.address();
    let client = std::thread::spawn(move || {
        use std::io::Write as _;
        std::net::TcpStream::connect(address)
            .unwrap()
            .write_all(GET)
            .unwrap();
    });
    assert_eq!(origin.request(0).await.method, "GET");
    client.join().unwrap();
}
