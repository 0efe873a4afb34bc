//! Status line and headers of a response, and what they say of its body.

use appnet_policy::{
    exchange::{Header, HttpVersion, Method, ResponseHead},
    failure::Bound,
};
use bytes::{Buf as _, BytesMut};

use super::{
    Bounds, FramingError,
    fields::{self, StatusLine},
    length::{self, Body, Framed},
};

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
            self.refuse_what_is_not_http(input, bounds)?;
            let Some(end) = self.find_end(input, bounds)? else {
                return Ok(None);
            };
            let status_line_and_fields = input.split_to(end);
            let parsed = parse(&status_line_and_fields, method)?;
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
        while let Some(offset) = memchr::memchr(b'\n', &input[self.scanned..]) {
            let line = &input[self.line_start..self.scanned + offset];
            self.scanned += offset + 1;
            self.line_start = self.scanned;
            let ends = line.is_empty() || line == b"\r";
            self.check_size(self.scanned, bounds)?; // first, as it would be if this line came in pieces
            if ends {
                return Ok(Some(self.scanned));
            }
            self.lines += 1;
            // The status line is no header.
            if self.lines > bounds.header_count.saturating_add(1) {
                return Err(FramingError::TooLarge(Bound::HeaderCount));
            }
        }
        self.scanned = input.len();
        self.check_size(self.scanned, bounds)?;
        Ok(None)
    }

    /// Says at once that a server speaks something else, instead of waiting for the end of a line that never comes. What is over the bound before that is
    /// seen fails by the bound, as it would if it came in pieces.
    fn refuse_what_is_not_http(&self, input: &[u8], bounds: &Bounds) -> Result<(), FramingError> {
        const START: &[u8] = b"HTTP/1.";
        let as_it_should = input.iter().zip(START).take_while(|(a, b)| a == b).count();
        if as_it_should == input.len().min(START.len()) {
            return Ok(());
        }
        self.check_size(as_it_should, bounds)?;
        Err(FramingError::Malformed(
            "the answer does not start with HTTP/1.",
        ))
    }

    /// `seen`: how far into the head under way.
    const fn check_size(&self, seen: usize, bounds: &Bounds) -> Result<(), FramingError> {
        if self.dropped.saturating_add(seen) > bounds.header_bytes {
            Err(FramingError::TooLarge(Bound::HeaderBlock))
        } else {
            Ok(())
        }
    }
}

fn parse(bytes: &[u8], method: Method) -> Result<Parsed, FramingError> {
    let lines = fields::lines(bytes)?;
    let (first, rest) = lines
        .split_first()
        .ok_or(FramingError::Malformed("the headers have no status line"))?;
    let StatusLine { status, old } = fields::status_line(first)?;
    let mut headers = fields::fields(rest)?;
    let Framed {
        body,
        codings,
        keep_alive,
    } = length::framed(status, method, old, &headers)?;
    // What was done to the body on its way is undone like what was done to it before: the same codings, the last one first.
    if !codings.is_empty() {
        headers.push(Header {
            name: "Content-Encoding".to_owned(),
            value: codings.join(","), // in one header, however many a server names
        });
    }
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
