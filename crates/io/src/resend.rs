//! Whether a request that got no answer may be sent once more (H4).

use appnet_policy::{exchange::Method, preset::Resend};

use crate::error::ExchangeError;

/// An attempt that brought no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unanswered {
    pub(crate) error: ExchangeError,
    pub(crate) reach: Reach,
}

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The server has begun to answer, or the failure is not the connection's.
    Answered,
    /// The connection ended without a byte of the answer: the server may have acted on the request, or never have seen it.
    Unknown,
    /// The server has not acted on it, and says so.
    Untouched,
    /// The same, and it wants HTTP/1.1 instead.
    WantsHttp1,
}

/// What a second attempt goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Whatever connection is good.
    Any,
    /// A connection that nobody has used.
    Fresh,
    /// HTTP/1.1
    Http1,
}

impl Unanswered {
    pub(crate) const fn for_good(error: ExchangeError) -> Self {
        Self {
            error,
            reach: Reach::Answered,
        }
    }

    pub(crate) const fn untouched(error: ExchangeError) -> Self {
        Self {
            error,
            reach: Reach::Untouched,
        }
    }

    /// How to send the request again, if it may be. A connection that ended without a word was most likely closed before the request
    /// came, if it had served before.
    pub(crate) const fn again(
        &self,
        reused: bool,
        method: Method,
        policy: Resend,
    ) -> Option<Again> {
        match self.reach {
            Reach::Answered => None,
            Reach::Unknown if reused && allows(policy, method) => Some(Again::Fresh),
            Reach::Unknown => None,
            Reach::Untouched => Some(Again::Any),
            Reach::WantsHttp1 => Some(Again::Http1),
        }
    }
}

/// Whether a request of this method may be sent again (H4).
const fn allows(policy: Resend, method: Method) -> bool {
    match policy {
        Resend::Any => true,
        Resend::Idempotent => method.is_idempotent(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h4_what_may_be_sent_again_depends_on_how_far_it_came() {
        let again = |reach, reused, method, policy| {
            let error = ExchangeError::Broken(String::new());
            Unanswered { error, reach }.again(reused, method, policy)
        };
        let (post, any) = (Method::Post, Resend::Any);
        assert_eq!(again(Reach::Unknown, true, post, any), Some(Again::Fresh));
        assert_eq!(again(Reach::Unknown, false, Method::Get, any), None);
        assert_eq!(again(Reach::Unknown, true, post, Resend::Idempotent), None);
        assert_eq!(
            again(Reach::Unknown, true, Method::Put, Resend::Idempotent),
            Some(Again::Fresh)
        );
        assert_eq!(again(Reach::Answered, true, Method::Get, any), None);
        assert_eq!(
            again(Reach::Untouched, false, post, Resend::Idempotent),
            Some(Again::Any)
        );
        assert_eq!(
            again(Reach::WantsHttp1, false, post, any),
            Some(Again::Http1)
        );
    }
}
