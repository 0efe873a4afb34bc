//! The authority of a URL as its text has it: a parser drops a default port, which U3 asks for.
//!
//! Reads as the WHATWG URL parser does (`https://url.spec.whatwg.org/`, special schemes only), and only texts which that
//! parser took: it finds things, it does not judge them.

use std::borrow::Cow;

use super::UrlProblem;

/// The text without what the parser does not see: C0 controls and spaces around it, tabs and line ends anywhere.
pub(super) fn cleaned(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    if trimmed.contains(is_invisible) {
        Cow::Owned(trimmed.chars().filter(|&c| !is_invisible(c)).collect())
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// The authority in a cleaned text; `None` if it has none of its own and is relative to a base of `base_scheme`.
pub(super) fn authority<'a>(cleaned: &'a str, base_scheme: Option<&str>) -> Option<&'a str> {
    let (scheme, rest) = split_scheme(cleaned).map_or((None, cleaned), |(s, rest)| (Some(s), rest));
    let after_slashes = rest.trim_start_matches(is_slash);
    let slashes = rest.len() - after_slashes.len();
    let is_absolute = match scheme {
        // The parser takes `https:path` under an https base for a relative reference, and `https:host` for a URL elsewhere.
        Some(scheme) => {
            slashes >= 2 || !base_scheme.is_some_and(|b| b.eq_ignore_ascii_case(scheme))
        }
        None => slashes >= 2,
    };
    let end = |c| is_slash(c) || matches!(c, '?' | '#');
    if is_absolute {
        after_slashes.split(end).next()
    } else {
        None
    }
}

/// The port in an authority, without the colon; `Some("")` if there is a colon and nothing behind it.
pub(super) fn port(authority: &str) -> Result<Option<&str>, UrlProblem> {
    if authority.contains('@') {
        // U2: also an empty user name, of which the parsed URL keeps no trace.
        return Err(UrlProblem::UserInfo);
    }
    let after_brackets = authority
        .rsplit_once(']')
        .map_or(authority, |(_, after)| after);
    Ok(after_brackets.split_once(':').map(|(_, port)| port))
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some((scheme, rest))
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

const fn is_slash(c: char) -> bool {
    matches!(c, '/' | '\\')
}
