use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn written(text: &str) -> String {
    let mut out = String::new();
    write_text(&mut out, text);
    out
}

#[test]
fn an_object_has_its_fields_in_order() {
    let json = object(0, |it| {
        it.text("a", "\"x\"");
        it.number("b", u64::MAX);
        it.object("c", |it| it.boolean("d", true));
        it.object("e", |_| {});
        it.texts("f", ["1", "2"]);
        it.entry("g\n", "h");
    });
    assert_eq!(
        json,
        r#"{"a":"\"x\"","b":18446744073709551615,"c":{"d":true},"e":{},"f":["1","2"],"g\n":"h"}"#
    );
}

#[test]
fn every_ascii_character_is_written_as_serde_json_writes_it() {
    for byte in 0..128_u8 {
        let text = char::from(byte).to_string();
        assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
    }
}

proptest! {
    #[test]
    fn a_text_is_written_as_serde_json_writes_it(text in "(.|[\"\\\\\u{0}-\u{20}]){0,80}") {
        prop_assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
        let json = object(0, |it| it.entry(&text, &text));
        let value: Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(value.get(&text).and_then(Value::as_str), Some(text.as_str()));
    }
}
