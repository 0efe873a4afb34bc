//! What comes from a server is what the app gets.

use appnet_policy::{
    exchange::{Answer, Data, Header, HttpVersion, ReceivedBody, ResponseHead},
    files::FileName,
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{json_text, quoted};
use crate::{Message, event, fields::Fields, samples};

fn answer() -> impl Strategy<Value = Answer> {
    let version = select(vec![HttpVersion::Http1, HttpVersion::Http2]);
    let field = (any::<String>(), any::<String>()).prop_map(|(name, value)| Header { name, value });
    let head = (any::<u16>(), version, vec(field, 0..6)).prop_map(|(status, version, headers)| {
        ResponseHead {
            status,
            version,
            headers,
        }
    });
    let reading = select(vec![samples::JSON, samples::TEXT, samples::BYTES]);
    let bytes = prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        json_text().prop_map(String::into_bytes),
        vec(any::<u8>(), 0..20),
    ];
    let body = prop_oneof![
        4 => (bytes, reading).prop_map(|(bytes, reading)| ReceivedBody::Whole(bytes.into(), reading)),
        1 => Just(ReceivedBody::Chunked),
        1 => any::<String>().prop_map(|name| ReceivedBody::File(FileName::Temporary(name))),
        1 => vec(any::<String>(), 1..4).prop_map(|parts| ReceivedBody::File(FileName::User(parts))),
    ];
    (head, body).prop_map(|(head, body)| Answer {
        head: head.into(),
        body,
    })
}

/// The JSON text at a path. Not by way of `Value`, which has no half surrogate pairs and no 1e999.
fn at<'a>(json: &'a str, path: &[&str]) -> &'a str {
    path.iter().fold(json, |json, name| {
        let fields = Fields::read(json).expect(json);
        fields.get(name).expect(name).get()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_success_is_json_with_all_that_came(answer in answer()) {
        let event = samples::success(ResponseHead::clone(&answer.head), answer.body.clone());
        let Message { json, attachments } = event::write(&event);
        prop_assert_eq!(at(&json, &["result", "statusCode"]), answer.head.status.to_string());
        match answer.data() {
            Data::Json(value) => {
                prop_assert_eq!(at(&json, &["result", "data", "json"]), value.get());
            }
            Data::Text(text) => {
                prop_assert_eq!(at(&json, &["result", "data", "text"]), quoted(&text));
            }
            Data::Bytes(bytes) => {
                prop_assert_eq!(at(&json, &["result", "data", "bytes"]), "0");
                prop_assert_eq!(attachments.as_slice(), std::slice::from_ref(bytes));
            }
            Data::Chunked => prop_assert_eq!(at(&json, &["result", "data", "text"]), r#""""#),
            Data::File(name @ FileName::Temporary(_)) => {
                prop_assert_eq!(at(&json, &["result", "tempFilePath"]), quoted(&name.to_string()));
            }
            Data::File(name @ FileName::User(_)) => {
                prop_assert_eq!(at(&json, &["result", "filePath"]), quoted(&name.to_string()));
            }
        }
    }
}
