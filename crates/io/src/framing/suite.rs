//! The response fixtures of llhttp, a strict parser that others wrote (MIT; kept outside this repository).

use std::{fs, path::Path};

use appnet_policy::{Policy, exchange::Method};
use bytes::BytesMut;

use super::{Bounds, Piece, ResponseFraming};

/// Fixtures that this client reads otherwise than llhttp in its strict mode, on purpose.
const DEVIATIONS: [(&str, &str); 17] = [
    (
        "HTTP 101 response with Upgrade and Content-Length header",
        "no exchange asks for an upgrade",
    ),
    (
        "HTTP 101 response with Upgrade and Transfer-Encoding header",
        "no exchange asks for an upgrade",
    ),
    (
        "Only LFs present and no body",
        "RFC 9112 §2.2 lets a recipient take a bare LF for a line's end; browsers do",
    ),
    ("Only LFs present", "the same"),
    ("No carriage ret", "the same"),
    ("RTSP response", "this is no client for RTSP"),
    ("ICE response", "nor for ICE"),
    ("HTTP version 0.9", "nor for HTTP/0.9"),
    (
        "Tab after HTTP version",
        "runs of blanks in the status line count as one (H1)",
    ),
    (
        "Extra space between HTTP version and status code",
        "the same",
    ),
    (
        "Spaces in header name",
        "a line whose name is no token is dropped (H1)",
    ),
    (
        "Trailing space on chunked body",
        "old servers pad sizes; a blank hides nothing",
    ),
    (
        "`chunked` before other transfer-encoding",
        "its body could not be decoded",
    ),
    (
        "multiple transfer-encoding where chunked is not the last one",
        "the same",
    ),
    (
        "`chunkedchunked` transfer-encoding does not enable chunked enconding",
        "the same",
    ),
    (
        "No extension after semicolon",
        "extensions are skipped, not parsed",
    ),
    ("Unbalanced chunk extensions quoting", "the same"),
];

/// Bytes after a last message, which llhttp calls an error: here the response stands and the connection is not used again.
const AFTER_CLOSE: [&str; 2] = [
    "HTTP/1.1 with keep-alive disabled and 204 status",
    "HTTP/1.1 with keep-alive disabled, content-length",
];

#[derive(Debug, PartialEq)]
enum Verdict {
    /// A whole response with this status.
    Complete(u16),
    /// A head with this status, and no end.
    Open(u16),
    Error,
}

#[test]
fn responses_are_read_as_llhttp_reads_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/suites/http1/llhttp-replies.jsonl");
    let Ok(lines) = fs::read_to_string(path) else {
        println!("skipped: the fixtures are not beside this checkout");
        return;
    };
    let (mut agreed, mut deviated) = (0, Vec::new());
    for line in lines.lines() {
        let fixture: serde_json::Value = serde_json::from_str(line).unwrap();
        // The lenient modes are llhttp's own.
        if fixture["type"]
            .as_str()
            .unwrap()
            .starts_with("response-lenient")
        {
            continue;
        }
        let name = fixture["name"].as_str().unwrap();
        let found = verdict(name, &base64(fixture["b64"].as_str().unwrap()));
        let expected = expected(name, &fixture);
        if found == expected {
            agreed += 1;
        } else {
            deviated.push((name.to_owned(), found, expected));
        }
    }
    println!(
        "llhttp: {agreed} responses read alike, {} otherwise on purpose",
        deviated.len()
    );
    let on_purpose = |name: &String| DEVIATIONS.iter().any(|(deviation, _)| deviation == name);
    let (purposely, others): (Vec<_>, Vec<_>) = deviated
        .into_iter()
        .partition(|(name, ..)| on_purpose(name));
    assert_eq!(others, []);
    assert_eq!(
        purposely.len(),
        DEVIATIONS.len(),
        "a deviation in the list is none any more"
    );
}

/// What llhttp says of the first final response.
fn expected(name: &str, fixture: &serde_json::Value) -> Verdict {
    let status = u16::try_from(fixture["status"].as_u64().unwrap_or_default()).unwrap();
    // Two fixtures begin with an interim response, which llhttp counts as the first message.
    match name {
        "HTTP 100 first, then 400" => return Verdict::Complete(404),
        "HTTP 103 first, then 200" => return Verdict::Open(200),
        _ => {}
    }
    match fixture["expect"].as_str().unwrap() {
        "complete" | "pause" => Verdict::Complete(status),
        "error" if AFTER_CLOSE.contains(&name) => Verdict::Complete(status),
        "open" => Verdict::Open(status),
        _ => Verdict::Error,
    }
}

fn verdict(name: &str, bytes: &[u8]) -> Verdict {
    let bounds = Bounds::from(&Policy::seed().limits);
    // One fixture is meant for a parser that was told to skip bodies.
    let headless = name == "Content-Length reset when no body is received";
    let method = if headless { Method::Head } else { Method::Get };
    let mut framing = ResponseFraming::new(method, bounds);
    let mut input = BytesMut::from(bytes);
    let mut status = None;
    loop {
        match framing.next(&mut input) {
            Ok(Some(Piece::Head(head))) => status = Some(head.status),
            Ok(Some(Piece::Data(_))) => {}
            Ok(Some(Piece::End)) => return status.map_or(Verdict::Error, Verdict::Complete),
            Ok(None) => return status.map_or(Verdict::Error, Verdict::Open),
            Err(_) => return Verdict::Error,
        }
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text
        .bytes()
        .filter_map(|byte| ALPHABET.iter().position(|&letter| letter == byte));
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_usize, 0);
    for digit in digits {
        (bits, count) = (bits << 6 | digit, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff).to_le_bytes()[0]);
        }
    }
    bytes
}
