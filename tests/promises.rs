//! `docs/security.md` names, for each promise, tests that exist: a page that names none, or one that is gone, fails here.

use std::{fs, path::Path};

/// The last cell of each row of a table of promises: what is not its heading or the line below that.
fn promises(page: &str) -> Vec<(&str, &str)> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter_map(|row| row.rsplit_once(" | "))
        .filter(|(promise, _)| *promise != "promise")
        .collect()
}

/// The tests in a cell: `path::name` in code marks.
fn tests(cell: &str) -> Vec<(&str, &str)> {
    cell.split("<br>")
        .filter_map(|test| {
            test.trim()
                .strip_prefix('`')?
                .strip_suffix('`')?
                .split_once("::")
        })
        .collect()
}

/// What is wrong with a test that a promise names.
fn problem(path: &str, name: &str) -> Option<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let Ok(source) = fs::read_to_string(file) else {
        return Some(format!("there is no file {path}"));
    };
    let declared = [format!("fn {name}("), format!("fn {name}<")];
    let Some(at) = declared.iter().find_map(|text| source.find(text.as_str())) else {
        return Some(format!("{path} has no function {name}"));
    };
    // The attribute stands right above it, or above the whole of a property.
    let before = &source[..at];
    let above = before.rsplit("\n\n").next().unwrap_or_default();
    let is_test =
        above.contains("test]") || above.contains("::test(") || before.contains("proptest! {");
    (!is_test).then(|| format!("{path}::{name} is no test"))
}

#[test]
fn each_promise_of_the_security_page_names_tests_that_exist() {
    let page = include_str!("../docs/security.md");
    let promises = promises(page);
    assert!(promises.len() > 20, "{} promises", promises.len());
    let mut wrong = Vec::new();
    for (promise, cell) in promises {
        let tests = tests(cell);
        if tests.is_empty() || tests.len() != cell.split("<br>").count() {
            wrong.push(format!("{promise:?} names no test, or one in another form"));
        }
        wrong.extend(tests.iter().filter_map(|(path, name)| problem(path, name)));
    }
    assert!(wrong.is_empty(), "docs/security.md: {}", wrong.join("\n"));
}
