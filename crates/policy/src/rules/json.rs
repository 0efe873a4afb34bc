//! An app's configuration as JSON, for hosts in other languages and processes.

use serde::Deserialize;

use super::AppConfig;
use crate::{
    addresses::AddressRule,
    connect::{ConnectTo, ConnectToError},
    domains::DomainLists,
    identity::{AppId, Env, Identity},
    timeouts::NetworkTimeout,
};

/// What JSON says of an app: all of an [`AppConfig`] but the device's addresses. `appId` is required. A name that is not known is refused: it is a misspelling.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppConfigJson {
    app_id: String,
    #[serde(default = "first_version")]
    version: String,
    #[serde(default)]
    env: EnvJson,
    #[serde(default)]
    domains: DomainLists,
    #[serde(default)]
    network_timeout: TimeoutJson,
    #[serde(default = "yes")]
    url_check: bool,
    #[serde(default)]
    debug: bool,
    #[serde(default)]
    allow_private: bool,
    #[serde(default)]
    connect_to: Vec<String>,
    #[serde(default)]
    cookies: bool,
}

/// A mapping of a name that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("connectTo: {0}")]
pub struct AppConfigJsonError(#[from] ConnectToError);

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EnvJson {
    #[default]
    Release,
    Trial,
    Develop,
    Devtools,
}

/// In milliseconds (T1).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct TimeoutJson {
    request: Option<f64>,
    connect_socket: Option<f64>,
    upload_file: Option<f64>,
    download_file: Option<f64>,
}

fn first_version() -> String {
    "1".to_owned()
}

const fn yes() -> bool {
    true
}

impl AppConfigJson {
    /// The configuration, still to be checked by [`Rules::new`](super::Rules::new).
    ///
    /// # Errors
    /// [`AppConfigJsonError`]
    pub fn into_config(self) -> Result<AppConfig, AppConfigJsonError> {
        let identity = Identity {
            app_id: AppId::new(self.app_id),
            version: self.version,
            env: match self.env {
                EnvJson::Release => Env::Release,
                EnvJson::Trial => Env::Trial,
                EnvJson::Develop => Env::Develop,
                EnvJson::Devtools => Env::Devtools,
            },
        };
        let mut config = AppConfig::new(identity, self.domains);
        config.network_timeout = NetworkTimeout {
            request: self.network_timeout.request,
            connect_socket: self.network_timeout.connect_socket,
            upload_file: self.network_timeout.upload_file,
            download_file: self.network_timeout.download_file,
        };
        config.url_check = self.url_check;
        config.debug = self.debug;
        config.cookies = self.cookies;
        config.connect_to = mappings(&self.connect_to)?;
        if self.allow_private {
            config.addresses = AddressRule::Any;
        }
        Ok(config)
    }
}

fn mappings(texts: &[String]) -> Result<Vec<ConnectTo>, ConnectToError> {
    texts.iter().map(|text| text.parse()).collect()
}
