//! The names that a file requires, for those who want to see all files without running one.

use oxc_allocator::Allocator;
use oxc_ast::ast::{Argument, CallExpression, Expression};
use oxc_ast_visit::{Visit, walk};
use oxc_span::SourceType;

use super::parse;

/// What `import`, `export … from`, `require('…')` and `require.async('…')` name in a file, as far as they name it in a literal.
pub(crate) fn required(source: &str, typescript: bool) -> Vec<String> {
    let allocator = Allocator::default();
    let kind = if typescript {
        SourceType::ts()
    } else {
        SourceType::unambiguous()
    };
    let parsed = parse(&allocator, source, kind);
    let requested = parsed.module_record.requested_modules.keys();
    let mut seen = Seen(requested.map(ToString::to_string).collect());
    seen.visit_program(&parsed.program);
    seen.0
}

struct Seen(Vec<String>);

impl<'a> Visit<'a> for Seen {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let (true, Some(Argument::StringLiteral(name))) =
            (is_require(&call.callee), call.arguments.first())
        {
            self.0.push(name.value.to_string());
        }
        walk::walk_call_expression(self, call);
    }
}

fn is_require(callee: &Expression<'_>) -> bool {
    match callee {
        Expression::StaticMemberExpression(member) => {
            member.property.name == "async" && is_require(&member.object)
        }
        other => other.is_specific_id("require"),
    }
}

/// For a text that does not parse: whether a line begins as an import or an export does.
pub(super) fn looks_like_module(source: &str) -> bool {
    source.lines().any(|line| {
        [
            "import ", "import{", "import'", "import\"", "export ", "export{",
        ]
        .iter()
        .any(|word| line.trim_start().starts_with(word))
    })
}
