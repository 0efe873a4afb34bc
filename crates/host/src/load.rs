//! A file of a project to a function of the engine: as it is where it parses, else compiled.

use appnet_js::{
    module,
    rquickjs::{Ctx, Exception, Function, Result},
};

use crate::modules::Modules;

/// The function whose body a file's module is, and whether it was compiled. Nothing of it runs.
///
/// # Errors
/// A `SyntaxError` with file, line and column; an error for a file that cannot be read.
pub(crate) fn function<'js>(
    ctx: &Ctx<'js>,
    modules: &Modules,
    file: &str,
) -> Result<(Function<'js>, bool)> {
    let source = modules
        .source(file)
        .map_err(|text| Exception::throw_message(ctx, &text))?;
    let shown = modules.shown(file);
    if file.ends_with(".ts") {
        return typescript(ctx, modules, &shown, source);
    }
    modules
        .loaded()
        .add(shown.clone(), source.clone(), Vec::new());
    match module(ctx, &shown, &source) {
        Ok(function) => Ok((function, false)),
        Err(error) if !error.is_exception() => Err(error),
        Err(_) => {
            let thrown = ctx.catch();
            match compiled(ctx, modules, &shown, source)? {
                Some(function) => Ok((function, true)),
                None => Err(ctx.throw(thrown)),
            }
        }
    }
}

#[cfg(feature = "compiler")]
fn typescript<'js>(
    ctx: &Ctx<'js>,
    modules: &Modules,
    shown: &str,
    source: String,
) -> Result<(Function<'js>, bool)> {
    let compiled = crate::compile::typescript(&source)
        .map_err(|error| Exception::throw_syntax(ctx, &error.text(shown, &source)))?;
    take(ctx, modules, shown, source, compiled).map(|function| (function, true))
}

#[cfg(feature = "compiler")]
fn compiled<'js>(
    ctx: &Ctx<'js>,
    modules: &Modules,
    shown: &str,
    source: String,
) -> Result<Option<Function<'js>>> {
    match crate::compile::module(&source) {
        Ok(None) => Ok(None),
        Ok(Some(compiled)) => take(ctx, modules, shown, source, compiled).map(Some),
        Err(error) => Err(Exception::throw_syntax(ctx, &error.text(shown, &source))),
    }
}

#[cfg(feature = "compiler")]
fn take<'js>(
    ctx: &Ctx<'js>,
    modules: &Modules,
    shown: &str,
    source: String,
    compiled: crate::compile::Compiled,
) -> Result<Function<'js>> {
    modules
        .loaded()
        .add(shown.to_owned(), source, compiled.ways);
    module(ctx, shown, &compiled.code)
}

#[cfg(not(feature = "compiler"))]
fn typescript<'js>(
    ctx: &Ctx<'js>,
    _modules: &Modules,
    shown: &str,
    _source: String,
) -> Result<(Function<'js>, bool)> {
    let text =
        format!("{shown} is TypeScript, and this appnet was built without the feature compiler");
    Err(Exception::throw_syntax(ctx, &text))
}

#[cfg(not(feature = "compiler"))]
fn compiled<'js>(
    _ctx: &Ctx<'js>,
    _modules: &Modules,
    _shown: &str,
    _source: String,
) -> Result<Option<Function<'js>>> {
    Ok(None)
}
