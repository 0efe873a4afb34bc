//! Methods of HTTP, and which of them a platform has (R3).

use std::fmt;

use crate::{Failure, failure::AppFault};

/// A method of the platform (R3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it: RFC 9110 §9.3, RFC 5789")]
pub enum Method {
    Options,
    Get,
    Head,
    Post,
    Put,
    Delete,
    Trace,
    Patch,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 8] = [
        Self::Options,
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Delete,
        Self::Trace,
        Self::Patch,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Options => "OPTIONS",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Trace => "TRACE",
            Self::Patch => "PATCH",
        }
    }

    /// Reads the app's `method`, in any case; empty means GET (J6).
    ///
    /// # Errors
    /// [`AppFault::InvalidMethod`] for one that the platform does not have, CONNECT among them.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if text.is_empty() {
            return Ok(Self::Get);
        }
        let known = Self::ALL
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text));
        known.ok_or(Failure::App(AppFault::InvalidMethod))
    }

    /// Whether a request of this method may carry a body: not GET and HEAD (R5), nor TRACE (RFC 9110 §9.3.8).
    #[must_use]
    pub const fn takes_body(self) -> bool {
        match self {
            Self::Options | Self::Post | Self::Put | Self::Delete | Self::Patch => true,
            Self::Get | Self::Head | Self::Trace => false,
        }
    }

    /// Whether sending it twice means the same as once (RFC 9110 §9.2.2).
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        match self {
            Self::Options | Self::Get | Self::Head | Self::Put | Self::Delete | Self::Trace => true,
            Self::Post | Self::Patch => false,
        }
    }
}

/// Some of the methods: those that a platform has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Methods(u8);

impl Methods {
    /// Every one of [`Method::ALL`].
    pub const ALL: Self = Self::of(&Method::ALL);

    /// These and no others.
    #[must_use]
    pub const fn of(methods: &[Method]) -> Self {
        let (mut bits, mut rest) = (0, methods);
        while let [method, others @ ..] = rest {
            bits |= 1 << *method as u8;
            rest = others;
        }
        Self(bits)
    }

    /// Whether it is one of them.
    #[must_use]
    pub const fn has(self, method: Method) -> bool {
        self.0 & (1 << method as u8) != 0
    }
}

impl fmt::Display for Methods {
    /// Their names, as in `GET, POST`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Method::ALL
            .into_iter()
            .filter(|method| self.has(*method))
            .map(Method::as_str)
            .collect();
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::Method;

    #[test]
    fn h4_a_post_and_a_patch_mean_something_else_when_they_come_twice() {
        for method in [
            Method::Options,
            Method::Get,
            Method::Head,
            Method::Put,
            Method::Delete,
            Method::Trace,
        ] {
            assert!(method.is_idempotent(), "{method:?}");
        }
        for method in [Method::Post, Method::Patch] {
            assert!(!method.is_idempotent(), "{method:?}");
        }
    }
}
