//! A mini-program's configuration, from its files and the command line.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use appnet_policy::{
    addresses::AddressRule,
    domains::{DomainLists, DomainReport},
    identity::{AppId, Env, Identity},
    rules::AppConfig,
    timeouts::NetworkTimeout,
};
use serde::Deserialize;

use crate::{
    cli::{AppArgs, NetworkArgs},
    config_file,
    modules::{Alias, Modules, join},
};

const NO_APP_ID: &str = "wx0000000000000000";

/// What is to be run, and under which configuration.
#[derive(Debug)]
pub(crate) struct Project {
    /// Where its own files are; nothing outside of it can be required.
    pub(crate) root: PathBuf,
    /// Its first file, below the root: `app.js`.
    pub(crate) entry: String,
    /// The folder of project.config.json, where the root is another below it: packages may be there.
    around: Option<PathBuf>,
    /// `resolveAlias`.
    aliases: Vec<Alias>,
    /// What app.json says of pages.
    pub(crate) pages: Pages,
    /// Whether it is a game: it has no pages, and a few names more.
    pub(crate) game: bool,
    /// The file its server domains came from.
    pub(crate) domains_file: Option<PathBuf>,
    /// Id, domains, timeouts, checks.
    pub(crate) config: AppConfig,
}

/// The pages of an app, by their paths from the root: `pages/index/index`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Pages {
    /// All of them, those of sub-packages last.
    pub(crate) all: Vec<String>,
    /// Those of the bar of tabs.
    pub(crate) tabs: Vec<String>,
    /// The one that is opened first, if any is.
    pub(crate) first: Option<String>,
    /// The query of the first one.
    pub(crate) query: String,
}

impl Project {
    /// Its files.
    ///
    /// # Errors
    /// A text that names the folder that cannot be opened.
    pub(crate) fn modules(&self) -> Result<Modules, String> {
        let modules = Modules::open(&self.root)
            .and_then(|modules| modules.with(self.around.as_deref(), self.aliases.clone()));
        modules.map_err(|error| format!("cannot open {}: {error}", self.root.display()))
    }

    /// The folders that its configuration is looked for in, for a person.
    pub(crate) fn folders(&self) -> String {
        let root = self.root.display().to_string();
        match &self.around {
            Some(around) => format!("{root} or {}", around.display()),
            None => root,
        }
    }

    /// `--page`: opens that one first.
    ///
    /// # Errors
    /// A text that names the pages that there are.
    pub(crate) fn opening(mut self, page: Option<&str>) -> Result<Self, String> {
        let Some(page) = page else { return Ok(self) };
        let (path, query) = page.split_once('?').unwrap_or((page, ""));
        let path = path.trim_start_matches('/');
        if !self.pages.all.iter().any(|it| it == path) {
            return Err(format!(
                "--page {page}: there is no such page; {}",
                match self.pages.all.as_slice() {
                    [] => "app.json has none".to_owned(),
                    all => format!("app.json has {}", all.join(", ")),
                }
            ));
        }
        path.clone_into(self.pages.first.get_or_insert_default());
        query.clone_into(&mut self.pages.query);
        Ok(self)
    }

    /// Reads the files of a folder, or takes defaults for a single file.
    ///
    /// # Errors
    /// A text that names what is wrong, where, and what would be right.
    pub(crate) fn load(program: &Path, args: &AppArgs) -> Result<Self, String> {
        if program.is_dir() {
            return Self::of_folder(program, args);
        }
        if !program.is_file() {
            return Err(format!(
                "no file or folder {}: give a mini-program's folder, or one .js file",
                program.display()
            ));
        }
        let root = folder_of(program);
        let entry = program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let layout = Layout {
            root: root.to_owned(),
            around: None,
            entry,
            app_json: None,
            game: false,
        };
        Self::assemble(layout, &ProjectJson::default(), args)
    }

    fn of_folder(folder: &Path, args: &AppArgs) -> Result<Self, String> {
        let tools = ProjectJson::of(folder)?;
        let root = match tools.miniprogram_root.as_deref() {
            Some(below) => root_below(folder, below)?,
            None => folder.to_owned(),
        };
        let (app_json, entries, game) = kind(&root)?;
        let entry = entries.iter().find(|entry| root.join(entry).is_file());
        let Some(entry) = entry else {
            return Err(format!(
                "no {} (or {}) beside {}: it is the first file that runs",
                root.join(entries[0]).display(),
                entries[1],
                app_json.display()
            ));
        };
        let layout = Layout {
            around: (root != folder).then(|| folder.to_owned()),
            root,
            entry: (*entry).to_owned(),
            app_json: Some(app_json),
            game,
        };
        Self::assemble(layout, &tools, args)
    }

