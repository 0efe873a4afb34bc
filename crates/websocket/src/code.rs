//! Close codes (RFC 6455 §7.4.1).

/// The peer's frames are against the rules.
pub(crate) const PROTOCOL: u16 = 1002;
/// Stands for a close frame without a code; never sent.
pub(crate) const NONE: u16 = 1005;
/// Stands for a missing close frame; never sent.
pub(crate) const ABNORMAL: u16 = 1006;
/// A message is not what its type says.
pub(crate) const INVALID_DATA: u16 = 1007;
/// A message is too big for us.
pub(crate) const TOO_BIG: u16 = 1009;

/// Whether a close frame may carry it: the codes of the RFC, of its registry (1012–1014), of libraries and of applications.
pub(crate) const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
