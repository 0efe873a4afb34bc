//! A mini-program's project: where its files are, and its configuration.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use appnet_policy::{
    domains::{DomainLists, DomainReport},
    identity::{AppId, Env, Identity},
    rules::AppConfig,
};

use crate::{
    app_json::{self, Alias, AppJson, Pages},
    config_file,
    error::ProjectError,
    path::join,
    project_json::{NO_APP_ID, PROJECT_JSON, ProjectJson},
};

/// A mini-program as its author keeps it, read once.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Project {
    /// The folder that its code is in: `miniprogramRoot`, else that of the project.
    pub root: PathBuf,
    /// The folder of project.config.json, where the root is another below it: npm packages and server-domains.json may be there.
    pub around: Option<PathBuf>,
    /// The file that runs first, below the root: `app.js`, `game.ts`.
    pub entry: String,
    /// Whether it is a game, which has no pages.
    pub game: bool,
    /// The pages of its app.json.
    pub pages: Pages,
    /// `resolveAlias` of its app.json, the longest prefix first: the one that says most.
    pub aliases: Vec<Alias>,
    /// The file that its server domains are from.
    pub domains_file: Option<PathBuf>,
    /// Whether `appid` is there and empty, as the tools write it for an app that has no id yet. [`NO_APP_ID`] stands in for it then, as it does for
    /// an id that is not there.
    pub empty_app_id: bool,
    /// What a network launches the app with: id, domains, timeouts, `urlCheck`; the rest as [`AppConfig::new`] has it. Its version is 1 and its
    /// environment a release, for no file says more; the domains are not checked.
    pub config: AppConfig,
}

/// What a host says itself, so that the project's files are not asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Another file in the place of server-domains.json.
    pub domains_file: Option<PathBuf>,
    /// Another id in the place of `appid`.
    pub app_id: Option<String>,
}

type Result<T> = std::result::Result<T, ProjectError>;

impl Project {
    /// Reads the files of a folder, or takes defaults for a single file of code. Blocks while it reads.
    ///
    /// # Errors
    /// [`ProjectError`], whose text names the file, the place in it, what is wrong, and what would be right.
    pub fn read(program: &Path, overrides: &Overrides) -> Result<Self> {
        if program.is_dir() {
            return Self::of_folder(program, overrides);
        }
        if !program.is_file() {
            return Err(ProjectError::Nothing(program.to_owned()));
        }
        let entry = program.file_name().unwrap_or_default();
        let layout = Layout {
            root: Self::folder_of(program).to_owned(),
            around: None,
            entry: entry.to_string_lossy().into_owned(),
            app_json: None,
            game: false,
        };
        Self::assemble(layout, ProjectJson::default(), overrides)
    }

    /// The folder of a program: itself, or the one that a single file is in.
    #[must_use]
    pub fn folder_of(program: &Path) -> &Path {
        if program.is_dir() {
            return program;
        }
        let parent = program.parent();
        parent
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    }

    fn of_folder(folder: &Path, overrides: &Overrides) -> Result<Self> {
        let tools = ProjectJson::of(folder)?;
        let root = match tools.miniprogram_root.as_deref() {
            Some(below) => root_below(folder, below)?,
            None => folder.to_owned(),
        };
        let Kind {
            json,
            entries: [usual, other],
            game,
        } = Kind::of(&root)?;
        let there = |entry: &&str| root.join(entry).is_file();
        let Some(entry) = [usual, other].into_iter().find(there) else {
            return Err(ProjectError::NoEntry {
                entry: root.join(usual),
                other,
                json,
            });
        };
        let layout = Layout {
            around: (root != folder).then(|| folder.to_owned()),
            root,
            entry: entry.to_owned(),
            app_json: Some(json),
            game,
        };
        Self::assemble(layout, tools, overrides)
    }

