//! `--fixture FILE.json`: what functions of `wx` answer that are no part of this host. And the names of all functions, as data.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Map, Value};

use crate::named_file;

/// The functions of the platform's official typings, by what this host makes of them: see `platform/js/elsewhere.js`.
pub(crate) const OFFICIAL: &str = include_str!("platform/official.json");

/// Functions that this host has itself, and whose answers no file may hold.
const OWN: [&str; 6] = [
    "request",
    "uploadFile",
    "downloadFile",
    "connectSocket",
    "sendSocketMessage",
    "closeSocket",
];

/// Reads one, as JSON text; without a file an empty object.
///
/// # Errors
/// A text that names file, name and remedy.
pub(crate) fn read(path: Option<&Path>) -> Result<String, String> {
    let Some(path) = path else {
        return Ok("{}".to_owned());
    };
    let text = named_file::text(path)?;
    let shown = path.display();
    let answers: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
        format!("{shown}: {error}\n  it should be like {{\"login\": {{\"code\": \"0123\"}}}}")
    })?;
    for name in answers.keys() {
        if OWN.contains(&name.as_str()) {
            return Err(format!(
                "{shown}: {name} is a function of the network, which this host has: take it out, or answer by a server"
            ));
        }
        if !is_official(name) {
            return Err(format!(
                "{shown}: wx has no function {name}: the names are those of the platform's typings, such as login or getUserProfile"
            ));
        }
    }
    Ok(Value::Object(answers).to_string())
}

fn is_official(name: &str) -> bool {
    let all: BTreeMap<String, Vec<String>> = serde_json::from_str(OFFICIAL).unwrap_or_default();
    all.values().flatten().any(|it| it == name)
}

#[cfg(test)]
mod tests {
    use super::is_official;

    #[test]
    fn the_official_names_are_known() {
        assert!(is_official("login") && is_official("showToast") && is_official("onError"));
        assert!(!is_official("logon"));
    }
}
