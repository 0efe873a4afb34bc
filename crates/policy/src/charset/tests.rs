use encoding_rs::{BIG5, EUC_KR, GB18030, GBK, SHIFT_JIS, UTF_8, WINDOWS_1251, WINDOWS_1252};
use proptest::prelude::*;

use super::*;

fn encoded(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    let (bytes, used, unmappable) = encoding.encode(text);
    assert!(
        !unmappable && used == encoding,
        "{text:?} in {}",
        encoding.name()
    );
    bytes.into_owned()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn p2_the_charset_of_the_content_type_is_taken() {
    for (label, encoding, text) in [
        ("gbk", GBK, "中文"),
        ("GB2312", GBK, "你好"),
        ("gb18030", GB18030, "㐀"),
        ("big5", BIG5, "謝謝"),
        ("shift_jis", SHIFT_JIS, "日本語"),
        ("ks_c_5601-1987", EUC_KR, "서울"),
        ("iso-8859-1", WINDOWS_1252, "é€"),
        ("cp1251", WINDOWS_1251, "да"),
        ("UTF8", UTF_8, "中文"),
    ] {
        for content_type in [
            format!("text/html;charset={label}"),
            format!("text/html; Charset=\"{label}\" ; x=y"),
            format!("application/json;x=\";charset=utf-16\";charset={label}"),
        ] {
            assert_eq!(
                decode(Some(&content_type), &encoded(encoding, text)),
                text,
                "{content_type}"
            );
        }
    }
    assert_eq!(
        decode(
            Some("text/plain;charset=utf-16le"),
            &utf16("中文", u16::to_le_bytes)
        ),
        "中文"
    );
    assert_eq!(
        decode(
            Some("text/plain;charset=utf-16be"),
            &utf16("中文", u16::to_be_bytes)
        ),
        "中文"
    );
}

#[test]
fn p2_a_byte_order_mark_wins_over_the_content_type() {
    for label in ["gbk", "utf-8", "utf-16be", "nonsense"] {
        let content_type = format!("text/html; charset={label}");
        assert_eq!(
            decode(Some(&content_type), "\u{feff}中文".as_bytes()),
            "中文"
        );
        assert_eq!(
            decode(
                Some(&content_type),
                &utf16("\u{feff}中文", u16::to_le_bytes)
            ),
            "中文"
        );
        assert_eq!(
            decode(
                Some(&content_type),
                &utf16("\u{feff}中文", u16::to_be_bytes)
            ),
            "中文"
        );
    }
}

#[test]
fn p3_exactly_one_byte_order_mark_is_removed() {
    for content_type in [
        None,
        Some("text/plain"),
        Some("text/plain;charset=utf-8"),
        Some("text/plain;charset=gbk"),
    ] {
        assert_eq!(decode(content_type, "\u{feff}x".as_bytes()), "x");
        assert_eq!(
            decode(content_type, "\u{feff}\u{feff}x".as_bytes()),
            "\u{feff}x"
        );
        assert_eq!(decode(content_type, "\u{feff}".as_bytes()), "");
        assert_eq!(
            decode(content_type, &utf16("\u{feff}\u{feff}x", u16::to_le_bytes)),
            "\u{feff}x"
        );
    }
    let gb18030 = Some("text/plain;charset=gb18030");
    assert_eq!(decode(gb18030, &encoded(GB18030, "\u{feff}㐀")), "㐀");
    assert_eq!(
        decode(gb18030, &encoded(GB18030, "\u{feff}\u{feff}㐀")),
        "\u{feff}㐀"
    );
    assert_eq!(decode(None, "x\u{feff}".as_bytes()), "x\u{feff}");
}

#[test]
fn p2_a_label_that_nobody_knows_is_as_none() {
    for content_type in [
        "text/plain;charset=nonsense",
        "text/plain;charset=",
        "text/plain;charset=\"\"",
        "text/plain;charset=utf-32",
        "text/plain;charset=hz-gb-2312",
        "text/plain;charset=iso-2022-kr",
        "text/plain",
        "charset=gbk",
        ";charset=gbk",
        "te xt/plain;charset=windows-1252",
        "text/pl(ai)n;charset=windows-1252",
        "/plain;charset=windows-1252",
        "text/;charset=windows-1252",
        "",
        "\u{0}",
    ] {
        assert_eq!(
            decode(Some(content_type), "中文é".as_bytes()),
            "中文é",
            "{content_type:?}"
        );
        assert_eq!(
            decode(Some(content_type), &encoded(GBK, "操作成功")),
            "操作成功",
            "{content_type:?}"
        );
    }
}

#[test]
fn p2_without_a_label_valid_utf8_is_utf8() {
    for text in ["", "ascii", "中文", "é", "\u{1b}$B", "\u{fffd}", "😀"] {
        assert_eq!(decode(None, text.as_bytes()), text);
    }
}

#[test]
fn p2_without_a_label_the_rest_is_guessed() {
    for (encoding, text) in [
        (GBK, "操作成功，请稍后再试"),
        (GBK, "{\"code\":0,\"msg\":\"用户不存在或已被删除\"}"),
        (BIG5, "操作成功，請稍後再試"),
        (SHIFT_JIS, "こんにちは、世界"),
        (EUC_KR, "안녕하세요, 세계"),
        (WINDOWS_1251, "Привет, мир"),
        (WINDOWS_1252, "déjà vu au café"),
    ] {
        assert_eq!(
            decode(None, &encoded(encoding, text)),
            text,
            "{}",
            encoding.name()
        );
    }
}

#[test]
fn p2_a_few_characters_without_a_label_are_guessed_as_chinese() {
    for text in [
        "你好",
        "您好",
        "{\"msg\":\"登录失败\"}",
        "价格：￥100",
        "广州",
    ] {
        assert_eq!(decode(None, &encoded(GBK, text)), text);
    }
    assert_eq!(
        decode(None, &encoded(WINDOWS_1252, "{\"name\":\"José\"}")),
        "{\"name\":\"José\"}"
    );
}

#[test]
fn p2_utf16_without_a_mark_or_a_label_is_recognised_by_its_zeros() {
    for text in [
        "{\"msg\":\"操作成功\"}",
        "<html><body>Привет</body></html>",
        "plain ascii",
        "{}",
        "中文, with a few words",
        "一、第一条：2024 年 1 月 1 日起",
        "\"很长的一段没有什么标点的文字\"\r\n\"另一段\"",
    ] {
        assert_eq!(decode(None, &utf16(text, u16::to_le_bytes)), text);
        assert_eq!(decode(None, &utf16(text, u16::to_be_bytes)), text);
        let unlabelled = Some("application/json");
        assert_eq!(decode(unlabelled, &utf16(text, u16::to_le_bytes)), text);
    }
    let mut long = utf16(&"\"名\":\"值\",\n".repeat(20_000), u16::to_le_bytes);
    long.extend(utf16("末", u16::to_le_bytes));
    assert!(decode(None, &long).ends_with("\"名\":\"值\",\n末"));
}

#[test]
fn p2_a_stray_zero_makes_no_utf16() {
    for text in [
        "{\"a\":1}\0",
        "a\0bc",
        "\0",
        "\0\0\0\0",
        "名\0名\0",
        "abc\0def\0ghi\0",
    ] {
        assert_eq!(decode(None, text.as_bytes()), text);
    }
    let of_c = [&encoded(GBK, "{\"msg\":\"操作失败，请重试\"}")[..], b"\0"].concat();
    assert_eq!(decode(None, &of_c), "{\"msg\":\"操作失败，请重试\"}\0");
}

#[test]
fn p2_the_guess_looks_at_a_bounded_part() {
    let mut body = encoded(GBK, &"操作成功，请稍后再试。".repeat(4_000));
    let start = body.len();
    body.extend(encoded(SHIFT_JIS, &"こんにちは、世界".repeat(100_000)));
    assert_eq!(guess::guess(&body), GBK);
    assert_eq!(guess::guess(&body[start..]), SHIFT_JIS);
    // Nothing but ASCII says nothing: it is looked at behind that.
    let mut late = vec![b' '; 100_000];
    late.extend(encoded(GBK, "操作成功，请稍后再试"));
    assert!(decode(None, &late).ends_with("操作成功，请稍后再试"));
}

#[test]
fn p2_a_character_cut_by_the_end_of_the_looked_at_part_changes_no_guess() {
    for (encoding, text) in [
        (GBK, "操作成功，请稍后再试"),
        (BIG5, "操作成功，請稍後再試"),
        (SHIFT_JIS, "こんにちは、世界"),
        (EUC_KR, "안녕하세요, 세계"),
    ] {
        for shift in 0..4 {
            let mut body = vec![b'x'; shift];
            while body.len() < 2 * guess::SAMPLE_BYTES {
                body.extend(encoded(encoding, text));
            }
            assert_eq!(guess::guess(&body), encoding, "{shift}");
        }
    }
    // Four characters, the last of them across the border.
    for padding in guess::SAMPLE_BYTES - 9..guess::SAMPLE_BYTES {
        let mut body = vec![b'x'; padding];
        body.extend(encoded(GBK, "登录失败"));
        body.extend([b'x'; 100]);
        assert!(decode(None, &body).contains("登录失败"), "{padding}");
    }
}

#[test]
fn i1_text_in_utf8_is_borrowed() {
    for content_type in [
        None,
        Some("text/plain;charset=utf-8"),
        Some("text/plain;charset=gbk"),
    ] {
        for body in [&b"\xef\xbb\xbfascii"[..], b"ascii"] {
            assert!(matches!(decode(content_type, body), Cow::Borrowed("ascii")));
        }
    }
    assert!(matches!(
        decode(None, "中文".as_bytes()),
        Cow::Borrowed("中文")
    ));
}

#[test]
fn p2_malformed_bytes_become_replacement_characters() {
    let utf8 = Some("text/plain;charset=utf-8");
    assert_eq!(decode(utf8, b"a\xffb"), "a\u{fffd}b");
    assert_eq!(decode(utf8, b"\xe4\xb8"), "\u{fffd}");
    assert_eq!(decode(utf8, b"\xef\xbb\xbfa\xff"), "a\u{fffd}");
    assert_eq!(
        decode(Some("text/plain;charset=gbk"), b"a\xd6"),
        "a\u{fffd}"
    );
    assert_eq!(
        decode(Some("text/plain;charset=utf-16le"), b"a\0b"),
        "a\u{fffd}"
    );
    assert_eq!(
        decode(Some("text/plain;charset=utf-16le"), b"\x00\xd8a\0"),
        "\u{fffd}a"
    );
}

proptest! {
    #[test]
    fn p2_no_body_and_no_content_type_make_it_fail(body in proptest::collection::vec(any::<u8>(), 0..64), content_type in proptest::option::of("\\PC{0,10}|[a-z]/[a-z];? ?[\";=,\\\\a-z]{0,20}(charset=)?\"?(gbk|utf-16|big5|x-user-defined)?\"?")) {
        let _ = decode(content_type.as_deref(), &body);
    }

    #[test]
    fn p3_of_any_text_in_utf8_only_one_mark_is_missing(text in "\u{feff}{0,3}\\PC{0,16}") {
        let rest = text.strip_prefix('\u{feff}').unwrap_or(&text);
        prop_assert_eq!(decode(None, text.as_bytes()), rest);
    }

    #[test]
    fn p2_any_text_in_its_declared_charset_comes_back(text in "[a-z一-龥あ-んа-я]{0,12}") {
        let bytes = encoded(GB18030, &text);
        prop_assert_eq!(decode(Some("text/plain;charset=gb18030"), &bytes), text);
    }
}

/// The cases of one of the web platform's files; `None`, said aloud, in a checkout without them.
fn suite(name: &str) -> Option<Vec<serde_json::Value>> {
    let file = format!(
        "{}/../../../shared/suites/http1/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: no {file}");
        return None;
    };
    let lines: Vec<serde_json::Value> = serde_json::from_str(&text).expect("the suite is JSON");
    Some(
        lines
            .into_iter()
            .filter(serde_json::Value::is_object)
            .collect(),
    )
}

