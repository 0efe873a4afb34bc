use super::{Unparsed, module, typescript};
use crate::places::Place;

fn code(source: &str) -> String {
    module(source).unwrap().unwrap().code
}

/// What stands behind the prologue.
fn body(source: &str) -> String {
    let code = code(source);
    let at = code.rfind("arguments[5]; ").unwrap() + "arguments[5]; ".len();
    let rest = &code[at..];
    match rest.strip_prefix("_m.export(") {
        Some(rest) => rest[rest.find("); ").unwrap() + 3..].to_owned(),
        None => rest.to_owned(),
    }
}

#[test]
fn imports_become_requires_in_their_place_and_bindings_are_read_where_they_are_used() {
    for (source, expected) in [
        (
            "import x from './x'\nx(x)",
            "var _m1 = require(\"./x\"), _m1d = _m.withDefault(_m1);\n;(0, _m1d.default)(_m1d.default)",
        ),
        (
            "import { a as b } from 'm'; b.c(); new b(); ({ b })",
            "var _m1 = require(\"m\"); _m1.a.c(); new _m1.a(); ({ b: _m1.a })",
        ),
        (
            "import * as n from 'm'; n.f()",
            "var _m1 = require(\"m\"), _m1n = _m.namespace(_m1); _m1n.f()",
        ),
        ("import 'm'", "var _m1 = require(\"m\");"),
        (
            "import {\n  a\n} from 'm'\nif (a) a()",
            "var _m1 = require(\"m\");\n\n\nif (_m1.a) (0, _m1.a)()",
        ),
        (
            "import { a } from 'm'; x(() => a())",
            "var _m1 = require(\"m\"); x(() => (0, _m1.a)())",
        ),
        ("const a = 1; export { a }\na()", "const a = 1; ;\na()"),
        ("import('m')\nexport {}", "_m.dynamic(require, 'm')\n;"),
    ] {
        assert_eq!(body(source), expected, "{source}");
    }
}

#[test]
fn what_is_required_runs_before_everything_else_of_the_file() {
    assert_eq!(
        body("f(); function f() {}\nimport 'm'"),
        "var _m1 = require(\"m\"); f(); function f() {}\n;"
    );
}

#[test]
fn a_name_of_the_files_own_hides_an_import() {
    assert_eq!(
        body("import { a } from 'm'; function f(a) { return a } f(a)"),
        "var _m1 = require(\"m\"); function f(a) { return a } f(_m1.a)"
    );
}

#[test]
fn exports_are_getters_that_are_there_from_the_start() {
    for (source, getters, expected) in [
        (
            "export const a = 1, { b, c: [d] } = x",
            "{ \"a\": () => a, \"b\": () => b, \"d\": () => d, }",
            "const a = 1, { b, c: [d] } = x",
        ),
        (
            "export default function () {}",
            "{ \"default\": () => _mdefault, }",
            "function  _mdefault() {}",
        ),
        (
            "export default class extends B {}",
            "{ \"default\": () => _mdefault, }",
            "class _mdefault extends B {}",
        ),
        (
            "export default async function f() {}",
            "{ \"default\": () => f, }",
            "async function f() {}",
        ),
        (
            "export default { a: 1 }",
            "{ \"default\": () => _mdefault, }",
            "var _mdefault = { a: 1 }",
        ),
        (
            "export { a as b, c as default } from 'm'",
            "{ \"b\": () => _m1.a, \"default\": () => _m1.c, }",
            "var _m1 = require(\"m\");",
        ),
        (
            "export { default } from 'm'",
            "{ \"default\": () => _m1d.default, }",
            "var _m1 = require(\"m\"), _m1d = _m.withDefault(_m1);",
        ),
        (
            "export * as n from 'm'",
            "{ \"n\": () => _m1n, }",
            "var _m1n = _m.namespace(require(\"m\"));",
        ),
        (
            "import { a } from 'm'; export { a as 'x y' }",
            "{ \"x y\": () => _m1.a, }",
            "var _m1 = require(\"m\"); ;",
        ),
    ] {
        assert!(code(source).contains(getters), "{source}: {}", code(source));
        assert_eq!(body(source), expected, "{source}");
    }
    assert_eq!(
        body("export * from 'm'"),
        "_m.star(exports, require(\"m\"));"
    );
}

#[test]
fn a_name_that_the_file_has_is_not_taken() {
    assert!(code("export const _m = 1").contains("var _m_ = arguments[5]"));
}

#[test]
fn what_is_no_module_is_left_alone_and_what_does_not_parse_is_said_with_its_place() {
    assert!(module("const a = require('a')").unwrap().is_none());
    assert!(module("function (").unwrap().is_none());
    let error = module("import a from 'a'\nlet 中 = 1; export const = 2").unwrap_err();
    assert_eq!(
        error.place,
        Place {
            line: 1,
            column: 26
        }
    );
    assert!(
        error
            .text("x.js", "\nlet 中 = 1; export const = 2")
            .ends_with(" at x.js:2:25"),
        "{error:?}"
    );
    let Unparsed { place, .. } = typescript("let a: = 1").unwrap_err();
    assert_eq!(place, Place { line: 0, column: 7 });
}

#[test]
fn typescript_loses_its_types_and_imports_of_types() {
    let compiled = typescript(
        "import { T, v } from './m'\nenum E { A = 1, B }\nclass C { constructor(private x: T, readonly y?: number) {} }\nexport const f = <X>(x: X): T => v(x as any, E.B)!\n",
    )
    .unwrap();
    let code = compiled.code;
    for part in [
        "require(\"./m\")",
        "this.x = x",
        "(0, _m1.v)(x",
        "\"f\": () => f",
    ] {
        assert!(code.contains(part), "{part}: {code}");
    }
    assert!(!code.contains("private") && !code.contains(": T"), "{code}");
}

#[test]
fn places_lead_back_to_the_authors_file() {
    for (source, word, compiled) in [
        (
            "import { a } from 'm'\nconst b = a.c; missing()",
            "missing",
            module("import { a } from 'm'\nconst b = a.c; missing()")
                .unwrap()
                .unwrap(),
        ),
        (
            "interface I {\n  a: string\n}\n\nlet x: I; missing()",
            "missing",
            typescript("interface I {\n  a: string\n}\n\nlet x: I; missing()").unwrap(),
        ),
    ] {
        let place = |text: &str| {
            let before = &text[..text.find(word).unwrap()];
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            Place {
                line: before.matches('\n').count(),
                column: before.len() - start,
            }
        };
        let mut at = place(&compiled.code);
        for way in &compiled.ways {
            at = way.origin(at).unwrap();
        }
        assert_eq!(at, place(source), "{}", compiled.code);
    }
}
