//! From bytes to text (P2, P3).

mod content_type;
mod guess;
mod utf16;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use encoding_rs::Encoding;

/// Decodes a body: a byte order mark wins over the `charset` of `content_type`; without either, UTF-16 that shows by its zeros, UTF-8 if it
/// is valid, else a guess. Exactly one byte order mark is removed; malformed bytes become U+FFFD; it never fails.
///
/// Valid UTF-8 is checked once and borrowed.
#[must_use]
pub fn decode<'a>(content_type: Option<&str>, body: &'a [u8]) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return text(encoding, body.get(mark..).unwrap_or_default());
    }
    let known = declared(content_type).or_else(|| utf16::recognise(guess::sample(body, 0)));
    without_mark(match known {
        Some(encoding) => text(encoding, body),
        None => match std::str::from_utf8(body) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => text(guess::guess(body), body),
        },
    })
}

/// Without encoding_rs's own handling of marks: it would remove a second one (P3).
fn text<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Cow<'a, str> {
    encoding.decode_without_bom_handling(bytes).0
}

/// P3: GB18030 has a mark too, which shows only in what it decodes to.
fn without_mark(text: Cow<'_, str>) -> Cow<'_, str> {
    const MARK: char = '\u{feff}';
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix(MARK).unwrap_or(text)),
        Cow::Owned(mut text) => {
            if text.starts_with(MARK) {
                text.remove(0);
            }
            Cow::Owned(text)
        }
    }
}

/// What the Content-Type says, if it is a charset that one can decode: the Encoding Standard's `replacement` decodes to a single
/// U+FFFD, which helps no one.
fn declared(content_type: Option<&str>) -> Option<&'static Encoding> {
    let label = content_type::charset(content_type?)?;
    Encoding::for_label_no_replacement(label.as_bytes())
}
