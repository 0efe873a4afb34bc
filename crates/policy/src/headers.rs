//! Which headers go out (R1, R2, R4).

use crate::{Failure, exchange::Header};

/// The headers of a request, built from the app's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// What is sent.
    pub headers: Vec<Header>,
    /// Names that the app may not set and that were dropped, as it wrote them (R2).
    pub dropped: Vec<String>,
}

/// Builds the headers: the app's own without the forbidden ones, then `content-type` if it is missing (R4), Referer (R1),
/// User-Agent.
///
/// # Errors
/// [`Failure::InvalidHeader`] for a name that is no token, or CR, LF or NUL in a value.
pub fn build(app: Vec<Header>, referer: &str, user_agent: &str) -> Result<Built, Failure> {
    let _ = (app, referer, user_agent);
    todo!()
}
