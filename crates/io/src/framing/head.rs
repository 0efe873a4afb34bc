//! Status line and headers of a response, and what they say of its body.

use appnet_policy::{
    exchange::{Header, HttpVersion, Method, ResponseHead},
    failure::Bound,
};
use bytes::{Buf as _, BytesMut};

use super::{Bounds, FramingError};
use crate::text::header_text;

/// Looks for the end of a head in bytes that come in pieces, each byte once.
#[derive(Debug, Default)]
pub(super) struct HeadScan {
    /// Bytes of the input that were looked at.
    scanned: usize,
    /// Where the line under way begins.
    line_start: usize,
    /// Lines that are whole.
    lines: usize,
    /// Bytes of interim responses and blank lines before the head under way.
    dropped: usize,
    /// Whether an interim response came.
    interim: bool,
    /// Whether an upgrade was asked for, so that 101 is a final answer.
    upgrade: bool,
}

/// A final head with what it says of the rest of the message.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) head: ResponseHead,
    pub(super) body: Body,
    pub(super) keep_alive: bool,
    /// Bytes counted against the bound of the header block so far.
    pub(super) head_bytes: usize,
}

/// How long a body is (RFC 9112 §6.3).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

impl HeadScan {
    /// For the answer to a request for an upgrade.
    pub(super) fn for_upgrade() -> Self {
        Self {
            upgrade: true,
            ..Self::default()
        }
    }

    pub(super) fn next(
        &mut self,
        input: &mut BytesMut,
        bounds: &Bounds,
        method: Method,
    ) -> Result<Option<Parsed>, FramingError> {
        loop {
            self.drop_blank_lines(input);
            if &input[..] == b"\r" {
                return Ok(None); // it may become a blank line
            }
            refuse_what_is_not_http(input)?;
            let Some(end) = self.find_end(input, bounds)? else {
                return Ok(None);
            };
            let status_line_and_fields = input.split_to(end);
            let parsed = parse(&status_line_and_fields, self.lines, method)?;
            self.dropped += end;
            (self.scanned, self.line_start, self.lines) = (0, 0, 0);
            match parsed.head.status {
                // No exchange of ours asks for an upgrade, so nothing that follows could be read.
                101 if !self.upgrade => {
                    return Err(FramingError::Malformed(
                        "101 Switching Protocols was not asked for",
                    ));
                }
                100 | 102..=199 => self.interim = true,
                _ => {
                    return Ok(Some(Parsed {
                        head_bytes: self.dropped,
                        ..parsed
                    }));
                }
            }
        }
    }

    /// What it means that the input ends here.
    pub(super) const fn cut_short(&self) -> FramingError {
        if self.scanned > 0 {
            FramingError::CutShort("the headers")
        } else if self.interim {
            FramingError::Malformed("the last response was an interim one (1xx)")
        } else {
            FramingError::Empty
        }
    }

    /// Servers send a stray line break after a body or an interim response; so far that is not worth a failure.
    fn drop_blank_lines(&mut self, input: &mut BytesMut) {
        if self.scanned > 0 {
            return;
        }
        while input.starts_with(b"\r\n") || input.starts_with(b"\n") {
            let length = if input[0] == b'\r' { 2 } else { 1 };
            input.advance(length);
            self.dropped += length;
        }
    }

