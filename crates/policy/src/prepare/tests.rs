use super::*;
use crate::Policy;
use crate::failure::AppFault;
use crate::rules::Rule;
use crate::testing::{self, headers, pairs};

const REFERER: &str = "https://servicewechat.com/wx1234567890abcdef/42/page-frame.html";
const AGENT: &str = concat!("appnet/", env!("CARGO_PKG_VERSION"));

fn options(method: &str, url: &str) -> RequestOptions {
    RequestOptions {
        method: method.to_owned(),
        url: url.to_owned(),
        ..RequestOptions::default()
    }
}

fn json(text: &str) -> CallData {
    CallData::Json(
        serde_json::value::RawValue::from_string(text.to_owned()).expect("the test has JSON"),
    )
}

fn prepare(options: RequestOptions) -> Result<Prepared, Refusal> {
    request(
        &testing::rules(&["https://a.com", "https://b.com:8080"]),
        options,
    )
}

fn prepared(options: RequestOptions) -> Prepared {
    prepare(options).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn refused(options: RequestOptions) -> (Failure, Rule) {
    prepare(options)
        .map(|_| ())
        .map_err(|refusal| (refusal.failure, refusal.rule))
        .expect_err("it is wrong")
}

#[test]
fn j7_a_call_with_nothing_but_a_url_is_a_get_for_json() {
    let call = prepared(options("", "https://a.com/x?y#z"));
    let expected = [
        ("content-type", "application/json"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Referer", REFERER),
        ("User-Agent", AGENT),
    ];
    assert_eq!(pairs(&call.request.headers), expected);
    assert_eq!(call.request.method, Method::Get);
    assert_eq!(call.request.target.url().as_str(), "https://a.com/x?y");
    assert!(call.request.body.is_empty() && !call.request.http2);
    assert_eq!(call.request.redirect, RedirectMode::Follow);
    assert_eq!(
        call.receive,
        Receive::Whole(Reading {
            data_type: DataType::Json,
            response_type: ResponseType::Text
        })
    );
    assert_eq!(call.timeout, Duration::from_secs(60));
    assert!(call.warnings.is_empty());
}

#[test]
fn r3_j6_a_method_is_read_in_any_case() {
    for method in Method::ALL {
        let lower = method.as_str().to_lowercase();
        let mixed = format!(
            "{}{}",
            method.as_str().get(..1).unwrap_or_default(),
            lower.get(1..).unwrap_or_default()
        );
        for text in [method.as_str(), &lower, &mixed] {
            assert_eq!(
                prepared(options(text, "https://a.com")).request.method,
                method,
                "{text}"
            );
        }
    }
}

#[test]
fn r3_connect_and_other_methods_are_invalid() {
    for method in [
        "CONNECT",
        "connect",
        "PROPFIND",
        "GET ",
        " GET",
        "G\r\nET",
        "ＧＥＴ",
        "undefined",
    ] {
        assert_eq!(
            refused(options(method, "https://a.com")),
            (Failure::App(AppFault::InvalidMethod), Rule::R3),
            "{method:?}"
        );
    }
}

#[test]
fn r5_on_get_data_goes_behind_the_query_without_a_body() {
    let call = |url: &str| {
        prepared(RequestOptions {
            data: json(r#"{"k":"v w","n":{"a":[1]}}"#),
            ..options("get", url)
        })
    };
    let table = [
        (
            "https://a.com",
            "https://a.com/?k=v%20w&n=%7B%22a%22%3A%5B1%5D%7D",
        ),
        (
            "https://a.com/p?x=%2b+~'#part",
            "https://a.com/p?x=%2b+~%27&k=v%20w&n=%7B%22a%22%3A%5B1%5D%7D",
        ),
        (
            "https://b.com:8080/?x",
            "https://b.com:8080/?x&k=v%20w&n=%7B%22a%22%3A%5B1%5D%7D",
        ),
    ];
    for (url, expected) in table {
        let request = call(url).request;
        assert_eq!(request.target.url().as_str(), expected);
        assert!(request.body.is_empty());
    }
    let port = call("https://b.com:8080")
        .request
        .target
        .port_text()
        .map(str::to_owned);
    assert_eq!(port.as_deref(), Some("8080"));
}

#[test]
fn r5_on_post_data_is_the_body_in_the_form_of_the_content_type() {
    let post = |header| RequestOptions {
        data: json(r#"{"k": "v w"}"#),
        header,
        ..options("POST", "https://a.com?x")
    };
    let call = prepared(post(Vec::new()));
    assert_eq!(call.request.body, Body::Bytes(r#"{"k": "v w"}"#.into()));
    assert_eq!(call.request.target.url().as_str(), "https://a.com/?x");
    let form = headers(&[(
        "Content-TYPE",
        "application/x-www-form-urlencoded;charset=utf-8",
    )]);
    assert_eq!(
        prepared(post(form)).request.body,
        Body::Bytes("k=v%20w".into())
    );
}

#[test]
fn r6_a_body_that_is_asked_for_in_chunks_is_not_read_whole() {
    let call = prepared(RequestOptions {
        enable_chunked: true,
        response_type: ResponseType::ArrayBuffer,
        ..options("", "https://a.com")
    });
    assert_eq!(call.receive, Receive::Chunks);
}

#[test]
fn r1_r2_what_was_done_differently_is_said() {
    let call = prepared(RequestOptions {
        header: headers(&[
            ("referer", "https://evil.com"),
            ("X-A", "1"),
            ("HOST", "evil.com"),
        ]),
        ..options("GET", "https://a.com")
    });
    assert_eq!(
        headers::find(&call.request.headers, "referer"),
        Some(REFERER)
    );
    let timeout = call.timeout;
    let mut call = PreparedCall::Http(call);
    assert_eq!(call.timeout(), timeout);
    assert_eq!(timeout, Duration::from_secs(60), "T1");
    assert_eq!(
        call.take_warnings(),
        [
            Warning::HeaderDropped("referer".to_owned()),
            Warning::HeaderDropped("HOST".to_owned()),
        ]
    );
    assert_eq!(call.take_warnings(), []);
}

#[test]
fn r6_where_the_host_has_no_http3_a_call_that_asks_for_it_is_warned() {
    let call = |http3, enable_quic| {
        let policy = Policy {
            http3,
            ..Policy::seed()
        };
        let asked = RequestOptions {
            enable_quic,
            ..options("", "https://a.com")
        };
        let call = request(&testing::rules_with(policy), asked).expect("it is allowed");
        (call.request.http3, call.warnings)
    };
    let warning = Warning::OptionNotImplemented("enableQuic");
    assert_eq!(call(true, true), (true, vec![]));
    assert_eq!(call(false, true), (false, vec![warning]));
    assert_eq!(call(false, false), (false, vec![]));
}

#[test]
fn r6_http_dns_and_the_cellular_network_are_passed_on() {
    let asked = HttpDnsOptions {
        service_id: "wx1".to_owned(),
        timeout: Some(500.0),
        fallback: false,
    };
    let call = prepared(RequestOptions {
        http_dns: Some(asked),
        force_cellular: true,
        ..options("", "https://a.com")
    });
    let passed = HttpDns {
        service_id: "wx1".to_owned(),
        timeout: Duration::from_millis(500),
        fallback: false,
    };
    assert_eq!(call.request.http_dns, Some(passed));
    assert!(call.request.force_cellular);
}

#[test]
fn r6_what_the_app_asks_for_is_passed_on() {
    let call = prepared(RequestOptions {
        timeout: Some(1500.0),
        data_type: DataType::Other,
        response_type: ResponseType::ArrayBuffer,
        redirect: RedirectMode::Manual,
        enable_http2: true,
        ..options("PUT", "https://a.com")
    });
    assert!(call.request.http2);
    assert_eq!(call.request.redirect, RedirectMode::Manual);
    assert_eq!(
        call.receive,
        Receive::Whole(Reading {
            data_type: DataType::Other,
            response_type: ResponseType::ArrayBuffer
        })
    );
    assert_eq!(call.timeout, Duration::from_millis(1500));
}

#[test]
fn t1_the_timeout_of_the_apps_configuration_counts_where_the_call_names_none() {
    let mut config = testing::config(&["https://a.com"]);
    config.network_timeout.request = Some(3000.0);
    let call = request(&testing::checked(config), options("", "https://a.com"))
        .expect("it is in the list");
    assert_eq!(call.timeout, Duration::from_secs(3));
}

#[test]
fn u5_r3_the_first_of_several_mistakes_is_named() {
    let bad = |method: &str, url: &str, header: &str| RequestOptions {
        header: headers(&[(header, "v")]),
        data: CallData::Unserialisable,
        ..options(method, url)
    };
    assert_eq!(
        refused(bad("CONNECT", "nonsense", "a b")),
        (Failure::App(AppFault::InvalidMethod), Rule::R3)
    );
    assert_eq!(
        refused(bad("POST", "nonsense", "a b")),
        (
            Failure::App(AppFault::InvalidUrl("nonsense".to_owned())),
            Rule::U2
        )
    );
    assert_eq!(
        refused(bad("POST", "https://c.com", "a b")),
        (Failure::App(AppFault::NotInDomainList), Rule::U3)
    );
    assert_eq!(
        refused(bad("POST", "https://a.com", "a b")),
        (Failure::App(AppFault::InvalidHeader), Rule::R2)
    );
    assert_eq!(
        refused(bad("POST", "https://a.com", "a")),
        (Failure::App(AppFault::UnserialisableData), Rule::R5)
    );
}

#[test]
fn u8_a_query_does_not_hide_that_a_release_would_refuse() {
    let mut config = testing::config(&["https://a.com"]);
    config.identity.env = crate::identity::Env::Devtools;
    config.url_check = false;
    let call = RequestOptions {
        data: json(r#"{"k":1}"#),
        ..options("", "https://b.com")
    };
    let call = request(&testing::checked(config), call).expect("checks are skipped");
    assert_eq!(call.request.target.url().as_str(), "https://b.com/?k=1");
    assert!(call.request.target.would_refuse().is_some());
}

#[test]
fn r3_a_platform_may_have_fewer_methods() {
    let policy = Policy {
        methods: Methods::of(&[Method::Get, Method::Delete]),
        ..Policy::seed()
    };
    let rules = testing::rules_with(policy);
    for method in Method::ALL {
        let call = request(&rules, options(method.as_str(), "https://a.com"));
        match method {
            Method::Get | Method::Delete => assert!(call.is_ok(), "{method:?}"),
            _ => {
                let refusal = call.map(|_| ()).expect_err("the platform lacks it");
                assert_eq!(refusal.failure, Failure::App(AppFault::InvalidMethod));
                assert_eq!(refusal.rule, Rule::R3);
                assert_eq!(refusal.reason, "method should be one of GET, DELETE");
            }
        }
    }
}

#[test]
fn r6_the_high_performance_mode_offers_http2_but_not_for_chunks() {
    for by_default in [false, true] {
        let policy = Policy {
            high_performance_mode: by_default,
            ..Policy::seed()
        };
        let rules = testing::rules_with(policy);
        for asked in [None, Some(false), Some(true)] {
            for chunked in [false, true] {
                for http2 in [false, true] {
                    let call = RequestOptions {
                        use_high_performance_mode: asked,
                        enable_chunked: chunked,
                        enable_http2: http2,
                        ..options("GET", "https://a.com")
                    };
                    let offered = request(&rules, call).expect("a good call").request.http2;
                    let mode = asked.unwrap_or(by_default) && !chunked;
                    assert_eq!(
                        offered,
                        http2 || mode,
                        "{by_default} {asked:?} {chunked} {http2}"
                    );
                }
            }
            let up = UploadOptions {
                url: "https://a.com".to_owned(),
                name: "file".to_owned(),
                file_path: "wxfile://tmp_1".to_owned(),
                use_high_performance_mode: asked,
                ..UploadOptions::default()
            };
            let down = DownloadOptions {
                url: "https://a.com".to_owned(),
                use_high_performance_mode: asked,
                ..DownloadOptions::default()
            };
            let mode = asked.unwrap_or(by_default);
            assert_eq!(upload(&rules, up).expect("good").request.http2, mode);
            if let Ok(call) = download(&rules, down) {
                assert_eq!(call.request.http2, mode);
            }
        }
    }
}
