//! The mini-program of the demo: the folder `demo` of this crate, packed into the binary.

use std::{fs, io, path::Path};

use appnet_platform::{Overrides, Project};
use appnet_policy::connect::ConnectTo;
use tempfile::TempDir;

const FILES: [(&str, &str); 21] = [
    ("app.json", include_str!("../../demo/app.json")),
    (
        "project.config.json",
        include_str!("../../demo/project.config.json"),
    ),
    (
        "server-domains.json",
        include_str!("../../demo/server-domains.json"),
    ),
    ("tsconfig.json", include_str!("../../demo/tsconfig.json")),
    ("globals.d.ts", include_str!("../../demo/globals.d.ts")),
    ("app.ts", include_str!("../../demo/app.ts")),
    (
        "pages/index/index.ts",
        include_str!("../../demo/pages/index/index.ts"),
    ),
    (
        "utils/request.ts",
        include_str!("../../demo/utils/request.ts"),
    ),
    ("utils/bar.ts", include_str!("../../demo/utils/bar.ts")),
    (
        "utils/member.ts",
        include_str!("../../demo/utils/member.ts"),
    ),
    ("utils/say.ts", include_str!("../../demo/utils/say.ts")),
    ("utils/types.ts", include_str!("../../demo/utils/types.ts")),
    (
        "chapters/first.ts",
        include_str!("../../demo/chapters/first.ts"),
    ),
    (
        "chapters/domains.ts",
        include_str!("../../demo/chapters/domains.ts"),
    ),
    (
        "chapters/queue.ts",
        include_str!("../../demo/chapters/queue.ts"),
    ),
    (
        "chapters/text.ts",
        include_str!("../../demo/chapters/text.ts"),
    ),
    (
        "chapters/stream.ts",
        include_str!("../../demo/chapters/stream.ts"),
    ),
    (
        "chapters/files.ts",
        include_str!("../../demo/chapters/files.ts"),
    ),
    (
        "chapters/chat.ts",
        include_str!("../../demo/chapters/chat.ts"),
    ),
    (
        "chapters/endings.ts",
        include_str!("../../demo/chapters/endings.ts"),
    ),
    (
        "chapters/background.ts",
        include_str!("../../demo/chapters/background.ts"),
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
    let mut project =
        Project::read(folder, &Overrides::default()).map_err(|error| error.to_string())?;
    project.config.connect_to = routes;
    Ok(project)
}
