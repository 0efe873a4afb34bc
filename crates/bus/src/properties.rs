//! What holds for any message, any call and any answer: nothing panics, nothing stays unanswered, nothing is lost.

mod answers;
mod calls;
mod messages;
mod profiles;
mod transfers;

use proptest::{collection::vec, prelude::*, sample::select};

/// JSON of every shape, with white space in it but not around it.
fn json_text() -> impl Strategy<Value = String> {
    let number = "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?";
    let leaf = prop_oneof![
        select(vec!["null", "true", "false", r#""\ud800""#, r#""\/""#]).prop_map(str::to_owned),
        number,
        any::<String>().prop_map(|text| quoted(&text)),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let space = select(vec!["", " ", "\t", "\r\n"]);
        let pair = (any::<String>(), inner.clone());
        prop_oneof![
            (vec(inner, 0..5), space.clone()).prop_map(|(items, space)| format!(
                "[{space}{}]",
                items.join(&format!("{space},"))
            )),
            (vec(pair, 0..5), space).prop_map(|(pairs, space)| {
                let pairs = pairs
                    .into_iter()
                    .map(|(name, value)| format!("{}{space}:{value}", quoted(&name)));
                format!("{{{}{space}}}", pairs.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string has no failing part")
}
