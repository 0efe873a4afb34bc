//! CommonJS `require`: which file a name stands for, and its text. Never one outside of the project.

use std::{
    io,
    path::{Path, PathBuf},
};

use cap_std::{ambient_authority, fs::Dir};
use serde::Deserialize;

/// Folders that packages are found in, in this order.
const PACKAGE_FOLDERS: [&str; 2] = ["miniprogram_npm", "node_modules"];

/// The files of one project. They are named from its root: `/pages/index.js`.
#[derive(Debug)]
pub(crate) struct Modules {
    // A capability: what a path or a symbolic link leads out of it cannot be opened.
    root: Dir,
    shown: PathBuf,
}

impl Modules {
    /// # Errors
    /// The folder cannot be opened.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        Ok(Self {
            root: Dir::open_ambient_dir(root, ambient_authority())?,
            shown: root.to_owned(),
        })
    }

    /// The file's name as a person knows it, for stacks.
    pub(crate) fn shown(&self, file: &str) -> String {
        let below = file.trim_start_matches('/');
        if self.shown == Path::new(".") {
            below.to_owned()
        } else {
            self.shown.join(below).display().to_string()
        }
    }

    /// # Errors
    /// A text that names the file.
    pub(crate) fn read(&self, file: &str) -> Result<String, String> {
        let text = self.root.read_to_string(file.trim_start_matches('/'));
        text.map_err(|error| format!("cannot read {}: {error}", self.shown(file)))
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

    /// The file that `name` stands for in a module of the folder `from`.
    ///
    /// # Errors
    /// A text that says what was looked for.
    pub(crate) fn resolve(&self, from: &str, name: &str) -> Result<String, String> {
        let found =
            if name.starts_with("./") || name.starts_with("../") || name == "." || name == ".." {
                join(from, name).and_then(|path| self.file_or_folder(&path))
            } else if name.starts_with('/') {
                join("", name).and_then(|path| self.file_or_folder(&path))
            } else {
                self.package(from, name)
            };
        found.ok_or_else(|| self.not_found(from, name))
    }

    fn not_found(&self, from: &str, name: &str) -> String {
        let folder = self.shown(from);
        let looked = if name.starts_with(['.', '/']) {
            "as a file, with .js, with .json, and as a folder with index.js, inside the project"
                .to_owned()
        } else {
            format!(
                "in {} up to the project's root",
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
        let mut folder = from.trim_end_matches('/');
        loop {
            let found = PACKAGE_FOLDERS.iter().find_map(|packages| {
                let path = join(&format!("{folder}/{packages}"), name)?;
                // `..` in a package's name leads nowhere.
                path.contains(packages)
                    .then(|| self.file_or_folder(&path))
                    .flatten()
            });
            if found.is_some() || folder.is_empty() {
                return found;
            }
            folder = &folder[..folder.rfind('/').unwrap_or(0)];
        }
    }

    fn file_or_folder(&self, path: &str) -> Option<String> {
        self.file(path)
            .or_else(|| self.main(path))
            .or_else(|| self.file(&format!("{path}/index")))
    }

    fn file(&self, path: &str) -> Option<String> {
        let is_file = |path: &String| {
            self.root
                .metadata(path.trim_start_matches('/'))
                .is_ok_and(|meta| meta.is_file())
        };
        ["", ".js", ".json"]
            .iter()
            .map(|ending| format!("{path}{ending}"))
            .find(is_file)
    }

    /// What a folder's package.json names.
    fn main(&self, folder: &str) -> Option<String> {
        let json = self
            .root
            .read_to_string(format!("{folder}/package.json").trim_start_matches('/'))
            .ok()?;
        let package: PackageJson = serde_json::from_str(&json).ok()?;
        let main = join(folder, &package.main?)?;
        self.file(&main)
            .or_else(|| self.file(&format!("{main}/index")))
    }
}

#[derive(Deserialize)]
struct PackageJson {
    main: Option<String>,
}

/// A path below a folder, without `.` and `..`; `None` if it leaves the root.
fn join(folder: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.iter().flat_map(|part| ["/", part]).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Modules, join};

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

    #[test]
    fn a_path_that_leaves_the_root_is_none() {
        assert_eq!(join("/a", "../b/./c"), Some("/b/c".to_owned()));
        assert_eq!(join("/a", "../.."), None);
        assert_eq!(join("", "."), Some(String::new()));
    }
}
