use proptest::prelude::*;

use super::*;

fn written(text: &str) -> String {
    let mut out = String::new();
    write(&mut out, text);
    out
}

fn serde_written(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// As serde_json reads it, if it has no `\u`.
fn serde_unescaped(quoted: &str) -> Option<String> {
    let text = serde_json::from_str(&format!("\"{quoted}\"")).ok()?;
    Some(text).filter(|_| !quoted.replace(r"\\", "").contains(r"\u"))
}

#[test]
fn every_ascii_character_is_written_as_serde_json_writes_it_wherever_it_stands() {
    for byte in 0..128_u8 {
        for before in 0..40 {
            let text = format!("{}{}x", "a".repeat(before), char::from(byte));
            assert_eq!(written(&text), serde_written(&text));
        }
    }
}

#[test]
fn every_escape_of_one_letter_is_read_as_serde_json_reads_it_wherever_it_stands() {
    for byte in 0..128_u8 {
        for before in 0..20 {
            let quoted = format!("{}\\{}x", "a".repeat(before), char::from(byte));
            assert_eq!(unescape(&quoted), serde_unescaped(&quoted), "{quoted:?}");
        }
    }
}

#[test]
fn every_byte_that_no_string_has_is_refused_wherever_it_stands() {
    for byte in (0..0x20).chain([b'"']) {
        for before in 0..20 {
            let quoted = format!("{}{}x", "a".repeat(before), char::from(byte));
            assert_eq!(unescape(&quoted), None, "{quoted:?}");
        }
    }
    assert_eq!(unescape("a\\"), None);
    assert_eq!(unescape("aaaaaaa\\"), None);
}

#[test]
fn a_long_text_of_nothing_but_escapes_is_written_and_read_whole() {
    for length in [255, 256, 257, 1000] {
        for special in ["\"", "\n", "\u{1}", "小\"\"\"\"\"", "  \\"] {
            let text = special.repeat(length);
            let quoted = written(&text);
            assert_eq!(quoted, serde_written(&text));
            let inside = &quoted[1..quoted.len() - 1];
            let expected = (special != "\u{1}").then_some(text);
            assert_eq!(unescape(inside), expected);
        }
    }
}

proptest! {
    #[test]
    fn a_text_is_written_as_serde_json_writes_it_and_read_as_it_was(text in "(.|[\"\\\\\n小\u{0}-\u{20}]){0,80}") {
        let quoted = written(&text);
        prop_assert_eq!(&quoted, &serde_written(&text));
        let inside = &quoted[1..quoted.len() - 1];
        if !inside.contains(r"\u") {
            prop_assert_eq!(unescape(inside), Some(text));
        }
    }

    #[test]
    fn what_is_between_quotes_is_read_as_serde_json_reads_it(quoted in "([ a-z小]|[\"/\\\\bfnrt\u{1f}]|(\\\\[\"/\\\\bfnrtu])){0,40}") {
        prop_assert_eq!(unescape(&quoted), serde_unescaped(&quoted));
    }
}