    fn assemble(layout: Layout, tools: ProjectJson, overrides: &Overrides) -> Result<Self> {
        let Layout {
            root,
            around,
            entry,
            app_json,
            game,
        } = layout;
        let app = app_json
            .as_deref()
            .map(|path| config_file::read::<AppJson>(path, app_json::REMEDY))
            .transpose()?
            .unwrap_or_default();
        let (domains_file, domains) = domains(&root, around.as_deref(), overrides)?;
        let url_check = tools.url_check();
        let given = overrides.app_id.clone().or(tools.appid);
        let empty_app_id = overrides.app_id.is_none() && given.as_deref() == Some("");
        let app_id = given.filter(|_| !empty_app_id);
        let identity = Identity {
            app_id: AppId::new(app_id.unwrap_or_else(|| NO_APP_ID.to_owned())),
            version: "1".to_owned(),
            env: Env::Release,
        };
        let mut config = AppConfig::new(identity, domains);
        config.network_timeout = app.network_timeout();
        config.url_check = url_check;
        Ok(Self {
            root,
            around,
            entry,
            game,
            pages: app.all_pages(),
            aliases: app.aliases(),
            domains_file,
            empty_app_id,
            config,
        })
    }

    /// D7: every bad entry of the server domains, with the file to mend.
    #[must_use]
    pub fn domain_report(&self, report: &DomainReport) -> String {
        let file = self.domains_file.as_ref().map_or_else(
            || "the server domains".to_owned(),
            |path| path.display().to_string(),
        );
        let lines: String = report
            .lines()
            .iter()
            .map(|line| format!("\n  {line}"))
            .collect();
        format!("{file}: the list of server domains is refused:{lines}")
    }
}

/// Where things are.
struct Layout {
    root: PathBuf,
    around: Option<PathBuf>,
    entry: String,
    app_json: Option<PathBuf>,
    game: bool,
}

/// An app or a game.
struct Kind {
    /// The file that says so.
    json: PathBuf,
    /// What the first file of its code may be called.
    entries: [&'static str; 2],
    game: bool,
}

impl Kind {
    fn of(root: &Path) -> Result<Self> {
        for (json, entries, game) in [
            ("app.json", ["app.js", "app.ts"], false),
            ("game.json", ["game.js", "game.ts"], true),
        ] {
            let json = root.join(json);
            if json.is_file() {
                return Ok(Self {
                    json,
                    entries,
                    game,
                });
            }
        }
        Err(ProjectError::NoApp(root.to_owned()))
    }
}

/// `miniprogramRoot`: a folder below that of project.config.json.
fn root_below(folder: &Path, below: &str) -> Result<PathBuf> {
    let file = folder.join(PROJECT_JSON);
    let below = below.to_owned();
    let Some(inside) = join("", &below) else {
        return Err(ProjectError::RootOutside { file, below });
    };
    let inside = inside.trim_start_matches('/');
    if inside.is_empty() {
        return Ok(folder.to_owned());
    }
    let root = folder.join(inside);
    if root.is_dir() {
        return Ok(root);
    }
    Err(ProjectError::NoRoot {
        file,
        below,
        folder: root,
    })
}

/// In the root, else beside project.config.json.
fn domains(
    root: &Path,
    around: Option<&Path>,
    overrides: &Overrides,
) -> Result<(Option<PathBuf>, DomainLists)> {
    if let Some(path) = &overrides.domains_file {
        return read_domains(path).map(|lists| (Some(path.clone()), lists));
    }
    for folder in std::iter::once(root).chain(around) {
        let path = folder.join("server-domains.json");
        if let Some(lists) = config_file::read_if_there(&path, DOMAINS_REMEDY)? {
            return Ok((Some(path), lists));
        }
    }
    Ok(Default::default())
}

/// Reads lists of server domains, as server-domains.json has them. They are not checked: whoever launches the app does that (D7).
///
/// # Errors
/// [`ProjectError::Unreadable`], [`ProjectError::Malformed`].
pub fn read_domains(path: &Path) -> Result<DomainLists> {
    config_file::read(path, DOMAINS_REMEDY)
}

const DOMAINS_REMEDY: &str = r#"it should be like {"request": ["https://api.example.com"], "uploadFile": [], "downloadFile": [], "socket": ["wss://ws.example.com"]}"#;
