//! The mini-program of the demo: the folder `demo` of this crate, packed into the binary.

use std::{fs, io, path::Path};

use appnet_policy::{Dialect, connect::ConnectTo};
use tempfile::TempDir;

use crate::{
    cli::{AppArgs, EnvArg},
    project::Project,
};

const FILES: [(&str, &str); 17] = [
    ("app.json", include_str!("../../demo/app.json")),
    (
        "project.config.json",
        include_str!("../../demo/project.config.json"),
    ),
    (
        "server-domains.json",
        include_str!("../../demo/server-domains.json"),
    ),
    ("app.js", include_str!("../../demo/app.js")),
    (
        "utils/request.js",
        include_str!("../../demo/utils/request.js"),
    ),
    ("utils/bar.js", include_str!("../../demo/utils/bar.js")),
    (
        "utils/member.js",
        include_str!("../../demo/utils/member.js"),
    ),
    ("utils/say.js", include_str!("../../demo/utils/say.js")),
    (
        "chapters/first.js",
        include_str!("../../demo/chapters/first.js"),
    ),
    (
        "chapters/domains.js",
        include_str!("../../demo/chapters/domains.js"),
    ),
    (
        "chapters/queue.js",
        include_str!("../../demo/chapters/queue.js"),
    ),
    (
        "chapters/text.js",
        include_str!("../../demo/chapters/text.js"),
    ),
    (
        "chapters/stream.js",
        include_str!("../../demo/chapters/stream.js"),
    ),
    (
        "chapters/files.js",
        include_str!("../../demo/chapters/files.js"),
    ),
    (
        "chapters/chat.js",
        include_str!("../../demo/chapters/chat.js"),
    ),
    (
        "chapters/endings.js",
        include_str!("../../demo/chapters/endings.js"),
    ),
    (
        "chapters/background.js",
        include_str!("../../demo/chapters/background.js"),
    ),
];

/// Writes it to a fresh folder.
///
/// # Errors
/// The system's.
pub(super) fn unpack() -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("appnet-demo-").tempdir()?;
    for (name, text) in FILES {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        fs::write(path, text)?;
    }
    Ok(folder)
}

/// Reads it as `appnet run` reads a project.
///
/// # Errors
/// A text.
pub(super) fn load(folder: &Path, routes: Vec<ConnectTo>) -> Result<Project, String> {
    let args = AppArgs {
        domains: None,
        app_id: None,
        app_version: "1".to_owned(),
        dialect: Dialect::SEED,
        env: EnvArg::Release,
        no_url_check: false,
        debug: false,
    };
    let mut project = Project::load(folder, &args)?;
    project.config.connect_to = routes;
    Ok(project)
}
