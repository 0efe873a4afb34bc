//! Sources to values.

use rquickjs::{Ctx, FromJs, Function, Result, context::EvalOptions};

/// Evaluates a classic script; `file` is its name in stacks.
///
/// # Errors
/// What the script throws, or that it does not parse.
pub fn script<'js, V: FromJs<'js>>(ctx: &Ctx<'js>, file: &str, source: &str) -> Result<V> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(file.to_owned());
    ctx.eval_with_options(source, options)
}

/// The function whose body a CommonJS module's source is; its parameters are those of Node: `exports`, `require`, `module`,
/// `__filename`, `__dirname`. Nothing of the module runs. It starts on the source's own first line, so that stacks count its lines.
///
/// # Errors
/// A `SyntaxError` with file and line.
pub fn module<'js>(ctx: &Ctx<'js>, file: &str, source: &str) -> Result<Function<'js>> {
    // The line feed is for a source that ends in a line comment.
    script(
        ctx,
        file,
        &format!("(function (exports, require, module, __filename, __dirname) {{{source}\n}})"),
    )
}