    fn assemble(layout: Layout, tools: &ProjectJson, args: &AppArgs) -> Result<Self, String> {
        let Layout {
            root,
            around,
            entry,
            app_json,
            game,
        } = layout;
        let app = app_json
            .as_deref()
            .map(|path| config_file::read::<AppJson>(path, APP_REMEDY))
            .transpose()?
            .unwrap_or_default();
        let (domains_file, domains) = domains(&root, around.as_deref(), args)?;
        let app_id = args.app_id.clone().or_else(|| tools.app_id());
        let identity = Identity {
            app_id: AppId::new(app_id.unwrap_or_else(|| NO_APP_ID.to_owned())),
            version: args.app_version.clone(),
            env: args.env.into(),
        };
        let (pages, aliases) = (app.all_pages(), app.aliases());
        let mut config = AppConfig::new(identity, domains);
        config.network_timeout = app.network_timeout.into();
        config.url_check = tools.setting.url_check.unwrap_or(true) && !args.no_url_check;
        config.debug = args.debug;
        Ok(Self {
            root,
            entry,
            around,
            aliases,
            pages,
            game,
            domains_file,
            config,
        })
    }

    /// D7: every bad entry, with where to mend it.
    pub(crate) fn domain_report(&self, report: &DomainReport) -> String {
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

    /// U8: switches that this environment does not listen to.
    pub(crate) fn warn_of_idle_switches(&self) {
        let env = self.config.identity.env;
        if !self.config.url_check && env != Env::Devtools {
            tracing::warn!(
                "urlCheck is off, which counts with --env devtools only: domains are checked"
            );
        }
        if self.config.debug && !matches!(env, Env::Develop | Env::Trial) {
            tracing::warn!("--debug counts with --env develop or trial only: domains are checked");
        }
    }

    /// As the flags of the network say.
    pub(crate) fn connecting(mut self, network: &NetworkArgs) -> Self {
        self.config.connect_to = network.way.connect_to.clone();
        self.config.device = network.device_address.clone();
        self.config.cookies = network.cookies;
        self.config.addresses = if network.way.allow_private {
            AddressRule::Any
        } else {
            AddressRule::PublicOnly
        };
        self
    }
}

/// Where a file is that was named on the command line.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// An app of which only what the flags say is known.
///
/// # Errors
/// A text that says which file is wrong, where, and what would be right.
pub(crate) fn without_files(args: &AppArgs) -> Result<Project, String> {
    if args.domains.is_none() {
        return Err("give --domains FILE, or a mini-program's folder".to_owned());
    }
    let layout = Layout {
        root: PathBuf::new(),
        around: None,
        entry: String::new(),
        app_json: None,
        game: false,
    };
    Project::assemble(layout, &ProjectJson::default(), args)
}

/// Where things are.
struct Layout {
    root: PathBuf,
    around: Option<PathBuf>,
    entry: String,
    app_json: Option<PathBuf>,
    game: bool,
}

/// `miniprogramRoot`: a folder below that of project.config.json.
fn root_below(folder: &Path, below: &str) -> Result<PathBuf, String> {
    let inside = join("", below).ok_or_else(|| {
        format!(
            "{}: miniprogramRoot is {below:?}, which leads out of the project: it should be a folder below it",
            folder.join(PROJECT_JSON).display()
        )
    })?;
    let inside = inside.trim_start_matches('/');
    if inside.is_empty() {
        return Ok(folder.to_owned());
    }
    let root = folder.join(inside);
    if root.is_dir() {
        return Ok(root);
    }
    Err(format!(
        "{}: miniprogramRoot is {below:?}, and there is no folder {}: it should name the folder that app.json is in, or be left out",
        folder.join(PROJECT_JSON).display(),
        root.display()
    ))
}

/// An app or a game, by the file that says so; what its first file may be called; and whether it is a game.
fn kind(root: &Path) -> Result<(PathBuf, [&'static str; 2], bool), String> {
    for (json, entries, game) in [
        ("app.json", ["app.js", "app.ts"], false),
        ("game.json", ["game.js", "game.ts"], true),
    ] {
        let path = root.join(json);
        if path.is_file() {
            return Ok((path, entries, game));
        }
    }
    Err(format!(
        "no app.json (or game.json) in {}: give a mini-program's folder, or one .js or .ts file",
        root.display()
    ))
}

/// In the root, else beside project.config.json.
fn domains(
    root: &Path,
    around: Option<&Path>,
    args: &AppArgs,
) -> Result<(Option<PathBuf>, DomainLists), String> {
    if let Some(path) = &args.domains {
        return config_file::read(path, DOMAINS_REMEDY).map(|lists| (Some(path.clone()), lists));
    }
    for folder in std::iter::once(root).chain(around) {
        let path = folder.join("server-domains.json");
        if let Some(lists) = config_file::read_if_there(&path, DOMAINS_REMEDY)? {
            return Ok((Some(path), lists));
        }
    }
    Ok(Default::default())
}

const PROJECT_JSON: &str = "project.config.json";
const PRIVATE_JSON: &str = "project.private.config.json";

const APP_REMEDY: &str = r#"networkTimeout should be milliseconds by API, for example {"networkTimeout": {"request": 10000, "connectSocket": 10000}}"#;
const PROJECT_REMEDY: &str =
    r#"it should be like {"appid": "wx0123456789abcdef", "setting": {"urlCheck": true}}"#;
const DOMAINS_REMEDY: &str = r#"it should be like {"request": ["https://api.example.com"], "uploadFile": [], "downloadFile": [], "socket": ["wss://ws.example.com"]}"#;

/// What matters here in app.json and game.json.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AppJson {
    // T1; the documentation also writes it all in lower case.
    #[serde(alias = "networktimeout")]
    network_timeout: TimeoutJson,
    pages: Vec<String>,
    entry_page_path: Option<String>,
    #[serde(alias = "subpackages")]
    sub_packages: Vec<SubPackageJson>,
    tab_bar: TabBarJson,
    resolve_alias: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SubPackageJson {
    root: String,
    pages: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TabBarJson {
    list: Vec<TabJson>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TabJson {
    page_path: String,
}

impl AppJson {
    fn all_pages(&self) -> Pages {
        let plain = |path: &str| path.trim_matches('/').to_owned();
        let below = |package: &SubPackageJson| -> Vec<String> {
            let root = plain(&package.root);
            let page = |path: &String| format!("{root}/{}", plain(path));
            package.pages.iter().map(page).collect()
        };
        let mut all: Vec<String> = self.pages.iter().map(|path| plain(path)).collect();
        all.extend(self.sub_packages.iter().flat_map(below));
        let first = self
            .entry_page_path
            .as_deref()
            .map(plain)
            .filter(|path| !path.is_empty());
        Pages {
            first: first.or_else(|| all.first().cloned()),
            tabs: self
                .tab_bar
                .list
                .iter()
                .map(|tab| plain(&tab.page_path))
                .collect(),
            all,
            query: String::new(),
        }
    }

    /// The longest prefix first: the one that says most.
    fn aliases(&self) -> Vec<Alias> {
        let mut aliases: Vec<Alias> = self
            .resolve_alias
            .iter()
            .map(|(prefix, target)| Alias {
                prefix: prefix.trim_end_matches('*').to_owned(),
                target: target.trim_end_matches('*').to_owned(),
            })
            .collect();
        aliases.sort_by_key(|alias| std::cmp::Reverse(alias.prefix.len()));
        aliases
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "networkTimeout as an object of milliseconds by API (or left out)"
)]
struct TimeoutJson {
    request: Option<f64>,
    connect_socket: Option<f64>,
    upload_file: Option<f64>,
    download_file: Option<f64>,
}

impl From<TimeoutJson> for NetworkTimeout {
    fn from(json: TimeoutJson) -> Self {
        Self {
            request: json.request,
            connect_socket: json.connect_socket,
            upload_file: json.upload_file,
            download_file: json.download_file,
        }
    }
}

/// What matters in project.config.json and project.private.config.json.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProjectJson {
    appid: Option<String>,
    #[serde(rename = "miniprogramRoot")]
    miniprogram_root: Option<String>,
    setting: SettingJson,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SettingJson {
    #[serde(rename = "urlCheck")]
    url_check: Option<bool>,
}

impl ProjectJson {
    /// Both files of a folder: what the private one says has priority.
    fn of(folder: &Path) -> Result<Self, String> {
        let read = |name: &str| config_file::read_if_there(&folder.join(name), PROJECT_REMEDY);
        let shared: Self = read(PROJECT_JSON)?.unwrap_or_default();
        let private: Self = read(PRIVATE_JSON)?.unwrap_or_default();
        Ok(Self {
            appid: private.appid.or(shared.appid),
            miniprogram_root: private.miniprogram_root.or(shared.miniprogram_root),
            setting: SettingJson {
                url_check: private.setting.url_check.or(shared.setting.url_check),
            },
        })
    }

    /// An empty one is what the tools write for an app that has none yet.
    fn app_id(&self) -> Option<String> {
        let app_id = self.appid.clone()?;
        if app_id.is_empty() {
            tracing::warn!(
                "{PROJECT_JSON}: appid is empty: {NO_APP_ID} stands in for it; write the app's id there, or give --app-id"
            );
            return None;
        }
        Some(app_id)
    }
}
