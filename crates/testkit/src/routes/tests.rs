use std::io::Read as _;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{CODED_TEXT, GBK_TEXT, INDEX, demo_routes, event};
use crate::{Gate, HttpOrigin, body::BodyKind, http::filler};

/// Head and body of the answer to these bytes, on a connection of its own.
async fn exchange(origin: &HttpOrigin, request: impl AsRef<[u8]>) -> (String, Vec<u8>) {
    let mut client = TcpStream::connect(origin.address()).await.unwrap();
    client.write_all(request.as_ref()).await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    let head = answer
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("a head")
        + 4;
    (
        String::from_utf8_lossy(&answer[..head]).into_owned(),
        answer[head..].to_vec(),
    )
}

async fn get(origin: &HttpOrigin, target: &str) -> (String, Vec<u8>) {
    exchange(
        origin,
        format!("GET {target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"),
    )
    .await
}

fn start() -> HttpOrigin {
    HttpOrigin::plain()
        .start(demo_routes(&Gate::new()))
        .unwrap()
}

#[tokio::test]
async fn the_index_names_only_routes_that_there_are() {
    let origin = start();
    let (_, index) = get(&origin, "/").await;
    assert_eq!(index, INDEX.as_bytes());
    let words = INDEX
        .split_whitespace()
        .map(|word| word.trim_end_matches(','));
    let routes: Vec<&str> = words
        .filter(|word| word.starts_with('/') && !matches!(*word, "/hold" | "/never" | "/upload"))
        .collect();
    assert_eq!(routes.len(), 23, "{routes:?}");
    for route in routes {
        let (head, _) = get(
            &origin,
            &route
                .replace("NNN", "302")
                .replace("MS", "1")
                .replace('N', "3"),
        )
        .await;
        assert!(!head.starts_with("HTTP/1.1 4"), "{route}: {head}");
    }
}

#[tokio::test]
async fn echo_tells_the_whole_request() {
    let request = "POST /echo?a=%20 HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\nContent-Length: 6\r\n\r\n你好";
    let (_, body) = exchange(&start(), request).await;
    let echo: Value = serde_json::from_slice(&body).unwrap();
    let expected = json!({
        "method": "POST", "path": "/echo", "query": "a=%20", "authority": "a.test", "http2": false,
        "headers": {"host": "a.test", "x-a": "1, 2", "connection": "close", "content-length": "6"},
        "rawHeaders": [["Host", "a.test"], ["X-A", "1"], ["x-a", "2"], ["Connection", "close"], ["Content-Length", "6"]],
        "body": "你好", "bodyLength": 6,
    });
    assert_eq!(echo, expected);
}

#[tokio::test]
async fn echo_tells_bytes_that_are_no_text_in_hex() {
    let request = b"POST /echo HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n\xff\x01";
    let (_, body) = exchange(&start(), request).await;
    let echo: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&echo["body"], &echo["bodyHex"]),
        (&Value::Null, &json!("ff01"))
    );
}

#[tokio::test]
async fn every_coding_decodes_to_the_same_text() {
    let origin = start();
    for route in [
        "gzip",
        "gzip-members",
        "deflate",
        "deflate-raw",
        "br",
        "zstd",
    ] {
        let (head, body) = get(&origin, &format!("/{route}")).await;
        let coding = route.split('-').next().unwrap();
        assert!(
            head.contains(&format!("content-encoding: {coding}\r\n")),
            "{head}"
        );
        let mut text = String::new();
        let read = match route {
            "deflate" => flate2::read::ZlibDecoder::new(&*body).read_to_string(&mut text),
            "deflate-raw" => flate2::read::DeflateDecoder::new(&*body).read_to_string(&mut text),
            "br" => brotli::Decompressor::new(&*body, 4096).read_to_string(&mut text),
            "zstd" => zstd::Decoder::new(&*body)
                .unwrap()
                .read_to_string(&mut text),
            _ => flate2::read::MultiGzDecoder::new(&*body).read_to_string(&mut text),
        };
        read.unwrap();
        assert_eq!(text, CODED_TEXT, "{route}");
    }
}

#[tokio::test]
async fn charsets_and_marks_are_sent_as_they_are() {
    let origin = start();
    let (head, body) = get(&origin, "/gbk").await;
    assert!(
        head.contains("content-type: text/html; charset=gbk\r\n"),
        "{head}"
    );
    assert_eq!(encoding_rs::GBK.decode(&body).0, GBK_TEXT);
    assert!(!get(&origin, "/gbk-undeclared").await.0.contains("charset"));
    assert_eq!(get(&origin, "/bom").await.1, b"\xef\xbb\xbf{\"boms\":1}");
    assert_eq!(
        get(&origin, "/two-boms").await.1,
        b"\xef\xbb\xbf\xef\xbb\xbf{\"boms\":2}"
    );
}

