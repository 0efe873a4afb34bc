//! `/echo`: what the origin got, as JSON.
//!
//! ```json
//! {"method": "POST", "path": "/echo", "query": "a=1", "authority": "…", "http2": false,
//!  "headers": {"name in lower case": "values joined by comma and space"}, "rawHeaders": [["Name", "value"]],
//!  "body": "text, or null if it is not UTF-8", "bodyHex": "then only", "bodyLength": 12}
//! ```

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::{Reply, Request};

pub(super) fn reply(request: &Request<'_>) -> Reply {
    let fields: Vec<(&str, String)> = request
        .headers
        .iter()
        .map(|(name, value)| (name, String::from_utf8_lossy(value).into_owned()))
        .collect();
    let text = std::str::from_utf8(request.body).ok();
    let mut echo = json!({
        "method": request.method,
        "path": request.path(),
        "query": request.query(),
        "authority": request.authority,
        "http2": request.http2,
        "headers": joined(&fields),
        "rawHeaders": fields,
        "body": text,
        "bodyLength": request.body.len(),
    });
    if text.is_none() {
        echo["bodyHex"] = hex(request.body).into();
    }
    Reply::json(echo.to_string())
}

fn joined(fields: &[(&str, String)]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in fields {
        let joined = match map.get(&name.to_ascii_lowercase()).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        map.insert(name.to_ascii_lowercase(), joined.into());
    }
    map
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes everything");
            hex
        })
}
