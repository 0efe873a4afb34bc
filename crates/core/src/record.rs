//! What the host's log and the inspector see of a call (U5, U8, K4).

use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Api, Failure,
    exchange::{Method, Profile},
    identity::AppId,
    rules::Refusal,
};

use crate::TaskId;

/// One call, when it has ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CallRecord {
    /// The app that called.
    pub app: AppId,
    /// The task.
    pub task: TaskId,
    /// The call it was.
    pub api: Api,
    /// The method; `None` if the call was refused before its method was known.
    pub method: Option<Method>,
    /// The URL without its query and fragment: those may hold secrets.
    pub url: String,
    /// The status of the response, or what the app heard instead.
    pub outcome: Result<u16, Failure>,
    /// The exact reason of a failure, in words.
    pub reason: Option<String>,
    /// The rule that refused the call or a redirect of it (U5).
    pub refusal: Option<Refusal>,
    /// Why a release would have refused it (U8); empty where checks are in force.
    pub would_refuse: Vec<Refusal>,
    /// How long it waited for a permit (C2).
    pub queued: Duration,
    /// From leaving the queue to its end; zero if it never left.
    pub ran: Duration,
    /// Where the exchange's time went, if there was one to its end.
    pub profile: Option<Arc<Profile>>,
}

/// How much of a URL a record keeps: enough to recognise it, whatever an app sends.
const URL_CHARS: usize = 2048;

/// The URL without query, fragment, user-info and control characters, and no longer than a record wants it.
pub(crate) fn without_secrets(url: &str) -> String {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'@';
    if shown.len() <= URL_CHARS && shown.bytes().all(is_plain) {
        return shown.to_owned(); // as most are: without anything to leave out
    }
    let shown: String = shown
        .chars()
        .filter(|c| !c.is_control())
        .take(URL_CHARS)
        .collect();
    match shown.split_once(':') {
        Some((scheme, rest)) => format!("{scheme}:{}", without_user_info(rest)),
        None => shown,
    }
}

/// What follows the scheme's colon, without what stands before the host. Any slashes, of either kind and even none at all, may
/// lead to an authority: browsers read them so (<https://url.spec.whatwg.org/#special-authority-slashes-state>).
fn without_user_info(rest: &str) -> String {
    let bare = rest.trim_start_matches(['/', '\\']);
    let slashes = &rest[..rest.len() - bare.len()];
    let authority_end = bare.find(['/', '\\']).unwrap_or(bare.len());
    let (authority, path) = bare.split_at(authority_end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{slashes}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::{URL_CHARS, without_secrets};

    #[test]
    fn a_record_keeps_neither_query_nor_password() {
        assert_eq!(
            without_secrets("https://u:p@a.com:8080/x?token=1#f"),
            "https://a.com:8080/x"
        );
        assert_eq!(without_secrets("https://a.com#f?x"), "https://a.com");
        assert_eq!(without_secrets("nonsense?secret"), "nonsense");
        assert_eq!(without_secrets(""), "");
    }

    #[test]
    fn a_record_keeps_no_password_however_the_slashes_are_written() {
        for url in [
            r"https:\\u:p@a.com/x",
            "https:u:p@a.com/x",
            "https:/u:p@a.com/x",
            "https:\t//u:p@a.com/x",
            "https://u:p@q@a.com/x",
        ] {
            let kept = without_secrets(url);
            assert!(kept.ends_with("a.com/x") && !kept.contains("u:p"), "{kept}");
        }
    }

    #[test]
    fn a_record_takes_an_at_sign_in_a_path_for_no_password() {
        let url = "https://a.com/users/@me";
        assert_eq!(without_secrets(url), url);
    }

    #[test]
    fn a_record_is_one_line_whatever_an_app_sends() {
        assert_eq!(
            without_secrets("https://a.com/\r\n\u{1b}x"),
            "https://a.com/x"
        );
    }

    #[test]
    fn a_record_keeps_the_beginning_of_a_long_url() {
        assert_eq!(without_secrets(&"a".repeat(9999)).len(), URL_CHARS);
        assert_eq!(
            without_secrets(&"小".repeat(9999)).chars().count(),
            super::URL_CHARS
        );
    }
}