    fn find_end(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<usize>, FramingError> {
        while let Some(offset) = input[self.scanned..].iter().position(|&byte| byte == b'\n') {
            let line = &input[self.line_start..self.scanned + offset];
            self.scanned += offset + 1;
            self.line_start = self.scanned;
            if line.is_empty() || line == b"\r" {
                self.check_size(bounds)?;
                return Ok(Some(self.scanned));
            }
            self.lines += 1;
            // The status line is no header.
            if self.lines > bounds.header_count.saturating_add(1) {
                return Err(FramingError::TooLarge(Bound::HeaderCount));
            }
        }
        self.scanned = input.len();
        self.check_size(bounds)?;
        Ok(None)
    }

    const fn check_size(&self, bounds: &Bounds) -> Result<(), FramingError> {
        if self.dropped.saturating_add(self.scanned) > bounds.header_bytes {
            Err(FramingError::TooLarge(Bound::HeaderBlock))
        } else {
            Ok(())
        }
    }
}

/// Says at once that a server speaks something else, instead of waiting for the end of a line that never comes.
fn refuse_what_is_not_http(input: &[u8]) -> Result<(), FramingError> {
    const START: &[u8] = b"HTTP/1.";
    let length = input.len().min(START.len());
    if input[..length] == START[..length] {
        Ok(())
    } else {
        Err(FramingError::Malformed(
            "the answer does not start with HTTP/1.",
        ))
    }
}

fn parse(bytes: &[u8], lines: usize, method: Method) -> Result<Parsed, FramingError> {
    let mut fields = vec![httparse::EMPTY_HEADER; lines];
    let mut response = httparse::Response::new(&mut fields);
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response(&mut response, bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => {
            return Err(FramingError::Malformed("the headers have no end"));
        }
        Err(error) => return Err(FramingError::Malformed(what_is_wrong(error))),
    }
    let status = response
        .code
        .filter(|code| *code >= 100)
        .ok_or(FramingError::Malformed("the status code is not valid"))?;
    let old = response.version != Some(1);
    let headers: Vec<_> = response.headers.iter().map(received).collect();
    let body = body_of(status, method, old, &headers)?;
    // HTTP/1.0 connections are not worth keeping: the peers that still speak it mostly mean to close.
    let keep_alive = !old && body != Body::UntilClose && !says_close(&headers);
    let head = ResponseHead {
        status,
        version: HttpVersion::Http1,
        headers,
    };
    Ok(Parsed {
        head,
        body,
        keep_alive,
        head_bytes: 0,
    })
}

const fn what_is_wrong(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "a header name is not valid",
        httparse::Error::HeaderValue => "a header value has a forbidden character",
        httparse::Error::NewLine => "a line does not end as HTTP lines do",
        httparse::Error::Status => "the status line is not valid",
        httparse::Error::Version => "the HTTP version is not 1.0 or 1.1",
        httparse::Error::Token => "the headers have a forbidden character",
        httparse::Error::TooManyHeaders => "the headers have more fields than lines",
    }
}

/// A field as the app may see it: folded lines joined by one space (RFC 9112 §5.2), bytes that are no UTF-8 read as Latin-1.
fn received(field: &httparse::Header<'_>) -> Header {
    let value = header_text(field.value);
    let value = if value.contains('\n') {
        unfolded(&value)
    } else {
        value
    };
    Header {
        name: field.name.to_owned(),
        value,
    }
}

fn unfolded(value: &str) -> String {
    let lines: Vec<_> = value
        .split('\n')
        .map(|line| line.trim_matches([' ', '\t', '\r']))
        .collect();
    lines.join(" ").trim_matches(' ').to_owned()
}

fn body_of(
    status: u16,
    method: Method,
    old: bool,
    headers: &[Header],
) -> Result<Body, FramingError> {
    if method == Method::Head || matches!(status, 100..=199 | 204 | 304) {
        return Ok(Body::None);
    }
    let length = content_length(headers)?;
    match (is_chunked(headers)?, length) {
        // §6.1: whoever sends such a thing may be smuggling a second response.
        (true, _) if old => Err(FramingError::Malformed(
            "Transfer-Encoding in an HTTP/1.0 response",
        )),
        (true, Some(_)) => Err(FramingError::Malformed(
            "both Transfer-Encoding and Content-Length",
        )),
        (true, None) => Ok(Body::Chunked),
        (false, Some(length)) => Ok(Body::Length(length)),
        (false, None) => Ok(Body::UntilClose),
    }
}

/// Content-Length, which may be repeated as long as it says the same (RFC 9112 §6.3 clause 5).
fn content_length(headers: &[Header]) -> Result<Option<u64>, FramingError> {
    let mut found = None;
    for text in items(headers, "content-length") {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FramingError::Malformed("Content-Length is no number"));
        }
        let length = text
            .parse()
            .map_err(|_| FramingError::Malformed("Content-Length is too large"))?;
        if found.is_some_and(|other: u64| other != length) {
            return Err(FramingError::Malformed("two different Content-Lengths"));
        }
        found = Some(length);
    }
    Ok(found)
}

/// We ask for no transfer coding (no TE), so `chunked` is the only one a server may use; `identity` is none (RFC 2616).
fn is_chunked(headers: &[Header]) -> Result<bool, FramingError> {
    let mut codings = items(headers, "transfer-encoding").filter(|item| !item.is_empty());
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => Ok(true),
        (Some(coding), None) if coding.eq_ignore_ascii_case("identity") => Ok(false),
        (Some(_), _) => Err(FramingError::Malformed(
            "a Transfer-Encoding that was not asked for",
        )),
    }
}

fn says_close(headers: &[Header]) -> bool {
    items(headers, "connection").any(|item| item.eq_ignore_ascii_case("close"))
}

/// The comma-separated items of all fields of this name.
fn items<'a>(headers: &'a [Header], name: &'static str) -> impl Iterator<Item = &'a str> {
    headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        .flat_map(|header| header.value.split(','))
        .map(|item| item.trim_matches([' ', '\t']))
}
