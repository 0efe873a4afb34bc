//! What a head says of the body behind it (RFC 9112 §6, H2).

use appnet_policy::{
    exchange::{Header, Method},
    headers::is_token,
};

use super::FramingError;

/// How a message goes on after its head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Framed {
    pub(super) body: Body,
    /// Transfer codings beside `chunked`, in the order in which they were applied.
    pub(super) codings: Vec<&'static str>,
    /// Whether another message may follow on the connection.
    pub(super) keep_alive: bool,
}

/// How long a body is (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

/// What `Transfer-Encoding` says.
#[derive(Debug, Default)]
struct TransferCodings {
    named: usize,
    chunked: usize,
    others: Vec<&'static str>,
}

/// Reads how the message goes on.
///
/// # Errors
/// A length or a transfer coding that cannot be read for certain.
pub(super) fn framed(
    status: u16,
    method: Method,
    old: bool,
    headers: &[Header],
) -> Result<Framed, FramingError> {
    // HTTP/1.0 connections are not worth keeping: the peers that still speak it mostly mean to close.
    let may_go_on = !old && !says_close(headers);
    if method == Method::Head || matches!(status, 100..=199 | 204 | 304) {
        return Ok(Framed {
            body: Body::None,
            codings: Vec::new(),
            keep_alive: may_go_on,
        });
    }
    let codings = transfer_codings(headers)?;
    let length = content_length(headers)?;
    // H2: what others may read differently ends the connection, so that nothing can hide behind it.
    let plain = codings.named <= 1 && !(codings.chunked > 0 && length.is_some());
    let body = match (codings.chunked > 0, length) {
        (true, _) => Body::Chunked,
        (false, _) if !codings.others.is_empty() => Body::UntilClose,
        (false, Some(length)) => Body::Length(length),
        (false, None) => Body::UntilClose,
    };
    Ok(Framed {
        keep_alive: may_go_on && plain && body != Body::UntilClose,
        body,
        codings: codings.others,
    })
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

/// H2: `chunked` counts once however often it is named, and frames the body, so nothing may be applied after it. `identity` is none
/// (RFC 2616). We ask for no other coding (no TE); one that we know is undone all the same.
fn transfer_codings(headers: &[Header]) -> Result<TransferCodings, FramingError> {
    let mut codings = TransferCodings::default();
    for name in items(headers, "transfer-encoding").filter(|item| !item.is_empty()) {
        codings.named += 1;
        if name.eq_ignore_ascii_case("chunked") {
            codings.chunked += 1;
        } else if name.eq_ignore_ascii_case("identity") {
            // Nothing was done to the body.
        } else if codings.chunked > 0 {
            return Err(FramingError::Malformed(
                "a transfer coding was applied after chunked",
            ));
        } else {
            codings.others.push(known_coding(name)?);
        }
    }
    Ok(codings)
}

fn known_coding(name: &str) -> Result<&'static str, FramingError> {
    const KNOWN: [&str; 3] = ["gzip", "x-gzip", "deflate"];
    let known = KNOWN
        .into_iter()
        .find(|known| name.eq_ignore_ascii_case(known));
    known.ok_or(FramingError::Malformed(
        "a transfer coding that is not known",
    ))
}

/// Whether the server means to close. An item that is no token is not understood, and closing is safe.
fn says_close(headers: &[Header]) -> bool {
    items(headers, "connection")
        .filter(|item| !item.is_empty())
        .any(|item| item.eq_ignore_ascii_case("close") || !is_token(item))
}

/// The comma-separated items of all fields of this name.
fn items<'a>(headers: &'a [Header], name: &'static str) -> impl Iterator<Item = &'a str> {
    headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        .flat_map(|header| header.value.split(','))
        .map(|item| item.trim_matches([' ', '\t']))
}
