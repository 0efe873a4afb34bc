use std::future::poll_fn;

use appnet_policy::Policy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::*;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\ndate: now\r\n\r\n";

/// A connection, and the server's end of it; so many bytes fit in between.
fn connection(room: usize) -> (Http1, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(room);
    let mut http1 = Http1::new(Wire::new(Box::new(ours)));
    begin(&mut http1);
    (http1, theirs)
}

fn begin(http1: &mut Http1) {
    let bounds = Bounds::from(&Policy::seed().limits);
    http1.begin(&Expectation {
        method: Method::Get,
        has_date: false,
        bounds,
    });
}

/// Sends as awc does.
async fn send(http1: &mut Http1, mut data: &[u8]) {
    while !data.is_empty() {
        let sent = poll_fn(|cx| http1.poll_write(cx, data)).await.unwrap();
        data = &data[sent..];
    }
    poll_fn(|cx| http1.poll_flush(cx)).await.unwrap();
}

/// Reads what awc gets, up to its end of the message.
async fn receive(http1: &mut Http1, end: &str) -> io::Result<String> {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut bytes = [0; 7];
        let mut buffer = ReadBuf::new(&mut bytes);
        poll_fn(|cx| http1.poll_read(cx, &mut buffer)).await?;
        text.push_str(std::str::from_utf8(buffer.filled()).unwrap());
    }
    Ok(text)
}

async fn exchange(
    http1: &mut Http1,
    server: &mut DuplexStream,
    reply: &[u8],
    end: &str,
) -> io::Result<String> {
    send(http1, REQUEST).await;
    server.write_all(reply).await.unwrap();
    receive(http1, end).await
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nok";
const LAST_CHUNK: &str = "\r\n0\r\n\r\n";

#[tokio::test]
async fn awc_gets_the_status_and_the_body_in_chunks_and_the_head_is_kept_aside() {
    let (mut http1, mut server) = connection(1000);
    let seen = exchange(&mut http1, &mut server, OK, LAST_CHUNK)
        .await
        .unwrap();
    assert_eq!(
        seen,
        "HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    );
    assert_eq!(http1.take_head().unwrap().header("x"), Some("y"));
    let mut request = vec![0; REQUEST.len() - "date: now\r\n".len()];
    server.read_exact(&mut request).await.unwrap();
    assert_eq!(request, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert!(http1.is_reusable());
}

#[tokio::test]
async fn a_connection_is_not_reusable_before_its_answer_is_whole() {
    let (mut http1, mut server) = connection(1000);
    send(&mut http1, REQUEST).await;
    assert!(!http1.is_reusable());
    server.write_all(&OK[..OK.len() - 1]).await.unwrap();
    receive(&mut http1, "o\r\n").await.unwrap();
    assert!(!http1.is_reusable());
}

#[tokio::test]
async fn a_connection_is_not_reusable_after_bytes_that_nobody_asked_for_or_its_end() {
    let (mut http1, mut server) = connection(1000);
    exchange(&mut http1, &mut server, OK, LAST_CHUNK)
        .await
        .unwrap();
    server.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
    assert!(!http1.is_reusable());
    let (mut http1, mut server) = connection(1000);
    exchange(&mut http1, &mut server, OK, LAST_CHUNK)
        .await
        .unwrap();
    drop(server);
    assert!(!http1.is_reusable());
    let (mut http1, mut server) = connection(1000);
    let with_more = [OK, b"x"].concat();
    exchange(&mut http1, &mut server, &with_more, LAST_CHUNK)
        .await
        .unwrap();
    assert!(!http1.is_reusable());
}

#[tokio::test]
async fn a_second_exchange_counts_from_its_own_begin() {
    let (mut http1, mut server) = connection(1000);
    exchange(&mut http1, &mut server, OK, LAST_CHUNK)
        .await
        .unwrap();
    let first = http1.counts();
    begin(&mut http1);
    assert_eq!(http1.counts(), (0, 0));
    exchange(&mut http1, &mut server, OK, LAST_CHUNK)
        .await
        .unwrap();
    assert_eq!(http1.counts(), first);
}

#[tokio::test]
async fn a_request_that_the_server_refuses_early_counts_as_sent_and_ends_the_connection() {
    let (mut http1, mut server) = connection(100);
    let request = [REQUEST, &[b'x'; 1000]].concat();
    let refuse = server.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
    // Nobody reads the request: without the refusal this would wait for ever.
    let ((), refused) = tokio::join!(send(&mut http1, &request), refuse);
    refused.unwrap();
    let seen = receive(&mut http1, LAST_CHUNK).await.unwrap();
    assert!(seen.starts_with("HTTP/1.1 413 \r\n"), "{seen}");
    assert!(!http1.is_reusable());
}

#[tokio::test]
async fn a_request_whose_answer_begins_early_is_sent_to_its_end() {
    let (mut http1, mut server) = connection(100);
    let request = [REQUEST, &[b'x'; 1000]].concat();
    let answer = async {
        server.write_all(&OK[..OK.len() - 2]).await.unwrap();
        let mut read = vec![0; request.len() - "date: now\r\n".len()];
        server.read_exact(&mut read).await.unwrap();
        server.write_all(b"ok").await.unwrap();
    };
    tokio::join!(send(&mut http1, &request), answer);
    assert!(
        receive(&mut http1, LAST_CHUNK)
            .await
            .unwrap()
            .contains("ok")
    );
    assert!(http1.is_reusable());
}

#[tokio::test]
async fn a_write_that_fails_is_told_by_the_read_that_follows() {
    let (mut http1, server) = connection(100);
    drop(server);
    send(&mut http1, REQUEST).await;
    receive(&mut http1, LAST_CHUNK).await.unwrap_err();
    assert_eq!(
        http1.take_happened(),
        Some(Happened::Framing(crate::framing::FramingError::Empty))
    );
    assert_eq!(http1.counts().0, 0);
}
