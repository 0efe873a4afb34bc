//! The whole table, as an app reads it, is checked by `appnet-bus`; here is what must hold of any.

use super::*;

#[test]
fn every_failure_has_a_text_and_all_but_two_have_a_number() {
    for failure in Failure::one_of_each() {
        let (text, errno) = failure.text_and_errno();
        let unnumbered = matches!(
            failure,
            Failure::App(AppFault::Aborted | AppFault::SocketNotOpen)
        );
        assert!(!text.is_empty(), "{failure:?}");
        assert_eq!(errno.is_none(), unnumbered, "{failure:?}");
    }
}

#[test]
fn t3_the_transport_s_failures_share_a_number_and_a_timeout_has_its_own() {
    let number = |fault| Failure::Network(fault).text_and_errno().1;
    assert_eq!(number(NetworkFault::TimedOut), Some(5));
    for fault in [
        NetworkFault::DnsLookup,
        NetworkFault::ConnectionRefused,
        NetworkFault::ConnectionReset,
        NetworkFault::NetworkUnreachable,
    ] {
        assert_eq!(number(fault), Some(TRANSPORT), "{fault:?}");
    }
}

#[test]
fn r7_each_wrong_parameter_is_named_with_what_it_should_be_and_is() {
    let failure = Failure::App(AppFault::Parameters(vec![
        ParameterError::new("url", "String", "Undefined"),
        ParameterError::new("header", "Object", "Number"),
    ]));
    assert_eq!(
        failure.text_and_errno().0,
        "parameter error: parameter.url should be String instead of Undefined; parameter.header should be Object instead of Number;"
    );
}

#[test]
fn httpdns_fails_with_the_words_and_numbers_of_the_platform() {
    let of = |fault| Failure::Network(NetworkFault::HttpDns(fault)).text_and_errno();
    for (fault, text, errno) in [
        (
            HttpDnsFault::Unreachable,
            "request server http error",
            602_002,
        ),
        (HttpDnsFault::NotBought, "not buy httpdns service", 602_101),
        (
            HttpDnsFault::UnknownService,
            "not valid service id",
            602_108,
        ),
    ] {
        assert_eq!(of(fault), (text.into(), Some(errno)));
    }
}
