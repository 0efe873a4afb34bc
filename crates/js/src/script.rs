//! Sources to values.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

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
/// A source that closes the function and goes on behind it does not parse, because the source must be the body of two things: of a
/// method, which only a comma or the end of the object may follow, and of a function in the middle of `a ? b : c`, which neither may.
///
/// # Errors
/// A `SyntaxError` with file and line.
pub fn module<'js>(ctx: &Ctx<'js>, file: &str, source: &str) -> Result<Function<'js>> {
    let parameters = "(exports, require, module, __filename, __dirname)";
    // The line feeds are for a source that ends in a line comment. Both begin with as many characters.
    unrun(
        ctx,
        file,
        &format!("return {{ m        {parameters} {{{source}\n}} }}"),
    )?;
    let body = format!("return true ? function {parameters} {{{source}\n}} : 0");
    unrun(ctx, file, &body)?.call(())
}

/// What [`module`] puts before a source on its first line, in bytes: how far the columns of that line are off in the engine's stacks.
pub const MODULE_OFFSET: usize = "(function () { _0123456789abcdef: { return true ? function \
                                  (exports, require, module, __filename, __dirname) {"
    .len();

/// A function with this body. The body cannot end it and run outside: the label that its end needs has a name that nobody can know.
fn unrun<'js>(ctx: &Ctx<'js>, file: &str, body: &str) -> Result<Function<'js>> {
    let label = format!("_{:016x}", RandomState::new().build_hasher().finish());
    script(
        ctx,
        file,
        &format!("(function () {{ {label}: {{ {body}; break {label} }} }})"),
    )
}
