use appnet_core::{AskId, TaskId, event::SocketVerb};
use appnet_policy::socket::CloseFrame;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Command, CommandKind, Message, command, errors::failed};

/// Reads it with the attachments "a" and "b".
fn read(json: &str) -> Result<Command, Malformed> {
    command::read(&Message {
        json: json.to_owned(),
        attachments: vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")],
    })
}

fn sent(data: &str) -> String {
    format!(r#"{{"type":"send","task":4,"id":7,"data":{data}}}"#)
}

/// What the app hears of it: `None` if nothing is wrong.
fn complaint(command: Result<Command, Malformed>) -> Option<String> {
    match command {
        Ok(Command {
            what: CommandKind::Ask { what, .. },
            ..
        }) => {
            let name = what.verb().name();
            let failure = match what {
                SocketAsk::Send(asked) => asked.err(),
                SocketAsk::Close(asked) => asked.err(),
            };
            failure.map(|failure| failed(name, &failure))
        }
        other => panic!("{other:?}"),
    }
}

/// The socket that something is asked of, what its answer names, and what it is; `None` for every other command.
fn asks(command: &Command) -> Option<(TaskId, AskId, SocketVerb)> {
    match &command.what {
        CommandKind::Ask { ask, what } => Some((command.task, *ask, what.verb())),
        CommandKind::Call(_)
        | CommandKind::Unreadable { .. }
        | CommandKind::Query(_)
        | CommandKind::Abort => None,
    }
}

/// Reads what is asked, and what its answer names.
fn asked(json: &str) -> (TaskId, AskId, SocketAsk) {
    match read(json) {
        Ok(Command {
            task,
            what: CommandKind::Ask { ask, what },
        }) => (task, ask, what),
        other => panic!("{json}: {other:?}"),
    }
}

fn message_of(json: &str) -> (TaskId, AskId, SocketMessage) {
    match asked(json) {
        (task, ask, SocketAsk::Send(Ok(message))) => (task, ask, message),
        other => panic!("{json}: {other:?}"),
    }
}

fn close_of(json: &str) -> (TaskId, AskId, Result<CloseFrame, Failure>) {
    match asked(json) {
        (task, ask, SocketAsk::Close(frame)) => (task, ask, frame),
        other => panic!("{json}: {other:?}"),
    }
}

fn ids() -> (TaskId, AskId) {
    let ids = (TaskId::new(4), AskId::new(7));
    (ids.0.expect("a task id"), ids.1.expect("an ask's id"))
}

#[test]
fn w2_a_message_is_a_text_or_an_attachment() {
    let message = |data: &str| {
        let (task, ask, message) = message_of(&sent(data));
        assert_eq!((task, ask), ids());
        message
    };
    let text = |text: &str| SocketMessage::Text(text.into());
    assert_eq!(
        message(r#"{"text":"你\u0000\ud800"}"#),
        text("你\0\u{fffd}")
    );
    assert_eq!(message(r#"{"text":""}"#), text(""));
    let bytes = SocketMessage::Binary(Bytes::from_static(b"b"));
    assert_eq!(message(r#"{"bytes":1}"#), bytes);
}

#[test]
fn w2_r7_a_message_of_any_other_type_is_the_apps_mistake() {
    for (data, found) in [
        ("null", "Null"),
        (r#"{"$type":"Undefined"}"#, "Undefined"),
        (r#"{"$type":"Object"}"#, "Object"),
        (r#"{"$type":"Uint8Array"}"#, "Uint8Array"),
    ] {
        let heard = complaint(read(&sent(data))).expect(data);
        assert_eq!(
            heard,
            format!(
                "SocketTask.send:fail parameter error: parameter.data should be String/ArrayBuffer instead of {found};"
            )
        );
    }
    let absent = complaint(read(r#"{"type":"send","task":4,"id":7}"#));
    assert!(
        absent
            .expect("a mistake")
            .ends_with("instead of Undefined;")
    );
}

#[test]
fn w3_j10_code_and_reason_of_a_close_may_be_absent() {
    let close = |rest: &str| {
        let (task, ask, frame) = close_of(&format!(
            r#"{{"type":"closeSocket","task":4,"id":7{rest}}}"#
        ));
        assert_eq!((task, ask), ids());
        frame
    };
    let frame = |code, reason: &str| {
        let reason = reason.to_owned();
        Ok(CloseFrame { code, reason })
    };
    assert_eq!(close(""), frame(1000, ""));
    assert_eq!(
        close(r#","code":null,"reason":{"$type":"Undefined"}"#),
        frame(1000, "")
    );
    assert_eq!(close(r#","code":4000,"reason":"x""#), frame(4000, "x"));
    assert_eq!(close(r#","code":4e3"#), frame(4000, ""));
}

#[test]
fn w3_a_code_or_reason_that_an_app_may_not_send_is_refused_while_it_is_read() {
    let close = |rest: &str| {
        let (.., frame) = close_of(&format!(
            r#"{{"type":"closeSocket","task":4,"id":7,{rest}}}"#
        ));
        frame
    };
    let invalid_code = Err(Failure::App(AppFault::InvalidCloseCode));
    assert_eq!(close(r#""code":4000.5,"reason":"x""#), invalid_code);
    assert_eq!(close(r#""code":1001"#), invalid_code);
    let reason = |bytes: usize| close(&format!(r#""reason":"{}""#, "x".repeat(bytes)));
    assert!(reason(123).is_ok());
    assert_eq!(reason(124), Err(Failure::App(AppFault::CloseReasonTooLong)));
}

#[test]
fn w3_r7_code_and_reason_of_wrong_types_are_named() {
    let wrong = r#"{"type":"closeSocket","task":4,"id":7,"code":{"$type":"BigInt"},"reason":[]}"#;
    insta::assert_snapshot!(
        complaint(read(wrong)).expect("two mistakes"),
        @"SocketTask.close:fail parameter error: parameter.code should be Number instead of BigInt; parameter.reason should be String instead of Array;"
    );
}

#[test]
fn w3_a_code_that_no_number_holds_is_a_wrong_type() {
    let wrong = r#"{"type":"closeSocket","task":4,"id":7,"code":1e999}"#;
    let heard = complaint(read(wrong)).expect("a mistake");
    assert!(heard.contains("parameter.code should be Number"), "{heard}");
}

#[test]
fn what_is_asked_of_a_socket_names_it() {
    let commands = [
        (
            r#"{"type":"send","task":4,"id":7,"data":{"text":""}}"#,
            SocketVerb::Send,
        ),
        (r#"{"type":"send","task":4,"id":7}"#, SocketVerb::Send),
        (
            r#"{"type":"closeSocket","task":4,"id":7}"#,
            SocketVerb::Close,
        ),
        (
            r#"{"type":"closeSocket","task":4,"id":7,"code":""}"#,
            SocketVerb::Close,
        ),
    ];
    for (json, verb) in commands {
        let command = read(json).expect(json);
        let (task, ask) = ids();
        assert_eq!(asks(&command), Some((task, ask, verb)), "{json}");
    }
    let other = read(r#"{"type":"abort","task":4}"#).expect("an abort");
    assert_eq!(asks(&other), None);
}

#[test]
fn what_is_malformed_says_where_and_what_would_be_right() {
    let messages = [
        r#"{"type":"send","task":4,"data":{"text":""}}"#,
        r#"{"type":"send","task":4,"id":0,"data":{"text":""}}"#,
        r#"{"type":"send","task":4,"id":9007199254740992,"data":{"text":""}}"#,
        r#"{"type":"send","id":7,"data":{"text":""}}"#,
        r#"{"type":"send","task":4,"id":7,"data":{"text":""},"code":1}"#,
        r#"{"type":"send","task":4,"id":7,"data":"a"}"#,
        r#"{"type":"send","task":4,"id":7,"data":{}}"#,
        r#"{"type":"send","task":4,"id":7,"data":{"json":{}}}"#,
        r#"{"type":"send","task":4,"id":7,"data":{"text":1}}"#,
        r#"{"type":"send","task":4,"id":7,"data":{"bytes":2}}"#,
        r#"{"type":"closeSocket","task":4,"id":"7"}"#,
        r#"{"type":"closeSocket","task":4,"id":7,"data":{"text":""}}"#,
    ];
    let answers = messages.map(|json| {
        let malformed = read(json).expect_err(json);
        let (task, _) = ids();
        assert_eq!(malformed.task, json.contains("task").then_some(task));
        malformed.to_string()
    });
    insta::assert_snapshot!(answers.join("\n"), @"
    id should be a whole number from 1 to 9007199254740991 instead of Undefined
    id should be a whole number from 1 to 9007199254740991 instead of 0
    id should be a whole number from 1 to 9007199254740991 instead of 9007199254740992
    task should be a whole number from 1 to 9007199254740991 instead of Undefined
    code should be one of type, task, id, data instead of another name
    data should be Object with one of text, bytes instead of String
    data should be Object with one of text, bytes instead of Object with 0 fields
    data.json should be one of text, bytes instead of another name
    data.text should be String instead of Number
    data.bytes should be an attachment's index (the message has 2) instead of 2
    id should be a whole number from 1 to 9007199254740991 instead of String
    data should be one of type, task, id, code, reason instead of another name
    ");
}

/// Codes that an app may send, and any number.
fn code() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(1000.0),
        (3000..=4999_i32).prop_map(f64::from),
        any::<i32>().prop_map(|eighths| f64::from(eighths) / 8.0),
    ]
}

proptest! {
    #[test]
    fn what_a_ui_layer_sends_is_what_is_read(
        text in any::<String>(),
        code in prop::option::of(code()),
        reason in prop::option::of(any::<String>()),
        id in 1..=TaskId::MAX,
    ) {
        let sent = json!({"type": "send", "task": 4, "id": id, "data": {"text": text}});
        let (_, ask, message) = message_of(&sent.to_string());
        prop_assert_eq!(ask.number(), id);
        prop_assert_eq!(message, SocketMessage::Text(text.into()));
        let sent = json!({"type": "closeSocket", "task": 4, "id": id, "code": code, "reason": reason});
        let (_, ask, frame) = close_of(&sent.to_string());
        prop_assert_eq!(ask.number(), id);
        prop_assert_eq!(frame, socket::close(code, reason));
    }
}

proptest! {
    /// The quick way reads what it reads as the thorough one does, which a blank at the start asks for.
    #[test]
    fn w2_a_text_is_the_same_however_its_command_is_written(text in any::<String>()) {
        let usual = sent(&json!({ "text": text }).to_string());
        let spaced = format!(" {usual}");
        prop_assert_eq!(message_of(&usual), message_of(&spaced));
    }
}
