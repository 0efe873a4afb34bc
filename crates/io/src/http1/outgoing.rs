//! What awc sends, on its way to the wire.

use bytes::{Bytes, BytesMut};

/// Takes the request's head from awc, and passes everything after it.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    has_date: bool,
    head_seen: bool,
    staged: Bytes,
}

/// Of a body that comes along with the head, as much as goes into one TLS record with it.
const STAGED_BODY: usize = 14 << 10;

impl Outgoing {
    pub(super) fn new(has_date: bool) -> Self {
        Self {
            has_date,
            ..Self::default()
        }
    }

    /// Takes the head, and some body with it; how many bytes of `data` were taken. `None` once the head has passed.
    pub(super) fn stage(&mut self, data: &[u8]) -> Option<usize> {
        if self.head_seen {
            return None;
        }
        self.head_seen = true;
        let head = data
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .map_or(0, |at| at + 2);
        let taken = data.len().min(head + STAGED_BODY);
        let (head, rest) = data[..taken].split_at(head.min(taken));
        let mut staged = BytesMut::with_capacity(taken);
        for line in head
            .split_inclusive(|&byte| byte == b'\n')
            .filter(|line| self.has_date || !is_date(line))
        {
            staged.extend_from_slice(line);
        }
        staged.extend_from_slice(rest);
        self.staged = staged.freeze();
        Some(taken)
    }

    /// What is staged and not sent yet.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        (!self.staged.is_empty()).then(|| std::mem::take(&mut self.staged))
    }

    pub(super) fn put_back(&mut self, staged: Bytes) {
        self.staged = staged;
    }
}

/// awc cannot be told to leave out its Date.
fn is_date(line: &[u8]) -> bool {
    line.get(..5)
        .is_some_and(|name| name.eq_ignore_ascii_case(b"date:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_that_awc_adds_is_not_sent() {
        let mut outgoing = Outgoing::new(false);
        let request = b"POST / HTTP/1.1\r\nHost: a\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nDate: in the body\r\n";
        assert_eq!(outgoing.stage(request), Some(request.len()));
        assert_eq!(
            outgoing.take().unwrap(),
            &b"POST / HTTP/1.1\r\nHost: a\r\n\r\nDate: in the body\r\n"[..]
        );
    }

    #[test]
    fn a_date_of_the_app_is_sent() {
        let mut outgoing = Outgoing::new(true);
        outgoing.stage(b"GET / HTTP/1.1\r\ndate: x\r\n\r\n");
        assert_eq!(
            outgoing.take().unwrap(),
            &b"GET / HTTP/1.1\r\ndate: x\r\n\r\n"[..]
        );
    }

    #[test]
    fn only_the_head_and_what_fits_beside_it_is_staged() {
        let mut outgoing = Outgoing::new(false);
        let mut request = b"PUT / HTTP/1.1\r\n\r\n".to_vec();
        request.resize(100_000, b'x');
        let staged = outgoing.stage(&request).unwrap();
        assert!(staged > 18 && staged < 16 << 10, "{staged}");
        assert_eq!(outgoing.take().unwrap().len(), staged);
        assert_eq!(outgoing.stage(b"more"), None);
    }
}
