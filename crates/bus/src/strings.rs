//! The strings of JSON (RFC 8259 §7): escaped on their way out, unescaped on their way in.
//!
//! Hand-made, because what apps send and receive is often JSON itself, with a quote at every few bytes. Its escapes are made and undone a word at a time,
//! which takes a third of the time of going from one to the next.

#[cfg(test)]
mod tests;

/// Bytes of a text that are escaped together.
const PIECE: usize = 256;

/// Bytes that are looked at together.
const WORD: usize = size_of::<u64>();

/// A word of which each byte is 1.
const ONES: u64 = u64::from_le_bytes([1; WORD]);

/// A word of which each byte has all bits but its highest.
const LOW: u64 = ONES * 0x7f;

/// What follows the backslash of each byte: 0 if the byte needs none, `u` if it is written as `\u00xx`.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x09] = b't';
    escapes[0x0a] = b'n';
    escapes[0x0c] = b'f';
    escapes[0x0d] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// Writes a text in its quotes.
pub(crate) fn write(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(PIECE);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, after) = rest.split_at(end);
        if has_special(piece) {
            write_escaped(out, piece);
        } else {
            out.push_str(piece);
        }
        rest = after;
    }
    out.push('"');
}

/// By vector instructions, because most texts have nothing to escape.
fn has_special(text: &str) -> bool {
    text.bytes().fold(false, |any, byte| any | is_special(byte))
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Writes a piece with its escapes: a word at a time, and what follows an escape again behind it.
fn write_escaped(out: &mut String, piece: &str) {
    let mut stage = [0; 2 * PIECE + WORD];
    let mut length = 0;
    let mut has_codes = false;
    let (words, tail) = piece.as_bytes().as_chunks::<WORD>();
    for bytes in words {
        put(&mut stage, length, *bytes);
        let word = u64::from_le_bytes(*bytes);
        let mut marks = special_bytes(word);
        let mut done = 0;
        while marks != 0 {
            let at = marks.trailing_zeros() / u8::BITS;
            let escape = ESCAPES[usize::from(bytes[at as usize])];
            has_codes |= escape == b'u';
            length += (at - done) as usize;
            put(&mut stage, length, [b'\\', escape]);
            length += 2;
            done = at + 1;
            let rest = word.checked_shr(done * u8::BITS).unwrap_or_default();
            put(&mut stage, length, rest.to_le_bytes());
            marks &= marks - 1;
        }
        length += WORD - done as usize;
    }
    for &byte in tail {
        let escape = ESCAPES[usize::from(byte)];
        has_codes |= escape == b'u';
        stage[length] = b'\\';
        length += usize::from(escape != 0);
        stage[length] = if escape == 0 { byte } else { escape };
        length += 1;
    }
    match str::from_utf8(&stage[..length]) {
        Ok(escaped) if !has_codes => out.push_str(escaped),
        _ => write_each(out, piece),
    }
}

/// Puts so few bytes there that they are one store.
fn put<const N: usize>(stage: &mut [u8], at: usize, bytes: [u8; N]) {
    if let Some(place) = stage.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = bytes;
    }
}

/// The highest bit of each byte of a word that has to be escaped.
const fn special_bytes(word: u64) -> u64 {
    let quote = not_zero(word ^ (ONES * b'"' as u64));
    let backslash = not_zero(word ^ (ONES * b'\\' as u64));
    let printable = not_zero(word & (ONES * 0xe0));
    !(quote & backslash & printable) & !LOW
}

/// The highest bit of each byte that is not 0; the other bits mean nothing.
const fn not_zero(word: u64) -> u64 {
    ((word & LOW) + LOW) | word
}

fn write_each(out: &mut String, piece: &str) {
    for character in piece.chars() {
        match u8::try_from(character).map_or(0, |byte| ESCAPES[usize::from(byte)]) {
            0 => out.push(character),
            b'u' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            escape => {
                out.push('\\');
                out.push(char::from(escape));
            }
        }
    }
}

/// What a string says, from what is between its quotes. `None`: it is no string, or one with `\u`, which serde_json reads.
pub(crate) fn unescape(quoted: &str) -> Option<String> {
    if !has_special(quoted) {
        return Some(quoted.to_owned());
    }
    let bytes = quoted.as_bytes();
    let mut out = vec![0; bytes.len()]; // an escape takes more bytes than what it stands for
    let (mut read, mut written) = (0, 0);
    while read < bytes.len() {
        let (clean, is_whole) = match bytes[read..].first_chunk::<WORD>() {
            Some(word) => {
                put(&mut out, written, *word);
                let clean = clean_bytes(u64::from_le_bytes(*word));
                (clean, clean == WORD)
            }
            None => {
                out[written] = bytes[read];
                let clean = usize::from(!is_special(bytes[read]));
                (clean, clean == 1)
            }
        };
        read += clean;
        written += clean;
        if !is_whole {
            out[written] = unescaped(bytes[read], *bytes.get(read + 1)?)?;
            read += 2;
            written += 1;
        }
    }
    out.truncate(written);
    String::from_utf8(out).ok()
}

/// What a backslash and the byte behind it stand for.
const fn unescaped(backslash: u8, byte: u8) -> Option<u8> {
    match (backslash, byte) {
        (b'\\', b'"' | b'\\' | b'/') => Some(byte),
        (b'\\', b'b') => Some(0x08),
        (b'\\', b'f') => Some(0x0c),
        (b'\\', b'n') => Some(b'\n'),
        (b'\\', b'r') => Some(b'\r'),
        (b'\\', b't') => Some(b'\t'),
        _ => None,
    }
}

/// How many bytes of a word there are before the first special one.
const fn clean_bytes(word: u64) -> usize {
    (special_bytes(word).trailing_zeros() / u8::BITS) as usize
}
