//! Bodies of requests of HTTP/1, read tolerantly: origins take what they get and judge nothing.

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Length(usize),
    Chunked,
}

/// A body that is whole at the start of the bytes that were looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) content: Vec<u8>,
    /// Its length on the wire.
    pub(crate) wire_length: usize,
}

impl BodyKind {
    /// From the values of `Transfer-Encoding` and `Content-Length` (RFC 9112 §6.3); a length that is no number counts as none.
    pub(crate) fn new(transfer_encoding: Option<&str>, content_length: Option<&str>) -> Self {
        if transfer_encoding.is_some_and(|v| v.to_ascii_lowercase().ends_with("chunked")) {
            return Self::Chunked;
        }
        Self::Length(content_length.and_then(|v| v.parse().ok()).unwrap_or(0))
    }

    /// The length, if it is known beforehand; else 0.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Length(length) => length,
            Self::Chunked => 0,
        }
    }

    /// The body at the start of `bytes`, once it is whole. Framing that makes no sense ends the body there.
    pub(crate) fn whole(self, bytes: &[u8]) -> Option<Body> {
        match self {
            Self::Length(length) => bytes.get(..length).map(|content| Body {
                content: content.to_vec(),
                wire_length: length,
            }),
            Self::Chunked => whole_chunks(bytes),
        }
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
    use super::{Body, BodyKind};

    #[test]
    fn transfer_encoding_wins_over_a_length() {
        assert_eq!(
            BodyKind::new(Some("gzip, Chunked"), Some("3")),
            BodyKind::Chunked
        );
        assert_eq!(BodyKind::new(None, Some("3")), BodyKind::Length(3));
        assert_eq!(BodyKind::new(None, Some("x")), BodyKind::Length(0));
    }

    #[test]
    fn a_chunked_body_is_whole_only_at_its_last_byte() {
        let wire = b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n";
        for cut in 0..wire.len() {
            assert_eq!(BodyKind::Chunked.whole(&wire[..cut]), None, "cut at {cut}");
        }
        let body = BodyKind::Chunked.whole(wire);
        assert_eq!(
            body,
            Some(Body {
                content: b"abcde".to_vec(),
                wire_length: wire.len()
            })
        );
    }

    #[test]
    fn a_chunk_size_near_the_end_of_the_number_range_is_never_whole() {
        assert_eq!(
            BodyKind::Chunked.whole(b"ffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
            None
        );
    }

    #[test]
    fn a_body_of_a_known_length_leaves_what_follows() {
        assert_eq!(BodyKind::Length(4).whole(b"abc"), None);
        let body = BodyKind::Length(2).whole(b"abc");
        assert_eq!(
            body,
            Some(Body {
                content: b"ab".to_vec(),
                wire_length: 2
            })
        );
    }
}
