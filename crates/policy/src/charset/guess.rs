//! Which charset a body is in that has no label and is not UTF-8 (P2).

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// How much of a body is looked at: a detector needs milliseconds for each hundred kilobytes, and a page tells its charset much earlier (I1).
pub(super) const SAMPLE_BYTES: usize = 64 << 10;

/// What `chardetng` takes the body for, by its first 64 KiB; where those are all ASCII, which says nothing, by the 64 KiB that follow the ASCII.
pub(super) fn guess(body: &[u8]) -> &'static Encoding {
    let ascii = Encoding::ascii_valid_up_to(body);
    let start = if ascii < SAMPLE_BYTES { 0 } else { ascii };
    let sample = sample(body, start);
    // ISO-2022-JP is denied: all of it is ASCII bytes, so a body in it was taken for UTF-8 before, and what is left is none.
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let whole = start + sample.len() == body.len();
    // Of a body that goes on, a character cut by the end of the sample is no mistake.
    detector.feed(sample, whole);
    let hint: Option<&[u8]> = is_a_few_hanzi(sample).then_some(b"cn");
    detector.guess(hint, Utf8Detection::Deny)
}

/// At most 64 KiB from `start` on. A longer body is cut behind a byte of ASCII if there is one near the end: no charset with a label of its own
/// has the middle of a character there, but for GB18030's rare four-byte ones.
pub(super) fn sample(body: &[u8], start: usize) -> &[u8] {
    const NEAR: usize = 4 << 10;
    let rest = body.get(start..).unwrap_or_default();
    let Some(sample) = rest
        .get(..SAMPLE_BYTES)
        .filter(|sample| sample.len() < rest.len())
    else {
        return rest;
    };
    let end = sample.iter().rev().take(NEAR).position(u8::is_ascii);
    &sample[..SAMPLE_BYTES - end.unwrap_or(0)]
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