fn assert_declares(content_type: &str, case: &serde_json::Value) {
    let name = declared(Some(content_type)).map(Encoding::name);
    assert_eq!(name, case["encoding"].as_str(), "{content_type:?}");
}

#[test]
fn p2_a_content_type_is_read_as_the_web_platform_tests_have_it() {
    let Some(cases) = suite("mime-types.json") else {
        return;
    };
    assert!(cases.len() > 50, "only {} cases", cases.len());
    for case in &cases {
        assert_declares(case["input"].as_str().expect("a case has an input"), case);
    }
}

#[test]
fn p2_several_content_types_are_read_as_the_web_platform_tests_have_it() {
    let Some(cases) = suite("content-types.json") else {
        return;
    };
    assert!(cases.len() > 15, "only {} cases", cases.len());
    for case in &cases {
        let fields = case["contentType"].as_array().expect("a case has fields");
        let fields: Vec<&str> = fields
            .iter()
            .filter_map(serde_json::Value::as_str)
            .collect();
        assert_declares(&fields.join(","), case);
    }
}

#[test]
fn p2_commas_outside_of_quotes_separate_types_and_a_charset_is_inherited_by_the_same_type_only() {
    for (value, charset) in [
        ("text/html;charset=gbk, text/html", Some("gbk")),
        ("text/html;charset=gbk, TEXT/HTML;x=y", Some("gbk")),
        (
            "text/html;charset=gbk, text/html;charset=big5",
            Some("big5"),
        ),
        (
            r#"text/html;charset="gbk", text/html;charset=big5"#,
            Some("big5"),
        ),
        (
            r#"text/html;charset="big5", text/html;charset=gbk"#,
            Some("gbk"),
        ),
        ("text/html;charset=gbk, text/plain", None),
        ("text/html;charset=gbk, */*", Some("gbk")),
        ("text/html;charset=gbk, text", Some("gbk")),
        (
            "text/html;charset=gbk, text/html;charset=\"中\"",
            Some("gbk"),
        ),
        (
            r#"text/html;x=",text/plain;charset=big5";charset=gbk"#,
            Some("gbk"),
        ),
        (r#"text/html;x="\",text/plain";charset=gbk"#, Some("gbk")),
        (r#"text/html;x="\\",text/plain;charset=big5"#, Some("big5")),
    ] {
        assert_eq!(content_type::charset(value).as_deref(), charset, "{value}");
    }
}

#[test]
fn p2_zeros_in_what_could_be_utf8_must_be_many_also_where_a_character_is_cut() {
    let cut = |last: u8| {
        let mut start = "é".repeat(40).into_bytes();
        start.extend(b"a\0".repeat(10));
        start.push(last);
        utf16::recognise(&start)
    };
    assert_eq!(cut(b'x'), None);
    assert_eq!(cut(0xe4), None, "the first byte of a character");
    assert_eq!(cut(0xff), Some(encoding_rs::UTF_16LE), "no UTF-8");
}

#[test]
fn p2_two_characters_of_ascii_at_the_start_say_utf16_and_later_ones_by_their_share() {
    let recognise = |units: &[[u8; 2]]| utf16::recognise(&units.concat());
    let hanzi = [b'-', b'N']; // also two characters of ASCII
    let start = |first: [u8; 2]| [&[first, first][..], &[hanzi; 200]].concat();
    assert_eq!(recognise(&start([b'a', 0])), Some(encoding_rs::UTF_16LE));
    assert_eq!(recognise(&start([0, b'a'])), Some(encoding_rs::UTF_16BE));
    let mixed = |le: usize, be: usize| {
        let zeros = [vec![[b'a', 0]; le], vec![[0, b'a']; be]].concat();
        recognise(&[vec![[0xff, 0xfe]; 40], zeros].concat())
    };
    assert_eq!(mixed(6, 3), None);
    assert_eq!(mixed(7, 3), Some(encoding_rs::UTF_16LE));
    assert_eq!(mixed(3, 7), Some(encoding_rs::UTF_16BE));
}

#[test]
fn p2_a_guess_looks_behind_the_ascii_that_a_body_begins_with() {
    // Not GBK, which nothing but ASCII is taken for.
    let text = encoded(SHIFT_JIS, &"こんにちは、世界".repeat(20));
    for ascii in [0, 10] {
        let ascii = vec![b'a'; guess::SAMPLE_BYTES + ascii];
        assert_eq!(guess::guess(&[&ascii[..], &text].concat()), SHIFT_JIS);
    }
}

#[test]
fn p2_a_body_of_the_length_of_a_sample_is_looked_at_whole() {
    let mut body = vec![b'a'; guess::SAMPLE_BYTES];
    body[guess::SAMPLE_BYTES - 10..].fill(0xc4);
    assert_eq!(guess::sample(&body, 0), body);
    body.push(0xc4);
    let cut = guess::SAMPLE_BYTES - 10;
    assert_eq!(guess::sample(&body, 0), &body[..cut]);
}

#[test]
fn p2_a_few_letters_of_the_west_are_not_taken_for_hanzi() {
    for text in ["café", "Müller, Köln"] {
        assert_eq!(decode(None, &encoded(WINDOWS_1252, text)), text);
    }
}
