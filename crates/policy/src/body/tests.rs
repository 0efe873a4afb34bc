use crate::failure::AppFault;
use proptest::prelude::*;

use super::*;

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const JSON: Option<&str> = Some("application/json");

fn json(text: &str) -> CallData {
    CallData::Json(RawValue::from_string(text.to_owned()).expect("the test has JSON"))
}

fn posted(data: CallData, content_type: Option<&str>) -> String {
    match place(data, Method::Post, content_type) {
        Ok(Placed::Body(body)) => String::from_utf8(body.to_vec()).expect("text"),
        other => panic!("{other:?}"),
    }
}

fn got(data: CallData) -> Placed {
    place(data, Method::Get, JSON).expect("data that can be placed")
}

#[test]
fn r5_a_string_and_bytes_go_out_as_they_are() {
    for content_type in [None, JSON, FORM] {
        assert_eq!(
            posted(CallData::Text("{a: 1}&é\r\n\0".to_owned()), content_type),
            "{a: 1}&é\r\n\0"
        );
        assert_eq!(posted(json(r#""a\u00e9\n\"""#), content_type), "aé\n\"");
        let bytes = Bytes::from_static(&[0, 0xff, 0xfe]);
        assert_eq!(
            place(CallData::Bytes(bytes.clone()), Method::Put, content_type),
            Ok(Placed::Body(bytes))
        );
    }
}

#[test]
fn r5_without_data_there_is_no_body() {
    for content_type in [None, JSON, FORM] {
        for data in [
            CallData::None,
            CallData::Text(String::new()),
            CallData::Bytes(Bytes::new()),
            json("null"),
        ] {
            assert_eq!(posted(data, content_type), "");
        }
    }
}

#[test]
fn r5_an_object_goes_out_as_its_json_text_verbatim() {
    let text = r#"{"b":1.0e1, "a":[{"x":null}],"é":"\u00e9","big":12345678901234567890}"#;
    for content_type in [
        None,
        JSON,
        Some("text/plain"),
        Some("multipart/form-data"),
        Some("x/application/x-www-form-urlencoded"),
    ] {
        assert_eq!(posted(json(text), content_type), text, "{content_type:?}");
    }
    for text in ["[1, 2]", "5", "-0.0", "true", "{}"] {
        assert_eq!(posted(json(text), JSON), text);
    }
}

#[test]
fn r5_an_object_is_a_form_if_the_content_type_says_so() {
    let table = [
        (
            r#"{"a":1,"b":"x y","c":true,"d":null,"e":-1.50}"#,
            "a=1&b=x%20y&c=true&d=null&e=-1.50",
        ),
        (r#"{"z":1,"a":2,"10":3}"#, "z=1&a=2&10=3"),
        (
            r#"{"a":{"b":[1, "x"]},"c":[]}"#,
            "a=%7B%22b%22%3A%5B1%2C%20%22x%22%5D%7D&c=%5B%5D",
        ),
        (r#"{"k&=":"v+%#/?\n"}"#, "k%26%3D=v%2B%25%23%2F%3F%0A"),
        (
            r#"{"unreserved":"AZaz09-_.!~*'()"}"#,
            "unreserved=AZaz09-_.!~*'()",
        ),
        (
            r#"{"中":"\u00e9\ud83d\ude00"}"#,
            "%E4%B8%AD=%C3%A9%F0%9F%98%80",
        ),
        (r#"{"":""}"#, "="),
        (r#"{"a":1,"b":2,"a":3}"#, "a=3&b=2"),
        (
            r#"{"__proto__":1,"$serde_json::private::RawValue":2}"#,
            "__proto__=1&%24serde_json%3A%3Aprivate%3A%3ARawValue=2",
        ),
        ("{}", ""),
        ("[]", ""),
        (r#"["a", {"b":1}]"#, "0=a&1=%7B%22b%22%3A1%7D"),
        ("5", "5"),
        ("true", "true"),
    ];
    for (object, form) in table {
        assert_eq!(posted(json(object), FORM), form, "{object}");
    }
    for content_type in [
        "APPLICATION/x-www-form-urlencoded",
        "application/x-www-form-urlencoded ; charset=utf-8",
        " application/x-www-form-urlencoded;",
    ] {
        assert_eq!(
            posted(json(r#"{"a":1}"#), Some(content_type)),
            "a=1",
            "{content_type:?}"
        );
    }
}

#[test]
fn r5_on_get_and_head_an_object_goes_into_the_query() {
    for method in [Method::Get, Method::Head, Method::Trace] {
        for content_type in [None, JSON, FORM] {
            let placed = place(json(r#"{"a":"x y","b":{"c":[1]}}"#), method, content_type);
            assert_eq!(
                placed,
                Ok(Placed::Query(
                    "a=x%20y&b=%7B%22c%22%3A%5B1%5D%7D".to_owned()
                ))
            );
        }
    }
}

#[test]
fn r5_j6_on_get_and_head_nothing_but_an_object_is_sent() {
    for method in [Method::Get, Method::Head] {
        for data in [
            CallData::None,
            json("{}"),
            json("[]"),
            json("null"),
            json("5"),
            json("\"a=b\""),
            CallData::Text(String::new()),
            CallData::Text("a=b".to_owned()),
            CallData::Bytes(Bytes::from_static(b"x")),
        ] {
            assert_eq!(place(data, method, JSON), Ok(Placed::Nowhere));
        }
    }
}

#[test]
fn r5_every_other_method_takes_a_body() {
    for method in [
        Method::Options,
        Method::Post,
        Method::Put,
        Method::Delete,
        Method::Patch,
    ] {
        let placed = place(json(r#"{"a":1}"#), method, JSON);
        assert_eq!(
            placed,
            Ok(Placed::Body(Bytes::from_static(br#"{"a":1}"#))),
            "{method:?}"
        );
    }
}

#[test]
fn r5_what_has_no_text_form_is_refused_whatever_the_method() {
    for method in Method::ALL {
        assert_eq!(
            place(CallData::Unserialisable, method, JSON),
            Err(Failure::App(AppFault::UnserialisableData))
        );
    }
    for object in [r#"{"a":"\ud800"}"#, r#"{"\udc00":1}"#] {
        assert_eq!(
            place(json(object), Method::Get, JSON),
            Err(Failure::App(AppFault::UnserialisableData))
        );
        assert_eq!(
            place(json(object), Method::Post, FORM),
            Err(Failure::App(AppFault::UnserialisableData))
        );
        assert_eq!(posted(json(object), JSON), object);
    }
    assert_eq!(
        place(json(r#""\ud800""#), Method::Post, JSON),
        Err(Failure::App(AppFault::UnserialisableData))
    );
}

#[test]
fn r5_depth_and_size_of_data_are_no_danger() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(posted(json(&deep), JSON), deep);
    assert!(matches!(got(json(&deep)), Placed::Query(query) if query.len() > 400_000));
    let wide = format!(
        "{{{}}}",
        (0..50_000)
            .map(|n| format!("\"k{n}\":{n}"))
            .collect::<Vec<_>>()
            .join(",")
    );
    assert!(posted(json(&wide), FORM).ends_with("&k49999=49999"));
}

/// `decodeURIComponent`.
fn decoded(component: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = component.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: Vec<u8> = rest.by_ref().take(2).collect();
            let digits = std::str::from_utf8(&digits).expect("hex digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("hex digits"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("encoded text is UTF-8")
}

proptest! {
    #[test]
    fn r5_a_form_decodes_to_the_pairs_it_was_made_of(pairs in proptest::collection::btree_map("\\PC{0,6}|[&=%+# ]{0,4}", any::<String>(), 1..6)) {
        let object = serde_json::to_string(&pairs).expect("strings are JSON");
        let form = posted(json(&object), FORM);
        prop_assert!(form.bytes().all(|b| b.is_ascii_graphic() && b != b'#' && b != b'?'));
        let read: Vec<_> = form.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (decoded(k), decoded(v))).collect();
        prop_assert_eq!(read, pairs.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn r5_no_json_makes_it_panic(text in "[\\[\\]{}\":,0-9a-fu\\\\ ]{0,24}") {
        if let Ok(raw) = RawValue::from_string(text) {
            for method in Method::ALL {
                let _ = place(CallData::Json(raw.clone()), method, FORM);
            }
        }
    }
}
