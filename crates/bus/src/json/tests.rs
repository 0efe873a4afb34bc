use proptest::prelude::*;
use serde_json::Value;

use super::*;

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

proptest! {
    #[test]
    fn a_name_and_a_text_of_an_app_are_read_as_they_were(text in "(.|[\"\\\\\u{0}-\u{20}]){0,80}") {
        let json = object(0, |it| it.entry(&text, &text));
        let value: Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(value.get(&text).and_then(Value::as_str), Some(text.as_str()));
    }
}

#[test]
fn an_address_is_written_as_the_standard_library_has_it() {
    for text in [
        "0.0.0.0",
        "203.0.113.7",
        "255.255.255.255",
        "::1",
        "2001:db8::7",
    ] {
        let json = object(0, |it| it.address("a", text.parse().unwrap()));
        assert_eq!(json, format!(r#"{{"a":"{text}"}}"#));
    }
}
