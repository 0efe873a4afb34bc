//! The `charset` of a Content-Type, as the Fetch and MIME Sniffing standards read it.

use std::borrow::Cow;

/// The charset that counts (Fetch, "extract a MIME type"). Of several comma-separated values the last valid one counts, and inherits the
/// charset of those before it that name the same type.
pub(super) fn charset(value: &str) -> Option<String> {
    let mut essence = String::new();
    let mut charset = None;
    for media_type in split_unquoted(value, ',').filter_map(MediaType::parse) {
        if media_type.essence == "*/*" {
            continue;
        }
        if media_type.charset.is_some() || media_type.essence != essence {
            charset = media_type.charset;
        }
        essence = media_type.essence;
    }
    charset
}

/// Type and charset of one value.
struct MediaType {
    essence: String,
    charset: Option<String>,
}

impl MediaType {
    /// MIME Sniffing §4.4, "parse a MIME type".
    fn parse(value: &str) -> Option<Self> {
        let mut parts = split_unquoted(value, ';');
        let (kind, subtype) = parts.next()?.trim_matches(is_http_space).split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let essence = format!("{kind}/{subtype}").to_ascii_lowercase();
        Some(Self {
            essence,
            charset: parts.find_map(charset_parameter),
        })
    }
}

/// The value of a parameter if it is a charset; the first valid one counts.
fn charset_parameter(parameter: &str) -> Option<String> {
    let (name, value) = parameter
        .trim_start_matches(is_http_space)
        .split_once('=')?;
    if !name.eq_ignore_ascii_case("charset") {
        return None;
    }
    let value = match value.strip_prefix('"') {
        Some(quoted) => Cow::Owned(unquoted(quoted)),
        None => Cow::Borrowed(value.trim_end_matches(is_http_space)),
    };
    (!value.is_empty() && value.chars().all(is_quotable)).then(|| value.into_owned())
}

/// A quoted string behind its first quote, up to the closing one or to the end.
fn unquoted(text: &str) -> String {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.push(chars.next().unwrap_or('\\')),
            c => value.push(c),
        }
    }
    value
}

/// Splits at a separator that stands outside of quotes.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut in_quotes = false;
    let mut escaped = false;
    text.split(move |c: char| {
        let is_end = c == separator && !in_quotes;
        if c == '"' && !escaped {
            in_quotes = !in_quotes;
        }
        escaped = in_quotes && c == '\\' && !escaped;
        is_end
    })
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(crate::headers::is_token_byte)
}

/// The code points of a quoted string; the standard speaks of bytes read as Latin-1.
const fn is_quotable(c: char) -> bool {
    matches!(c, '\t' | ' '..='~' | '\u{80}'..='\u{ff}')
}

const fn is_http_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' ')
}
