//! The one table of error texts and numbers (contract section 11).

use std::borrow::Cow;

use super::{
    AppFault, Failure, HostFault, HttpDnsFault, InternalFault, NetworkFault, ParameterError,
    ServerFault,
};

/// `errno` of what the platform has no number for.
const UNKNOWN: u32 = 600_000;
/// `errno` of failures of the transport.
pub const TRANSPORT: u32 = 600_001;
/// `errno` of a bound in bytes, on a response or on a call.
const BUFFER: u32 = 602_300;
/// The text of [`BUFFER`]; which bound it was is in the record.
const BUFFER_TEXT: &str = "native buffer exceed size limit";

/// A text and its number.
type Words = (Cow<'static, str>, Option<u32>);

impl Failure {
    /// The text after `<api>:fail `, and the number; an abort has none.
    #[must_use]
    pub fn text_and_errno(&self) -> Words {
        match self {
            Self::App(fault) => app(fault),
            Self::Server(fault) => server(fault),
            Self::Network(fault) => network(*fault),
            Self::Host(fault) => host(*fault),
            Self::Internal(fault) => internal(*fault),
        }
    }
}

fn app(fault: &AppFault) -> Words {
    let (text, errno): (Cow<'static, str>, u32) = match fault {
        AppFault::Parameters(wrong) => (parameters(wrong).into(), 1001),
        AppFault::InvalidMethod => ("method is invalid".into(), 1001),
        AppFault::InvalidUrl(url) => (format!("invalid url \"{url}\"").into(), 600_009),
        AppFault::InvalidHeader => ("invalid header".into(), 600_005),
        AppFault::UnserialisableData => ("to stringify data".into(), 600_010),
        AppFault::CallTooLarge(_) | AppFault::TooMuchWaiting | AppFault::TooMuchUnsent => {
            (BUFFER_TEXT.into(), BUFFER)
        }
        AppFault::NotInDomainList => ("url not in domain list".into(), 600_002),
        AppFault::TooManyTasks => ("exceed max task count".into(), 600_007),
        AppFault::Aborted => return ("abort".into(), None),
        AppFault::FileNotFound => ("file not found".into(), 1_300_002),
        AppFault::FilePermissionDenied => ("permission denied".into(), 603_303),
        AppFault::FileTooLarge => ("exceed max file size".into(), 603_301),
        AppFault::FileChanged => ("file changed while it was uploaded".into(), UNKNOWN),
        AppFault::TooManySockets(limit) => (
            format!("reach max websocket connect count {limit}").into(),
            600_007,
        ),
        AppFault::SocketNotOpen => return ("SocketTask.readyState is not OPEN".into(), None),
        AppFault::InvalidCloseCode => (
            "the code must be 1000 or between 3000 and 4999".into(),
            1001,
        ),
        AppFault::CloseReasonTooLong => (
            "the reason must not be longer than 123 bytes in UTF-8".into(),
            1001,
        ),
        AppFault::InvalidProtocols => ("invalid protocols".into(), 600_005),
    };
    (text, Some(errno))
}

fn server(fault: &ServerFault) -> Words {
    let (text, errno): (Cow<'static, str>, u32) = match fault {
        ServerFault::RedirectNotInDomainList(host) => (
            format!("redirect url not in domain list:{host}").into(),
            600_002,
        ),
        ServerFault::TooManyRedirects => ("reach the max redirect count".into(), 600_008),
        ServerFault::EmptyResponse => ("empty response".into(), TRANSPORT),
        ServerFault::MalformedResponse => ("malformed response".into(), TRANSPORT),
        ServerFault::TlsHandshake => ("ssl hand shake error".into(), TRANSPORT),
        ServerFault::ResponseTooLarge(_) => (BUFFER_TEXT.into(), BUFFER),
        ServerFault::HandshakeRefused(status) => {
            (format!("unexpected status code {status}").into(), TRANSPORT)
        }
    };
    (text, Some(errno))
}

fn network(fault: NetworkFault) -> Words {
    let (text, errno) = match fault {
        NetworkFault::TimedOut => ("timeout", 5),
        NetworkFault::DnsLookup => ("dns lookup failed", TRANSPORT),
        NetworkFault::HttpDns(fault) => http_dns(fault),
        NetworkFault::ConnectionRefused => ("connection refused", TRANSPORT),
        NetworkFault::ConnectionReset => ("connection reset", TRANSPORT),
        NetworkFault::NetworkUnreachable => ("network unreachable", TRANSPORT),
    };
    (text.into(), Some(errno))
}

/// The platform's own words.
const fn http_dns(fault: HttpDnsFault) -> (&'static str, u32) {
    match fault {
        HttpDnsFault::Unreachable => ("request server http error", 602_002),
        HttpDnsFault::NotBought => ("not buy httpdns service", 602_101),
        HttpDnsFault::Expired => ("service expired", 602_102),
        HttpDnsFault::OverQuota => ("no enough httpdns quota", 602_103),
        HttpDnsFault::EmptyReply => ("empty servicer return", 602_104),
        HttpDnsFault::TimedOut => ("time-out when request servicer", 602_105),
        HttpDnsFault::InvalidReply => ("invalid servicer response", 602_106),
        HttpDnsFault::NoAddress => ("empty domain httpdns result", 602_107),
        HttpDnsFault::UnknownService => ("not valid service id", 602_108),
    }
}

fn host(fault: HostFault) -> Words {
    let (text, errno) = match fault {
        HostFault::Interrupted => ("interrupted", 600_003),
        HostFault::AppInBackground => ("app in background", 600_003),
        HostFault::AppClosed => ("app is closed", 600_003),
        HostFault::FileNotSaved => ("download save file error", 603_300),
        // To an app, a network that does not work.
        HostFault::Proxy => ("network unreachable", TRANSPORT),
        HostFault::NoCellularNetwork => ("bind socket dependency is unavailable", 602_301),
    };
    (text.into(), Some(errno))
}

fn internal(fault: InternalFault) -> Words {
    let (text, errno) = match fault {
        InternalFault::Crashed => ("network logic error", 600_004),
        InternalFault::Unknown => ("unknown network error", UNKNOWN),
    };
    (text.into(), Some(errno))
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
