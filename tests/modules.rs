//! No two modules of a crate import each other, at any depth of its folders.
//!
//! A module may import from its parents and from what is below it; what is checked is the graph of siblings.

#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be read fails the test; its helpers are no test functions"
)]

mod promises;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The crates whose modules form no circle.
const CRATES: [&str; 11] = [
    "policy",
    "core",
    "bus",
    "websocket",
    "io",
    "appnet",
    "js",
    "platform",
    "host",
    "inspect",
    "ffi",
];

/// A module's path in its crate: `app::sockets` is `["app", "sockets"]`.
type Module = Vec<String>;

#[test]
fn no_two_modules_import_each_other() {
    let circles: Vec<_> = CRATES.iter().flat_map(|name| circles(name)).collect();
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

fn circles(name: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates")
        .join(name)
        .join("src");
    let sources: BTreeMap<Module, String> = modules(&root)
        .into_iter()
        .map(|(module, path)| (module, without_tests(&fs::read_to_string(path).unwrap())))
        .collect();
    let known: BTreeSet<&Module> = sources.keys().collect();
    // A binary exports nothing.
    let exported = exported(&fs::read_to_string(root.join("lib.rs")).unwrap_or_default());
    let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, source) in &sources {
        for used in uses(source) {
            let Some(used) = resolved(module, &used, &known, &exported) else {
                continue;
            };
            // Where the two paths part, their siblings meet.
            let common = module.iter().zip(&used).take_while(|(a, b)| a == b).count();
            if common < module.len() && common < used.len() {
                let (from, to) = (module[..=common].to_vec(), used[..=common].to_vec());
                edges.entry(from).or_default().insert(to);
            }
        }
    }
    edges
        .keys()
        .filter_map(|start| circle(start, &edges))
        .map(|path| format!("crates/{name}: {path}"))
        .collect()
}

/// The files of a crate that are not tests, by module.
fn modules(root: &Path) -> Vec<(Module, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if name.contains("test")
                || name == "samples"
                || name == "documented"
                || name == "properties"
            {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && name != "lib"
                && name != "main"
            {
                let inside = path.strip_prefix(root).unwrap().with_extension("");
                let mut module: Module = inside
                    .iter()
                    .map(|part| part.to_str().unwrap().to_owned())
                    .collect();
                if name == "mod" {
                    module.pop();
                }
                found.push((module, path));
            }
        }
    }
    found
}

/// Without test modules, comments, and texts that could look like paths.
fn without_tests(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// All paths that `use` and expressions name from `crate` or `super` on, trees spelled out.
fn uses(source: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in source.match_indices(start) {
            let before = source[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            spell_out(&source[at..], Vec::new(), &mut found);
        }
    }
    found
}

/// Reads one tree such as `crate::{a::B, c}`; returns how many bytes it has.
fn spell_out(text: &str, mut path: Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let mut read = 0;
    loop {
        let rest = &text[read..];
        let name: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if !name.is_empty() {
            read += name.len();
            path.push(name);
        } else if let Some(tree) = rest.strip_prefix('{') {
            return read + 1 + branches(tree, &path, found);
        }
        match text[read..].strip_prefix("::") {
            Some(_) => read += 2,
            None => break,
        }
    }
    found.push(path);
    read
}

fn branches(tree: &str, path: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut read = 0;
    loop {
        let rest = &tree[read..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\n', ',', '*']).len();
        read += blanks;
        match tree[read..].chars().next() {
            None => return read,
            Some('}') => return read + 1,
            Some(_) => {
                let more = spell_out(&tree[read..], path.to_vec(), found);
                read += more.max(1);
            }
        }
    }
}

/// What lib.rs exports under its own name, and from where.
fn exported(lib: &str) -> BTreeMap<String, Module> {
    let mut found = Vec::new();
    for (at, used) in lib.match_indices("pub use ") {
        spell_out(&lib[at + used.len()..], Vec::new(), &mut found);
    }
    let with_home = |mut path: Vec<String>| Some((path.pop()?, path));
    found.into_iter().filter_map(with_home).collect()
}

/// The module that a path leads into.
fn resolved(
    from: &Module,
    path: &[String],
    known: &BTreeSet<&Module>,
    exported: &BTreeMap<String, Module>,
) -> Option<Module> {
    let mut base = match path.first()?.as_str() {
        "crate" => Vec::new(),
        _ => from[..from.len().checked_sub(1)?].to_vec(),
    };
    for part in &path[1..] {
        if part == "super" {
            base.pop()?;
            continue;
        }
        if let Some(home) = exported.get(part).filter(|_| base.is_empty()) {
            return known.contains(home).then(|| home.clone());
        }
        let mut deeper = base.clone();
        deeper.push(part.clone());
        if !known.contains(&deeper) {
            break;
        }
        base = deeper;
    }
    (!base.is_empty()).then_some(base)
}

/// A way from a module back to itself, in words.
fn circle(start: &Module, edges: &BTreeMap<Module, BTreeSet<Module>>) -> Option<String> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in edges.get(way.last()?).into_iter().flatten() {
            if next == start {
                let names: Vec<_> = way
                    .iter()
                    .chain([start])
                    .map(|module| module.join("::"))
                    .collect();
                return Some(names.join(" -> "));
            }
            if seen.insert(next.clone()) {
                ways.push([way.as_slice(), std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}
