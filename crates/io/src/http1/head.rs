//! The head of a request on its way out.
//!
//! awc keeps fields in a hash map, which knows neither their order nor their spelling (R4). So it gets none of them: it writes the
//! request line, the length and the body, and the fields go in underneath, between the two.

use appnet_policy::exchange::OutgoingRequest;
use bytes::{BufMut as _, Bytes, BytesMut};

use crate::{
    error::ExchangeError,
    outgoing::{self, Field},
    upload::Payload,
};

/// Of a body that comes along with the head, as much as goes into one TLS record with it.
const BODY_BESIDE_HEAD: usize = 14 << 10;

/// Writes the fields of a request as they are sent: `Host` first, then the app's, then ours (R4).
pub(super) fn render(request: &OutgoingRequest, payload: &Payload) -> Result<Bytes, ExchangeError> {
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

/// Puts the fields into the head that awc wrote, and takes some of the body with it; how many bytes of `data` were taken.
///
/// Of awc's own fields only the length stays: `Host` has its place, and nobody asked for `Date`.
pub(super) fn insert(data: &[u8], fields: &[u8]) -> (Bytes, usize) {
    let end = memchr::memmem::find(data, b"\r\n\r\n").map_or(0, |at| at + 2);
    let (head, rest) = data.split_at(end);
    let body = rest.get(2..).unwrap_or(rest);
    let body = &body[..body.len().min(BODY_BESIDE_HEAD)];
    let mut sent = BytesMut::with_capacity(head.len() + fields.len() + body.len() + 2);
    let mut lines = head.split_inclusive(|&byte| byte == b'\n');
    sent.put_slice(lines.next().unwrap_or_default());
    sent.put_slice(fields);
    lines
        .filter(|line| is_length(line))
        .for_each(|line| sent.put_slice(line));
    sent.put_slice(b"\r\n");
    sent.put_slice(body);
    (sent.freeze(), end + 2 + body.len())
}

fn is_length(line: &[u8]) -> bool {
    const NAME: &[u8] = b"content-length:";
    line.get(..NAME.len())
        .is_some_and(|name| name.eq_ignore_ascii_case(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::tests::request;

    #[test]
    fn r4_the_fields_go_between_the_request_line_and_the_length() {
        let awc = b"POST /a?b HTTP/1.1\r\nContent-Length: 4\r\nHost: awc\r\nDate: now\r\n\r\nDate";
        let (sent, taken) = insert(awc, b"Host: a\r\nx-B: c\r\n");
        assert_eq!(taken, awc.len());
        assert_eq!(
            sent,
            &b"POST /a?b HTTP/1.1\r\nHost: a\r\nx-B: c\r\nContent-Length: 4\r\n\r\nDate"[..]
        );
    }

    #[test]
    fn a_date_of_the_app_is_sent() {
        let request = request("https://a.test:8443/", &[("date", "x")]).unwrap();
        let fields = render(&request, &Payload::Bytes(Bytes::new())).unwrap();
        assert!(
            fields.starts_with(b"Host: a.test:8443\r\ndate: x\r\n"),
            "{fields:?}"
        );
    }

    #[test]
    fn only_the_head_and_what_fits_beside_it_is_taken() {
        let mut data = b"PUT / HTTP/1.1\r\n\r\n".to_vec();
        data.resize(100_000, b'x');
        let (sent, taken) = insert(&data, b"");
        assert_eq!(sent.len(), taken);
        assert!(taken > BODY_BESIDE_HEAD && taken < 16 << 10, "{taken}");
    }
}
