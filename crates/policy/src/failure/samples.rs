//! One failure of each kind.

use super::{
    AppFault, Bound, CallBound, Failure, HostFault, HttpDnsFault, InternalFault, NetworkFault,
    ParameterError, ServerFault,
};

impl Failure {
    /// One failure for each row of the error table, for documents and tests; `<…>` where it holds something of the call.
    #[must_use]
    pub fn one_of_each() -> Vec<Self> {
        let app = app().into_iter().map(Self::App);
        let server = server().into_iter().map(Self::Server);
        let network = [
            NetworkFault::TimedOut,
            NetworkFault::DnsLookup,
            NetworkFault::ConnectionRefused,
            NetworkFault::ConnectionReset,
            NetworkFault::NetworkUnreachable,
        ];
        let host = [
            HostFault::Interrupted,
            HostFault::AppInBackground,
            HostFault::AppClosed,
            HostFault::FileNotSaved,
            HostFault::Proxy,
            HostFault::NoCellularNetwork,
        ];
        let http_dns = HttpDnsFault::ALL.map(NetworkFault::HttpDns);
        let internal = [InternalFault::Crashed, InternalFault::Unknown];
        app.chain(server)
            .chain(network.into_iter().chain(http_dns).map(Self::Network))
            .chain(host.map(Self::Host))
            .chain(internal.map(Self::Internal))
            .collect()
    }
}

fn app() -> Vec<AppFault> {
    let wrong = ParameterError::new("<field>", "<type>", "<type>");
    vec![
        AppFault::Parameters(vec![wrong]),
        AppFault::InvalidMethod,
        AppFault::InvalidUrl("<url>".to_owned()),
        AppFault::InvalidHeader,
        AppFault::UnserialisableData,
        AppFault::CallTooLarge(CallBound::Body),
        AppFault::TooMuchWaiting,
        AppFault::TooMuchUnsent,
        AppFault::NotInDomainList,
        AppFault::TooManyTasks,
        AppFault::Aborted,
        AppFault::FileNotFound,
        AppFault::FilePermissionDenied,
        AppFault::FileTooLarge,
        AppFault::FileChanged,
        AppFault::TooManySockets(5),
        AppFault::SocketNotOpen,
        AppFault::InvalidCloseCode,
        AppFault::CloseReasonTooLong,
        AppFault::InvalidProtocols,
    ]
}

fn server() -> Vec<ServerFault> {
    vec![
        ServerFault::RedirectNotInDomainList("<host>".to_owned()),
        ServerFault::TooManyRedirects,
        ServerFault::EmptyResponse,
        ServerFault::MalformedResponse,
        ServerFault::TlsHandshake,
        ServerFault::ResponseTooLarge(Bound::Body),
        ServerFault::HandshakeRefused(401),
    ]
}

/// How many kinds there are. A new one does not compile until it is counted here, and the test then asks for its sample.
#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, mem::discriminant};

    use super::*;

    const fn kind(failure: &Failure) -> usize {
        match failure {
            Failure::App(fault) => match fault {
                AppFault::Parameters(_) => 0,
                AppFault::InvalidMethod => 1,
                AppFault::InvalidUrl(_) => 2,
                AppFault::InvalidHeader => 3,
                AppFault::UnserialisableData => 4,
                AppFault::CallTooLarge(_) => 5,
                AppFault::TooMuchWaiting => 6,
                AppFault::TooMuchUnsent => 7,
                AppFault::NotInDomainList => 8,
                AppFault::TooManyTasks => 9,
                AppFault::Aborted => 10,
                AppFault::FileNotFound => 11,
                AppFault::FilePermissionDenied => 12,
                AppFault::FileTooLarge => 13,
                AppFault::FileChanged => 14,
                AppFault::TooManySockets(_) => 15,
                AppFault::SocketNotOpen => 16,
                AppFault::InvalidCloseCode => 17,
                AppFault::CloseReasonTooLong => 18,
                AppFault::InvalidProtocols => 19,
            },
            Failure::Server(fault) => match fault {
                ServerFault::RedirectNotInDomainList(_) => 20,
                ServerFault::TooManyRedirects => 21,
                ServerFault::EmptyResponse => 22,
                ServerFault::MalformedResponse => 23,
                ServerFault::TlsHandshake => 24,
                ServerFault::ResponseTooLarge(_) => 25,
                ServerFault::HandshakeRefused(_) => 26,
            },
            Failure::Network(fault) => match fault {
                NetworkFault::TimedOut => 27,
                NetworkFault::DnsLookup => 28,
                NetworkFault::ConnectionRefused => 29,
                NetworkFault::ConnectionReset => 30,
                NetworkFault::NetworkUnreachable => 31,
                NetworkFault::HttpDns(fault) => match fault {
                    HttpDnsFault::Unreachable => 32,
                    HttpDnsFault::NotBought => 33,
                    HttpDnsFault::Expired => 34,
                    HttpDnsFault::OverQuota => 35,
                    HttpDnsFault::EmptyReply => 36,
                    HttpDnsFault::TimedOut => 37,
                    HttpDnsFault::InvalidReply => 38,
                    HttpDnsFault::NoAddress => 39,
                    HttpDnsFault::UnknownService => 40,
                },
            },
            Failure::Host(fault) => match fault {
                HostFault::Interrupted => 41,
                HostFault::AppClosed => 42,
                HostFault::FileNotSaved => 43,
                HostFault::NoCellularNetwork => 44,
                HostFault::AppInBackground => 47,
                HostFault::Proxy => 48,
            },
            Failure::Internal(fault) => match fault {
                InternalFault::Crashed => 45,
                InternalFault::Unknown => 46,
            },
        }
    }

    #[test]
    fn every_kind_of_failure_has_a_sample() {
        let samples = Failure::one_of_each();
        let kinds: BTreeSet<_> = samples.iter().map(kind).collect();
        assert_eq!(kinds, (0..49).collect());
        assert_eq!(samples.len(), 49);
        let groups: std::collections::HashSet<_> = samples.iter().map(discriminant).collect();
        assert_eq!(groups.len(), 5);
    }
}
