//! The `errMsg` and `errno` of what failed. The texts are those of [`Failure::text_and_errno`].

#[cfg(test)]
mod tests;

use appnet_policy::{Api, Failure};

/// The whole `errMsg` of a failed call.
#[must_use]
pub fn err_msg(api: Api, failure: &Failure) -> String {
    failed(api.name(), failure)
}

/// The whole `errMsg` of a failed function of the platform.
pub(crate) fn failed(name: &str, failure: &Failure) -> String {
    format!("{name}:fail {}", failure.text_and_errno().0)
}
