//! What comes back: one head, read within the bounds of P6.

use appnet_policy::exchange::{Header, HttpVersion, ResponseHead};
use appnet_policy::failure::Bound;
use bytes::BytesMut;

use crate::{
    framing::{Bounds, FramingError},
    text::header_text,
};

/// Looks for the final head in bytes that come in pieces, each byte once.
///
/// [`framing`](crate::framing) reads heads that bodies follow, and refuses the 101 that is wanted here.
#[derive(Debug, Default)]
pub(in crate::socket) struct ReplyScan {
    scanned: usize,
    line_start: usize,
    lines: usize,
    /// Bytes of interim responses.
    dropped: usize,
}

impl ReplyScan {
    /// The head, taken off the front of `input`; `None` asks for more bytes. Behind it are the first frames.
    ///
    /// # Errors
    /// [`FramingError`]: not HTTP/1.1, or over a bound.
    pub(in crate::socket) fn next(
        &mut self,
        input: &mut BytesMut,
        bounds: &Bounds,
    ) -> Result<Option<ResponseHead>, FramingError> {
        loop {
            refuse_what_is_not_http(input)?;
            let Some(end) = self.find_end(input, bounds)? else {
                return Ok(None);
            };
            let head = parse(&input.split_to(end), self.lines)?;
            if matches!(head.status, 100 | 102..=199) {
                *self = Self {
                    dropped: self.dropped + end,
                    ..Self::default()
                };
                continue;
            }
            return Ok(Some(head));
        }
    }

    /// What it means that the input ends here.
    pub(in crate::socket) const fn cut_short(&self) -> FramingError {
        if self.scanned + self.dropped > 0 {
            FramingError::CutShort("the handshake")
        } else {
            FramingError::Empty
        }
    }

    fn find_end(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<usize>, FramingError> {
        let mut end = None;
        while let Some(offset) = input[self.scanned..].iter().position(|&byte| byte == b'\n') {
            let line = &input[self.line_start..self.scanned + offset];
            self.scanned += offset + 1;
            self.line_start = self.scanned;
            if line.is_empty() || line == b"\r" {
                end = Some(self.scanned);
                break;
            }
            self.lines += 1;
        }
        if end.is_none() {
            self.scanned = input.len();
        }
        self.check_size(bounds)?;
        Ok(end)
    }

    const fn check_size(&self, bounds: &Bounds) -> Result<(), FramingError> {
        if self.dropped.saturating_add(self.scanned) > bounds.header_bytes {
            return Err(FramingError::TooLarge(Bound::HeaderBlock));
        }
        // The status line is one of the lines.
        if self.lines > bounds.header_count.saturating_add(1) {
            return Err(FramingError::TooLarge(Bound::HeaderCount));
        }
        Ok(())
    }
}

/// At once, instead of waiting for the end of a line that never comes. HTTP/1.0 knows no upgrade.
fn refuse_what_is_not_http(input: &[u8]) -> Result<(), FramingError> {
    const START: &[u8] = b"HTTP/1.1 ";
    let length = input.len().min(START.len());
    if input[..length] == START[..length] {
        Ok(())
    } else {
        Err(FramingError::Malformed(
            "the answer to the handshake does not start with HTTP/1.1",
        ))
    }
}

fn parse(bytes: &[u8], lines: usize) -> Result<ResponseHead, FramingError> {
    const MALFORMED: FramingError =
        FramingError::Malformed("the answer to the handshake has a head that is not valid");
    let mut fields = vec![httparse::EMPTY_HEADER; lines];
    let mut response = httparse::Response::new(&mut fields);
    match response.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) | Err(_) => return Err(MALFORMED),
    }
    let status = response.code.filter(|code| *code >= 100).ok_or(MALFORMED)?;
    let headers = response.headers.iter().map(|field| Header {
        name: field.name.to_owned(),
        value: header_text(field.value),
    });
    Ok(ResponseHead {
        status,
        version: HttpVersion::Http1,
        headers: headers.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        header_bytes: 200,
        header_count: 3,
        chunk_extension_bytes: 0,
    };

    /// Reads byte by byte.
    fn read(reply: &str) -> Result<Option<(ResponseHead, BytesMut)>, FramingError> {
        let mut scan = ReplyScan::default();
        let mut input = BytesMut::new();
        for (i, byte) in reply.bytes().enumerate() {
            input.extend_from_slice(&[byte]);
            if let Some(head) = scan.next(&mut input, &BOUNDS)? {
                input.extend_from_slice(&reply.as_bytes()[i + 1..]);
                return Ok(Some((head, input)));
            }
        }
        Ok(None)
    }

    #[test]
    fn what_follows_the_head_is_left_for_the_frames() {
        let (head, rest) = read("HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n\u{1}x")
            .unwrap()
            .unwrap();
        assert_eq!((head.status, head.header("a")), (101, Some("b")));
        assert_eq!(&rest[..], b"\x01x");
    }

    #[test]
    fn interim_responses_before_the_final_one_are_passed_over() {
        let (head, _) = read("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 x\r\n\r\n")
            .unwrap()
            .unwrap();
        assert_eq!(head.status, 101);
    }

    #[test]
    fn what_is_no_http_1_1_is_refused_at_its_first_byte_that_differs() {
        let mut input = BytesMut::from(&b"HTTP/1.0"[..]);
        let refused = ReplyScan::default().next(&mut input, &BOUNDS);
        assert!(
            matches!(refused, Err(FramingError::Malformed(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn p6_the_head_is_bounded_while_it_comes() {
        let long = format!("HTTP/1.1 101 x\r\nA: {}", "b".repeat(200));
        assert_eq!(read(&long), Err(FramingError::TooLarge(Bound::HeaderBlock)));
        let many = "HTTP/1.1 101 x\r\na: b\r\na: b\r\na: b\r\na: b\r\n";
        assert_eq!(read(many), Err(FramingError::TooLarge(Bound::HeaderCount)));
        let hints = "HTTP/1.1 100 x\r\n\r\n".repeat(12);
        assert_eq!(
            read(&hints),
            Err(FramingError::TooLarge(Bound::HeaderBlock))
        );
    }
}
