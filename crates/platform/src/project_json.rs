//! What matters in project.config.json and project.private.config.json.

use std::path::Path;

use serde::Deserialize;

use crate::{config_file, error::ProjectError};

/// Stands in for the id of an app that has none yet.
pub const NO_APP_ID: &str = "wx0000000000000000";

/// The file that a project's tools share.
pub(crate) const PROJECT_JSON: &str = "project.config.json";
const PRIVATE_JSON: &str = "project.private.config.json";

const REMEDY: &str =
    r#"it should be like {"appid": "wx0123456789abcdef", "setting": {"urlCheck": true}}"#;

/// Both files together.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProjectJson {
    pub(crate) appid: Option<String>,
    #[serde(rename = "miniprogramRoot")]
    pub(crate) miniprogram_root: Option<String>,
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
    pub(crate) fn of(folder: &Path) -> Result<Self, ProjectError> {
        let read = |name: &str| config_file::read_if_there(&folder.join(name), REMEDY);
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

    /// U8
    pub(crate) fn url_check(&self) -> bool {
        self.setting.url_check.unwrap_or(true)
    }
}
