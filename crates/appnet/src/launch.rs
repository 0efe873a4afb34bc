//! What a host says of an app when it launches it, and when the app leaves the screen.

use std::{fmt, sync::Arc};

use appnet_io::FileSandbox;
use appnet_policy::rules::AppConfig;

/// An app that is to be launched. Its configuration is enough: [`AppConfig`] becomes one by itself.
#[derive(Clone)]
pub struct NewApp {
    pub(crate) config: AppConfig,
    pub(crate) files: Option<Arc<dyn FileSandbox>>,
}

/// Whether an app that leaves the screen is pinned by its user: then it goes on as on the screen (B5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pinned {
    /// What it has ends after the grace (B1).
    #[default]
    No,
    /// It is exempt (B5).
    Yes,
}

impl NewApp {
    /// An app without files: its uploads and downloads fail.
    #[must_use]
    pub const fn new(config: AppConfig) -> Self {
        Self {
            config,
            files: None,
        }
    }

    /// It uploads from, and downloads to, these files (F2). Its temporary ones are removed when it is closed.
    #[must_use]
    pub fn files(self, files: Arc<dyn FileSandbox>) -> Self {
        Self {
            files: Some(files),
            ..self
        }
    }
}

impl From<AppConfig> for NewApp {
    fn from(config: AppConfig) -> Self {
        Self::new(config)
    }
}

impl From<bool> for Pinned {
    fn from(pinned: bool) -> Self {
        if pinned { Self::Yes } else { Self::No }
    }
}

impl fmt::Debug for NewApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApp")
            .field("config", &self.config)
            .field("files", &self.files.is_some())
            .finish()
    }
}
