//! What the engine was given, and how the places in its stacks become places in the authors' files.

use std::{
    collections::BTreeMap,
    iter,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use appnet_js::MODULE_OFFSET;

use crate::places::{Place, Places, callee, shown_column};

/// The modules of one engine, by the names that its stacks have. Any thread may ask.
#[derive(Debug, Default)]
pub(crate) struct Loaded(Mutex<BTreeMap<String, Module>>);

#[derive(Debug)]
struct Module {
    /// As its author wrote it.
    source: String,
    /// The bytes that its lines begin with; looked for when a place in it is.
    starts: OnceLock<Vec<usize>>,
    /// From the engine's text to the author's, one after the other.
    ways: Vec<Places>,
}

/// A place in a file, as the engine writes it: `file:line:column`.
struct Named<'s> {
    file: &'s str,
    place: Place,
    /// What stands before and behind it in its line.
    before: &'s str,
    behind: &'s str,
}

impl Loaded {
    pub(crate) fn add(&self, shown: String, source: String, ways: Vec<Places>) {
        self.modules().insert(shown, Module::new(source, ways));
    }

    /// What its author wrote.
    pub(crate) fn source(&self, shown: &str) -> Option<String> {
        self.modules()
            .get(shown)
            .map(|module| module.source.clone())
    }

    /// An error's text from its head (empty for its stack alone) and its stack: with the places of the authors' files, and with a name for
    /// what is not a function.
    pub(crate) fn trace(&self, head: &str, stack: &str) -> String {
        let modules = self.modules();
        let head = match named(stack.lines().next().unwrap_or_default()) {
            Some(first) if head == NOT_A_FUNCTION => modules
                .get(first.file)
                .and_then(|module| module.callee(first.place))
                .map_or_else(
                    || head.to_owned(),
                    |name| format!("TypeError: {name} is not a function"),
                ),
            _ => head.to_owned(),
        };
        let lines = stack.lines().map(|line| match named(line) {
            Some(named) => modules
                .get(named.file)
                .map_or_else(|| line.to_owned(), |module| module.line(&named)),
            None => line.to_owned(),
        });
        let whole: Vec<String> = (!head.is_empty())
            .then_some(head)
            .into_iter()
            .chain(lines)
            .collect();
        whole.join("\n")
    }

    /// Nothing that holds the lock can leave it half changed.
    fn modules(&self) -> MutexGuard<'_, BTreeMap<String, Module>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const NOT_A_FUNCTION: &str = "TypeError: not a function";

impl Module {
    fn new(source: String, ways: Vec<Places>) -> Self {
        Self {
            source,
            starts: OnceLock::new(),
            ways,
        }
    }

    fn text(&self, line: usize) -> Option<&str> {
        let starts = self.starts.get_or_init(|| {
            let ends = self.source.match_indices('\n').map(|(at, _)| at + 1);
            iter::once(0).chain(ends).collect()
        });
        self.source.get(*starts.get(line)?..)?.lines().next()
    }

    fn origin(&self, mut place: Place) -> Place {
        if place.line == 0 {
            place.column = place.column.saturating_sub(MODULE_OFFSET);
        }
        for way in &self.ways {
            place = way.origin(place).unwrap_or(place);
        }
        place
    }

    fn line(&self, named: &Named<'_>) -> String {
        let Named {
            file,
            place,
            before,
            behind,
        } = named;
        let origin = self.origin(*place);
        let text = self.text(origin.line).unwrap_or_default();
        let column = shown_column(text, origin.column);
        format!("{before}{file}:{}:{column}{behind}", origin.line + 1)
    }

    fn callee(&self, place: Place) -> Option<&str> {
        let origin = self.origin(place);
        callee(self.text(origin.line)?, origin.column)
    }
}

/// `    at name (file:line:column)` or `    at file:line:column`.
fn named(line: &str) -> Option<Named<'_>> {
    let start = match line.find(" (") {
        Some(at) => at + 2,
        None => line.find("at ")? + 3,
    };
    let end = line.strip_suffix(')').map_or(line.len(), str::len);
    let (rest, column) = line.get(start..end)?.rsplit_once(':')?;
    let (file, row) = rest.rsplit_once(':')?;
    let (row, column): (usize, usize) = (row.parse().ok()?, column.parse().ok()?);
    // In frames the engine counts the columns of a first line from 0, and of all others from 1; in syntax errors always from 1.
    let from_0 = row == 1 && line[..start].ends_with('(');
    Some(Named {
        file,
        place: Place {
            line: row.checked_sub(1)?,
            column: column.checked_sub(usize::from(!from_0))?,
        },
        before: &line[..start],
        behind: &line[end..],
    })
}
