//! What an app hears, letter for letter.

use std::{sync::Arc, time::Duration};

use appnet_core::{Event, TaskEvent, event::CallProfile};
use appnet_policy::{
    Api, Failure,
    exchange::{HttpVersion, Profile, ReceivedBody, Span},
    failure::AppFault,
    files::FileName,
    quality::Estimates,
};
use bytes::Bytes;
use serde_json::Value;

use crate::{
    Malformed, Message,
    event::{write, write_error},
    samples::{self, head, json, profiled, success, task, text},
};

fn plain_success(body: ReceivedBody) -> String {
    write(&success(head(HttpVersion::Http1, &[]), body)).json
}

fn profile_of(profile: CallProfile) -> Value {
    let json = write(&profiled(profile)).json;
    let event: Value = serde_json::from_str(&json).expect("an event is JSON");
    event["result"]["profile"].clone()
}

#[test]
fn each_event_has_its_json() {
    let lines: Vec<_> = samples::events()
        .iter()
        .map(|event| {
            let Message { json, attachments } = write(event);
            format!("{json} {attachments:?}")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"type":"warning","task":1,"code":"headerDropped","detail":"Host"} []
    {"type":"warning","task":1,"code":"optionNotImplemented","detail":"enableQuic"} []
    {"type":"headersReceived","task":1,"statusCode":200,"header":{"Content-Type":"application/json","Set-Cookie":"a=1; Path=/,b=2"},"cookies":["a=1; Path=/","b=2"]} []
    {"type":"chunkReceived","task":1,"data":{"bytes":0}} [b"\xe5\xb0"]
    {"type":"progressUpdate","task":1,"progress":{"progress":42,"totalBytesSent":86433,"totalBytesExpectedToSend":204800}} []
    {"type":"progressUpdate","task":1,"progress":{"progress":100,"totalBytesWritten":204800,"totalBytesExpectedToWrite":204800}} []
    {"type":"progressUpdate","task":1,"progress":{"progress":0,"totalBytesWritten":65536,"totalBytesExpectedToWrite":0}} []
    {"type":"success","task":1,"result":{"data":{"json":{"id":42}},"statusCode":200,"header":{"Content-Type":"application/json"},"cookies":[],"errMsg":"request:ok"}} []
    {"type":"success","task":1,"result":{"data":{"text":"not found"},"statusCode":404,"header":{"server":"a"},"cookies":[],"errMsg":"request:ok"}} []
    {"type":"success","task":1,"result":{"data":{"bytes":0},"statusCode":200,"header":{},"cookies":[],"errMsg":"request:ok"}} [b"\0\xff"]
    {"type":"success","task":1,"result":{"data":{"text":""},"statusCode":200,"header":{},"cookies":[],"errMsg":"request:ok"}} []
    {"type":"success","task":1,"result":{"tempFilePath":"wxfile://tmp_5f1c.png","statusCode":200,"header":{"Content-Type":"image/png"},"cookies":[],"errMsg":"downloadFile:ok"}} []
    {"type":"success","task":1,"result":{"filePath":"wxfile://usr/images/图.png","statusCode":200,"header":{"Content-Type":"image/png"},"cookies":[],"errMsg":"downloadFile:ok"}} []
    {"type":"fail","task":1,"result":{"errMsg":"request:fail timeout","errno":5}} []
    {"type":"fail","task":1,"result":{"errMsg":"request:fail abort"}} []
    {"type":"fail","task":1,"result":{"errMsg":"request:fail empty response","errno":600001,"exception":{"reasons":[{"errMsg":"request:fail connection reset","errno":"600001"},{"errMsg":"request:fail empty response","errno":"600001"}],"retryCount":1},"useHttpDNS":true}} []
    {"type":"success","task":1,"result":{"errMsg":"connectSocket:ok"}} []
    {"type":"open","task":1,"header":{"Upgrade":"websocket"},"protocol":"mqtt","profile":{"fetchStart":1700000000043,"domainLookUpStart":1700000000044,"domainLookUpEnd":1700000000048,"connectStart":1700000000048,"connectEnd":1700000000073,"rtt":25,"handshakeCost":25,"cost":98}} []
    {"type":"message","task":1,"data":{"text":"你好"}} []
    {"type":"message","task":1,"data":{"bytes":0}} [b"\0\xff"]
    {"type":"done","task":1,"id":7,"ok":true,"result":{"errMsg":"SocketTask.send:ok"}} []
    {"type":"done","task":1,"id":7,"ok":false,"result":{"errMsg":"SocketTask.send:fail SocketTask.readyState is not OPEN"}} []
    {"type":"done","task":1,"id":7,"ok":true,"result":{"errMsg":"SocketTask.close:ok"}} []
    {"type":"done","task":1,"id":7,"ok":false,"result":{"errMsg":"SocketTask.close:fail the code must be 1000 or between 3000 and 4999","errno":1001}} []
    {"type":"socketError","task":1,"errMsg":"connectSocket:fail connection refused","errno":605103} []
    {"type":"close","task":1,"code":1006,"reason":"connection refused"} []
    {"type":"close","task":1,"code":1000,"reason":"bye"} []
    "#);
}

#[test]
fn each_failure_is_an_event_with_its_text_and_number() {
    let lines: Vec<_> = Failure::one_of_each()
        .into_iter()
        .map(|failure| write(&samples::fail(failure)).json)
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"type":"fail","task":1,"result":{"errMsg":"request:fail parameter error: parameter.<field> should be <type> instead of <type>;","errno":1001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail method is invalid","errno":1001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail invalid url \"<url>\"","errno":600009}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail invalid header","errno":600005}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail to stringify data","errno":600010}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail native buffer exceed size limit","errno":602300}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail native buffer exceed size limit","errno":602300}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail native buffer exceed size limit","errno":602300}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail url not in domain list","errno":600002}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail exceed max task count","errno":600007}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail abort"}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail file not found","errno":1300002}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail permission denied","errno":603303}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail exceed max file size","errno":603301}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail file changed while it was uploaded","errno":600000}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail reach max websocket connect count 5","errno":600007}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail SocketTask.readyState is not OPEN"}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail the code must be 1000 or between 3000 and 4999","errno":1001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail the reason must not be longer than 123 bytes in UTF-8","errno":1001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail invalid protocols","errno":600005}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail redirect url not in domain list:<host>","errno":600002}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail reach the max redirect count","errno":600008}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail empty response","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail malformed response","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail ssl hand shake error","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail native buffer exceed size limit","errno":602300}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail unexpected status code 401","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail timeout","errno":5}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail dns lookup failed","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail connection refused","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail connection reset","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail network unreachable","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail request server http error","errno":602002}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail not buy httpdns service","errno":602101}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail service expired","errno":602102}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail no enough httpdns quota","errno":602103}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail empty servicer return","errno":602104}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail time-out when request servicer","errno":602105}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail invalid servicer response","errno":602106}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail empty domain httpdns result","errno":602107}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail not valid service id","errno":602108}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail interrupted","errno":600003}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail app in background","errno":600003}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail app is closed","errno":600003}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail download save file error","errno":603300}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail network unreachable","errno":600001}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail bind socket dependency is unavailable","errno":602301}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail network logic error","errno":600004}}
    {"type":"fail","task":1,"result":{"errMsg":"request:fail unknown network error","errno":600000}}
    "#);
}

