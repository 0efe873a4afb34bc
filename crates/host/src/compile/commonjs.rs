//! Imports and exports to `require` and `exports`, by edits of the text.
//!
//! What is read from another module is read where it is used (`(0, _m1.name)()`), so bindings are live. What is exported is a getter over the
//! file's own binding, defined before the first line runs: also functions that a cycle calls early. Required modules run in the order of
//! their imports, and before everything else of the file. No edit adds or removes a line.

use std::fmt::Write as _;

use oxc_allocator::Allocator;
use oxc_ast::{
    AstKind,
    ast::{
        ExportAllDeclaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind,
        ExportNamedDeclaration, ImportDeclaration, ImportDeclarationSpecifier, ModuleExportName,
        Program, Statement,
    },
};
use oxc_ecmascript::BoundNames as _;
use oxc_semantic::{NodeId, Semantic, SemanticBuilder, SymbolId};
use oxc_span::{GetSpan as _, SourceType, Span};

use super::{Unparsed, parsed};
use crate::places::{Place, Places};

/// The text as CommonJS, and the way back.
///
/// # Errors
/// What does not parse.
pub(super) fn commonjs(source: &str) -> Result<(String, Places), Unparsed> {
    let allocator = Allocator::default();
    let program = parsed(&allocator, source, SourceType::mjs())?;
    let built = SemanticBuilder::new()
        .with_check_syntax_error(true)
        .build(&program);
    if let Some(error) = built.errors.first() {
        return Err(Unparsed::of(error, source));
    }
    let mut rewrite = Rewrite::new(source, &built.semantic);
    rewrite.statements(&program);
    rewrite.dynamic();
    Ok(rewrite.finish())
}

/// Length of the word `class`.
const CLASS: u32 = 5;

const START: Place = Place { line: 0, column: 0 };

struct Edit {
    span: Span,
    text: String,
}

struct Rewrite<'s, 'a> {
    source: &'s str,
    semantic: &'s Semantic<'a>,
    /// A name that the file does not have; others are made of it.
    own: String,
    /// Modules that it requires so far.
    count: usize,
    /// Before its first line: what it exports, by `name: () => value`.
    exports: String,
    edits: Vec<Edit>,
    /// What an import turned out as, by the symbol of its local name.
    imported: Vec<(SymbolId, String)>,
    /// Where what is required late has to go: before the first statement that does something.
    first_act: Option<u32>,
    late: String,
}

impl<'s, 'a> Rewrite<'s, 'a> {
    fn new(source: &'s str, semantic: &'s Semantic<'a>) -> Self {
        let mut own = "_m".to_owned();
        while source.contains(&own) {
            own.push('_');
        }
        Self {
            source,
            semantic,
            own,
            count: 0,
            exports: String::new(),
            edits: Vec::new(),
            imported: Vec::new(),
            first_act: None,
            late: String::new(),
        }
    }

