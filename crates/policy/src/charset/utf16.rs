//! UTF-16 that nothing announces: it shows by the zeros in its characters of ASCII (P2).

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// UTF-16, if the zeros of this beginning of a body say so.
///
/// Two characters of ASCII at the start are enough, as all JSON and markup has them (RFC 4627 §3). Later on a text has the more zeros in the same
/// half of its units the more ASCII it has. A text in another charset has a stray zero at most, such as the one that ends a string of C.
pub(super) fn recognise(start: &[u8]) -> Option<&'static Encoding> {
    if !start.contains(&0) {
        return None;
    }
    match start {
        [1..=255, 0, 1..=255, 0, ..] => return Some(UTF_16LE),
        [0, 1..=255, 0, 1..=255, ..] => return Some(UTF_16BE),
        _ => {}
    }
    let zeros = |half: usize| {
        start
            .iter()
            .skip(half)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let (encoding, ascii, other) = if odd > even {
        (UTF_16LE, odd, even)
    } else {
        (UTF_16BE, even, odd)
    };
    // The other half has zeros too, in 一 (U+4E00) for one, but few.
    let speaks = ascii >= 2 && ascii > 2 * other && ascii * least_share(start) > start.len() / 2;
    speaks.then_some(encoding)
}

/// One of how many units must be ASCII: more than half of them where it could as well be UTF-8 with zeros in it.
fn least_share(start: &[u8]) -> usize {
    match std::str::from_utf8(start) {
        Ok(_) => 2,
        Err(error) if error.error_len().is_none() => 2, // cut by the end of the sample
        Err(_) => 16,
    }
}
