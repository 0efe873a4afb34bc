//! What a host embeds.

use std::sync::Arc;

use appnet_policy::{Policy, icp::IcpRegistry, identity::AppId, rules::{AppConfig, ConfigError}};

use crate::Port;

/// A handle of a running network subsystem; clones are handles of the same one.
#[derive(Clone, Debug)]
pub struct Network {}

/// Settings of a [`Network`] before it starts.
#[derive(Default)]
pub struct NetworkBuilder {
    _policy: Option<Policy>,
    _icp: Option<Arc<dyn IcpRegistry>>,
}

/// Why a network did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No trusted roots.
    #[error("{0}")]
    Trust(String),
}

/// Why an app was not launched or not reconfigured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// Its configuration is refused (D7).
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It runs already.
    #[error("app {0} is running already: close it first")]
    AlreadyRunning(AppId),
    /// The network was shut down.
    #[error("the network is shut down")]
    ShutDown,
}

/// No app of this id runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no app {0} is running")]
pub struct UnknownApp(pub AppId);

/// What was ended when an app was closed (B7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseReport {
    /// Tasks that were running.
    pub running: Vec<u64>,
    /// Tasks that were waiting for a permit.
    pub queued: Vec<u64>,
}

impl Network {
    /// Starts with the platform's own values.
    #[must_use]
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder::default()
    }

    /// Launches an app.
    ///
    /// # Errors
    /// [`LaunchError`]
    pub async fn launch(&self, config: AppConfig) -> Result<Port, LaunchError> {
        let _ = config;
        todo!()
    }

    /// Changes a running app's configuration; a bad one changes nothing (D7).
    ///
    /// # Errors
    /// [`LaunchError`]
    pub async fn configure(&self, config: AppConfig) -> Result<(), LaunchError> {
        let _ = config;
        todo!()
    }

    /// Tells that an app left the screen (B1); `pinned` exempts it (B5).
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub fn enter_background(&self, app: &AppId, pinned: bool) -> Result<(), UnknownApp> {
        let _ = (app, pinned);
        todo!()
    }

    /// Tells that an app is on the screen again (B4).
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub fn enter_foreground(&self, app: &AppId) -> Result<(), UnknownApp> {
        let _ = app;
        todo!()
    }

    /// Ends an app and everything it has (B7).
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub async fn close(&self, app: &AppId) -> Result<CloseReport, UnknownApp> {
        let _ = app;
        todo!()
    }
    /// Closes every app and stops all threads; returns when they have ended.
    pub async fn shutdown(self) {
        todo!()
    }
}

impl NetworkBuilder {
    /// Other values than [`Policy::seed`].
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        let _ = policy;
        self
    }

    /// Where ICP filing is looked up (D6).
    #[must_use]
    pub fn icp_registry(self, registry: Arc<dyn IcpRegistry>) -> Self {
        let _ = registry;
        self
    }

    /// One more trusted root, or several: certificates in PEM (K2).
    ///
    /// # Errors
    /// When the text holds no certificate or a broken one.
    pub fn extra_roots_pem(self, pem: &[u8]) -> Result<Self, StartError> {
        let _ = pem;
        Ok(self)
    }

    /// Is told of every call when it ends (and of refusals), on an internal thread: must not block.
    #[must_use]
    pub fn observer(self, observer: impl Fn(&CallRecord) + Send + Sync + 'static) -> Self {
        let _ = observer;
        self
    }

    /// How many threads apps are spread over; default: one for each core.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        let _ = threads;
        self
    }

    /// Starts it on threads of its own; works under any async runtime or none.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn start(self) -> Result<Network, StartError> {
        todo!()
    }
}

/// One call as the host's log and inspector see it.
#[derive(Debug, Clone)]
pub struct CallRecord {}
