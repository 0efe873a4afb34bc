//! How a response is read for the app (section 6).

use bytes::Bytes;

use crate::exchange::{Answer, Header, HttpVersion, Reading, ResponseHead};

/// Reads a whole, content-decoded body as the app asked (P2–P4).
#[must_use]
pub fn read(head: ResponseHead, body: Bytes, reading: Reading) -> Answer {
    let _ = (head, body, reading);
    todo!()
}

/// The headers as the app sees them (P5): repeated ones joined with `,` in the order of first appearance; names in Title-Case for
/// HTTP/1 and lower case for HTTP/2.
#[must_use]
pub fn joined_headers(headers: &[Header], version: HttpVersion) -> Vec<(String, String)> {
    let _ = (headers, version);
    todo!()
}

/// One element for each Set-Cookie, unchanged (P5).
#[must_use]
pub fn cookies(headers: &[Header]) -> Vec<String> {
    let _ = headers;
    todo!()
}