#[tokio::test]
async fn a_redirect_goes_where_it_is_told_but_never_writes_a_field() {
    let origin = start();
    let (head, _) = get(&origin, "/redirect?to=https%3A%2F%2Fb.test%2F%3Fq&code=308").await;
    assert!(head.starts_with("HTTP/1.1 308 "), "{head}");
    assert!(head.contains("location: https://b.test/?q\r\n"), "{head}");
    for bad in [
        "/redirect",
        "/redirect?to=/&code=200",
        "/redirect?to=/%0D%0AX:1",
    ] {
        assert!(
            get(&origin, bad).await.0.starts_with("HTTP/1.1 400 "),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn numbers_out_of_range_are_no_routes() {
    let origin = start();
    for bad in [
        "/status/101",
        "/status/600",
        "/bytes/-1",
        "/bytes/x",
        "/cut/18446744073709551615",
        "/drip/1",
        "/drip/1/x",
        "/json/1/1",
        "/x",
        "/json/1",
    ] {
        assert!(
            get(&origin, bad).await.0.starts_with("HTTP/1.1 404 "),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn bytes_come_whole_dripped_or_cut() {
    let origin = start();
    assert_eq!(get(&origin, "/bytes/300").await.1, filler::bytes(300));
    assert_eq!(get(&origin, "/drip/3/1").await.1, [0, 1, 2]);
    let (head, body) = get(&origin, "/cut/2").await;
    assert!(head.contains("content-length: 3\r\n"), "{head}");
    assert_eq!(body, [0, 1]);
}

#[tokio::test]
async fn paced_bytes_leave_in_big_pieces() {
    let length = 65_536 + 1;
    let (head, body) = get(&start(), &format!("/paced/{length}/1")).await;
    assert!(head.contains("content-length: 65537\r\n"), "{head}");
    assert_eq!(body, filler::bytes(length));
}

#[tokio::test]
async fn events_are_cut_inside_their_characters() {
    let (head, body) = get(&start(), "/sse/2/0").await;
    assert!(
        head.contains("content-type: text/event-stream\r\n"),
        "{head}"
    );
    assert!(
        body.starts_with(b"5\r\nid: 0\r\n5\r\n\ndata\r\n"),
        "{body:?}"
    );
    let sent = BodyKind::Chunked.whole(&body).unwrap().content;
    assert_eq!(sent, (event(0) + &event(1)).into_bytes());
    assert!(
        sent.chunks(5)
            .any(|chunk| std::str::from_utf8(chunk).is_err())
    );
}

#[tokio::test]
async fn upload_says_what_a_form_was_made_of() {
    let form = "--b\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\n值\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"图%22.png\"\r\nContent-Type: image/png\r\n\r\n123456789\r\n--b--\r\n";
    let request = format!(
        "POST /upload HTTP/1.1\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let (_, body) = exchange(&start(), request).await;
    let seen: Value = serde_json::from_slice(&body).unwrap();
    let file = json!({"field": "f", "name": "图%22.png", "type": "image/png", "size": 9, "crc32": 0xcbf4_3926_u32});
    assert_eq!(seen, json!({"fields": [["k", "值"]], "files": [file]}));
    let (head, _) = get(&start(), "/upload").await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
}

#[tokio::test]
async fn each_cookie_has_a_field_of_its_own() {
    let (head, _) = get(&start(), "/cookies").await;
    let cookies: Vec<&str> = head
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "))
        .collect();
    assert_eq!(cookies.len(), 3, "{head}");
    assert!(cookies[1].contains(", 21 Oct"), "{head}");
}

#[tokio::test]
async fn hold_answers_when_its_gate_opens_and_never_does_not() {
    let gate = Gate::new();
    let origin = HttpOrigin::plain().start(demo_routes(&gate)).unwrap();
    let mut never = TcpStream::connect(origin.address()).await.unwrap();
    never
        .write_all(b"GET /never HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let open = async {
        origin.until(|counts| counts.in_flight == 2).await;
        gate.open();
    };
    let ((_, body), ()) = tokio::join!(get(&origin, "/hold"), open);
    assert_eq!(body, br#"{"held":true}"#);
    assert_eq!(origin.counts().in_flight, 1);
}
