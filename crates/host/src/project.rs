//! A mini-program's configuration, from its files and the command line.

use std::path::{Path, PathBuf};

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
};

const NO_APP_ID: &str = "wx0000000000000000";

/// What is to be run, and under which configuration.
#[derive(Debug)]
pub(crate) struct Project {
    /// Where its own files are; nothing outside of it can be required.
    pub(crate) root: PathBuf,
    /// Its first file, below the root: `app.js`.
    pub(crate) entry: String,
    /// The file its server domains came from.
    pub(crate) domains_file: Option<PathBuf>,
    /// Id, domains, timeouts, checks.
    pub(crate) config: AppConfig,
}

impl Project {
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
        let root = program
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let entry = program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self::assemble(root.to_owned(), entry, None, &ProjectJson::default(), args)
    }

    fn of_folder(folder: &Path, args: &AppArgs) -> Result<Self, String> {
        let tools: ProjectJson =
            config_file::read_if_there(&folder.join("project.config.json"), PROJECT_REMEDY)?
                .unwrap_or_default();
        let root = tools
            .miniprogram_root
            .as_ref()
            .map_or_else(|| folder.to_owned(), |below| folder.join(below));
        let (app_json, entry) = kind(&root)?;
        if !root.join(entry).is_file() {
            return Err(format!(
                "no {} beside {}: it is the first file that runs",
                root.join(entry).display(),
                app_json.display()
            ));
        }
        Self::assemble(root, entry.to_owned(), Some(app_json), &tools, args)
    }

    fn assemble(
        root: PathBuf,
        entry: String,
        app_json: Option<PathBuf>,
        tools: &ProjectJson,
        args: &AppArgs,
    ) -> Result<Self, String> {
        let timeouts = app_json
            .as_deref()
            .map(|path| config_file::read::<AppJson>(path, APP_REMEDY))
            .transpose()?
            .unwrap_or_default();
        let (domains_file, domains) = domains(&root, args)?;
        let app_id = args
            .app_id
            .clone()
            .or_else(|| tools.appid.clone())
            .unwrap_or_else(|| NO_APP_ID.to_owned());
        let identity = Identity {
            app_id: AppId::new(app_id),
            version: args.app_version.clone(),
            env: args.env.into(),
        };
        let mut config = AppConfig::new(identity, domains);
        config.network_timeout = timeouts.network_timeout.into();
        config.url_check = tools.setting.url_check && !args.no_url_check;
        config.debug = args.debug;
        Ok(Self {
            root,
            entry,
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

/// An app or a game, by the file that says so.
fn kind(root: &Path) -> Result<(PathBuf, &'static str), String> {
    for (json, entry) in [("app.json", "app.js"), ("game.json", "game.js")] {
        let path = root.join(json);
        if path.is_file() {
            return Ok((path, entry));
        }
    }
    Err(format!(
        "no app.json (or game.json) in {}: give a mini-program's folder, or one .js file",
        root.display()
    ))
}

fn domains(root: &Path, args: &AppArgs) -> Result<(Option<PathBuf>, DomainLists), String> {
    if let Some(path) = &args.domains {
        return config_file::read(path, DOMAINS_REMEDY).map(|lists| (Some(path.clone()), lists));
    }
    let path = root.join("server-domains.json");
    let lists = config_file::read_if_there(&path, DOMAINS_REMEDY)?;
    Ok(lists.map_or_else(Default::default, |lists| (Some(path), lists)))
}

const APP_REMEDY: &str = r#"networkTimeout should be milliseconds by API, for example {"networkTimeout": {"request": 10000, "connectSocket": 10000}}"#;
const PROJECT_REMEDY: &str =
    r#"it should be like {"appid": "wx0123456789abcdef", "setting": {"urlCheck": true}}"#;
const DOMAINS_REMEDY: &str = r#"it should be like {"request": ["https://api.example.com"], "uploadFile": [], "downloadFile": [], "socket": ["wss://ws.example.com"]}"#;

/// What matters to the network in app.json and game.json.
#[derive(Debug, Default, Deserialize)]
struct AppJson {
    // T1; the documentation also writes it all in lower case.
    #[serde(default, rename = "networkTimeout", alias = "networktimeout")]
    network_timeout: TimeoutJson,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
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

/// What matters in project.config.json.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProjectJson {
    appid: Option<String>,
    #[serde(rename = "miniprogramRoot")]
    miniprogram_root: Option<String>,
    setting: SettingJson,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
struct SettingJson {
    #[serde(rename = "urlCheck")]
    url_check: bool,
}

impl Default for SettingJson {
    fn default() -> Self {
        Self { url_check: true }
    }
}
