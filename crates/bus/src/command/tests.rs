//! What is a command, and what the UI layer hears of what is none.

use appnet_core::TaskId;
use appnet_policy::{
    Api,
    body::CallData,
    prepare::{Call, RequestOptions},
};
use bytes::Bytes;

use crate::{Command, CommandKind, Malformed, Message, command};

fn read(json: &str) -> Result<Command, Malformed> {
    command::read(&Message::from(json))
}

fn malformed(json: &str) -> Malformed {
    read(json).expect_err(json)
}

/// The options of a good call.
fn call(options: &str) -> String {
    format!(r#"{{"type":"call","task":7,"api":"request","options":{options}}}"#)
}

fn request(command: Result<Command, Malformed>) -> RequestOptions {
    match command {
        Ok(Command {
            what: CommandKind::Call(call),
            ..
        }) => match *call {
            Call::Request(options) => options,
            other => panic!("{:?}", other.api()),
        },
        other => panic!("{other:?}"),
    }
}

fn task(number: u64) -> TaskId {
    TaskId::new(number).expect("a task id")
}

/// The task and API of a call; `None` for a command about a task that exists.
fn opens(command: &Command) -> Option<(TaskId, Api)> {
    match &command.what {
        CommandKind::Call(call) => Some((command.task, call.api())),
        CommandKind::Unreadable { api, .. } => Some((command.task, *api)),
        CommandKind::Abort | CommandKind::Ask { .. } => None,
    }
}

// ---- commands --------------------------------------------------------------------------------------------------------------

#[test]
fn a_call_opens_its_task() {
    let command = read(&call(r#"{"url":"https://a.com"}"#)).expect("a call");
    assert!(matches!(
        command,
        Command {
            what: CommandKind::Call(_),
            ..
        }
    ));
    assert_eq!(opens(&command), Some((task(7), Api::Request)));
}

#[test]
fn a_call_of_a_file_opens_its_task_under_its_own_name() {
    for api in [Api::UploadFile, Api::DownloadFile] {
        for options in [
            r#"{"url":"","filePath":"","name":""}"#,
            r#"{"url":""}"#,
            "{}",
        ] {
            let json = format!(r#"{{"type":"call","task":7,"api":"{api}","options":{options}}}"#);
            if let Ok(command) = read(&json) {
                assert_eq!(opens(&command), Some((task(7), api)), "{json}");
            }
        }
    }
}

#[test]
fn r7_a_call_with_wrong_options_opens_its_task_too() {
    let command = read(&call("{}")).expect("a call without a url");
    assert!(matches!(
        command,
        Command {
            what: CommandKind::Unreadable { .. },
            ..
        }
    ));
    assert_eq!(opens(&command), Some((task(7), Api::Request)));
}

#[test]
fn c4_an_abort_names_a_task_and_opens_none() {
    let command = read(r#"{"type":"abort","task":7}"#).expect("an abort");
    assert!(
        matches!(command, Command { task: named, what: CommandKind::Abort } if named == task(7))
    );
    assert_eq!(opens(&command), None);
}

#[test]
fn white_space_and_the_order_of_fields_do_not_matter() {
    let json = " {\r\n\t\"options\" : { \"url\" : \"\" } , \"api\" : \"request\",\"task\":7 ,\"type\":\"call\" } \n";
    assert!(matches!(
        read(json),
        Ok(Command {
            what: CommandKind::Call(_),
            ..
        })
    ));
}

#[test]
fn of_a_repeated_field_the_last_value_counts() {
    let command = read(r#"{"type":"call","task":"x","type":"abort","task":8}"#).expect("an abort");
    assert!(
        matches!(command, Command { task: named, what: CommandKind::Abort } if named == task(8))
    );
}

#[test]
fn a_name_may_be_written_with_escapes() {
    let command = read(r#"{"typ\u0065":"\u0061bort","\u0074ask":7}"#);
    assert!(matches!(
        command,
        Ok(Command {
            what: CommandKind::Abort,
            ..
        })
    ));
}

// ---- task ids --------------------------------------------------------------------------------------------------------------

#[test]
fn a_task_is_a_whole_number_that_javascript_holds_exactly() {
    for (json, number) in [("1", 1), ("9007199254740991", TaskId::MAX)] {
        let command = read(&format!(r#"{{"type":"abort","task":{json}}}"#)).expect(json);
        assert!(
            matches!(command, Command { task: named, what: CommandKind::Abort } if named == task(number))
        );
    }
    let wrong = [
        "0",
        "-1",
        "-0",
        "1.0",
        "1e0",
        "0.5",
        "9007199254740992",
        "18446744073709551616",
        "1e999",
        "\"1\"",
        "null",
        "true",
        "[1]",
        "{\"$type\":\"BigInt\"}",
    ];
    let answers = wrong.map(|json| {
        let error = malformed(&format!(r#"{{"type":"abort","task":{json}}}"#));
        assert_eq!(error.task, None, "{json}");
        error.to_string()
    });
    insta::assert_snapshot!(answers.join("\n"), @"
    task should be a whole number from 1 to 9007199254740991 instead of 0
    task should be a whole number from 1 to 9007199254740991 instead of -1
    task should be a whole number from 1 to 9007199254740991 instead of -0
    task should be a whole number from 1 to 9007199254740991 instead of 1.0
    task should be a whole number from 1 to 9007199254740991 instead of 1e0
    task should be a whole number from 1 to 9007199254740991 instead of 0.5
    task should be a whole number from 1 to 9007199254740991 instead of 9007199254740992
    task should be a whole number from 1 to 9007199254740991 instead of 18446744073709551616
    task should be a whole number from 1 to 9007199254740991 instead of 1e999
    task should be a whole number from 1 to 9007199254740991 instead of String
    task should be a whole number from 1 to 9007199254740991 instead of Null
    task should be a whole number from 1 to 9007199254740991 instead of Boolean
    task should be a whole number from 1 to 9007199254740991 instead of Array
    task should be a whole number from 1 to 9007199254740991 instead of BigInt
    ");
}

#[test]
fn what_is_malformed_names_its_task_if_that_can_be_read() {
    assert_eq!(
        malformed(r#"{"task":7,"type":"call","api":"fetch"}"#).task,
        Some(task(7))
    );
    assert_eq!(malformed(r#"{"task":7}"#).task, Some(task(7)));
    assert_eq!(malformed(&call(r#"{"data":1}"#)).task, Some(task(7)));
    assert_eq!(malformed(r#"{"task":7"#).task, None);
}

// ---- malformed messages ----------------------------------------------------------------------------------------------------

#[test]
fn each_kind_of_malformed_message_says_where_and_what_would_be_right() {
    let messages = [
        // the whole
        "",
        " ",
        "null",
        "[]",
        r#""call""#,
        "{",
        r#"{"type":"abort","task":1} {}"#,
        "{'type':'abort'}",
        "{\n  \"type\": \"abort\",\n  \"task\": 01\n}",
        "\u{feff}{}",
        "{\"type\":\"\n\"}",
        "{\"a\nb\":1}",
        "{1:2}",
        // type
        "{}",
        r#"{"type":1}"#,
        r#"{"type":"Call"}"#,
        r#"{"type":"\ud800\u0007"}"#,
        // fields
        r#"{"type":"call","task":1,"api":"request","options":{},"id":1}"#,
        r#"{"type":"abort","task":1,"api":"request"}"#,
        r#"{"type":"abort","task":1,"\udc00":1}"#,
        // task
        r#"{"type":"abort"}"#,
        // api
        r#"{"type":"call","task":1}"#,
        r#"{"type":"call","task":1,"api":null}"#,
        r#"{"type":"call","task":1,"api":"socket"}"#,
        // options
        r#"{"type":"call","task":1,"api":"request"}"#,
        r#"{"type":"call","task":1,"api":"request","options":null}"#,
        r#"{"type":"call","task":1,"api":"request","options":[]}"#,
        r#"{"type":"call","task":1,"api":"request","options":{"$type":"Function"}}"#,
        r#"{"type":"call","task":1,"api":"request","options":{"Url":""}}"#,
        r#"{"type":"call","task":1,"api":"request","options":{"url":"","data":"a"}}"#,
        r#"{"type":"call","task":1,"api":"request","options":{"url":"","data":{"bytes":0}}}"#,
    ];
    let answers = messages.map(|json| format!("{json:?}\n    {}", malformed(json)));
    insta::assert_snapshot!(answers.join("\n"), @r#"
    ""
        message should be a JSON object instead of text that is not JSON from line 1 column 0
    " "
        message should be a JSON object instead of text that is not JSON from line 1 column 1
    "null"
        message should be a JSON object instead of Null
    "[]"
        message should be a JSON object instead of Array
    "\"call\""
        message should be a JSON object instead of String
    "{"
        message should be a JSON object instead of text that is not JSON from line 1 column 1
    "{\"type\":\"abort\",\"task\":1} {}"
        message should be a JSON object instead of text that is not JSON from line 1 column 27
    "{'type':'abort'}"
        message should be a JSON object instead of text that is not JSON from line 1 column 2
    "{\n  \"type\": \"abort\",\n  \"task\": 01\n}"
        message should be a JSON object instead of text that is not JSON from line 3 column 12
    "\u{feff}{}"
        message should be a JSON object instead of text that is not JSON from line 1 column 1
    "{\"type\":\"\n\"}"
        message should be a JSON object instead of text that is not JSON from line 1 column 9
    "{\"a\nb\":1}"
        message should be a JSON object instead of text that is not JSON from line 1 column 3
    "{1:2}"
        message should be a JSON object instead of text that is not JSON from line 1 column 2
    "{}"
        type should be "call", "abort", "send" or "closeSocket" instead of Undefined
    "{\"type\":1}"
        type should be "call", "abort", "send" or "closeSocket" instead of Number
    "{\"type\":\"Call\"}"
        type should be "call", "abort", "send" or "closeSocket" instead of "Call"
    "{\"type\":\"\\ud800\\u0007\"}"
        type should be "call", "abort", "send" or "closeSocket" instead of "�\u{7}"
    "{\"type\":\"call\",\"task\":1,\"api\":\"request\",\"options\":{},\"id\":1}"
        id should be one of type, task, api, options instead of another name
    "{\"type\":\"abort\",\"task\":1,\"api\":\"request\"}"
        api should be one of type, task instead of another name
    "{\"type\":\"abort\",\"task\":1,\"\\udc00\":1}"
        � should be one of type, task instead of another name
    "{\"type\":\"abort\"}"
        task should be a whole number from 1 to 9007199254740991 instead of Undefined
    "{\"type\":\"call\",\"task\":1}"
        api should be "request", "uploadFile", "downloadFile" or "connectSocket" instead of Undefined
    "{\"type\":\"call\",\"task\":1,\"api\":null}"
        api should be "request", "uploadFile", "downloadFile" or "connectSocket" instead of Null
    "{\"type\":\"call\",\"task\":1,\"api\":\"socket\"}"
        api should be "request", "uploadFile", "downloadFile" or "connectSocket" instead of "socket"
    "{\"type\":\"call\",\"task\":1,\"api\":\"request\"}"
        options should be Object instead of Undefined
    "{\"type\":\"call\",\"task\":1,\"api\":\"request\",\"options\":null}"
        options should be Object instead of Null
    "{\"type\":\"call\",\"task\":1,\"api\":\"request\",\"options\":[]}"
        options should be Object instead of Array
    "{\"type\":\"call\",\"task\":1,\"api\":\"request\",\"options\":{\"$type\":\"Function\"}}"
        options.$type should be one of url, data, header, method, timeout, dataType, responseType, redirect, enableHttp2, enableProfile, enableCache, enableChunked, enableHttpDNS, enableHttpDNSFallback, enableQuic, forceCellularNetwork, httpDNSServiceId, httpDNSTimeout, useHighPerformanceMode instead of another name
    "{\"type\":\"call\",\"task\":1,\"api\":\"request\",\"options\":{\"Url\":\"\"}}"
        options.Url should be one of url, data, header, method, timeout, dataType, responseType, redirect, enableHttp2, enableProfile, enableCache, enableChunked, enableHttpDNS, enableHttpDNSFallback, enableQuic, forceCellularNetwork, httpDNSServiceId, httpDNSTimeout, useHighPerformanceMode instead of another name
    "{\"type\":\"call\",\"task\":1,\"api\":\"request\",\"options\":{\"url\":\"\",\"data\":\"a\"}}"
        options.data should be Object with one of text, json, bytes, unserialisable instead of String
    "{\"type\":\"call\",\"task\":1,\"api\":\"request\",\"options\":{\"url\":\"\",\"data\":{\"bytes\":0}}}"
        options.data.bytes should be an attachment's index (the message has 0) instead of 0
    "#);
}

#[test]
fn an_answer_is_short_however_long_the_message() {
    let long = "x".repeat(1_000_000);
    for json in [
        format!(r#"{{"type":"{long}"}}"#),
        format!(r#"{{"type":{{"$type":"{long}"}}}}"#),
        format!(r#"{{"type":"abort","{long}":1}}"#),
        format!(r#"{{"type":"abort","task":{}}}"#, "1".repeat(1_000_000)),
        format!(r#"{{"type":"abort","task":{{"$type":"{long}"}}}}"#),
        format!(r#"{{"type":"call","task":1,"api":"{long}"}}"#),
        format!(r#"{{"type":"call","task":1,"api":{{"$type":"{long}"}}}}"#),
        format!(r#"{{"type":"call","task":1,"api":"request","options":{{"{long}":1}}}}"#),
    ] {
        let answer = malformed(&json).to_string();
        assert!(answer.contains('…') && answer.len() < 400, "{answer}");
    }
}

// ---- text that strains a reader --------------------------------------------------------------------------------------------

fn url(json: &str) -> String {
    match read(&call(&format!(r#"{{"url":{json}}}"#))) {
        Ok(Command {
            what: CommandKind::Call(call),
            ..
        }) => call.url().to_owned(),
        other => panic!("{json}: {other:?}"),
    }
}

#[test]
fn half_a_surrogate_pair_becomes_one_replacement_character() {
    assert_eq!(url(r#""\ud83d\ude00""#), "😀");
    assert_eq!(url(r#""a\ud800b""#), "a\u{fffd}b");
    assert_eq!(url(r#""\udc00""#), "\u{fffd}");
    assert_eq!(url(r#""\ud800\ud83d\ude00""#), "\u{fffd}😀");
    assert_eq!(url(r#""\ude00\ud83d""#), "\u{fffd}\u{fffd}");
    assert_eq!(url(r#""\ud800\n\u4e2d""#), "\u{fffd}\n中");
    assert_eq!(url(r#""\udfff中""#), "\u{fffd}中");
}

#[test]
fn half_a_surrogate_pair_in_a_name_is_read_too() {
    let command = read(&call(r#"{"url":"","header":{"\ud800":"x","é\u00e9":"y"}}"#));
    let headers = request(command).header;
    let names: Vec<_> = headers.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["\u{fffd}", "éé"]);
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    const DEPTH: usize = 1_000_000;
    let open = "[".repeat(DEPTH);
    let objects = r#"{"a":"#.repeat(DEPTH);
    let whole = format!("{open}{}", "]".repeat(DEPTH));
    for json in [
        open.clone(),
        objects.clone(),
        whole.clone(),
        format!("{objects}1{}", "}".repeat(DEPTH)),
        format!(r#"{{"type":{whole}}}"#),
        format!(r#"{{"type":"abort","task":{whole}}}"#),
        format!(r#"{{"type":"abort","task":1,"x":{whole}}}"#),
        call(&whole),
        call(&open),
    ] {
        assert!(read(&json).is_err());
    }
    for options in [
        format!(r#"{{"url":{whole}}}"#),
        format!(r#"{{"url":"","header":{{"a":{whole}}}}}"#),
        format!(r#"{{"url":"","timeout":{whole},"enableHttp2":{whole}}}"#),
    ] {
        let command = read(&call(&options));
        assert!(matches!(
            command,
            Ok(Command {
                what: CommandKind::Unreadable { .. },
                ..
            })
        ));
    }
    let command = read(&call(&format!(r#"{{"url":"","data":{{"json":{whole}}}}}"#)));
    assert!(matches!(request(command).data, CallData::Json(json) if json.get() == whole));
}

#[test]
fn attachments_that_nothing_refers_to_are_ignored() {
    let message = Message {
        json: r#"{"type":"abort","task":1}"#.to_owned(),
        attachments: vec![Bytes::from_static(b"a")],
    };
    assert!(command::read(&message).is_ok());
}
