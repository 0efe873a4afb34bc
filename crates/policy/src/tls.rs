//! What a TLS connection must be (section 9), as data. The mechanism is in `appnet-io`.

use serde::Serialize;

/// Whether a server's certificate is checked. Only the policy makes the second value (U8), never an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum CertificateCheck {
    /// K1: valid, complete, trusted, in date, for this host.
    Enforced,
    /// U8: a developer's session in which the host switched the checks off.
    DangerouslySkipped,
}
