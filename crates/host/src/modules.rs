//! CommonJS `require`: which file a name stands for, and its text. Never one outside of the project.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use appnet_platform::{Alias, Project, join};
use cap_std::{ambient_authority, fs::Dir};

use crate::{loaded::Loaded, package::Package};

/// Folders that packages are found in, in this order.
const PACKAGE_FOLDERS: [&str; 2] = ["miniprogram_npm", "node_modules"];

/// The files of one project. They are named from its root: `/pages/index.js`.
#[derive(Debug)]
pub(crate) struct Modules {
    // A capability: what a path or a symbolic link leads out of it cannot be opened.
    root: Dir,
    shown: PathBuf,
    /// The folder around the root, where that is another: packages may be there.
    around: Option<(Dir, PathBuf)>,
    aliases: Vec<Alias>,
    loaded: Arc<Loaded>,
}

impl Modules {
    /// Those of a project.
    ///
    /// # Errors
    /// A text that names the folder that cannot be opened.
    pub(crate) fn of(project: &Project) -> Result<Self, String> {
        let mut modules = Self::open(&project.root)?;
        if let Some(path) = &project.around {
            modules.around = Some((folder(path)?, path.clone()));
        }
        modules.aliases.clone_from(&project.aliases);
        Ok(modules)
    }

    fn open(root: &Path) -> Result<Self, String> {
        Ok(Self {
            root: folder(root)?,
            shown: root.to_owned(),
            around: None,
            aliases: Vec::new(),
            loaded: Arc::default(),
        })
    }

    /// What was given to the engine so far.
    pub(crate) const fn loaded(&self) -> &Arc<Loaded> {
        &self.loaded
    }

    /// The file's name as a person knows it, for stacks.
    pub(crate) fn shown(&self, file: &str) -> String {
        let below = file.trim_start_matches('/');
        let (_, folder) = self.place(below);
        if folder == Path::new(".") {
            below.to_owned()
        } else {
            folder.join(below).display().to_string()
        }
    }

    /// The folder that a file is in: packages that the root does not have may be around it.
    fn place(&self, below: &str) -> (&Dir, &Path) {
        match &self.around {
            Some((folder, path))
                if below.starts_with("node_modules/") && !self.root.exists(below) =>
            {
                (folder, path)
            }
            _ => (&self.root, &self.shown),
        }
    }

    /// # Errors
    /// A text that names the file.
    pub(crate) fn read(&self, file: &str) -> Result<String, String> {
        let below = file.trim_start_matches('/');
        let text = self.place(below).0.read_to_string(below);
        text.map_err(|error| format!("cannot read {}: {error}", self.shown(file)))
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, file: &str) -> bool {
        let below = file.trim_start_matches('/');
        self.place(below)
            .0
            .metadata(below)
            .is_ok_and(|meta| meta.is_file())
    }

    /// The file with a page's or component's code: `pages/index/index` has `/pages/index/index.js` or `.ts`.
    pub(crate) fn code_of(&self, path: &str) -> Option<String> {
        [".js", ".ts"]
            .iter()
            .map(|ending| format!("/{path}{ending}"))
            .find(|file| self.has(file))
    }

    /// A module's text as the engine takes it: without a byte order mark, and with a first line for Unix made a comment.
    ///
    /// # Errors
    /// A text that names the file.
    pub(crate) fn source(&self, file: &str) -> Result<String, String> {
        let text = self.read(file)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Ok(if text.starts_with("#!") {
            format!("//{text}")
        } else {
            text.to_owned()
        })
    }

    /// The file that `name` stands for in a module of the folder `from`: by a path, by an alias of app.json, as a package, and at last as a
    /// path without `./`, from that folder and from the root.
    ///
    /// # Errors
    /// A text that says what was looked for.
    pub(crate) fn resolve(&self, from: &str, name: &str) -> Result<String, String> {
        let at = |folder: &str, name: &str| join(folder, name).and_then(|path| self.module(&path));
        let found =
            if name.starts_with("./") || name.starts_with("../") || name == "." || name == ".." {
                at(from, name)
            } else if name.starts_with('/') {
                at("", name)
            } else {
                self.alias(name)
                    .and_then(|path| at("", &path))
                    .or_else(|| self.package(from, name))
                    .or_else(|| at(from, name))
                    .or_else(|| at("", name))
            };
        found.ok_or_else(|| self.not_found(from, name))
    }

    fn alias(&self, name: &str) -> Option<String> {
        self.aliases.iter().find_map(|alias| {
            let rest = name.strip_prefix(&alias.prefix)?;
            Some(format!("{}{rest}", alias.target))
        })
    }

    fn not_found(&self, from: &str, name: &str) -> String {
        let folder = self.shown(from);
        let looked = if name.starts_with(['.', '/']) {
            "as a file, with .js, .ts and .json, and as a folder with index.js or index.ts, inside the project".to_owned()
        } else {
            format!(
                "in {} up to the project's root, and as a file from there and from the root",
                PACKAGE_FOLDERS.join(" and ")
            )
        };
        format!(
            "cannot find module '{name}' from {}: looked for it {looked}",
            if folder.is_empty() { "." } else { &folder }
        )
    }

