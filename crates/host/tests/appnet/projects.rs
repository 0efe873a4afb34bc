//! Projects as authors keep them: modules of either kind, TypeScript, packages, sub-packages.

use crate::run::{Folder, Run};

/// A rule, a name that is required, and the files.
type Named<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// Files, and what the program prints.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

fn prints(rows: &[Row<'_>]) {
    for (what, files, expected) in rows {
        let mut all = vec![("app.json", "{}")];
        all.retain(|(name, _)| files.iter().all(|(other, _)| other != name));
        all.extend(files.iter());
        let run = Folder::new(&all).appnet(&["run", "."], "");
        assert_eq!(
            (run.status, run.out.trim_end()),
            (0, *expected),
            "{what}: {}",
            run.err
        );
    }
}

#[test]
#[cfg_attr(not(feature = "compiler"), ignore = "needs the feature compiler")]
fn es_modules_run_as_the_platforms_tools_compile_them() {
    prints(&[
        (
            "a default export and a named one",
            &[
                ("app.js", "import x, { n } from './x'\nhost.print(x() + n)"),
                (
                    "x.js",
                    "export default function () { return 'x' }\nexport const n = 1",
                ),
            ],
            "x1",
        ),
        (
            "CommonJS in ES modules, and the reverse",
            &[
                (
                    "app.js",
                    "import cjs, { n } from './cjs'; import * as all from './cjs'; host.print([cjs.n, n, all.n, all.default === cjs].join())",
                ),
                ("cjs.js", "exports.n = require('./es').default"),
                ("es.js", "export default 5"),
            ],
            "5,5,5,true",
        ),
        (
            "import and module.exports in one file",
            &[
                ("app.js", "const f = require('./mixed'); host.print(f())"),
                (
                    "mixed.js",
                    "import { n } from './n'\nmodule.exports = () => n",
                ),
                ("n.js", "export const n = 7"),
            ],
            "7",
        ),
        (
            "imports run first and in order, before the file itself",
            &[
                ("app.js", "host.print('app')\nimport './a'\nimport './b'"),
                ("a.js", "host.print('a'); export {}"),
                ("b.js", "host.print('b'); export {}"),
            ],
            "a\nb\napp",
        ),
        (
            "bindings are live",
            &[
                (
                    "app.js",
                    "import { n, more } from './n'\nmore()\nhost.print(n)",
                ),
                ("n.js", "export let n = 1\nexport function more() { n++ }"),
            ],
            "2",
        ),
        (
            "a cycle calls a function that is declared later",
            &[
                ("app.js", "import { a } from './a'\nhost.print(a())"),
                (
                    "a.js",
                    "import { b } from './b'\nexport function a() { return b }",
                ),
                ("b.js", "import { a } from './a'\nexport const b = typeof a"),
            ],
            "function",
        ),
        (
            "re-exports",
            &[
                (
                    "app.js",
                    "import { a, b, ns, d } from './all'\nhost.print([a, b, ns.a, d].join())",
                ),
                (
                    "all.js",
                    "export * from './one'\nexport { b, default as d } from './two'\nexport * as ns from './one'",
                ),
                ("one.js", "export const a = 1; export default 9"),
                ("two.js", "export const b = 2; export default 4"),
            ],
            "1,2,1,4",
        ),
        (
            "JSON, strict mode, this, import()",
            &[
                (
                    "app.js",
                    "import data from './data.json'\nhost.print([data.n, this === undefined, (function () { return this })() === undefined].join())\nimport('./x').then(({ default: x }) => host.print(x))",
                ),
                ("data.json", "{\"n\": 3}"),
                ("x.js", "module.exports = 'later'"),
            ],
            "3,true,true\nlater",
        ),
        (
            "a call at the beginning of a line without a semicolon before it",
            &[
                ("app.js", "import { f } from './f'\nconst a = 1\nf(a)\n"),
                ("f.js", "export const f = (n) => host.print(n)"),
            ],
            "1",
        ),
    ]);
}

#[test]
#[cfg_attr(not(feature = "compiler"), ignore = "needs the feature compiler")]
fn typescript_runs() {
    prints(&[
        (
            "an app in TypeScript",
            &[
                (
                    "app.ts",
                    "import { Shape, area } from './shape'\nenum Kind { A = 1, B }\nconst shape: Shape = { w: 2, h: Kind.B }\nhost.print(area(shape) as any)",
                ),
                (
                    "shape.ts",
                    "export interface Shape { w: number; h: number }\nexport class Box { constructor(private w: number, public h = 1) {} get area(): number { return this.w * this.h } }\nexport function area({ w, h }: Shape): number { return new Box(w, h).area }",
                ),
                ("tsconfig.json", "{}"),
            ],
            "4",
        ),
        (
            "TypeScript and JavaScript beside each other",
            &[
                ("app.js", "const { n } = require('./n'); host.print(n)"),
                (
                    "n.ts",
                    "import type { T } from './types'\nexport const n: T = 8",
                ),
            ],
            "8",
        ),
    ]);
}

#[test]
fn require_finds_what_the_platform_finds() {
    let package = "module.exports = 'found'";
    let app = |name: &str| format!("host.print(require('{name}'))");
    let rows: &[Named<'_>] = &[
        ("from the root", "/lib/x", &[("lib/x.js", package)]),
        ("without ./", "lib/x", &[("lib/x.js", package)]),
        (
            "the field miniprogram",
            "p",
            &[
                (
                    "node_modules/p/package.json",
                    r#"{"main": "none.js", "miniprogram": "dist"}"#,
                ),
                ("node_modules/p/dist/index.js", package),
            ],
        ),
        (
            "inside of it",
            "p/a",
            &[
                ("node_modules/p/package.json", r#"{"miniprogram": "dist"}"#),
                ("node_modules/p/dist/a.js", package),
            ],
        ),
        (
            "exports with require",
            "p",
            &[
                (
                    "node_modules/p/package.json",
                    r#"{"exports": {".": {"import": "./no.mjs", "require": "./yes.cjs"}}}"#,
                ),
                ("node_modules/p/yes.cjs", package),
            ],
        ),
        (
            "exports of an ES module",
            "p",
            &[
                (
                    "node_modules/p/package.json",
                    r#"{"exports": {"import": "./m.mjs"}}"#,
                ),
                ("node_modules/p/m.mjs", package),
            ],
        ),
        (
            "a path of exports",
            "@s/p/lib/a",
            &[
                (
                    "node_modules/@s/p/package.json",
                    r#"{"exports": {"./lib/*": "./dist/*.js"}}"#,
                ),
                ("node_modules/@s/p/dist/a.js", package),
            ],
        ),
        (
            "miniprogram_npm",
            "p",
            &[("miniprogram_npm/p/index.js", package)],
        ),
        (
            "an alias",
            "@lib/x",
            &[
                ("app.json", r#"{"resolveAlias": {"@lib/*": "deep/lib/*"}}"#),
                ("deep/lib/x.js", package),
            ],
        ),
        (
            "an alias of the root",
            "~/x",
            &[
                ("app.json", r#"{"resolveAlias": {"~/*": "/*"}}"#),
                ("x.js", package),
            ],
        ),
    ];
    for (what, name, files) in rows {
        let source = app(name);
        let mut all = vec![("app.js", source.as_str())];
        all.extend(files.iter());
        prints(&[(what, &all, "found")]);
    }
}

#[test]
fn packages_beside_project_config_are_found_from_the_root_below_it() {
    let folder = Folder::new(&[
        ("project.config.json", r#"{"miniprogramRoot": "mini/"}"#),
        ("node_modules/p/index.js", "module.exports = 'outer'"),
        ("mini/app.json", "{}"),
        ("mini/app.js", "host.print(require('p'))"),
    ]);
    assert_eq!(folder.appnet(&["run", "."], "").out, "outer\n");
}

#[test]
fn what_is_loaded_later_comes_by_a_callback_or_a_promise() {
    prints(&[
        (
            "a sub-package by both",
            &[
                (
                    "app.json",
                    r#"{"pages": [], "subPackages": [{"root": "sub", "pages": []}]}"#,
                ),
                (
                    "app.js",
                    "require.async('./sub/x').then((x) => host.print('promise ' + x)); require('./sub/x', (x) => host.print('callback ' + x)); host.print('first')",
                ),
                ("sub/x.js", "module.exports = 'x'"),
            ],
            "first\npromise x\ncallback x",
        ),
        (
            "what is missing",
            &[(
                "app.js",
                "require.async('./none').catch((e) => host.print(e.message.slice(0, 27))); require('./none', null, ({ mod, errMsg }) => host.print(mod + ' ' + errMsg.slice(0, 18)))",
            )],
            "cannot find module './none'\n./none cannot find module",
        ),
        (
            "a plugin",
            &[(
                "app.js",
                "try { requirePlugin('p') } catch (e) { host.print(e.message.slice(0, 59)) }",
            )],
            "requirePlugin('p'): plugins are not part of this host; a pr",
        ),
    ]);
}

fn failed(files: &[(&str, &str)]) -> String {
    let run = Folder::new(files).appnet(&["run", "."], "");
    assert_eq!(run.status, 1, "{}", run.err);
    run.err
}

fn is_told(files: &[(&str, &str)], place: &str, what: &str) {
    let err = failed(files);
    assert!(
        err.contains(place) && err.contains(what),
        "{place} {what}: {err}"
    );
}

#[test]
fn errors_have_the_places_of_the_authors_files_and_name_what_is_no_function() {
    let json = ("app.json", "{}");
    for (files, place, what) in [
        (
            &[json, ("app.js", "wx.foo({})")][..],
            "app.js:1:4",
            "wx.foo is not a function",
        ),
        (
            &[json, ("app.js", "const o = {}; /* 中 */ o.a()")],
            "app.js:1:25",
            "o.a is not a function",
        ),
    ] {
        is_told(files, place, what);
    }
}

#[test]
#[cfg_attr(not(feature = "compiler"), ignore = "needs the feature compiler")]
fn errors_in_what_was_compiled_have_the_places_of_the_authors_files() {
    let json = ("app.json", "{}");
    for (files, place, what) in [
        (
            &[
                json,
                ("app.js", "import { a } from './x'; a.b()"),
                ("x.js", "export const a = {}"),
            ][..],
            "app.js:1:28",
            "a.b is not a function",
        ),
        (
            &[
                json,
                (
                    "app.ts",
                    "interface I {\n  a: string\n}\n\nthrow new Error('here')",
                ),
            ],
            "app.ts:5:",
            "here",
        ),
        (
            &[
                json,
                ("app.js", "import './x'"),
                ("x.js", "\nexport const = 1"),
            ],
            "x.js:2:14",
            "SyntaxError",
        ),
    ] {
        is_told(files, place, what);
    }
}

#[cfg(not(feature = "compiler"))]
#[test]
fn what_this_build_cannot_compile_is_refused_with_the_reason() {
    let json = ("app.json", "{}");
    for (files, what) in [
        (
            [json, ("app.ts", "const a: number = 1")],
            "app.ts is TypeScript, and this appnet was built without the feature compiler",
        ),
        ([json, ("app.js", "import './x'")], "app.js:1:"),
    ] {
        let run = Folder::new(&files).appnet(&["run", "."], "");
        assert_eq!(run.status, 2, "{}", run.err);
        assert!(run.err.contains(what), "{what}: {}", run.err);
    }
}

#[test]
#[cfg_attr(not(feature = "compiler"), ignore = "needs the feature compiler")]
fn a_program_reads_the_places_of_its_files_too() {
    prints(&[
        (
            "error.stack",
            &[(
                "app.js",
                "try { null.x } catch (e) { host.print(/app\\.js:1:\\d+/.test(e.stack)) }",
            )],
            "true",
        ),
        (
            "in TypeScript",
            &[(
                "app.ts",
                "type T = {\n  a: 1\n}\ntry { throw new Error('x') } catch (e: any) { host.print(e.stack.match(/app.ts:(\\d+)/)[1]) }",
            )],
            "4",
        ),
    ]);
}

#[test]
#[cfg_attr(not(feature = "compiler"), ignore = "needs the feature compiler")]
fn check_compiles_all_that_is_reached() {
    let files = [
        (
            "app.json",
            r#"{"pages": ["pages/a"], "subPackages": [{"root": "sub", "pages": ["p"]}]}"#,
        ),
        ("app.js", "const x = require('./x')"),
        ("x.js", "import './deep'"),
        ("deep.js", "\n  export default {"),
        ("pages/a.js", "Page({ x: })"),
        ("sub/p.ts", "const a: = 1"),
        ("unreached.js", "("),
    ];
    let Run { status, out, err } = Folder::new(&files).appnet(&["check", "."], "");
    assert_eq!((status, out.as_str()), (2, ""), "{err}");
    for place in ["deep.js:2:", "pages/a.js:1:", "sub/p.ts:1:"] {
        assert!(err.contains(place), "{place}: {err}");
    }
    assert!(!err.contains("unreached"), "{err}");
}
