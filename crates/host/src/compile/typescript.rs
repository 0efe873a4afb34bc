//! TypeScript to JavaScript: types out, enums, namespaces, parameter properties and decorators in.

use std::path::Path;

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_transformer::{DecoratorOptions, TransformOptions, Transformer};

use super::{Unparsed, parsed};
use crate::places::{Place, Places};

/// The file's name for the compiler alone.
const NAME: &str = "module.ts";

/// The JavaScript of a file, with its imports and exports, and the way back.
///
/// # Errors
/// What does not parse, or has no JavaScript.
pub(super) fn javascript(source: &str) -> Result<(String, Places), Unparsed> {
    let allocator = Allocator::default();
    let mut program = parsed(&allocator, source, SourceType::ts())?;
    let scoping = SemanticBuilder::new()
        .with_excess_capacity(2.0)
        .build(&program)
        .semantic
        .into_scoping();
    let options = TransformOptions {
        decorator: DecoratorOptions {
            legacy: true,
            emit_decorator_metadata: false,
        },
        ..TransformOptions::default()
    };
    let done = Transformer::new(&allocator, Path::new(NAME), &options)
        .build_with_scoping(scoping, &mut program);
    if let Some(error) = done.errors.first() {
        return Err(Unparsed::of(error, source));
    }
    let written = Codegen::new()
        .with_options(CodegenOptions {
            source_map_path: Some(NAME.into()),
            ..CodegenOptions::default()
        })
        .build(&program);
    let places = written
        .map
        .map(|map| way_back(&map, &written.code, source))
        .unwrap_or_default();
    Ok((written.code, places))
}

/// A source map counts columns in UTF-16.
fn way_back(map: &oxc_sourcemap::SourceMap, code: &str, source: &str) -> Places {
    let (code, source): (Vec<&str>, Vec<&str>) = (code.lines().collect(), source.lines().collect());
    let mut places = Places::default();
    for token in map.get_tokens() {
        let place = |lines: &[&str], line: u32, column: u32| Place {
            line: line as usize,
            column: bytes(
                lines.get(line as usize).copied().unwrap_or_default(),
                column,
            ),
        };
        places.add(
            place(&code, token.get_dst_line(), token.get_dst_col()),
            place(&source, token.get_src_line(), token.get_src_col()),
            true,
        );
    }
    places
}

fn bytes(line: &str, column: u32) -> usize {
    let mut left = column as usize;
    for (byte, character) in line.char_indices() {
        if left == 0 {
            return byte;
        }
        left = left.saturating_sub(character.len_utf16());
    }
    line.len()
}