    fn statements(&mut self, program: &Program<'a>) {
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(it) => self.import(it),
                Statement::ExportAllDeclaration(it) => self.export_all(it),
                Statement::ExportNamedDeclaration(it) if it.source.is_some() => {
                    self.export_from(it)
                }
                Statement::ExportNamedDeclaration(it) => {
                    if it.declaration.as_ref().is_some_and(|it| {
                        !matches!(it, oxc_ast::ast::Declaration::FunctionDeclaration(_))
                    }) {
                        self.acts(it.span);
                    }
                }
                Statement::ExportDefaultDeclaration(it) => {
                    if !matches!(
                        it.declaration,
                        ExportDefaultDeclarationKind::FunctionDeclaration(_)
                    ) {
                        self.acts(it.span);
                    }
                }
                Statement::FunctionDeclaration(_) | Statement::EmptyStatement(_) => {}
                other => self.acts(other.span()),
            }
        }
        // Once all imports are known: an export may name one that comes later.
        for statement in &program.body {
            match statement {
                Statement::ExportNamedDeclaration(it) if it.source.is_none() => {
                    self.export_named(it);
                }
                Statement::ExportDefaultDeclaration(it) => self.export_default(it),
                _ => {}
            }
        }
        self.references();
    }

    fn acts(&mut self, span: Span) {
        self.first_act.get_or_insert(span.start);
    }

    // ---- imports ---------------------------------------------------------------------------------------------------------

    fn import(&mut self, it: &ImportDeclaration<'a>) {
        let module = self.next_module();
        let mut text = format!("var {module} = require({})", quoted(&it.source.value));
        let mut with = [false, false];
        for specifier in it.specifiers.iter().flatten() {
            let (local, value) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(it) => {
                    let name = name_of(&it.imported);
                    with[0] |= name == "default";
                    (&it.local, self.member(&module, name))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(it) => {
                    with[0] = true;
                    (&it.local, self.member(&module, "default"))
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(it) => {
                    with[1] = true;
                    (&it.local, format!("{module}n"))
                }
            };
            if let Some(symbol) = local.symbol_id.get() {
                self.imported.push((symbol, value));
            }
        }
        let own = &self.own;
        if with[0] {
            _ = write!(text, ", {module}d = {own}.withDefault({module})");
        }
        if with[1] {
            _ = write!(text, ", {module}n = {own}.namespace({module})");
        }
        self.require(it.span, text);
    }

    fn next_module(&mut self) -> String {
        self.count += 1;
        format!("{}{}", self.own, self.count)
    }

    /// A name of a required module, as it is read.
    fn member(&self, module: &str, name: &str) -> String {
        match name {
            "default" => format!("{module}d.default"),
            name if is_plain(name) => format!("{module}.{name}"),
            name => format!("{module}[{}]", quoted(name)),
        }
    }

    /// In the statement's place, or before what would else run before it.
    fn require(&mut self, span: Span, text: String) {
        if self.first_act.is_none() {
            self.replace(span, format!("{text};"));
        } else {
            self.late.push_str(&text);
            self.late.push_str("; ");
            self.replace(span, ";".to_owned());
        }
    }

    fn references(&mut self) {
        for (symbol, value) in std::mem::take(&mut self.imported) {
            for reference in self.semantic.symbol_references(symbol) {
                self.reference(reference.node_id(), &value);
            }
        }
    }

    fn reference(&mut self, node: NodeId, value: &str) {
        let nodes = self.semantic.nodes();
        let span = nodes.kind(node).span();
        let parent = nodes.parent_node(node);
        let is_called = match parent.kind() {
            AstKind::ExportSpecifier(_) => return,
            AstKind::ObjectProperty(property) if property.shorthand => {
                let name = &self.source[span.start as usize..span.end as usize];
                return self.edit(span, format!("{name}: {value}"));
            }
            AstKind::CallExpression(call) => call.callee.span() == span,
            AstKind::TaggedTemplateExpression(tagged) => tagged.tag.span() == span,
            _ => false,
        };
        if !is_called || !value.contains(['.', '[']) {
            return self.edit(span, value.to_owned());
        }
        // A statement that begins with a parenthesis would go on with the line before it.
        let guard = if self.begins_statement(node, span.start) {
            ";"
        } else {
            ""
        };
        self.edit(span, format!("{guard}(0, {value})"));
    }

    fn begins_statement(&self, node: NodeId, start: u32) -> bool {
        let nodes = self.semantic.nodes();
        for outer in nodes.ancestor_ids(node) {
            let kind = nodes.kind(outer);
            if let AstKind::ExpressionStatement(statement) = kind {
                let list = nodes.parent_node(outer);
                return statement.span.start == start && self.holds_statements(list.id());
            }
            if kind.span().start != start {
                return false;
            }
        }
        false
    }

    /// The body of `() => value` is one, too, by the tree, and holds an expression.
    fn holds_statements(&self, list: NodeId) -> bool {
        let nodes = self.semantic.nodes();
        match nodes.kind(list) {
            AstKind::Program(_)
            | AstKind::BlockStatement(_)
            | AstKind::StaticBlock(_)
            | AstKind::SwitchCase(_) => true,
            AstKind::FunctionBody(_) => !matches!(
                nodes.parent_kind(list),
                AstKind::ArrowFunctionExpression(arrow) if arrow.expression
            ),
            _ => false,
        }
    }

    fn dynamic(&mut self) {
        let nodes = self.semantic.nodes();
        for node in nodes.iter() {
            if let AstKind::ImportExpression(it) = node.kind() {
                let head = Span::new(it.span.start, it.source.span().start);
                let text = format!("{}.dynamic(require, ", self.own);
                self.replace(head, text);
            }
        }
    }

    // ---- exports ---------------------------------------------------------------------------------------------------------

    fn export(&mut self, name: &str, value: &str) {
        _ = write!(self.exports, "{}: () => {value}, ", quoted(name));
    }

    fn export_all(&mut self, it: &ExportAllDeclaration<'a>) {
        let module = self.next_module();
        let (own, source) = (self.own.clone(), quoted(&it.source.value));
        let text = match &it.exported {
            Some(name) => {
                self.export(name_of(name), &format!("{module}n"));
                format!("var {module}n = {own}.namespace(require({source}))")
            }
            None => format!("{own}.star(exports, require({source}))"),
        };
        self.require(it.span, text);
    }

    fn export_from(&mut self, it: &ExportNamedDeclaration<'a>) {
        let Some(source) = &it.source else { return };
        let module = self.next_module();
        let mut text = format!("var {module} = require({})", quoted(&source.value));
        let mut has_default = false;
        for specifier in &it.specifiers {
            let local = name_of(&specifier.local);
            has_default |= local == "default";
            let value = self.member(&module, local);
            self.export(name_of(&specifier.exported), &value);
        }
        if has_default {
            _ = write!(text, ", {module}d = {}.withDefault({module})", self.own);
        }
        self.require(it.span, text);
    }

    fn export_named(&mut self, it: &ExportNamedDeclaration<'a>) {
        if let Some(declaration) = &it.declaration {
            let mut names = Vec::new();
            declaration.bound_names(&mut |name| names.push(name.name.to_string()));
            names.iter().for_each(|name| self.export(name, name));
            self.replace(
                Span::new(it.span.start, declaration.span().start),
                String::new(),
            );
            return;
        }
        for specifier in &it.specifiers {
            let value = self.local(&specifier.local);
            self.export(name_of(&specifier.exported), &value);
        }
        self.replace(it.span, ";".to_owned());
    }

    /// A local name, or what it stands for when it was imported.
    fn local(&self, name: &ModuleExportName<'a>) -> String {
        let name = name_of(name);
        let scoping = self.semantic.scoping();
        let symbol = scoping.find_binding(scoping.root_scope_id(), name);
        let imported = self.imported.iter().find(|(it, _)| Some(*it) == symbol);
        imported.map_or_else(|| name.to_owned(), |(_, value)| value.clone())
    }

    fn export_default(&mut self, it: &ExportDefaultDeclaration<'a>) {
        let own = format!("{}default", self.own);
        let (name, start) = match &it.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                if function.id.is_none() {
                    self.insert(function.params.span.start, format!(" {own}"));
                }
                (function.id.as_ref(), function.span.start)
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                if class.id.is_none() {
                    self.insert(class.span.start + CLASS, format!(" {own}"));
                }
                (class.id.as_ref(), class.span.start)
            }
            other => {
                let start = other.span().start;
                self.replace(Span::new(it.span.start, start), format!("var {own} = "));
                return self.export("default", &own);
            }
        };
        let name = name.map_or(own, |name| name.name.to_string());
        self.export("default", &name);
        self.replace(Span::new(it.span.start, start), String::new());
    }

    // ---- edits -----------------------------------------------------------------------------------------------------------

    /// Puts `text` in place of a span, and keeps its line feeds behind it.
    fn replace(&mut self, span: Span, mut text: String) {
        let old = &self.source[span.start as usize..span.end as usize];
        text.extend(old.matches('\n'));
        self.edits.push(Edit { span, text });
    }

    fn edit(&mut self, span: Span, text: String) {
        self.edits.push(Edit { span, text });
    }

    fn insert(&mut self, at: u32, text: String) {
        self.edit(Span::new(at, at), text);
    }

    fn prologue(&self) -> String {
        let own = &self.own;
        let mut text = format!("\"use strict\"; var {own} = arguments[5]; ");
        if !self.exports.is_empty() {
            _ = write!(text, "{own}.export(exports, {{ {}}}); ", self.exports);
        }
        text
    }

    fn finish(mut self) -> (String, Places) {
        if let (Some(at), false) = (self.first_act, self.late.is_empty()) {
            // Before the edits of the statement itself, which begin at the same place.
            let text = std::mem::take(&mut self.late);
            self.edits.insert(
                0,
                Edit {
                    span: Span::new(at, at),
                    text,
                },
            );
        }
        self.edits
            .sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut writer = Writer {
            code: String::new(),
            places: Places::default(),
            source: self.source,
            here: START,
            there: START,
            read: 0,
        };
        writer.replace(&self.prologue(), 0);
        for edit in &self.edits {
            writer.copy(edit.span.start as usize);
            writer.replace(&edit.text, edit.span.end as usize);
        }
        writer.copy(self.source.len());
        (writer.code, writer.places)
    }
}

