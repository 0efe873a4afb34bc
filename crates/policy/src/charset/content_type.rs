//! The `charset` of a Content-Type, as the Fetch and MIME Sniffing standards read it.

/// The charset that counts (Fetch, "extract a MIME type"). Of several comma-separated values the last valid one counts, and inherits the
/// charset of those before it that name the same type.
pub(super) fn charset(value: &str) -> Option<String> {
    let mut essence = "";
    let mut charset = None;
    for media_type in list_members(value).filter_map(MediaType::parse) {
        if media_type.essence == "*/*" {
            continue;
        }
        if media_type.charset.is_some() || !media_type.essence.eq_ignore_ascii_case(essence) {
            charset = media_type.charset;
        }
        essence = media_type.essence;
    }
    charset
}

/// Type and charset of one value.
struct MediaType<'a> {
    /// In whatever case.
    essence: &'a str,
    charset: Option<String>,
}

impl<'a> MediaType<'a> {
    /// MIME Sniffing §4.4, "parse a MIME type".
    fn parse(value: &'a str) -> Option<Self> {
        let (essence, mut parameters) = split(value, ';');
        let essence = essence.trim_matches(is_http_space);
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let mut charset = None;
        while charset.is_none() && !parameters.is_empty() {
            (charset, parameters) = take_parameter(parameters);
        }
        Some(Self { essence, charset })
    }
}

/// The value of the first parameter if it is a valid charset; and what comes after that parameter.
fn take_parameter(text: &str) -> (Option<String>, &str) {
    let text = text.trim_start_matches(is_http_space);
    let name_end = text.find([';', '=']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(name_end).unwrap_or((text, ""));
    let Some(value) = rest.strip_prefix('=') else {
        return (None, split(rest, ';').1);
    };
    let (value, rest) = take_value(value);
    let charset = value
        .filter(|value| name.eq_ignore_ascii_case("charset") && value.chars().all(is_quotable));
    (charset, rest)
}

/// The value of a parameter, and what comes after the parameter. An empty value counts only in quotes (then as a charset that
/// nobody knows).
fn take_value(text: &str) -> (Option<String>, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, after) = unquoted(quoted);
        return (Some(value), split(after, ';').1);
    }
    let (value, rest) = split(text, ';');
    let value = value.trim_end_matches(is_http_space);
    ((!value.is_empty()).then(|| value.to_owned()), rest)
}

/// A quoted string behind its first quote, up to the closing one or to the end; and what comes after it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.push(chars.next().unwrap_or('\\')),
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}

/// What stands before and after the first separator.
fn split(text: &str, separator: char) -> (&str, &str) {
    text.split_once(separator).unwrap_or((text, ""))
}

/// The values of a field that is a list: commas inside of quotes separate nothing (Fetch, "get, decode, and split").
fn list_members(text: &str) -> impl Iterator<Item = &str> {
    let mut in_quotes = false;
    let mut escaped = false;
    text.split(move |c: char| {
        let is_end = c == ',' && !in_quotes;
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
