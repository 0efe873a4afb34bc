use std::time::Duration;

use bytes::Bytes;
use h2::{Reason, client::SendRequest};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{HttpOrigin, Reply, Request, filler};
use crate::{Ca, Gate};

const TICK: Duration = Duration::from_millis(1);

fn start(handler: impl Fn(&Request<'_>) -> Reply + Send + Sync + 'static) -> HttpOrigin {
    HttpOrigin::plain().start(handler).unwrap()
}

async fn connect(origin: &HttpOrigin) -> TcpStream {
    TcpStream::connect(origin.address()).await.unwrap()
}

/// Sends these bytes and reads until the origin closes.
async fn converse(origin: &HttpOrigin, bytes: impl AsRef<[u8]>) -> String {
    let mut client = connect(origin).await;
    client.write_all(bytes.as_ref()).await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn read_exactly(client: &mut (impl AsyncRead + Unpin), expected: &str) {
    let mut answer = vec![0; expected.len()];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), expected);
}

#[tokio::test]
async fn a_connection_serves_until_the_client_asks_for_its_close() {
    let origin = start(|request| {
        Reply::text(format!("{} {}", request.path(), request.query())).header("X-A", "1")
    });
    let requests = "GET /p?q=1?2 HTTP/1.1\r\n\r\nHEAD /h HTTP/1.1\r\nConnection: close\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\nX-A: 1\r\n";
    let expected = format!(
        "{head}content-length: 8\r\n\r\n/p q=1?2{head}connection: close\r\ncontent-length: 3\r\n\r\n"
    );
    assert_eq!(converse(&origin, requests).await, expected);
    assert_eq!(
        (origin.counts().requests, origin.counts().connections),
        (2, 1)
    );
}

#[tokio::test]
async fn bodies_reach_the_handler_whatever_their_framing() {
    let origin = start(|request| Reply::status(200).body(request.body.to_vec()));
    let sized = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    let chunked =
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n";
    let last = "GET / HTTP/1.0\r\n\r\n";
    let answer = converse(&origin, format!("{sized}{chunked}{last}")).await;
    let bodies: Vec<&str> = answer
        .split("\r\n\r\n")
        .map(|part| part.split("HTTP/").next().unwrap())
        .collect();
    assert_eq!(bodies, ["", "abc", "def", ""]);
}