struct Writer<'s> {
    code: String,
    places: Places,
    source: &'s str,
    /// The end of `code`, and how far the source was read.
    here: Place,
    there: Place,
    read: usize,
}

impl Writer<'_> {
    /// Each line of a copied piece is a piece of its own.
    fn copy(&mut self, to: usize) {
        for line in self.source[self.read..to].split_inclusive('\n') {
            self.places.add(self.here, self.there, true);
            self.code.push_str(line);
            self.here = after(self.here, line);
            self.there = after(self.there, line);
        }
        self.read = to;
    }

    /// `text` for what the source has up to `to`.
    fn replace(&mut self, text: &str, to: usize) {
        self.places.add(self.here, self.there, false);
        self.code.push_str(text);
        self.here = after(self.here, text);
        self.there = after(self.there, &self.source[self.read..to]);
        self.read = to;
        self.places.add(self.here, self.there, true);
    }
}

fn after(place: Place, text: &str) -> Place {
    match text.rfind('\n') {
        None => Place {
            column: place.column + text.len(),
            ..place
        },
        Some(last) => Place {
            line: place.line + text.matches('\n').count(),
            column: text.len() - last - 1,
        },
    }
}

fn name_of<'n>(name: &'n ModuleExportName<'_>) -> &'n str {
    match name {
        ModuleExportName::IdentifierName(it) => it.name.as_str(),
        ModuleExportName::IdentifierReference(it) => it.name.as_str(),
        ModuleExportName::StringLiteral(it) => it.value.as_str(),
    }
}

fn is_plain(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
}

/// As JavaScript reads it: JSON but for two separators of lines, which ES2019 allows.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
