//! Reading requests of HTTP/1, tolerantly: an origin records what it gets and judges nothing.

use super::journal::RawRequest;

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyKind {
    Length(usize),
    Chunked,
}

/// The length of the head at the start of `bytes`, with its empty line, once that is there.
pub(super) fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// The request of this head, without a body.
pub(super) fn parse_head(connection: usize, head: &[u8]) -> RawRequest {
    let text: String = head.iter().copied().map(char::from).collect();
    let mut lines = text.split("\r\n");
    let mut words = lines
        .next()
        .unwrap_or_default()
        .splitn(3, ' ')
        .map(str::to_owned);
    RawRequest {
        connection,
        method: words.next().unwrap_or_default(),
        target: words.next().unwrap_or_default(),
        version: words.next().unwrap_or_default(),
        headers: lines.filter(|line| !line.is_empty()).map(field).collect(),
        head: head.to_vec(),
        body: Vec::new(),
    }
}

fn field(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name.to_owned(), value.trim_matches([' ', '\t']).to_owned())
}

/// How its body ends (RFC 9112 §6.3); a length that is no number counts as none.
pub(super) fn body_kind(request: &RawRequest) -> BodyKind {
    let chunked = request
        .headers_named("transfer-encoding")
        .any(|v| v.to_ascii_lowercase().ends_with("chunked"));
    if chunked {
        return BodyKind::Chunked;
    }
    BodyKind::Length(
        request
            .header("content-length")
            .and_then(|v| v.parse().ok())
            .unwrap_or(0),
    )
}

/// A body that is whole at the start of the bytes that were looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) content: Vec<u8>,
    /// Its length on the wire.
    pub(super) wire_length: usize,
}

/// The body at the start of `bytes`, once it is whole. Framing that makes no sense ends the body there.
pub(super) fn whole_body(kind: BodyKind, bytes: &[u8]) -> Option<Body> {
    match kind {
        BodyKind::Length(length) => bytes.get(..length).map(|content| Body {
            content: content.to_vec(),
            wire_length: length,
        }),
        BodyKind::Chunked => whole_chunks(bytes),
    }
}

fn whole_chunks(bytes: &[u8]) -> Option<Body> {
    // Only places until all of it is there: this is asked again after each read, and a big body must not be copied each time.
    let mut chunks = Vec::new();
    let mut at = 0;
    loop {
        let line = line_at(bytes, at)?;
        at += line.len() + 2;
        let size = chunk_size(line);
        if size == 0 {
            let wire_length = after_trailers(bytes, at)?;
            return Some(Body {
                content: chunks.concat(),
                wire_length,
            });
        }
        chunks.push(bytes.get(at..at.checked_add(size)?)?);
        at += size + 2;
    }
}

/// The line that starts at `at`, without its end.
fn line_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    let end = rest.windows(2).position(|w| w == b"\r\n")?;
    Some(&rest[..end])
}

/// Extensions after `;` are ignored; no number counts as zero.
fn chunk_size(line: &[u8]) -> usize {
    let digits = line.split(|&b| b == b';').next().unwrap_or_default();
    std::str::from_utf8(digits)
        .ok()
        .and_then(|d| usize::from_str_radix(d.trim(), 16).ok())
        .unwrap_or(0)
}

fn after_trailers(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let line = line_at(bytes, at)?;
        at += line.len() + 2;
        if line.is_empty() {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, BodyKind, body_kind, head_length, parse_head, whole_body};

    #[test]
    fn a_head_keeps_the_order_and_the_spelling_of_its_fields() {
        let head = b"POST /a?b=%20 HTTP/1.1\r\nHost: x\r\nX-A:  1 \r\nx-a: 2\r\nEmpty:\r\n\r\n";
        assert_eq!(head_length(head), Some(head.len()));
        let request = parse_head(3, head);
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("POST", "/a?b=%20")
        );
        assert_eq!(
            (request.version.as_str(), request.connection),
            ("HTTP/1.1", 3)
        );
        assert_eq!(request.headers_named("X-a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(request.header("empty"), Some(""));
        assert_eq!(request.headers[1].0, "X-A");
    }

    #[test]
    fn transfer_encoding_wins_over_a_length() {
        let head =
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
        assert_eq!(body_kind(&parse_head(0, head)), BodyKind::Chunked);
        let head = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
        assert_eq!(body_kind(&parse_head(0, head)), BodyKind::Length(3));
    }

    #[test]
    fn a_chunked_body_is_whole_only_at_its_last_byte() {
        let wire = b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n";
        for cut in 0..wire.len() {
            assert_eq!(
                whole_body(BodyKind::Chunked, &wire[..cut]),
                None,
                "cut at {cut}"
            );
        }
        let body = whole_body(BodyKind::Chunked, wire);
        assert_eq!(
            body,
            Some(Body {
                content: b"abcde".to_vec(),
                wire_length: wire.len()
            })
        );
    }

    #[test]
    fn a_body_of_a_known_length_leaves_what_follows() {
        assert_eq!(whole_body(BodyKind::Length(4), b"abc"), None);
        let body = whole_body(BodyKind::Length(2), b"abc");
        assert_eq!(
            body,
            Some(Body {
                content: b"ab".to_vec(),
                wire_length: 2
            })
        );
    }
}