#[tokio::test]
async fn a_client_that_expects_100_gets_it_before_it_sends_its_body() {
    let origin = start(|request| Reply::status(200).body(request.body.to_vec()));
    let mut client = connect(&origin).await;
    client
        .write_all(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        .await
        .unwrap();
    read_exactly(&mut client, "HTTP/1.1 100 Continue\r\n\r\n").await;
    client.write_all(b"x").await.unwrap();
    read_exactly(&mut client, "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx").await;
}

#[tokio::test]
async fn a_body_can_be_chunked_or_end_with_the_connection() {
    let origin = start(|request| match request.path() {
        "/chunked" => Reply::status(200).body("abc").drip(2, TICK).chunked(),
        _ => Reply::status(200).body("abc").until_close(),
    });
    let answer = converse(
        &origin,
        "GET /chunked HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    )
    .await;
    let chunked =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    assert_eq!(
        answer,
        format!("{chunked}HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc")
    );
}

#[tokio::test]
async fn a_long_body_is_whole() {
    let origin = start(|_| Reply::status(200).filler(1_000_003).close());
    let mut client = connect(&origin).await;
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    read_exactly(
        &mut client,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1000003\r\n\r\n",
    )
    .await;
    let mut body = Vec::new();
    client.read_to_end(&mut body).await.unwrap();
    assert!(body == filler::bytes(1_000_003), "{} bytes", body.len());
}

#[tokio::test]
async fn an_answer_can_break_off() {
    let origin = start(|_| Reply::status(200).body("abcdef").cut_after(2));
    let answer = converse(&origin, "GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(answer, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nab");
}

#[tokio::test]
async fn answers_without_a_body_announce_none() {
    let origin = start(|request| {
        Reply::status(request.path()[1..].parse().unwrap())
            .body("no")
            .close()
    });
    for (status, reason) in [(204, "No Content"), (304, "Not Modified")] {
        let answer = converse(&origin, format!("GET /{status} HTTP/1.1\r\n\r\n")).await;
        assert_eq!(
            answer,
            format!("HTTP/1.1 {status} {reason}\r\nconnection: close\r\n\r\n")
        );
    }
}

#[tokio::test]
async fn nonsense_is_refused_and_the_origin_lives_on() {
    let origin = start(|_| Reply::status(200).close());
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200));
    for (nonsense, status) in [
        ("\0\0\r\n\r\n", "400"),
        (&many, "431"),
        ("GET / HTTP/1.1\r\n\r\n", "200"),
    ] {
        assert_eq!(&converse(&origin, nonsense).await[9..12], status);
    }
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_own_connection_only() {
    let origin = start(|request| match request.path() {
        "/panic" => panic!("on purpose"),
        _ => Reply::status(200).close(),
    });
    assert_eq!(converse(&origin, "GET /panic HTTP/1.1\r\n\r\n").await, "");
    assert!(
        converse(&origin, "GET / HTTP/1.1\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert_eq!(origin.until(|counts| counts.open == 0).await.in_flight, 0);
}

#[tokio::test]
async fn held_requests_are_counted_until_the_gate_opens_or_the_client_leaves() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = start(move |_| Reply::status(200).hold(&held).delay(TICK));
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = connect(&origin).await;
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        clients.push(client);
    }
    origin.until(|counts| counts.in_flight == 3).await;
    clients.pop();
    origin.until(|counts| counts.in_flight == 2).await;
    gate.open();
    for client in &mut clients {
        read_exactly(client, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    }
    let counts = origin.counts();
    assert_eq!(
        (counts.requests, counts.in_flight, counts.max_in_flight),
        (3, 0, 3)
    );
    assert_eq!((counts.connections, counts.open), (3, 2));
}

#[tokio::test]
async fn connections_are_spread_over_the_threads() {
    let origin = HttpOrigin::plain()
        .threads(2)
        .start(|_| Reply::text(format!("{:?}", std::thread::current().id())).close())
        .unwrap();
    let first = converse(&origin, "GET / HTTP/1.1\r\n\r\n").await;
    let second = converse(&origin, "GET / HTTP/1.1\r\n\r\n").await;
    assert_ne!(first, second);
    assert_eq!(converse(&origin, "GET / HTTP/1.1\r\n\r\n").await, first);
}

async fn connect_h2(origin: &HttpOrigin, ca: &Ca) -> SendRequest<Bytes> {
    let name = ServerName::try_from("a.test").unwrap();
    let connector = TlsConnector::from(ca.client_config(&[b"h2"]));
    let tls = connector
        .connect(name, connect(origin).await)
        .await
        .unwrap();
    let (client, connection) = h2::client::handshake(tls).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

fn start_h2(
    ca: &Ca,
    handler: impl Fn(&Request<'_>) -> Reply + Send + Sync + 'static,
) -> HttpOrigin {
    HttpOrigin::tls(ca.issue(&["a.test"]).http2())
        .start(handler)
        .unwrap()
}

fn get(path: &str) -> http::Request<()> {
    http::Request::get(format!("https://a.test{path}"))
        .body(())
        .unwrap()
}

async fn body_of(response: http::Response<h2::RecvStream>) -> Result<Vec<u8>, h2::Error> {
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_agreed_on() {
    let ca = Ca::new();
    let origin = start_h2(&ca, |request| {
        let said = format!(
            "{} {} {:?}",
            request.authority, request.target, request.body
        );
        Reply::text(said)
            .header("X-A", "1")
            .header("x-a", "2")
            .header("Connection", "close")
    });
    let mut client = connect_h2(&origin, &ca).await;
    let (response, mut upload) = client.send_request(get("/p?q"), false).unwrap();
    upload.send_data(Bytes::from_static(b"a"), true).unwrap();
    let response = response.await.unwrap();
    let values: Vec<_> = response.headers().get_all("x-a").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(body_of(response).await.unwrap(), b"a.test /p?q [97]");
}

#[tokio::test]
async fn long_bodies_and_breaks_work_over_http2_too() {
    let ca = Ca::new();
    let origin = start_h2(&ca, |request| match request.path() {
        "/cut" => Reply::text("abcdef").cut_after(2),
        _ => Reply::status(200).filler(300_000).drip(60_000, TICK),
    });
    let mut client = connect_h2(&origin, &ca).await;
    let (long, _) = client.send_request(get("/"), true).unwrap();
    assert!(body_of(long.await.unwrap()).await.unwrap() == filler::bytes(300_000));
    let (cut, _) = client.send_request(get("/cut"), true).unwrap();
    let mut body = cut.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "ab");
    assert_eq!(
        body.data().await.unwrap().unwrap_err().reason(),
        Some(Reason::INTERNAL_ERROR)
    );
}

#[tokio::test]
async fn streams_run_side_by_side_and_a_reset_ends_one() {
    let ca = Ca::new();
    let gate = Gate::new();
    let held = gate.clone();
    let origin = start_h2(&ca, move |_| Reply::status(200).hold(&held));
    let mut client = connect_h2(&origin, &ca).await;
    let (kept, _) = client.send_request(get("/"), true).unwrap();
    let (_, mut dropped) = client.send_request(get("/"), true).unwrap();
    origin.until(|counts| counts.in_flight == 2).await;
    dropped.send_reset(Reason::CANCEL);
    origin.until(|counts| counts.in_flight == 1).await;
    gate.open();
    assert_eq!(kept.await.unwrap().status(), 200);
    assert_eq!(
        (origin.counts().connections, origin.counts().max_in_flight),
        (1, 2)
    );
}

#[tokio::test]
async fn a_tls_client_without_http2_gets_http1() {
    let ca = Ca::new();
    let origin = start_h2(&ca, |request| {
        Reply::text(if request.http2 { "2" } else { "1" }).close()
    });
    let name = ServerName::try_from("a.test").unwrap();
    let connector = TlsConnector::from(ca.client_config(&[b"http/1.1"]));
    let mut client = connector
        .connect(name, connect(&origin).await)
        .await
        .unwrap();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    // A clean end of file: close_notify was sent.
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("\r\n\r\n1"), "{answer}");
}
