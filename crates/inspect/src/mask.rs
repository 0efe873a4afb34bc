//! What of a call is a secret.

/// What becomes of headers that let their holder in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Secrets {
    /// Their values are replaced.
    #[default]
    Masked,
    /// They are shown as they are.
    Shown,
}

const NAMES: [&str; 4] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
];

impl Secrets {
    /// The value of a header as it is shown.
    #[must_use]
    pub fn shown<'a>(self, name: &str, value: &'a str) -> &'a str {
        let is_secret = NAMES.iter().any(|secret| name.eq_ignore_ascii_case(secret));
        match self {
            Self::Masked if is_secret => "(masked)",
            Self::Masked | Self::Shown => value,
        }
    }
}