    /// Upwards from the folder, as Node does; the root is the last one.
    fn package(&self, from: &str, name: &str) -> Option<String> {
        let (package, inner) = split(name)?;
        let mut folder = from.trim_end_matches('/');
        loop {
            let found = PACKAGE_FOLDERS.iter().find_map(|packages| {
                let path = join(&format!("{folder}/{packages}"), package)?;
                // `..` in a package's name leads nowhere.
                path.contains(packages).then_some(())?;
                self.of_package(&path, inner)
            });
            if found.is_some() || folder.is_empty() {
                return found;
            }
            folder = &folder[..folder.rfind('/').unwrap_or(0)];
        }
    }

    /// By what its package.json says, else by its files.
    fn of_package(&self, folder: &str, inner: &str) -> Option<String> {
        let description = self.description(folder);
        let by_description = description.and_then(|package| {
            package
                .places(inner)
                .into_iter()
                .find_map(|place| self.module(&join(folder, &place)?))
        });
        by_description.or_else(|| self.module(&join(folder, inner)?))
    }

    fn description(&self, folder: &str) -> Option<Package> {
        let file = format!("{folder}/package.json");
        if !self.has(&file) {
            return None;
        }
        Package::parse(&self.read(&file).ok()?)
    }

    fn module(&self, path: &str) -> Option<String> {
        self.file(path)
            .or_else(|| self.main(path))
            .or_else(|| self.file(&format!("{path}/index")))
    }

    fn file(&self, path: &str) -> Option<String> {
        ["", ".js", ".ts", ".json"]
            .iter()
            .map(|ending| format!("{path}{ending}"))
            .find(|path| self.has(path))
    }

    /// What a folder's package.json names.
    fn main(&self, folder: &str) -> Option<String> {
        let main = join(folder, &self.description(folder)?.main?)?;
        self.file(&main)
            .or_else(|| self.file(&format!("{main}/index")))
    }
}

fn folder(path: &Path) -> Result<Dir, String> {
    Dir::open_ambient_dir(path, ambient_authority())
        .map_err(|error| format!("cannot open {}: {error}", path.display()))
}

/// A name as package and what is inside of it: `@scope/name/inner`.
fn split(name: &str) -> Option<(&str, &str)> {
    let scope = if name.starts_with('@') {
        name.find('/')? + 1
    } else {
        0
    };
    let end = name[scope..].find('/').map_or(name.len(), |at| scope + at);
    Some((&name[..end], name[end..].trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Modules;

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Modules) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let modules = Modules::open(folder.path()).unwrap();
        (folder, modules)
    }

    #[test]
    fn a_relative_name_is_a_file_with_or_without_its_ending_or_a_folder_with_an_index() {
        let (_folder, modules) = project(&[
            ("a.js", ""),
            ("b.json", "{}"),
            ("c/index.js", ""),
            ("pages/p.js", ""),
        ]);
        for (from, name, expected) in [
            ("", "./a", "/a.js"),
            ("", "./a.js", "/a.js"),
            ("/pages", "../b", "/b.json"),
            ("/pages", "./p", "/pages/p.js"),
            ("/pages", "../c", "/c/index.js"),
            ("/pages", "/c/", "/c/index.js"),
        ] {
            assert_eq!(
                modules.resolve(from, name),
                Ok(expected.to_owned()),
                "{from} {name}"
            );
        }
    }

    #[test]
    fn a_package_is_found_in_either_folder_by_its_main_or_its_index_and_from_below() {
        let (_folder, modules) = project(&[
            ("node_modules/one/package.json", r#"{"main": "lib/one"}"#),
            ("node_modules/one/lib/one.js", ""),
            ("node_modules/one/sub.js", ""),
            ("miniprogram_npm/two/index.js", ""),
            ("node_modules/two/index.js", ""),
            ("node_modules/@scope/three/package.json", "{}"),
            ("node_modules/@scope/three/index.js", ""),
            ("pages/node_modules/one/index.js", ""),
        ]);
        for (from, name, expected) in [
            ("", "one", "/node_modules/one/lib/one.js"),
            ("", "one/sub", "/node_modules/one/sub.js"),
            ("/pages/deep", "one", "/pages/node_modules/one/index.js"),
            ("/pages", "two", "/miniprogram_npm/two/index.js"),
            ("", "@scope/three", "/node_modules/@scope/three/index.js"),
        ] {
            assert_eq!(
                modules.resolve(from, name),
                Ok(expected.to_owned()),
                "{from} {name}"
            );
        }
    }

    #[test]
    fn nothing_outside_of_the_project_can_be_required() {
        let (folder, _) = project(&[("outside.js", "secret"), ("inside/a.js", "")]);
        #[cfg(unix)]
        std::os::unix::fs::symlink("../outside.js", folder.path().join("inside/link.js")).unwrap();
        let modules = Modules::open(&folder.path().join("inside")).unwrap();
        for name in [
            "../outside",
            "/../outside.js",
            "./x/../../outside.js",
            "./link.js",
            "x/../../../outside",
        ] {
            assert!(modules.resolve("", name).is_err(), "{name}");
        }
        assert!(modules.read("/link.js").is_err());
    }

    #[test]
    fn what_is_not_there_is_named_with_where_it_was_looked_for() {
        let (_folder, modules) = project(&[]);
        let text = modules.resolve("", "lodash").unwrap_err();
        assert!(
            text.contains("'lodash'") && text.contains("miniprogram_npm and node_modules"),
            "{text}"
        );
    }
}
