//! What an app may put into its options, and what it hears when it puts something else there (R7).

mod sockets;
mod transfer;

use appnet_policy::{
    body::CallData,
    exchange::{DataType, RedirectMode, ResponseType},
    prepare::{Call, HttpDnsOptions, RequestOptions},
};
use bytes::Bytes;

use crate::{Command, CommandKind, Malformed, Message, command, errors::err_msg};

/// Reads a call of `request` with these options, and the attachments "a" and "b".
fn read(options: &str) -> Result<Command, Malformed> {
    command::read(&Message {
        json: format!(r#"{{"type":"call","task":7,"api":"request","options":{options}}}"#),
        attachments: vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")],
    })
}

/// Options that read well.
fn options(options: &str) -> RequestOptions {
    match read(options) {
        Ok(Command {
            what: CommandKind::Call(call),
            ..
        }) => match *call {
            Call::Request(options) => options,
            other => panic!("{options}: {other:?}"),
        },
        other => panic!("{options}: {other:?}"),
    }
}

/// One more option beside a good URL.
fn option(name: &str, json: &str) -> String {
    format!(r#"{{"url":"https://a.com","{name}":{json}}}"#)
}

/// What the app hears of its options: `None` if nothing is wrong.
fn complaint(options: &str) -> Option<String> {
    match read(options) {
        Ok(Command {
            what: CommandKind::Call(_),
            ..
        }) => None,
        Ok(Command {
            what: CommandKind::Unreadable { api, refusal },
            ..
        }) => {
            assert_eq!(refusal.failure.text_and_errno().1, Some(1001));
            Some(err_msg(api, &refusal.failure))
        }
        other => panic!("{options}: {other:?}"),
    }
}

/// The UI layer's mistake.
fn malformed(options: &str) -> String {
    read(options)
        .expect_err("options that are not in the bus's form")
        .to_string()
}

/// A value of each type and the name of the type.
const VALUES: [(&str, &str); 9] = [
    (r#""text""#, "String"),
    ("1.5", "Number"),
    ("true", "Boolean"),
    ("null", "Null"),
    (r#"{"$type":"Undefined"}"#, "Undefined"),
    (r#"{}"#, "Object"),
    (r#"[{}]"#, "Array"),
    (r#"{"$type":"Function"}"#, "Function"),
    (r#" { "$type" : "Symbol" } "#, "Symbol"),
];

fn is_nothing(type_name: &str) -> bool {
    matches!(type_name, "Null" | "Undefined")
}

#[test]
fn r7_each_option_refuses_each_wrong_type_by_name_and_takes_null_and_undefined_as_not_given() {
    let checked = [
        ("header", "Object"),
        ("method", "String"),
        ("dataType", "String"),
        ("responseType", "String"),
        ("redirect", "String"),
        ("enableHttp2", "Boolean"),
        ("enableProfile", "Boolean"),
        ("enableCache", "Boolean"),
        ("enableChunked", "Boolean"),
        ("enableHttpDNS", "Boolean"),
        ("enableHttpDNSFallback", "Boolean"),
        ("enableQuic", "Boolean"),
        ("forceCellularNetwork", "Boolean"),
        ("useHighPerformanceMode", "Boolean"),
        ("httpDNSServiceId", "String"),
    ];
    for (name, expected) in checked {
        for (json, found) in VALUES {
            let fits = found == expected || is_nothing(found);
            let clause = format!("parameter.{name} should be {expected} instead of {found};");
            assert_eq!(
                complaint(&option(name, json)),
                (!fits).then(|| format!("request:fail parameter error: {clause}")),
                "{name}: {json}"
            );
        }
    }
}

#[test]
fn r7_a_url_is_a_string_and_must_be_there() {
    for (json, found) in VALUES.into_iter().filter(|(_, found)| *found != "String") {
        let heard = complaint(&format!(r#"{{"url":{json}}}"#)).expect(json);
        assert_eq!(
            heard,
            format!(
                "request:fail parameter error: parameter.url should be String instead of {found};"
            )
        );
    }
    insta::assert_snapshot!(
        complaint("{}").expect("no url"),
        @"request:fail parameter error: parameter.url should be String instead of Undefined;"
    );
}

#[test]
fn r7_each_wrong_field_has_a_clause() {
    let wrong = r#"{"redirect":[],"header":{"a":{},"b":"x","c":{"$type":"Symbol"}},"method":1,"data":{"$type":"Function"}}"#;
    insta::assert_snapshot!(
        complaint(wrong).expect("five mistakes"),
        @"request:fail parameter error: parameter.url should be String instead of Undefined; parameter.data should be String/Object/ArrayBuffer instead of Function; parameter.header.a should be String instead of Object; parameter.header.c should be String instead of Symbol; parameter.method should be String instead of Number; parameter.redirect should be String instead of Array;"
    );
}

#[test]
fn r7_a_refused_call_says_why_to_the_host() {
    let Ok(Command {
        what: CommandKind::Unreadable { refusal, .. },
        ..
    }) = read(r#"{"method":1}"#)
    else {
        panic!("two mistakes");
    };
    insta::assert_snapshot!(
        refusal,
        @"R7: url should be String instead of Undefined, method should be String instead of Number"
    );
}

#[test]
fn r7_the_name_of_a_type_or_header_is_not_repeated_at_full_length() {
    let long = "x".repeat(100_000);
    for options in [
        format!(r#"{{"url":{{"$type":"{long}"}}}}"#),
        option("header", &format!(r#"{{"{long}":[]}}"#)),
    ] {
        let heard = complaint(&options).expect("a mistake");
        assert!(heard.contains(&format!("{}…", "x".repeat(64))), "{heard}");
        assert!(heard.len() < 200, "{heard}");
    }
}

#[test]
fn t1_a_timeout_of_any_wrong_type_is_as_if_not_given() {
    for (json, found) in VALUES {
        let timeout = options(&option("timeout", json)).timeout;
        assert_eq!(timeout, (found == "Number").then_some(1.5), "{json}");
    }
    assert_eq!(options(&option("timeout", "1e999")).timeout, None);
    // Whether a number is a time is for the policy to say.
    assert_eq!(options(&option("timeout", "0")).timeout, Some(0.0));
    assert_eq!(options(&option("timeout", "-1")).timeout, Some(-1.0));
}

#[test]
fn j2_what_is_absent_null_or_undefined_is_not_given() {
    let bare = format!("{:?}", options(r#"{"url":"https://a.com"}"#));
    for nothing in ["null", r#"{"$type":"Undefined"}"#, r#"{"$type":"Null"}"#] {
        for name in super::REQUEST.into_iter().filter(|name| *name != "url") {
            let read = options(&option(name, nothing));
            assert_eq!(format!("{read:?}"), bare, "{name}: {nothing}");
        }
    }
}

#[test]
fn j2_defaults_are_those_of_the_platform() {
    let read = options(r#"{"url":"https://a.com"}"#);
    assert_eq!(read.url, "https://a.com");
    assert!(matches!(read.data, CallData::None));
    assert!(read.header.is_empty());
    assert_eq!(read.method, "");
    assert_eq!(read.timeout, None);
    assert_eq!(read.data_type, DataType::Json); // J7
    assert_eq!(read.response_type, ResponseType::Text);
    assert_eq!(read.redirect, RedirectMode::Follow);
    assert!(!read.enable_http2);
    assert!(!read.enable_quic);
    assert!(!read.enable_chunked);
    assert!(read.enable_profile);
}

#[test]
fn j6_a_method_goes_through_as_it_is_written() {
    for method in ["pOsT", "get", "CONNECT", ""] {
        let read = options(&option("method", &format!("\"{method}\"")));
        assert_eq!(read.method, method);
    }
}

#[test]
fn p4_words_that_are_not_known_mean_other_for_data_type_and_the_default_elsewhere() {
    let data_type = |word: &str| options(&option("dataType", word)).data_type;
    assert_eq!(data_type(r#""json""#), DataType::Json);
    assert_eq!(data_type(r#""JSON""#), DataType::Other);
    assert_eq!(data_type(r#""其他""#), DataType::Other);
    let response_type = |word: &str| options(&option("responseType", word)).response_type;
    assert_eq!(response_type(r#""arraybuffer""#), ResponseType::ArrayBuffer);
    assert_eq!(response_type(r#""text""#), ResponseType::Text);
    assert_eq!(response_type(r#""blob""#), ResponseType::Text);
    let redirect = |word: &str| options(&option("redirect", word)).redirect;
    assert_eq!(redirect(r#""manual""#), RedirectMode::Manual);
    assert_eq!(redirect(r#""follow""#), RedirectMode::Follow);
    assert_eq!(redirect(r#""error""#), RedirectMode::Follow);
}

#[test]
fn r6_a_body_in_chunks_is_asked_for_by_name() {
    assert!(options(&option("enableChunked", "true")).enable_chunked);
    assert!(!options(&option("enableChunked", "false")).enable_chunked);
    assert!(options(&option("enableCache", "true")).enable_cache);
    assert!(!options(&option("enableCache", "false")).enable_cache);
}

#[test]
fn r6_the_high_performance_mode_is_asked_for_or_declined_or_left_to_the_policy() {
    let asked = |value| options(&option("useHighPerformanceMode", value)).use_high_performance_mode;
    assert_eq!(asked("true"), Some(true));
    assert_eq!(asked("false"), Some(false));
    assert_eq!(asked("null"), None);
}

#[test]
fn r6_http_dns_is_asked_for_by_name_and_falls_back_unless_told_otherwise() {
    let bare = options(&option("enableHttpDNS", "true")).http_dns;
    let defaults = HttpDnsOptions {
        service_id: String::new(),
        timeout: None,
        fallback: true,
    };
    assert_eq!(bare, Some(defaults));
    let whole = options(
        r#"{"url":"","enableHttpDNS":true,"httpDNSServiceId":"wx1","httpDNSTimeout":500,"enableHttpDNSFallback":false}"#,
    );
    let said = HttpDnsOptions {
        service_id: "wx1".to_owned(),
        timeout: Some(500.0),
        fallback: false,
    };
    assert_eq!(whole.http_dns, Some(said));
    assert_eq!(
        options(&option("httpDNSServiceId", r#""wx1""#)).http_dns,
        None
    );
}

#[test]
fn r6_http3_is_asked_for_by_name() {
    assert!(options(&option("enableQuic", "true")).enable_quic);
    assert!(!options(&option("enableQuic", "false")).enable_quic);
}

#[test]
fn r6_the_cellular_network_is_asked_for_by_name() {
    assert!(options(&option("forceCellularNetwork", "true")).force_cellular);
    assert!(!options(&option("forceCellularNetwork", "false")).force_cellular);
}

// ---- header ----------------------------------------------------------------------------------------------------------------

fn header(json: &str) -> Vec<(String, String)> {
    let read = options(&option("header", json)).header;
    read.into_iter().map(|h| (h.name, h.value)).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs.iter().map(|&(a, b)| (a.to_owned(), b.to_owned()));
    owned.collect()
}

#[test]
fn r7_a_header_value_is_text_or_what_has_one_text() {
    for (json, found) in VALUES {
        let heard = complaint(&option("header", &format!(r#"{{"a":{json}}}"#)));
        let fits = matches!(found, "String" | "Number" | "Boolean") || is_nothing(found);
        let clause = format!("parameter.header.a should be String instead of {found};");
        assert_eq!(
            heard,
            (!fits).then(|| format!("request:fail parameter error: {clause}")),
            "{json}"
        );
    }
}

/// `NaN` is a number that JSON does not have.
#[test]
fn r7_a_header_value_that_only_has_the_name_of_a_type_has_no_text() {
    for name in ["String", "Number", "Boolean"] {
        assert_eq!(
            complaint(&option(
                "header",
                &format!(r#"{{"a":{{"$type":"{name}"}}}}"#)
            )),
            Some(format!(
                "request:fail parameter error: parameter.header.a should be String instead of {name};"
            ))
        );
    }
}

#[test]
fn headers_keep_their_order_and_their_text() {
    assert_eq!(
        header(r#"{"Z":"1","a":-2.50,"b":true,"c":false,"d":"","e":"\u4e2d\"","f":1E400}"#),
        pairs(&[
            ("Z", "1"),
            ("a", "-2.50"),
            ("b", "true"),
            ("c", "false"),
            ("d", ""),
            ("e", "中\""),
            ("f", "1E400")
        ])
    );
}

#[test]
fn j2_a_header_of_null_or_undefined_is_not_given() {
    assert_eq!(
        header(r#"{"a":null,"b":{"$type":"Undefined"},"c":"1"}"#),
        pairs(&[("c", "1")])
    );
}

#[test]
fn of_a_repeated_header_the_last_value_counts_in_the_place_of_the_first() {
    assert_eq!(
        header(r#"{"a":[],"b":"2","a":"3"}"#),
        pairs(&[("a", "3"), ("b", "2")])
    );
    assert_eq!(header(r#"{"a":"1","a":null}"#), pairs(&[]));
    assert_eq!(header(r#"{"a":"1","\u0061":"2"}"#), pairs(&[("a", "2")]));
}

#[test]
fn of_a_repeated_option_the_last_value_counts() {
    let read = options(r#"{"url":1,"method":"PUT","url":"https://b.com","method":null}"#);
    assert_eq!(read.url, "https://b.com");
    assert_eq!(read.method, "");
}

// ---- data ------------------------------------------------------------------------------------------------------------------

fn data(json: &str) -> String {
    format!("{:?}", options(&option("data", json)).data)
}

#[test]
fn r5_data_comes_in_four_forms() {
    assert_eq!(data(r#"{"text":"a\u0000\n"}"#), r#"Text("a\0\n")"#);
    assert_eq!(data(r#"{"text":""}"#), r#"Text("")"#);
    assert_eq!(data(r#"{"bytes":1}"#), r#"Bytes(b"b")"#);
    assert_eq!(data(r#"{"unserialisable":true}"#), "Unserialisable");
    assert_eq!(data("null"), "None");
    assert_eq!(data(r#"{"text":1,"text":"b"}"#), r#"Text("b")"#);
}

#[test]
fn r5_json_data_is_kept_byte_for_byte() {
    let texts = [
        r#"{ "b" : 1.0,	"a":[1e2 ,"\u00e9\/\ud800"],"b":2}"#,
        "12345678901234567890.0",
        "1E400",
        "null",
        "\"\\u0061\"",
        "[\r\n]",
        r#"{"$type":"Function"}"#,
    ];
    for text in texts {
        let read = options(&option("data", &format!(r#"{{ "json" :  {text}  }}"#)));
        let CallData::Json(json) = read.data else {
            panic!("{text}");
        };
        assert_eq!(json.get(), text);
    }
}

#[test]
fn r7_data_that_has_no_form_at_all_is_the_apps_mistake() {
    insta::assert_snapshot!(
        complaint(&option("data", r#"{"$type":"Symbol"}"#)).expect("a mistake"),
        @"request:fail parameter error: parameter.data should be String/Object/ArrayBuffer instead of Symbol;"
    );
}

#[test]
fn data_in_another_form_is_the_ui_layers_mistake() {
    let forms = [
        "true",
        "1",
        r#""a""#,
        "[]",
        "{}",
        r#"{"text":"a","bytes":0}"#,
        r#"{"blob":1}"#,
        r#"{"text":1}"#,
        r#"{"text":null}"#,
        r#"{"unserialisable":false}"#,
        r#"{"bytes":2}"#,
        r#"{"bytes":-1}"#,
        r#"{"bytes":0.0}"#,
        r#"{"bytes":1e0}"#,
        r#"{"bytes":"0"}"#,
        r#"{"bytes":null}"#,
        r#"{"bytes":18446744073709551616}"#,
    ];
    let answers = forms.map(|form| format!("{form}\n    {}", malformed(&option("data", form))));
    insta::assert_snapshot!(answers.join("\n"), @r#"
    true
        options.data should be Object with one of text, json, bytes, unserialisable instead of Boolean
    1
        options.data should be Object with one of text, json, bytes, unserialisable instead of Number
    "a"
        options.data should be Object with one of text, json, bytes, unserialisable instead of String
    []
        options.data should be Object with one of text, json, bytes, unserialisable instead of Array
    {}
        options.data should be Object with one of text, json, bytes, unserialisable instead of Object with 0 fields
    {"text":"a","bytes":0}
        options.data should be Object with one of text, json, bytes, unserialisable instead of Object with 2 fields
    {"blob":1}
        options.data.blob should be one of text, json, bytes, unserialisable instead of another name
    {"text":1}
        options.data.text should be String instead of Number
    {"text":null}
        options.data.text should be String instead of Null
    {"unserialisable":false}
        options.data.unserialisable should be true instead of false
    {"bytes":2}
        options.data.bytes should be an attachment's index (the message has 2) instead of 2
    {"bytes":-1}
        options.data.bytes should be an attachment's index (the message has 2) instead of -1
    {"bytes":0.0}
        options.data.bytes should be an attachment's index (the message has 2) instead of 0.0
    {"bytes":1e0}
        options.data.bytes should be an attachment's index (the message has 2) instead of 1e0
    {"bytes":"0"}
        options.data.bytes should be an attachment's index (the message has 2) instead of "0"
    {"bytes":null}
        options.data.bytes should be an attachment's index (the message has 2) instead of null
    {"bytes":18446744073709551616}
        options.data.bytes should be an attachment's index (the message has 2) instead of 18446744073709551616
    "#);
}

#[test]
fn a_wrong_form_of_data_is_not_repeated_at_full_length() {
    let long = "x".repeat(100_000);
    for form in [
        format!(r#"{{"{long}":1}}"#),
        format!(r#"{{"text":{{"$type":"{long}"}}}}"#),
        format!(r#"{{"bytes":"{long}"}}"#),
    ] {
        let answer = malformed(&option("data", &form));
        assert!(answer.len() < 400, "{answer}");
    }
}

#[test]
fn an_option_of_another_name_is_the_ui_layers_mistake() {
    let long = "x".repeat(100_000);
    let error = read(&option(&long, "1")).expect_err("no such option");
    assert_eq!(error.field, format!("options.{}…", "x".repeat(64)));
    insta::assert_snapshot!(malformed(&option("Timeout", "1")), @"options.Timeout should be one of url, data, header, method, timeout, dataType, responseType, redirect, enableHttp2, enableProfile, enableCache, enableChunked, enableHttpDNS, enableHttpDNSFallback, enableQuic, forceCellularNetwork, httpDNSServiceId, httpDNSTimeout, useHighPerformanceMode instead of another name");
}
