use serde_json::value::RawValue;

use super::{Fields, shortened, type_name};

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).expect(json)
}

#[test]
fn of_a_repeated_name_the_last_value_counts_in_the_place_of_the_first() {
    let fields = Fields::read(r#"{"a":1,"b":2,"\u0061":3}"#).expect("an object");
    assert_eq!(fields.get("a").map(RawValue::get), Some("3"));
    let distinct: Vec<_> = fields
        .distinct()
        .into_iter()
        .map(|(name, value)| (name, value.get()))
        .collect();
    assert_eq!(distinct, [("a", "3"), ("b", "2")]);
}

#[test]
fn only_an_object_has_fields() {
    for json in ["", "1", "[]", "null", r#""{}""#, "{", "{}{}"] {
        assert!(Fields::read(json).is_none(), "{json}");
    }
}

#[test]
fn a_tag_is_the_only_field_of_its_object_and_a_string() {
    let names = [
        r#"{"$type":"Function"}"#,
        r#"{"$type":"Function","$type":"Date"}"#,
        r#"{"$type":"Function","a":1}"#,
        r#"{"$types":"Function"}"#,
        r#"{"$type":1}"#,
        r#"{"a":1,"$type":"Function"}"#,
        r#"{"$type":""}"#,
    ]
    .map(|json| type_name(Some(raw(json))));
    assert_eq!(
        names,
        [
            "Function", "Object", "Object", "Object", "Object", "Object", ""
        ]
    );
}

#[test]
fn what_is_shortened_ends_between_characters_and_shows_that_it_was_longer() {
    assert_eq!(shortened(&"小".repeat(64)), "小".repeat(64));
    assert_eq!(shortened(&"小".repeat(65)), format!("{}…", "小".repeat(64)));
}
