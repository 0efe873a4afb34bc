//! From bytes to text (P2, P3).

/// Decodes a body: a byte order mark wins over the `charset` of `content_type`; without either, UTF-8 if it is valid, else a
/// guess. Exactly one byte order mark is removed; malformed bytes become U+FFFD; it never fails.
#[must_use]
pub fn decode(content_type: Option<&str>, body: &[u8]) -> String {
    let _ = (content_type, body);
    todo!()
}
