use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{files::FileName, testing::headers};

const JSON: Reading = Reading {
    data_type: DataType::Json,
    response_type: ResponseType::Text,
};
const OTHER: Reading = Reading {
    data_type: DataType::Other,
    response_type: ResponseType::Text,
};
const BUFFER: Reading = Reading {
    data_type: DataType::Json,
    response_type: ResponseType::ArrayBuffer,
};

fn head(fields: &[(&str, &str)]) -> ResponseHead {
    ResponseHead {
        status: 200,
        version: HttpVersion::Http1,
        headers: headers(fields),
    }
}

/// What an app gets, to compare.
#[derive(Debug, PartialEq)]
enum Got {
    Json(String),
    Text(String),
    Bytes(Bytes),
}

fn answer(fields: &[(&str, &str)], body: impl Into<Bytes>, reading: Reading) -> Answer {
    Answer {
        head: head(fields).into(),
        body: ReceivedBody::Whole(body.into(), reading),
    }
}

fn got(answer: &Answer) -> Got {
    match answer.data() {
        Data::Json(json) => Got::Json(json.get().to_owned()),
        Data::Text(text) => Got::Text(text.into_owned()),
        Data::Bytes(bytes) => Got::Bytes(bytes.clone()),
        other @ (Data::Chunked | Data::File(_)) => panic!("{other:?}"),
    }
}

fn data(body: impl Into<Bytes>, reading: Reading) -> Got {
    got(&answer(&[], body, reading))
}

fn joined(fields: &[(&str, &str)], version: HttpVersion) -> Vec<(String, String)> {
    let headers = headers(fields);
    let joined = joined_headers(&headers, version).into_iter();
    joined
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn p4_json_that_parses_is_json_verbatim_without_the_white_space_around_it() {
    for text in [
        "{\"a\": 1.0}",
        " \t\r\n[1]\n",
        "null",
        "true",
        "-0",
        "1e999",
        "\"\\ud800\"",
        "\"\u{2028}\"",
        "{\"a\":1,\"a\":2}",
        "\"\u{7f}é\"",
    ] {
        let value = text.trim_matches([' ', '\t', '\r', '\n']);
        assert_eq!(data(text, JSON), Got::Json(value.to_owned()), "{text:?}");
    }
}

#[test]
fn p4_json_that_does_not_parse_is_text() {
    for text in [
        "",
        " ",
        "{",
        "{a:1}",
        "{'a':1}",
        "[1,]",
        "01",
        "+1",
        "1.",
        ".5",
        "1e",
        "NaN",
        "undefined",
        "<html>",
        "\"a\nb\"",
        "\"\\x41\"",
        "1 2",
        "{}x",
        "nul",
        "\u{a0}1",
        "tru\0e",
        "\"\\u12g4\"",
    ] {
        assert_eq!(data(text, JSON), Got::Text(text.to_owned()), "{text:?}");
    }
}

#[test]
fn p3_p4_json_is_looked_for_behind_one_byte_order_mark() {
    assert_eq!(data("\u{feff}{}", JSON), Got::Json("{}".to_owned()));
    assert_eq!(
        data("\u{feff}\u{feff}{}", JSON),
        Got::Text("\u{feff}{}".to_owned())
    );
}

#[test]
fn p4_json_of_any_depth_crashes_nothing() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(data(deep.clone(), JSON), Got::Json(deep.clone()));
    let open = "[{\"a\":".repeat(500_000);
    assert_eq!(data(open.clone(), JSON), Got::Text(open));
}

#[test]
fn p4_another_data_type_is_text() {
    assert_eq!(data("{}", OTHER), Got::Text("{}".to_owned()));
    assert_eq!(data("\u{feff}{}", OTHER), Got::Text("{}".to_owned()));
}

#[test]
fn p3_p4_an_array_buffer_is_the_bytes_untouched() {
    for bytes in [&b""[..], b"\xef\xbb\xbf{}", b"\xff\xfe\0\xd8", b"{}"] {
        assert_eq!(
            data(Bytes::copy_from_slice(bytes), BUFFER),
            Got::Bytes(Bytes::copy_from_slice(bytes))
        );
    }
}

