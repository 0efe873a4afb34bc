//! The source of a module is the body of one function and nothing else: it cannot close it and go on outside (I4).

use appnet_js::{ScriptError, module};

use super::engine::Program;

/// Sources that close what they stand in, go on outside and open it again.
const ESCAPES: [&str; 17] = [
    "}); for (;;); (function () {",
    "\n\n}); log('ran'); (function () {",
    "}, log('ran'), function () {",
    "}); log('ran'); ({ m() {",
    "}, [log('ran')]: 1, m() {",
    "} }; log('ran'); ({ m() {",
    "} } } }); log('ran'); (function () { _0: { ({ m() {",
    "}}; break x }}); log('ran'); (function () { x: {{",
    "}}",
    "}",
    "{",
    "}, x = {",
    "}, async function () {",
    "}, async * function () {",
    "} : log('ran') ? function () {",
    "} : { m() {",
    "*/ log('ran') /*",
];

#[test]
fn i4_a_source_that_closes_its_function_is_a_syntax_error_with_file_and_line_and_nothing_runs() {
    for source in ESCAPES {
        let mut program = Program::new();
        program.run("");
        let checked = program.engine.check("pages/a.js", source);
        let Err(ScriptError::Syntax(text)) = checked else {
            panic!("{source}: {checked:?}")
        };
        assert!(
            text.starts_with("SyntaxError") && text.contains("pages/a.js:"),
            "{source}: {text}"
        );
        let run = program
            .engine
            .with(|ctx| module(ctx, "pages/a.js", source)?.call::<_, ()>(()));
        assert!(
            run.unwrap_err()
                .to_string()
                .starts_with("Uncaught SyntaxError"),
            "{source}"
        );
        assert_eq!(program.lines(), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn i4_checking_never_runs_what_it_checks() {
    let mut program = Program::new();
    program.run("");
    for source in [
        "log('ran'); for (;;);",
        "return log('ran')",
        "class A { static x = log('ran') }",
        "label: for (;;) break label; log('ran')",
    ] {
        assert_eq!(program.engine.check("a.js", source), Ok(()), "{source}");
    }
    assert_eq!(program.lines(), Vec::<String>::new());
}

#[test]
fn what_a_function_body_may_be_a_module_may_be() {
    let mut program = Program::new();
    program.run("");
    for source in [
        "",
        "// a comment",
        "/* { */ '}'; `}${'}'}`; /[}]/",
        "if (1) { return } else { }",
        "with ({ a: 1 }) { exports.a = a }",
        "'use strict'; exports.a = (function () { return this })()",
        "var exports = 1; function require() {} ; arguments[0]",
        "010; var let_ = 1, yield_ = 2, await = 3; new.target; delete exports",
        "function f() {} function f() {} var f; f",
        "exports.a = async () => { for await (const x of []) ; }; <!-- old comment",
    ] {
        let result = program.engine.with(|ctx| {
            let exports = appnet_js::rquickjs::Object::new(ctx.clone())?;
            module(ctx, "a.js", source)?.call::<_, ()>((exports,))
        });
        assert_eq!(result, Ok(()), "{source}");
    }
}

#[test]
fn a_module_counts_its_lines_from_its_own_first() {
    let program = Program::new();
    let thrown = program
        .engine
        .with(|ctx| module(ctx, "a.js", "\nnull.x")?.call::<_, ()>(()))
        .unwrap_err();
    assert!(thrown.to_string().contains("(a.js:2:"), "{thrown}");
}
