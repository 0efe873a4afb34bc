//! Any text is read without a panic, and what comes of it can be told.

use appnet_core::SocketAsk;
use bytes::Bytes;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::Value;

use crate::{CommandKind, Message, command, event, samples};

/// Messages to make mistakes in.
const MESSAGES: [&str; 12] = [
    r#"{"type":"abort","task":9007199254740991}"#,
    r#"{"type":"call","task":6,"api":"connectSocket","options":{"url":"wss://a.com","protocols":["a","\u0062"],"tcpNoDelay":true}}"#,
    r#"{"type":"send","task":7,"id":9007199254740991,"data":{"text":"小\ud83d"}}"#,
    r#"{"type":"send","task":7,"id":1,"data":{"bytes":0}}"#,
    r#"{"type":"closeSocket","task":7,"id":2,"code":4999.5,"reason":"\u0000"}"#,
    r#"{"type":"call","task":1,"api":"request","options":{"url":"https://a.com/小?a=\ud83d\ude00"}}"#,
    r#"{"type":"call","task":2,"api":"request","options":{"url":"","data":{"json":{"a":[1,2.5e3,null,"\u0000"]}},"timeout":1}}"#,
    r#"{"type":"call","task":3,"api":"request","options":{"url":"","data":{"bytes":0},"header":{"a":"b","c":1,"d":{"$type":"Symbol"}}}}"#,
    r#"{"type":"call","task":4,"api":"request","options":{"url":{"$type":"Function"},"enableHttp2":true,"enableCache":"x"}}"#,
    r#"{"type":"call","task":5,"api":"request","options":{"url":"\udc00","data":{"text":"\"\\"},"method":"pOST","redirect":"manual"}}"#,
    r#"{"type":"call","task":6,"api":"uploadFile","options":{"url":"","filePath":"wxfile://usr/a/\u0000","name":"\"","formData":{"a":1,"b":[{}],"c":null}}}"#,
    r#"{"type":"call","task":7,"api":"downloadFile","options":{"url":"","filePath":"wxfile://tmp_","timeout":1e999,"enableQuic":true}}"#,
];

/// Pieces of JSON and of messages, right and wrong.
const PIECES: [&str; 52] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    " ",
    "\n",
    "\u{0}",
    "\u{feff}",
    "null",
    "true",
    "0",
    "-",
    "1e999",
    "9007199254740992",
    "\"type\"",
    "\"call\"",
    "\"abort\"",
    "\"send\"",
    "\"closeSocket\"",
    "\"id\":1",
    "\"code\":",
    "\"reason\":",
    "\"protocols\":[",
    "\"task\":1",
    "\"api\":\"request\"",
    "\"api\":\"uploadFile\"",
    "\"api\":\"downloadFile\"",
    "\"options\":{",
    "\"filePath\":\"\"",
    "\"name\":\"\"",
    "\"formData\":{",
    "\"enableChunked\":true",
    "\"url\":\"\"",
    "\"header\":{",
    "\"data\":{",
    "\"json\":",
    "\"bytes\":",
    "\"text\":",
    "\"unserialisable\":true",
    "\"timeout\":",
    "\"method\":",
    "\"dataType\":",
    "\"enableQuic\":",
    "{\"$type\":\"Undefined\"}",
    "\"$type\":",
    "\\ud800",
    "\\u00",
    "小",
];

#[derive(Debug, Clone)]
enum Edit {
    Remove,
    Insert(&'static str),
    CutOff,
    Repeat(usize),
}

fn edit() -> impl Strategy<Value = (Index, Edit)> {
    let edit = prop_oneof![
        3 => Just(Edit::Remove),
        4 => select(&PIECES[..]).prop_map(Edit::Insert),
        1 => Just(Edit::CutOff),
        1 => (1_usize..40).prop_map(Edit::Repeat),
    ];
    (any::<Index>(), edit)
}

fn edited(message: &str, edits: &[(Index, Edit)]) -> String {
    let mut text: Vec<char> = message.chars().collect();
    for (place, edit) in edits {
        if text.is_empty() {
            break;
        }
        let place = place.index(text.len());
        match edit {
            Edit::Remove => {
                text.remove(place);
            }
            Edit::Insert(piece) => {
                text.splice(place..place, piece.chars());
            }
            Edit::CutOff => text.truncate(place),
            Edit::Repeat(count) => {
                let end = text.len().min(place + count);
                text.extend_from_within(place..end);
            }
        }
    }
    text.into_iter().collect()
}

/// Reads it, and sees that whatever comes of it can be told: in JSON, and shortly where it is the UI layer's mistake.
fn is_answered(json: String) {
    let message = Message {
        json,
        attachments: vec![Bytes::new()],
    };
    match command::read(&message).map(|command| command.what) {
        Ok(
            CommandKind::Call(_)
            | CommandKind::Query(_)
            | CommandKind::Abort
            | CommandKind::Ask {
                what: SocketAsk::Send(Ok(_)) | SocketAsk::Close(Ok(_)),
                ..
            },
        ) => {}
        Ok(CommandKind::Ask {
            what: SocketAsk::Send(Err(failure)) | SocketAsk::Close(Err(failure)),
            ..
        }) => {
            let answer = event::write(&samples::fail(failure)).json;
            parsed(&answer);
        }
        Ok(CommandKind::Unreadable { refusal, .. }) => {
            let answer = event::write(&samples::fail(refusal.failure)).json;
            parsed(&answer);
        }
        Err(malformed) => {
            let answer = event::write_error(&malformed).json;
            assert!(answer.len() < 4096, "{answer}");
            let task = malformed.task.map(|task| task.number());
            assert_eq!(parsed(&answer).get("task").and_then(Value::as_u64), task);
        }
    }
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect(json)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_text_is_answered(json in any::<String>()) {
        is_answered(json);
    }

    #[test]
    fn any_pieces_of_messages_are_answered(pieces in vec(select(&PIECES[..]), 0..40)) {
        is_answered(pieces.concat());
    }

    #[test]
    fn a_message_with_mistakes_is_answered(message in select(&MESSAGES[..]), edits in vec(edit(), 1..8)) {
        is_answered(edited(message, &edits));
    }
}
