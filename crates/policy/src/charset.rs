//! From bytes to text (P2, P3).

mod content_type;
mod guess;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use encoding_rs::Encoding;

/// Decodes a body: a byte order mark wins over the `charset` of `content_type`; without either, UTF-8 if it is valid, else a
/// guess. Exactly one byte order mark is removed; malformed bytes become U+FFFD; it never fails.
#[must_use]
pub fn decode(content_type: Option<&str>, body: &[u8]) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return text(encoding, body.get(mark..).unwrap_or_default()).into_owned();
    }
    let encoding = declared(content_type).unwrap_or_else(|| guess::guess(body));
    let text = text(encoding, body);
    // P3: GB18030 has a mark too, which shows only in what it decodes to.
    text.strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or_else(|| text.into_owned())
}

/// Without encoding_rs's own handling of marks: it would remove a second one (P3).
fn text<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Cow<'a, str> {
    encoding.decode_without_bom_handling(bytes).0
}

/// What the Content-Type says, if it is a charset that one can decode: the Encoding Standard's `replacement` decodes to a single
/// U+FFFD, which helps no one.
fn declared(content_type: Option<&str>) -> Option<&'static Encoding> {
    let label = content_type::charset(content_type?)?;
    Encoding::for_label_no_replacement(label.as_bytes())
}
