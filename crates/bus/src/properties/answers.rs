//! What comes from a server is what the app gets.

use appnet_policy::{
    exchange::{Answer, Data, Header, HttpVersion, ResponseHead},
    files::FileName,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::value::RawValue;

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
    let data = prop_oneof![
        any::<String>().prop_map(Data::Text),
        any::<String>().prop_map(Data::Json),
        json_text().prop_map(Data::Json),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Data::Bytes(bytes.into())),
        Just(Data::Chunked),
        any::<String>().prop_map(|name| Data::File(FileName::Temporary(name))),
        vec(any::<String>(), 1..4).prop_map(|parts| Data::File(FileName::User(parts))),
    ];
    (head, data).prop_map(|(head, data)| Answer { head, data })
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
        let event = samples::success(answer.head.clone(), answer.data.clone());
        let Message { json, attachments } = event::write(&event);
        prop_assert_eq!(at(&json, &["result", "statusCode"]), answer.head.status.to_string());
        match &answer.data {
            Data::Json(text) if serde_json::from_str::<&RawValue>(text).is_ok() => {
                let json_space = [' ', '\t', '\r', '\n'];
                prop_assert_eq!(at(&json, &["result", "data", "json"]), text.trim_matches(json_space));
            }
            Data::Json(text) | Data::Text(text) => {
                prop_assert_eq!(at(&json, &["result", "data", "text"]), quoted(text));
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
