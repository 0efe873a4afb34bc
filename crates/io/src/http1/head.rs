//! The head of a request on its way out.
//!
//! awc keeps fields in a hash map, which knows neither their order nor their spelling (R4). So it gets none of them: its head has the
//! method and the URI, its body the length, and the fields go in between.

use std::fmt::Write as _;

use appnet_policy::exchange::OutgoingRequest;
use awc::{
    body::BodySize,
    http::{Method, Uri, uri::PathAndQuery},
};
use bytes::{BufMut as _, Bytes, BytesMut};

use crate::{
    error::ExchangeError,
    outgoing::{self, Field},
    upload::Payload,
};

/// Room for the longest method, the version, the longest length and the line ends.
const LONGEST_OF_THE_REST: usize = 64;

/// Renders the fields of a request as they are sent: `Host` first, then the app's, then ours (R4).
pub(super) fn fields(request: &OutgoingRequest, payload: &Payload) -> Result<Bytes, ExchangeError> {
    let fields = outgoing::fields(request, payload)?;
    let length: usize = fields
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4)
        .sum();
    let authority = outgoing::authority(request);
    let mut rendered = BytesMut::with_capacity(length + authority.len() + 8);
    put(&mut rendered, &("Host", &authority));
    fields.iter().for_each(|field| put(&mut rendered, field));
    Ok(rendered.freeze())
}

fn put(rendered: &mut BytesMut, (name, value): &Field<'_>) {
    rendered.put_slice(name.as_bytes());
    rendered.put_slice(b": ");
    rendered.put_slice(value.as_bytes());
    rendered.put_slice(b"\r\n");
}

/// Renders a head as it is sent: the request line, the fields, the length of the body if it has one.
pub(super) fn render(method: &Method, uri: &Uri, fields: &[u8], body: BodySize) -> BytesMut {
    let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let mut head = BytesMut::with_capacity(target.len() + fields.len() + LONGEST_OF_THE_REST);
    head.put_slice(method.as_str().as_bytes());
    head.put_slice(b" ");
    head.put_slice(target.as_bytes());
    head.put_slice(b" HTTP/1.1\r\n");
    head.put_slice(fields);
    if let BodySize::Sized(length) = body {
        // Formatting into memory does not fail.
        let _ = write!(head, "Content-Length: {length}\r\n");
    }
    head.put_slice(b"\r\n");
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::tests::request;

    #[test]
    fn r4_the_fields_go_between_the_request_line_and_the_length() {
        let uri = Uri::from_static("http://a.test/a?b");
        let fields = b"Host: a\r\nx-B: c\r\n";
        let head = render(&Method::POST, &uri, fields, BodySize::Sized(4));
        assert_eq!(
            head,
            &b"POST /a?b HTTP/1.1\r\nHost: a\r\nx-B: c\r\nContent-Length: 4\r\n\r\n"[..]
        );
        let head = render(&Method::GET, &uri, fields, BodySize::None);
        assert_eq!(head, &b"GET /a?b HTTP/1.1\r\nHost: a\r\nx-B: c\r\n\r\n"[..]);
    }

    #[test]
    fn a_date_of_the_app_is_sent() {
        let request = request("https://a.test:8443/", &[("date", "x")]).unwrap();
        let fields = fields(&request, &Payload::Bytes(Bytes::new())).unwrap();
        assert!(
            fields.starts_with(b"Host: a.test:8443\r\ndate: x\r\n"),
            "{fields:?}"
        );
    }
}
