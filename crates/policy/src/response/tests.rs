use super::*;
use crate::testing::headers;

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

fn data(body: impl Into<Bytes>, reading: Reading) -> Data {
    read(head(&[]), body.into(), reading).data
}

fn joined(fields: &[(&str, &str)], version: HttpVersion) -> Vec<(String, String)> {
    joined_headers(&headers(fields), version)
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn p4_json_that_parses_is_json_verbatim() {
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
        assert_eq!(data(text, JSON), Data::Json(text.to_owned()), "{text:?}");
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
        assert_eq!(data(text, JSON), Data::Text(text.to_owned()), "{text:?}");
    }
}

#[test]
fn p3_p4_json_is_looked_for_behind_one_byte_order_mark() {
    assert_eq!(data("\u{feff}{}", JSON), Data::Json("{}".to_owned()));
    assert_eq!(
        data("\u{feff}\u{feff}{}", JSON),
        Data::Text("\u{feff}{}".to_owned())
    );
}

#[test]
fn p4_json_of_any_depth_crashes_nothing() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(data(deep.clone(), JSON), Data::Json(deep.clone()));
    let open = "[{\"a\":".repeat(500_000);
    assert_eq!(data(open.clone(), JSON), Data::Text(open));
}

#[test]
fn p4_another_data_type_is_text() {
    assert_eq!(data("{}", OTHER), Data::Text("{}".to_owned()));
    assert_eq!(data("\u{feff}{}", OTHER), Data::Text("{}".to_owned()));
}

#[test]
fn p3_p4_an_array_buffer_is_the_bytes_untouched() {
    for bytes in [&b""[..], b"\xef\xbb\xbf{}", b"\xff\xfe\0\xd8", b"{}"] {
        assert_eq!(
            data(Bytes::copy_from_slice(bytes), BUFFER),
            Data::Bytes(Bytes::copy_from_slice(bytes))
        );
    }
}

#[test]
fn p1_the_head_is_passed_on_whatever_the_status() {
    for status in [200, 204, 304, 404, 500, 999] {
        let head = ResponseHead {
            status,
            ..head(&[("x", "y")])
        };
        assert_eq!(read(head.clone(), Bytes::new(), JSON).head, head);
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
        let answer = read(head(fields), body.clone(), JSON);
        assert_eq!(answer.data, Data::Text("你好".to_owned()), "{fields:?}");
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
