//! The `errMsg` and `errno` of what failed. The texts are those of [`Failure::text_and_errno`].

#[cfg(test)]
mod tests;

use appnet_policy::{Api, Failure, failure::TRANSPORT};

/// The whole `errMsg` of a failed call.
#[must_use]
pub fn err_msg(api: Api, failure: &Failure) -> String {
    failed(api.name(), failure)
}

/// The `errno` of a failed call; an abort has none. Where another call has the number of a failed transport, a socket has one of its own
/// (contract section 11).
#[must_use]
pub fn errno(api: Api, failure: &Failure) -> Option<u32> {
    const WEBSOCKET_CONNECT_FAILS: u32 = 605_103;
    let (_, errno) = failure.text_and_errno();
    if api == Api::ConnectSocket && errno == Some(TRANSPORT) {
        return Some(WEBSOCKET_CONNECT_FAILS);
    }
    errno
}

/// The whole `errMsg` of a function of the platform that succeeded.
pub(crate) fn ok(name: &str) -> String {
    [name, ":ok"].concat()
}

/// The whole `errMsg` of one that failed.
pub(crate) fn failed(name: &str, failure: &Failure) -> String {
    format!("{name}:fail {}", failure.text_and_errno().0)
}
