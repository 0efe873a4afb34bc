use std::fmt::Write as _;

use appnet_policy::{
    Api, Failure,
    failure::{AppFault, HostFault, NetworkFault, ParameterError},
};

use super::{err_msg, errno};

#[test]
fn each_failure_has_its_text_and_number() {
    let table = Failure::one_of_each()
        .iter()
        .fold(String::new(), |mut table, failure| {
            let (text, errno) = failure.text_and_errno();
            let errno = errno.map_or("-".to_owned(), |errno| errno.to_string());
            writeln!(table, "{errno:>6}  {text}").expect("a string takes all");
            table
        });
    insta::assert_snapshot!(table, @r#"
      1001  parameter error: parameter.<field> should be <type> instead of <type>;
      1001  method is invalid
    600009  invalid url "<url>"
    600005  invalid header
    600010  to stringify data
    602300  native buffer exceed size limit
    602300  native buffer exceed size limit
    602300  native buffer exceed size limit
    600002  url not in domain list
    600007  exceed max task count
         -  abort
    1300002  file not found
    603303  permission denied
    603301  exceed max file size
    600000  file changed while it was uploaded
    600007  reach max websocket connect count 5
         -  SocketTask.readyState is not OPEN
      1001  the code must be 1000 or between 3000 and 4999
      1001  the reason must not be longer than 123 bytes in UTF-8
    600005  invalid protocols
    600002  redirect url not in domain list:<host>
    600008  reach the max redirect count
    600001  empty response
    600001  malformed response
    600001  ssl hand shake error
    602300  native buffer exceed size limit
    600001  unexpected status code 401
         5  timeout
    600001  dns lookup failed
    600001  connection refused
    600001  connection reset
    600001  network unreachable
    602002  request server http error
    602101  not buy httpdns service
    602102  service expired
    602103  no enough httpdns quota
    602104  empty servicer return
    602105  time-out when request servicer
    602106  invalid servicer response
    602107  empty domain httpdns result
    602108  not valid service id
    600003  interrupted
    600003  app in background
    600003  app is closed
    603300  download save file error
    600001  network unreachable
    602301  bind socket dependency is unavailable
    600004  network logic error
    600000  unknown network error
    "#);
}

#[test]
fn no_two_failures_sound_alike_but_those_of_bounds_in_bytes_and_of_a_proxy() {
    const BUFFER: Option<u32> = Some(602_300);
    // To an app it is the network that does not work.
    let proxy = Failure::Host(HostFault::Proxy);
    let unreachable = Failure::Network(NetworkFault::NetworkUnreachable);
    assert_eq!(proxy.text_and_errno(), unreachable.text_and_errno());
    let mut texts: Vec<_> = Failure::one_of_each()
        .iter()
        .filter(|failure| failure.text_and_errno().1 != BUFFER && **failure != proxy)
        .map(|failure| failure.text_and_errno().0.into_owned())
        .collect();
    let count = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), count);
}

#[test]
fn only_a_socket_that_could_not_be_connected_has_another_number_than_its_text() {
    let own = |api| {
        let failures = Failure::one_of_each().into_iter();
        let own = failures.filter(move |failure| errno(api, failure) != failure.text_and_errno().1);
        own.map(move |failure| {
            let number = errno(api, &failure).expect("a number of its own");
            format!("{number}  {}", failure.text_and_errno().0)
        })
        .collect::<Vec<_>>()
    };
    for api in [Api::Request, Api::UploadFile, Api::DownloadFile] {
        assert!(own(api).is_empty(), "{api}");
    }
    insta::assert_snapshot!(own(Api::ConnectSocket).join("\n"), @r#"
    605103  empty response
    605103  malformed response
    605103  ssl hand shake error
    605103  unexpected status code 401
    605103  dns lookup failed
    605103  connection refused
    605103  connection reset
    605103  network unreachable
    605103  network unreachable
    "#);
}

#[test]
fn an_err_msg_begins_with_the_name_of_the_call() {
    let messages = Api::ALL.map(|api| err_msg(api, &Failure::Network(NetworkFault::TimedOut))); // T3
    assert_eq!(
        messages,
        [
            "request:fail timeout",
            "uploadFile:fail timeout",
            "downloadFile:fail timeout",
            "connectSocket:fail timeout"
        ]
    );
}

#[test]
fn r7_each_wrong_field_has_a_clause() {
    let failure = Failure::App(AppFault::Parameters(vec![
        ParameterError::new("url", "String", "Undefined"),
        ParameterError::new("header", "Object", "Array"),
    ]));
    assert_eq!(
        err_msg(Api::Request, &failure),
        "request:fail parameter error: parameter.url should be String instead of Undefined; parameter.header should be Object instead of Array;"
    );
}
