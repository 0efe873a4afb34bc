//! Which headers go out (R1, R2, R4).

#[cfg(test)]
mod tests;

use crate::failure::AppFault;
use std::collections::{HashMap, hash_map::Entry};

use crate::{Failure, exchange::Header};

/// The headers of a request, built from the app's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// What is sent.
    pub headers: Vec<Header>,
    /// Names that the app may not set and that were dropped, as it wrote them (R2).
    pub dropped: Vec<String>,
}

/// What headers are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `wx.request`: also says what its body is (R4).
    Request,
    /// An upload, whose form says what it is, or a download, which has no body.
    Transfer,
    /// The handshake of a socket, whose answer has no body.
    Handshake,
}

/// Builds headers: the app's own without the forbidden ones, in its order and spelling, then ours (R4), Referer (R1) and User-Agent.
///
/// A name that comes twice, in whatever case, is sent once: the last value in the place of the first.
///
/// # Errors
/// [`AppFault::InvalidHeader`] for a name that is no token, or a control character other than a tab in a value.
pub fn build(
    app: Vec<Header>,
    purpose: Purpose,
    referer: &str,
    user_agent: &str,
) -> Result<Built, Failure> {
    let mut built = own(app)?;
    match purpose {
        Purpose::Request => {
            default(&mut built, CONTENT_TYPE, "application/json");
            accept(&mut built);
        }
        Purpose::Transfer => accept(&mut built),
        Purpose::Handshake => {}
    }
    built.headers.push(Header::new("Referer", referer)); // R1
    built.headers.push(Header::new("User-Agent", user_agent));
    Ok(built)
}

/// The codings that I/O undoes.
const CODINGS: &str = "gzip, deflate, br, zstd";

/// R4: what kinds and codings of a body may come. A part of a compressed form could not be unpacked, so a `Range` asks for none.
fn accept(built: &mut Built) {
    default(built, "Accept", "*/*");
    let codings = match find(&built.headers, "range") {
        Some(_) => "identity",
        None => CODINGS,
    };
    default(built, "Accept-Encoding", codings);
}

/// What is sent where the app sets nothing.
fn default(built: &mut Built, name: &str, value: &str) {
    if find(&built.headers, name).is_none() {
        built.headers.push(Header::new(name, value));
    }
}

/// What of the app's headers goes out (R2).
fn own(app: Vec<Header>) -> Result<Built, Failure> {
    let mut built = Built {
        headers: Vec::with_capacity(app.len() + 5),
        dropped: Vec::new(),
    };
    // Places by name: looking through the list for each header would let an app with many of them hold up others.
    let mut places = HashMap::with_capacity(app.len());
    for header in app {
        let header = checked(header)?;
        let name = header.name.to_ascii_lowercase();
        if is_forbidden(&name) {
            built.dropped.push(header.name);
            continue;
        }
        match places.entry(name) {
            Entry::Occupied(place) => built.headers[*place.get()] = header,
            Entry::Vacant(place) => {
                place.insert(built.headers.len());
                built.headers.push(header);
            }
        }
    }
    Ok(built)
}

/// The name of the header that says what a body is.
pub(crate) const CONTENT_TYPE: &str = "content-type";

/// The value of a header, whatever the case of its name.
pub(crate) fn find<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.as_str())
}

/// A byte that a name may have: `tchar` of RFC 9110 §5.6.2.
#[must_use]
pub const fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES[byte as usize]
}

/// A table, because every byte of every name is looked up.
const TOKEN_BYTES: [bool; 256] = {
    const OTHERS: &[u8] = b"!#$%&'*+-.^_`|~";
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < OTHERS.len() {
        table[OTHERS[at] as usize] = true;
        at += 1;
    }
    table
};

/// Whether a text is a `token` of RFC 9110 §5.6.2.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether a header can be sent without breaking the framing: its name is a token, and its value has no control character but the tab
/// (R2; RFC 9110 §5.5).
#[must_use]
pub fn is_sendable(name: &str, value: &str) -> bool {
    is_token(name)
        && !value
            .bytes()
            .any(|byte| byte.is_ascii_control() && byte != b'\t')
}

/// R2, RFC 9110 §5.5. Looked at before the value is trimmed: a line end is refused wherever it stands.
fn checked(header: Header) -> Result<Header, Failure> {
    if !is_sendable(&header.name, &header.value) {
        return Err(Failure::App(AppFault::InvalidHeader));
    }
    let trimmed = header.value.trim_matches([' ', '\t']);
    if trimmed.len() == header.value.len() {
        return Ok(header);
    }
    Ok(Header {
        value: trimmed.to_owned(),
        name: header.name,
    })
}

/// The host alone sets what decides about framing, about the connection and about the sender's identity (R1, R2).
/// `name` is in lower case.
fn is_forbidden(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "host",
        "content-length",
        "connection",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "user-agent",
        "referer",
        // Beyond the letter of R2. Two more of the connection's fields:
        "keep-alive",
        "http2-settings",
        // and one that asks for a 100 before the body is sent, which I/O does not wait for.
        "expect",
    ];
    const PREFIXES: [&str; 2] = ["proxy-", "sec-"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
