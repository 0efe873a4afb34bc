use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    Failure, Policy, Rules,
    body::CallData,
    exchange::Header,
    failure::{AppFault, CallBound},
    prepare::{self, Call, HttpDnsOptions, RequestOptions, SocketOptions, UploadOptions},
    preset::CallLimits,
    rules::Rule,
    testing,
};

const LIMITS: CallLimits = CallLimits {
    url_bytes: 40,
    header_bytes: 60,
    header_count: 4,
    body_bytes: 100,
};

fn rules() -> Arc<Rules> {
    let policy = Policy {
        call: LIMITS,
        ..Policy::seed()
    };
    testing::rules_with(policy)
}

#[track_caller]
fn over(call: Call) -> CallBound {
    let refusal = prepare::call(&rules(), call).expect_err("it is over a bound");
    assert_eq!(refusal.rule, Rule::I2);
    match refusal.failure {
        Failure::App(AppFault::CallTooLarge(bound)) => bound,
        other => panic!("{other:?}: {}", refusal.reason),
    }
}

fn request() -> RequestOptions {
    RequestOptions {
        url: "https://a.com/".to_owned(),
        method: "POST".to_owned(),
        ..RequestOptions::default()
    }
}

fn headers(count: usize, bytes: usize) -> Vec<Header> {
    let header = |number: usize| Header {
        name: format!("x{number}"),
        value: "v".repeat(bytes),
    };
    (0..count).map(header).collect()
}

fn json(text: &str) -> CallData {
    CallData::Json(RawValue::from_string(text.to_owned()).unwrap())
}

#[test]
fn i2_a_url_has_a_bound() {
    let mut call = request();
    call.url.push_str(&"x".repeat(26));
    assert!(prepare::call(&rules(), Call::Request(call.clone())).is_ok());
    call.url.push('x');
    assert_eq!(over(Call::Request(call)), CallBound::Url);
}

#[test]
fn i2_a_query_that_data_becomes_is_a_part_of_the_url() {
    let call = RequestOptions {
        method: "GET".to_owned(),
        data: json(r#"{"k":"a long value of an object, too long"}"#),
        ..request()
    };
    assert_eq!(over(Call::Request(call)), CallBound::Url);
}

#[test]
fn i2_headers_have_bounds_in_number_and_in_bytes() {
    let with = |header| {
        Call::Request(RequestOptions {
            header,
            ..request()
        })
    };
    assert!(prepare::call(&rules(), with(headers(4, 13))).is_ok());
    assert_eq!(over(with(headers(5, 1))), CallBound::HeaderCount);
    assert_eq!(over(with(headers(4, 14))), CallBound::HeaderBlock);
}

#[test]
fn i2_protocols_of_a_socket_count_as_headers() {
    let call = SocketOptions {
        url: "wss://a.com/".to_owned(),
        protocols: vec!["p".repeat(61)],
        ..SocketOptions::default()
    };
    assert_eq!(over(Call::Socket(call)), CallBound::HeaderBlock);
}

#[test]
fn i2_a_body_has_a_bound_in_every_form() {
    let with = |data| Call::Request(RequestOptions { data, ..request() });
    assert!(prepare::call(&rules(), with(CallData::Text("x".repeat(100)))).is_ok());
    for data in [
        CallData::Text("x".repeat(101)),
        CallData::Bytes(Bytes::from(vec![0; 101])),
        json(&format!("\"{}\"", "x".repeat(100))),
    ] {
        assert_eq!(over(with(data)), CallBound::Body);
    }
}

#[test]
fn i2_a_form_that_is_longer_than_its_json_has_the_bound_too() {
    let call = RequestOptions {
        header: vec![Header {
            name: "content-type".to_owned(),
            value: "application/x-www-form-urlencoded".to_owned(),
        }],
        data: json(&format!(r#"{{"k":"{}"}}"#, "小".repeat(20))),
        ..request()
    };
    assert_eq!(over(Call::Request(call)), CallBound::Body);
}

#[test]
fn i2_the_fields_of_an_upload_count_as_its_body() {
    let call = UploadOptions {
        url: "https://a.com/".to_owned(),
        file_path: "wxfile://usr/a".to_owned(),
        name: "file".to_owned(),
        form_data: vec![("k".to_owned(), "v".repeat(100))],
        ..UploadOptions::default()
    };
    assert_eq!(over(Call::Upload(call)), CallBound::Body);
}

#[test]
fn i2_a_prepared_call_counts_its_url_headers_body_and_protocols() {
    let bytes = |call| {
        let prepared = prepare::call(&rules(), call);
        prepared.expect("it is within the bounds").bytes()
    };
    let header = || Header {
        name: "x".to_owned(),
        value: "123".to_owned(),
    };
    let service = |service_id: &str| HttpDnsOptions {
        service_id: service_id.to_owned(),
        timeout: None,
        fallback: false,
    };
    let post = |data: &str, http_dns| {
        Call::Request(RequestOptions {
            method: "POST".to_owned(),
            data: CallData::Text(data.to_owned()),
            http_dns,
            ..request()
        })
    };
    let bare = bytes(post("", None));
    assert!(bare > "https://a.com/".len());
    assert_eq!(bytes(post("12345", None)), bare + 5);
    let with_header = Call::Request(RequestOptions {
        header: vec![header()],
        method: "POST".to_owned(),
        ..request()
    });
    assert_eq!(bytes(with_header), bare + 4);
    assert_eq!(bytes(post("", Some(service("1234567")))), bare + 7);
    let too_long = service(&"x".repeat(61));
    assert_eq!(over(post("", Some(too_long))), CallBound::HeaderBlock);

    let socket = |protocol: &str| {
        Call::Socket(SocketOptions {
            url: "wss://a.com/".to_owned(),
            protocols: vec![protocol.to_owned()],
            ..SocketOptions::default()
        })
    };
    let with_header = Call::Socket(SocketOptions {
        url: "wss://a.com/".to_owned(),
        header: vec![header()],
        protocols: vec!["p".to_owned()],
        ..SocketOptions::default()
    });
    let bare = bytes(socket("p"));
    assert!(bare > "wss://a.com/".len());
    assert_eq!(bytes(socket("proto")), bare + 4);
    assert_eq!(bytes(with_header), bare + 4);
}