#[test]
fn the_answer_to_a_malformed_message_names_its_task_if_it_is_known() {
    let malformed = Malformed {
        task: None,
        field: "message".to_owned(),
        expected: "a JSON object".to_owned(),
        found: "Array".to_owned(),
    };
    insta::assert_snapshot!(write_error(&malformed).json, @r#"{"type":"error","field":"message","expected":"a JSON object","message":"message should be a JSON object instead of Array"}"#);
    let of_a_task = Malformed {
        task: Some(task()),
        ..malformed
    };
    insta::assert_snapshot!(write_error(&of_a_task).json, @r#"{"type":"error","task":1,"field":"message","expected":"a JSON object","message":"message should be a JSON object instead of Array"}"#);
}

/// A UI layer that cannot parse an event (its memory, its nesting) still finds the task to end by its first letters (P8).
#[test]
fn p8_an_event_begins_with_its_type_and_task() {
    for event in samples::events() {
        let json = write(&event).json;
        let (start, rest) = json.split_at(r#"{"type":""#.len());
        let (kind, rest) = rest.split_once('"').expect(&json);
        assert_eq!(start, r#"{"type":""#);
        assert!(kind.chars().all(|c| c.is_ascii_alphabetic()), "{json}");
        assert!(rest.starts_with(r#","task":1,"#), "{json}");
    }
}

#[test]
fn p5_names_follow_the_version_and_repeated_headers_are_joined() {
    let headers = [
        ("x-a", "1"),
        ("SET-COOKIE", "a=1, b"),
        ("X-A", "2"),
        ("set-cookie", "c"),
    ];
    let json = |version| write(&success(head(version, &headers), text(""))).json;
    insta::assert_snapshot!(json(HttpVersion::Http1), @r#"{"type":"success","task":1,"result":{"data":{"text":""},"statusCode":200,"header":{"X-A":"1,2","Set-Cookie":"a=1, b,c"},"cookies":["a=1, b","c"],"errMsg":"request:ok"}}"#);
    insta::assert_snapshot!(json(HttpVersion::Http2), @r#"{"type":"success","task":1,"result":{"data":{"text":""},"statusCode":200,"header":{"x-a":"1,2","set-cookie":"a=1, b,c"},"cookies":["a=1, b","c"],"errMsg":"request:ok"}}"#);
}

#[test]
fn p4_json_is_embedded_as_it_came_and_other_text_is_a_string() {
    let value = "{ \"a\":\t1.0,\r\n\"a\": 1e400, \"\\ud800\": [12345678901234567890] }";
    assert!(plain_success(json(value)).contains(&format!(r#""data":{{"json":{value}}}"#)));
    // What white space surrounds it is no part of the value.
    assert!(plain_success(json(" 1\n")).contains(r#""data":{"json":1}"#));
    let text = plain_success(text("\u{0}\"\\\u{2028}\u{feff}\n😀"));
    assert!(
        text.contains("\"data\":{\"text\":\"\\u0000\\\"\\\\\u{2028}\u{feff}\\n😀\"}"),
        "{text}"
    );
}

#[test]
fn p4_json_that_does_not_parse_goes_out_as_text() {
    for text in ["", "{", "{} {}", "01"] {
        let json = plain_success(json(text));
        let event: Value = serde_json::from_str(&json).expect("an event is JSON");
        assert_eq!(event["result"]["data"], serde_json::json!({ "text": text }));
    }
}

#[test]
fn deeply_nested_json_is_embedded_without_exhausting_the_stack() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(plain_success(json(&deep)).contains(&deep));
}

/// I1: what the server sent crosses as bytes; here it becomes text.
#[test]
fn p2_p3_a_body_is_decoded_when_its_event_is_written() {
    let gbk = [("content-type", "text/plain; charset=gbk")];
    let body = ReceivedBody::Whole(Bytes::from_static(b"\xc4\xe3\xba\xc3"), samples::JSON);
    let written = write(&success(head(HttpVersion::Http1, &gbk), body)).json;
    assert!(written.contains(r#""data":{"text":"你好"}"#), "{written}");
    let marked = plain_success(json("\u{feff}[1]"));
    assert!(marked.contains(r#""data":{"json":[1]}"#), "{marked}");
}

#[test]
fn i1_bytes_are_attached_and_not_copied() {
    let body = Bytes::from(vec![7; 1 << 20]);
    let event = success(
        head(HttpVersion::Http1, &[]),
        ReceivedBody::Whole(body.clone(), samples::BYTES),
    );
    assert_eq!(write(&event).attachments[0].as_ptr(), body.as_ptr());
}

#[test]
fn p7_a_profile_has_the_platforms_names_and_milliseconds_since_1970() {
    insta::assert_snapshot!(write(&profiled(samples::whole_profile())).json, @r#"{"type":"success","task":1,"result":{"data":{"text":""},"statusCode":200,"header":{},"cookies":[],"profile":{"invokeStart":1700000000000,"queueStart":1700000000000,"queueEnd":1700000000003,"redirectStart":1700000000023,"redirectEnd":1700000000043,"fetchStart":1700000000043,"domainLookUpStart":1700000000044,"domainLookUpEnd":1700000000048,"connectStart":1700000000048,"connectEnd":1700000000073,"SSLconnectionStart":1700000000053,"SSLconnectionEnd":1700000000073,"requestStart":1700000000073,"requestEnd":1700000000074,"responseStart":1700000000093,"responseEnd":1700000000098,"peerIP":"203.0.113.7","port":443,"socketReused":false,"sendBytesCount":310,"receivedBytedCount":1205,"protocol":"h2","usingHighPerformanceMode":true,"rtt":18,"estimate_nettype":5,"httpRttEstimate":21,"transportRttEstimate":19,"downstreamThroughputKbpsEstimate":9800},"errMsg":"request:ok"}}"#);
}

/// As the platform documents it: a lookup or connect that did not happen has the time of `fetchStart`, a redirect or TLS handshake 0.
#[test]
fn p7_phases_that_did_not_happen_have_the_time_that_the_platform_gives_them() {
    let profile = profile_of(CallProfile {
        estimates: Estimates::default(),
        invoked: Duration::from_millis(100),
        started: Duration::from_millis(150),
        exchange: Arc::new(Profile {
            fetch_start: Duration::from_millis(7),
            socket_reused: true,
            ..Profile::default()
        }),
    });
    insta::assert_snapshot!(profile, @r#"{"SSLconnectionEnd":0,"SSLconnectionStart":0,"connectEnd":157,"connectStart":157,"domainLookUpEnd":157,"domainLookUpStart":157,"estimate_nettype":0,"fetchStart":157,"invokeStart":100,"protocol":"unknown","queueEnd":150,"queueStart":100,"receivedBytedCount":0,"redirectEnd":0,"redirectStart":0,"requestEnd":157,"requestStart":157,"responseEnd":157,"responseStart":157,"sendBytesCount":0,"socketReused":true,"usingHighPerformanceMode":false}"#);
}

#[test]
fn p7_a_response_that_did_not_come_has_the_time_of_the_requests_end() {
    let profile = profile_of(CallProfile {
        estimates: Estimates::default(),
        invoked: Duration::ZERO,
        started: Duration::ZERO,
        exchange: Arc::new(Profile {
            request: Some(Span {
                start: Duration::from_millis(8),
                end: Duration::from_micros(9_999),
            }),
            ..Profile::default()
        }),
    });
    assert_eq!(profile["requestStart"], 8);
    assert_eq!(profile["requestEnd"], 9);
    assert_eq!(profile["responseStart"], 9);
    assert_eq!(profile["responseEnd"], 9);
}

#[test]
fn p7_a_time_that_no_clock_has_is_the_largest_one() {
    let profile = profile_of(CallProfile {
        estimates: Estimates::default(),
        invoked: Duration::MAX,
        started: Duration::MAX,
        exchange: Arc::new(Profile {
            fetch_start: Duration::from_millis(1),
            ..Profile::default()
        }),
    });
    assert_eq!(profile["fetchStart"], u64::MAX);
}

#[test]
fn p1_a_status_is_a_number_whatever_it_is() {
    let mut head = head(HttpVersion::Http1, &[]);
    head.status = 599;
    let event = samples::event(TaskEvent::HeadersReceived(head.into()));
    insta::assert_snapshot!(write(&event).json, @r#"{"type":"headersReceived","task":1,"statusCode":599,"header":{},"cookies":[]}"#);
}

/// F1: whatever the server calls it; it is never parsed.
#[test]
fn f1_the_answer_to_an_upload_is_a_text() {
    let head = head(
        HttpVersion::Http1,
        &[("content-type", "application/json"), ("set-cookie", "a=1")],
    );
    let event = samples::success_of(Api::UploadFile, head, text("{\"id\":42}"));
    insta::assert_snapshot!(write(&event).json, @r#"{"type":"success","task":1,"result":{"data":{"text":"{\"id\":42}"},"statusCode":200,"header":{"Content-Type":"application/json","Set-Cookie":"a=1"},"cookies":["a=1"],"errMsg":"uploadFile:ok"}}"#);
}

#[test]
fn f3_a_download_has_exactly_one_path_and_no_data() {
    let names = [
        FileName::Temporary("tmp_1".to_owned()),
        FileName::User(vec!["a".to_owned()]),
    ];
    for name in names {
        let event = samples::success_of(
            Api::DownloadFile,
            head(HttpVersion::Http1, &[]),
            ReceivedBody::File(name),
        );
        let json = write(&event).json;
        let event: Value = serde_json::from_str(&json).expect("an event is JSON");
        let result = &event["result"];
        let there = ["tempFilePath", "filePath", "data"].map(|name| !result[name].is_null());
        assert!(there[0] ^ there[1] && !there[2], "{json}");
        assert_eq!(result["statusCode"], 200);
    }
}

#[test]
fn f5_numbers_of_progress_are_whole_and_100_means_all() {
    type Sample = fn(u64, Option<u64>) -> Event;
    let numbers = |sample: Sample, done, total| {
        let json = write(&sample(done, total)).json;
        let event: Value = serde_json::from_str(&json).expect("an event is JSON");
        event["progress"]["progress"].clone()
    };
    for sample in [samples::sent as Sample, samples::written] {
        assert_eq!(numbers(sample, 999, Some(1_000)), 99);
        assert_eq!(numbers(sample, 1_000, Some(1_000)), 100);
        assert_eq!(numbers(sample, 0, Some(0)), 100);
        assert_eq!(numbers(sample, 9, None), 0);
    }
}

/// Room is given back to the transport when the last copy of a chunk is dropped: the message's must be the only one left.
#[test]
fn a_chunk_goes_out_as_the_very_bytes_that_came() {
    let data = Bytes::from(vec![7; 3]);
    let address = data.as_ptr();
    let Message { attachments, .. } = write(&samples::event(TaskEvent::Chunk(data)));
    let [written] = attachments.as_slice() else {
        panic!("{attachments:?}")
    };
    assert_eq!(written.as_ptr(), address);
    assert!(written.is_unique());
}

#[test]
fn c4_an_abort_has_no_number() {
    let json = write(&samples::fail(Failure::App(AppFault::Aborted))).json;
    assert!(!json.contains("errno"), "{json}");
}