#[test]
fn i1_a_body_in_utf8_is_borrowed_and_not_copied() {
    let bytes = Bytes::from_static(b"\xef\xbb\xbf {\"a\":[1]} ");
    let lies_in_it = |text: &str| bytes.as_ptr_range().contains(&text.as_ptr());
    for fields in [&[][..], &[("content-type", "text/plain; charset=utf-8")]] {
        match answer(fields, bytes.clone(), JSON).data() {
            Data::Json(Cow::Borrowed(json)) => assert!(lies_in_it(json.get())),
            other => panic!("{other:?}"),
        }
        match answer(fields, bytes.clone(), OTHER).data() {
            Data::Text(Cow::Borrowed(text)) => assert!(lies_in_it(text)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn p4_json_in_another_charset_is_json_too() {
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    assert_eq!(
        data(utf16(" {\"a\":\"中\"}"), JSON),
        Got::Json("{\"a\":\"中\"}".to_owned())
    );
    assert_eq!(
        data(utf16("{\"a\":\"中"), JSON),
        Got::Text("{\"a\":\"中".to_owned())
    );
}

#[test]
fn a_body_that_is_elsewhere_is_no_data() {
    let elsewhere = |body| Answer {
        head: head(&[]).into(),
        body,
    };
    assert!(matches!(
        elsewhere(ReceivedBody::Chunked).data(),
        Data::Chunked
    ));
    let name = FileName::Temporary("tmp_1".to_owned());
    match elsewhere(ReceivedBody::File(name.clone())).data() {
        Data::File(file) => assert_eq!(file, &name),
        other => panic!("{other:?}"),
    }
}

#[test]
fn p2_the_charset_is_that_of_the_content_type_that_counts() {
    let body = Bytes::from_static(b"\xc4\xe3\xba\xc3");
    for fields in [
        &[("Content-Type", "text/html; charset=gbk")][..],
        &[
            ("content-type", "text/html;charset=big5"),
            ("X", "y"),
            ("Content-Type", "text/plain;charset=gbk"),
        ],
        &[
            ("content-type", "text/html;charset=gbk"),
            ("content-type", "text/html"),
        ],
    ] {
        let answer = answer(fields, body.clone(), JSON);
        assert_eq!(got(&answer), Got::Text("你好".to_owned()), "{fields:?}");
    }
    // The same bytes, where a guess could be right for one of the two.
    for (label, text) in [("gbk", "いい"), ("big5", "中中")] {
        let content_type = format!("text/html;charset={label}");
        let fields = [("Content-Type", content_type.as_str())];
        let answer = answer(&fields, &b"\xa4\xa4\xa4\xa4"[..], JSON);
        assert_eq!(got(&answer), Got::Text(text.to_owned()), "{label}");
    }
}

#[test]
fn p5_names_are_in_title_case_over_http1_and_in_lower_case_over_http2() {
    let fields = [
        ("content-TYPE", "a"),
        ("ETAG", "b"),
        ("x", "c"),
        ("X-My--Id-", "d"),
        ("x_y.z", "e"),
        ("-a", "f"),
        ("É-é", "g"),
    ];
    let title = [
        ("Content-Type", "a"),
        ("Etag", "b"),
        ("X", "c"),
        ("X-My--Id-", "d"),
        ("X_y.z", "e"),
        ("-A", "f"),
        ("É-é", "g"),
    ];
    let lower = [
        ("content-type", "a"),
        ("etag", "b"),
        ("x", "c"),
        ("x-my--id-", "d"),
        ("x_y.z", "e"),
        ("-a", "f"),
        ("É-é", "g"),
    ];
    assert_eq!(joined(&fields, HttpVersion::Http1), owned(&title));
    assert_eq!(joined(&fields, HttpVersion::Http2), owned(&lower));
}

#[test]
fn p5_j8_repeated_headers_are_joined_in_the_place_of_the_first() {
    let fields = [
        ("Set-Cookie", "a=1; Path=/"),
        ("X-A", ""),
        ("set-cookie", "b=2, c"),
        ("X-B", " y "),
        ("x-a", "z"),
        ("SET-COOKIE", ""),
    ];
    let expected = [
        ("Set-Cookie", "a=1; Path=/,b=2, c,"),
        ("X-A", ",z"),
        ("X-B", " y "),
    ];
    assert_eq!(joined(&fields, HttpVersion::Http1), owned(&expected));
    let names: Vec<String> = (0..40).map(|number| format!("X-{number}")).collect();
    let one = |value| names.iter().map(move |name| (name.as_str(), value));
    let twice: Vec<_> = one("a").chain(one("b")).collect();
    let expected: Vec<_> = one("a,b").collect();
    assert_eq!(joined(&twice, HttpVersion::Http1), owned(&expected));
    assert!(joined(&[], HttpVersion::Http2).is_empty());
}

#[test]
fn p5_there_is_a_cookie_for_each_set_cookie_unchanged() {
    let fields = headers(&[
        (
            "Set-Cookie",
            "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly",
        ),
        ("Cookie", "x=y"),
        ("set-cookie", " b=\"2\""),
        ("SET-COOKIE", ""),
        ("Set-Cookie2", "z"),
    ]);
    assert_eq!(
        cookies(&fields),
        [
            "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly",
            " b=\"2\"",
            ""
        ]
    );
    assert!(cookies(&[]).is_empty());
}

proptest! {
    #[test]
    fn p5_a_name_that_is_left_as_it_is_would_have_been_made_so(name in "[a-cA-C-]{0,8}") {
        for version in [HttpVersion::Http1, HttpVersion::Http2] {
            let made = match version {
                HttpVersion::Http1 => title_case(&name),
                HttpVersion::Http2 | HttpVersion::Http3 => name.to_ascii_lowercase(),
            };
            prop_assert_eq!(matches!(name_for(&name, version), Cow::Borrowed(_)), made == name);
            prop_assert_eq!(name_for(&name, version), made);
        }
    }
}
