//! What a package's description (package.json) says of where its modules are.

use serde_json::Value;

/// Conditions of `exports` that count, the first one first: what is made for a place without Node comes before what is made for Node, and
/// CommonJS before ES modules.
const CONDITIONS: [&str; 6] = [
    "miniprogram",
    "browser",
    "require",
    "default",
    "node",
    "import",
];

/// The parts of a package.json that matter.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) main: Option<String>,
    /// The platform's own field: the folder with what is made for it.
    miniprogram: Option<String>,
    /// ES modules, for what has nothing else.
    module: Option<String>,
    exports: Option<Value>,
}

impl Package {
    /// `None` for what is no description.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let mut value: Value = serde_json::from_str(json.trim_start_matches('\u{feff}')).ok()?;
        let fields = value.as_object_mut()?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            main: text("main"),
            miniprogram: text("miniprogram"),
            module: text("module"),
            exports: fields.remove("exports"),
        })
    }

    /// Where a module of the package may be, from its folder, the best place first; `inner` is its name inside, empty for the package itself.
    pub(crate) fn places(&self, inner: &str) -> Vec<String> {
        let below = |folder: &String| format!("{folder}/{inner}");
        let mut places: Vec<String> = self.miniprogram.iter().map(below).collect();
        places.extend(self.exports.as_ref().and_then(|it| exported(it, inner)));
        if inner.is_empty() {
            places.extend(self.main.clone());
            places.push("index".to_owned());
            places.extend(self.module.clone());
        }
        places
    }
}

fn exported(exports: &Value, inner: &str) -> Option<String> {
    let wanted = if inner.is_empty() {
        ".".to_owned()
    } else {
        format!("./{inner}")
    };
    let paths = exports
        .as_object()
        .filter(|fields| fields.keys().any(|key| key.starts_with('.')));
    let Some(paths) = paths else {
        return (wanted == ".").then(|| chosen(exports)).flatten();
    };
    if let Some(value) = paths.get(&wanted) {
        return chosen(value);
    }
    paths.iter().find_map(|(pattern, value)| {
        let (before, after) = pattern.split_once('*')?;
        let star = wanted.strip_prefix(before)?.strip_suffix(after)?;
        Some(chosen(value)?.replace('*', star))
    })
}

/// The first of the conditions that leads to a file.
fn chosen(value: &Value) -> Option<String> {
    match value {
        Value::String(path) => Some(path.clone()),
        Value::Array(all) => all.iter().find_map(chosen),
        Value::Object(fields) => CONDITIONS
            .iter()
            .find_map(|condition| fields.get(*condition).and_then(chosen)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Package;

    #[test]
    fn the_best_place_comes_first() {
        for (json, inner, best) in [
            (r#"{"miniprogram": "dist", "main": "lib.js"}"#, "", "dist/"),
            (r#"{"miniprogram": "dist"}"#, "a", "dist/a"),
            (r#"{"main": "lib.js"}"#, "", "lib.js"),
            (r#"{"exports": "./x.js", "main": "lib.js"}"#, "", "./x.js"),
            (
                r#"{"exports": {".": {"import": "./i.mjs", "require": "./r.cjs"}}}"#,
                "",
                "./r.cjs",
            ),
            (
                r#"{"exports": {"node": "./n.js", "browser": {"require": "./b.cjs"}}}"#,
                "",
                "./b.cjs",
            ),
            (
                r#"{"exports": {".": "./x.js", "./sub": ["./s.js"]}}"#,
                "sub",
                "./s.js",
            ),
            (
                r#"{"exports": {"./lib/*": "./dist/*.js"}}"#,
                "lib/a/b",
                "./dist/a/b.js",
            ),
            (r#"{"module": "es.js"}"#, "", "index"),
        ] {
            let package = Package::parse(json).unwrap();
            assert_eq!(
                package.places(inner).first().map(String::as_str),
                Some(best),
                "{json}"
            );
        }
    }

    #[test]
    fn what_is_no_description_is_none_and_what_has_no_module_has_no_place() {
        assert!(Package::parse("[]").is_none());
        let package = Package::parse(r#"{"main": 5, "exports": {"./a": null}}"#).unwrap();
        assert_eq!(package.places("a"), Vec::<String>::new());
    }
}
