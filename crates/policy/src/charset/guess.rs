//! Which charset a body without any label is in (P2).

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// UTF-8 if it is valid UTF-8, else what `chardetng` takes it for.
pub(super) fn guess(body: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(body).is_ok() {
        return UTF_8;
    }
    // ISO-2022-JP is denied: all of it is ASCII bytes, so a body in it was taken for UTF-8 above, and what is left is none.
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(body, true);
    let hint: Option<&[u8]> = if is_a_few_hanzi(body) {
        Some(b"cn")
    } else {
        None
    };
    detector.guess(hint, Utf8Detection::Deny)
}

/// Whether all that is not ASCII is up to four of the commonest GBK characters.
///
/// So little says nothing to a detector of all the world's charsets (it takes 你好 for Korean), but the servers of mini-programs answer
/// `{"msg":"失败"}`. Longer texts speak for themselves, and there the hint would be too strong: it turns Japanese and Korean into GBK.
fn is_a_few_hanzi(body: &[u8]) -> bool {
    let mut characters = body.split(u8::is_ascii).flat_map(|run| run.chunks(2));
    characters.by_ref().take(4).all(is_common) && characters.next().is_none()
}

/// Full-width punctuation, and the 3,755 characters of GB 2312's first level.
const fn is_common(character: &[u8]) -> bool {
    matches!(character, [0xa1 | 0xa3 | 0xb0..=0xd7, 0xa1..=0xfe])
}
