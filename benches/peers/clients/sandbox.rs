//! The files of an app that is measured.

use std::{fs::File, sync::Arc};

use appnet::{
    DirectorySandbox, FileSandbox, Policy,
    policy::{
        domains::DomainLists,
        identity::{AppId, Env, Identity},
        rules::AppConfig,
    },
};
use tempfile::TempDir;

use crate::{origin::HOST, turn::Failure};

/// What is uploaded.
pub(crate) const SOURCE: &str = "wxfile://usr/source";

/// What is downloaded.
pub(crate) const TARGET: &str = "wxfile://usr/target";

/// A directory with the file to send; removed when this is dropped.
pub(crate) struct Sandbox {
    pub(crate) files: Arc<dyn FileSandbox>,
    _directory: TempDir,
}

impl Sandbox {
    pub(crate) fn new(length: u64) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let files = DirectorySandbox::open(directory.path(), policy().files)?;
        File::create(directory.path().join("usr/source"))?.set_len(length)?;
        Ok(Self {
            files: Arc::new(files),
            _directory: directory,
        })
    }
}

/// The default, but for files that are longer than the platform lets pass.
pub(crate) fn policy() -> Policy {
    let mut policy = Policy::seed();
    policy.files.transfer_bytes = 1 << 30;
    policy.files.user_bytes = 4 << 30;
    policy
}

/// An app that may reach the origin, on this port, and nothing else.
pub(crate) fn app(number: usize, port: u16) -> Result<AppConfig, Failure> {
    let identity = Identity {
        app_id: AppId::new(format!("wxbench{number}")),
        version: "1".to_owned(),
        env: Env::Release,
    };
    let origins = vec![format!("https://{HOST}")];
    let domains = DomainLists {
        request: origins.clone(),
        upload_file: origins.clone(),
        download_file: origins,
        socket: vec![format!("wss://{HOST}")],
    };
    let mut config = AppConfig::new(identity, domains);
    config.connect_to = vec![format!("{HOST}::127.0.0.1:{port}").parse()?];
    Ok(config)
}
