//! ES modules and TypeScript to CommonJS, as the platform's own tools compile a project
//! ([decision 0007](../../../docs/decisions/0007-modules-and-typescript.md)).
//!
//! TypeScript is taken out by oxc's transformer. Imports and exports are replaced in the text itself, so that everything else of a file stays
//! where its author wrote it. Files that need neither do not come here.

mod commonjs;
mod names;
mod typescript;

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::{Parser, ParserReturn};
use oxc_span::SourceType;

use crate::places::{Place, Places, place_of, shown_column};

pub(crate) use names::required;

/// A module's text for the engine.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// CommonJS; its first line is the author's first line.
    pub(crate) code: String,
    /// The ways back, from `code` to the author's file.
    pub(crate) ways: Vec<Places>,
}

/// What is wrong with a source, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unparsed {
    pub(crate) what: String,
    /// From 0.
    pub(crate) place: Place,
}

impl Unparsed {
    fn new(what: impl Into<String>, text: &str, byte: usize) -> Self {
        Self {
            what: what.into(),
            place: place_of(text, byte),
        }
    }

    fn of(error: &OxcDiagnostic, text: &str) -> Self {
        let labels = error.labels.as_deref().unwrap_or_default();
        let byte = labels.first().map_or(0, |label| label.offset());
        let help = error.help.as_ref().map(|help| format!(" ({help})"));
        Self::new(
            format!("{}{}", error.message, help.unwrap_or_default()),
            text,
            byte,
        )
    }

    /// As the engine words it.
    pub(crate) fn text(&self, file: &str, source: &str) -> String {
        let line = source.lines().nth(self.place.line).unwrap_or_default();
        let column = shown_column(line, self.place.column);
        format!("{} at {file}:{}:{column}", self.what, self.place.line + 1)
    }
}

/// Compiles a file of TypeScript.
///
/// # Errors
/// What does not parse.
pub(crate) fn typescript(source: &str) -> Result<Compiled, Unparsed> {
    let (javascript, way) = typescript::javascript(source)?;
    let (code, inner) = commonjs::commonjs(&javascript).map_err(|error| Unparsed {
        place: way.origin(error.place).unwrap_or(error.place),
        ..error
    })?;
    Ok(Compiled {
        code,
        ways: vec![inner, way],
    })
}

/// Compiles a file of JavaScript that has imports or exports; `None` if it has none, whatever else it is.
///
/// # Errors
/// What does not parse.
pub(crate) fn module(source: &str) -> Result<Option<Compiled>, Unparsed> {
    let allocator = Allocator::default();
    let parsed = parse(&allocator, source, SourceType::mjs());
    // A parser that gave up has seen no imports: they are looked for by themselves.
    let is_module = parsed.module_record.has_module_syntax
        || (parsed.panicked && names::looks_like_module(source));
    if !is_module {
        return Ok(None);
    }
    drop(parsed);
    let (code, way) = commonjs::commonjs(source)?;
    Ok(Some(Compiled {
        code,
        ways: vec![way],
    }))
}

fn parse<'a>(allocator: &'a Allocator, source: &'a str, kind: SourceType) -> ParserReturn<'a> {
    Parser::new(allocator, source, kind).parse()
}

/// The tree of a source without a mistake in it.
fn parsed<'a>(
    allocator: &'a Allocator,
    source: &'a str,
    kind: SourceType,
) -> Result<Program<'a>, Unparsed> {
    let parsed = parse(allocator, source, kind);
    match parsed.errors.first() {
        Some(error) => Err(Unparsed::of(error, source)),
        None => Ok(parsed.program),
    }
}

#[cfg(test)]
mod tests;
