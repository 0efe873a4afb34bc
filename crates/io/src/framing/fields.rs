//! The lines of an HTTP/1 head, read as servers write them (H1).
//!
//! Browsers and curl read heads with lines that RFC 9112 forbids, so such a line costs itself and not the answer. What says where the
//! message ends (`Content-Length`, `Transfer-Encoding`, `Connection`) is never guessed at: a line that may have been meant for one of
//! these and cannot be read for certain makes the head malformed.

use std::borrow::Cow;

use appnet_policy::{exchange::Header, headers::is_token_byte};

use super::FramingError;
use crate::text::field_value;

/// The first line of a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StatusLine {
    pub(super) status: u16,
    /// Whether it is HTTP/1.0.
    pub(super) old: bool,
}

/// Most heads have no more.
const USUAL_LINES: usize = 16;

const FRAMING_FIELDS: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// Splits a head into its lines, without their ends: CR LF, or LF alone (RFC 9112 §2.2).
///
/// # Errors
/// A NUL or a CR inside of a line: where the line ends could be read in two ways.
pub(super) fn lines(head: &[u8]) -> Result<Vec<&[u8]>, FramingError> {
    let mut lines = Vec::with_capacity(USUAL_LINES);
    let mut rest = head;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if memchr::memchr2(b'\r', 0, line).is_some() {
            return Err(FramingError::Malformed(
                "the headers have a forbidden character",
            ));
        }
        lines.push(line);
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(lines)
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Reads the status line: runs of blanks count as one, and the reason may be anything or missing.
pub(super) fn status_line(line: &[u8]) -> Result<StatusLine, FramingError> {
    let malformed = FramingError::Malformed;
    let mut words = line
        .split(|&byte| is_blank(byte))
        .filter(|word| !word.is_empty());
    let old = match words.next() {
        Some(b"HTTP/1.1") => false,
        Some(b"HTTP/1.0") => true,
        _ => return Err(malformed("the HTTP version is not 1.0 or 1.1")),
    };
    let code = words.next().filter(|code| code.len() == 3);
    let status = code.and_then(|code| std::str::from_utf8(code).ok()?.parse().ok());
    let status = status
        .filter(|status| *status >= 100)
        .ok_or(malformed("the status code is not valid"))?;
    Ok(StatusLine { status, old })
}

/// Reads the fields that follow the status line.
///
/// # Errors
/// A line that may have been meant to frame the message.
pub(super) fn fields(lines: &[&[u8]]) -> Result<Vec<Header>, FramingError> {
    let mut fields = Vec::with_capacity(lines.len() + 1);
    let mut rest = lines;
    while let [line, after @ ..] = rest {
        let folded = after.iter().take_while(|line| is_blank(line[0])).count();
        let (continuations, after) = after.split_at(folded);
        rest = after;
        match name(line) {
            Some((name, value)) => fields.push(Header {
                name: name.to_owned(),
                value: field_value(name, &unfolded(value, continuations)),
            }),
            None => drop_line(line)?,
        }
    }
    Ok(fields)
}

/// The name of a field and what follows its colon, if the name is a token; blanks before the colon are not part of it.
fn name(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    let is_token = !name.is_empty() && name.iter().all(|&byte| is_token_byte(byte));
    let name = std::str::from_utf8(name).ok().filter(|_| is_token)?;
    Some((name, &line[colon + 1..]))
}

/// A line that is no field is dropped, unless it looks like one that frames the message.
fn drop_line(line: &[u8]) -> Result<(), FramingError> {
    let name = match memchr::memchr(b':', line) {
        Some(colon) => &line[..colon],
        None => line
            .split(|&byte| is_blank(byte))
            .find(|word| !word.is_empty())
            .unwrap_or(line),
    };
    let readable: Vec<_> = name
        .iter()
        .copied()
        .filter(|&byte| is_token_byte(byte))
        .collect();
    if FRAMING_FIELDS
        .iter()
        .any(|field| readable.eq_ignore_ascii_case(field.as_bytes()))
    {
        return Err(FramingError::Malformed(
            "a header that frames the message cannot be read for certain",
        ));
    }
    tracing::debug!("a header line whose name is not valid was dropped");
    Ok(())
}

/// The value without the blanks around it; folded lines are joined by one space (RFC 9112 §5.2).
fn unfolded<'a>(value: &'a [u8], continuations: &[&[u8]]) -> Cow<'a, [u8]> {
    let value = trimmed(value);
    if continuations.is_empty() {
        return Cow::Borrowed(value);
    }
    let mut joined = value.to_vec();
    for line in continuations.iter().map(|line| trimmed(line)) {
        if !joined.is_empty() && !line.is_empty() {
            joined.push(b' ');
        }
        joined.extend_from_slice(line);
    }
    Cow::Owned(joined)
}

fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = value
        && is_blank(*first)
    {
        value = rest;
    }
    while let [rest @ .., last] = value
        && is_blank(*last)
    {
        value = rest;
    }
    value
}
