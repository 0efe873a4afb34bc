//! Reading heads of HTTP/1 byte for byte, tolerantly.

use super::journal::RawRequest;
use crate::body::BodyKind;

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

/// How the body of this request ends.
pub(super) fn body_kind(request: &RawRequest) -> BodyKind {
    BodyKind::new(
        request.header("transfer-encoding"),
        request.header("content-length"),
    )
}

#[cfg(test)]
mod tests {
    use super::{head_length, parse_head};

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
}
