//! The one table of error texts and numbers (contract section 11).

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use appnet_policy::{
    Api, Failure,
    failure::{Bound, ParameterError},
};

/// `errno` of what the platform has no number for.
pub const UNKNOWN: u32 = 600_000;
/// `errno` of failures of the transport.
pub const TRANSPORT: u32 = 600_001;

/// The text after `<api>:fail `, and the number; an abort has none.
#[must_use]
pub fn text_and_errno(failure: &Failure) -> (Cow<'static, str>, Option<u32>) {
    let (text, errno): (Cow<'static, str>, u32) = match failure {
        Failure::Parameters(wrong) => (parameters(wrong).into(), 1001),
        Failure::InvalidMethod => ("method is invalid".into(), 1001),
        Failure::InvalidUrl(url) => (format!("invalid url \"{url}\"").into(), 600_009),
        Failure::InvalidHeader => ("invalid header".into(), 600_005),
        Failure::UnserialisableData => ("to stringify data".into(), 600_010),
        Failure::NotInDomainList => ("url not in domain list".into(), 600_002),
        Failure::RedirectNotInDomainList(host) => (
            format!("redirect url not in domain list:{host}").into(),
            600_002,
        ),
        Failure::TooManyRedirects => ("reach the max redirect count".into(), 600_008),
        Failure::TimedOut => ("timeout".into(), 5),
        Failure::TooManyTasks => ("exceed max task count".into(), 600_007),
        Failure::Aborted => return ("abort".into(), None),
        Failure::Interrupted => ("interrupted".into(), 600_003),
        Failure::AppClosed => ("app is closed".into(), 600_003),
        Failure::Crashed => ("network logic error".into(), 600_004),
        Failure::DnsLookup => ("dns lookup failed".into(), TRANSPORT),
        Failure::ConnectionRefused => ("connection refused".into(), TRANSPORT),
        Failure::ConnectionReset => ("connection reset".into(), TRANSPORT),
        Failure::NetworkUnreachable => ("network unreachable".into(), TRANSPORT),
        Failure::EmptyResponse => ("empty response".into(), TRANSPORT),
        Failure::MalformedResponse => ("malformed response".into(), TRANSPORT),
        Failure::TlsHandshake => ("ssl hand shake error".into(), TRANSPORT),
        Failure::ResponseTooLarge(bound) => (too_large(*bound).into(), 602_300),
        Failure::FileNotFound => ("file not found".into(), 1_300_002),
        Failure::FilePermissionDenied => ("permission denied".into(), 603_303),
        Failure::FileTooLarge => ("exceed max file size".into(), 603_301),
        Failure::FileNotSaved => ("download save file error".into(), 603_300),
        Failure::FileChanged => ("file changed while it was uploaded".into(), 603_302),
        Failure::TooManySockets(limit) => (
            format!("reach max websocket connect count {limit}").into(),
            600_007,
        ),
        Failure::SocketNotOpen => return ("SocketTask.readyState is not OPEN".into(), None),
        Failure::TooMuchUnsent => ("too much data waits to be sent".into(), 602_300),
        Failure::InvalidCloseCode => (
            "the code must be 1000 or between 3000 and 4999".into(),
            1001,
        ),
        Failure::CloseReasonTooLong => (
            "the reason must not be longer than 123 bytes in UTF-8".into(),
            1001,
        ),
        Failure::InvalidProtocols => ("invalid protocols".into(), 600_005),
        Failure::HandshakeRefused(status) => {
            (format!("unexpected status code {status}").into(), TRANSPORT)
        }
        Failure::Unknown => ("unknown network error".into(), UNKNOWN),
    };
    (text, Some(errno))
}

/// The whole `errMsg` of a failed call.
#[must_use]
pub fn err_msg(api: Api, failure: &Failure) -> String {
    failed(api.name(), failure)
}

/// The whole `errMsg` of a failed function of the platform.
pub(crate) fn failed(name: &str, failure: &Failure) -> String {
    format!("{name}:fail {}", text_and_errno(failure).0)
}

/// R7: one clause a field.
fn parameters(wrong: &[ParameterError]) -> String {
    let clauses = wrong.iter().map(|e| {
        format!(
            " parameter.{} should be {} instead of {};",
            e.field, e.expected, e.found
        )
    });
    std::iter::once("parameter error:".to_owned())
        .chain(clauses)
        .collect()
}

const fn too_large(bound: Bound) -> &'static str {
    match bound {
        Bound::Body => "response body is too large",
        Bound::HeaderBlock => "response header is too large",
        Bound::HeaderCount => "response has too many headers",
        Bound::DecompressionRatio => "response decompression ratio is too high",
        Bound::ChunkExtension => "response chunk extension is too long",
    }
}
