use std::{fs, path::Path};

use appnet_policy::domains::DomainLists;
use tempfile::TempDir;

use super::{Overrides, Project, Result, read_domains};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn read(folder: &Path) -> Result<Project> {
    Project::read(folder, &Overrides::default())
}

const APP: [(&str, &str); 2] = [("app.json", "{}"), ("app.js", "")];

/// The text that a project is refused with, from its folder on.
fn refused(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let text = read(folder.path()).unwrap_err().to_string();
    text.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn a_project_is_its_root_its_first_file_its_pages_and_its_configuration() {
    let folder = folder(&[
        (
            "project.config.json",
            r#"{"appid": "wx1", "miniprogramRoot": "./mini/", "setting": {"urlCheck": true}}"#,
        ),
        (
            "project.private.config.json",
            r#"{"setting": {"urlCheck": false}}"#,
        ),
        (
            "server-domains.json",
            r#"{"request": ["https://api.example.com"]}"#,
        ),
        (
            "mini/app.json",
            "\u{feff}{
                \"pages\": [\"/pages/a\", \"pages/b\"], \"entryPagePath\": \"pages/b\",
                \"subpackages\": [{\"root\": \"sub/\", \"pages\": [\"c\"]}],
                \"tabBar\": {\"list\": [{\"pagePath\": \"pages/a\"}]},
                \"resolveAlias\": {\"@/*\": \"/*\", \"@lib/*\": \"/lib/*\"},
                \"networkTimeout\": {\"request\": 5}
            }",
        ),
        ("mini/app.ts", ""),
    ]);
    let project = read(folder.path()).unwrap();
    assert_eq!(project.root, folder.path().join("mini"));
    assert_eq!(project.around.as_deref(), Some(folder.path()));
    assert_eq!((project.entry.as_str(), project.game), ("app.ts", false));
    assert_eq!(project.pages.all, ["pages/a", "pages/b", "sub/c"]);
    assert_eq!(project.pages.first.as_deref(), Some("pages/b"));
    assert_eq!(project.pages.tabs, ["pages/a"]);
    let aliases = project.aliases.iter().map(|alias| alias.prefix.as_str());
    assert_eq!(aliases.collect::<Vec<_>>(), ["@lib/", "@/"]);
    let domains = folder.path().join("server-domains.json");
    assert_eq!(project.domains_file, Some(domains));
    let config = project.config;
    assert_eq!(config.identity.app_id.as_str(), "wx1");
    assert_eq!(config.domains.request, ["https://api.example.com"]);
    assert_eq!(config.network_timeout.request, Some(5.0));
    assert!(!config.url_check, "what the private file says counts");
}

#[test]
fn a_game_and_a_single_file_are_projects_too() {
    let folder = folder(&[("game.json", "{}"), ("game.js", ""), ("one.js", "")]);
    let game = read(folder.path()).unwrap();
    assert_eq!((game.entry.as_str(), game.game), ("game.js", true));
    let file = folder.path().join("one.js");
    let one = read(&file).unwrap();
    assert_eq!((one.entry.as_str(), one.game), ("one.js", false));
    assert_eq!(one.root, folder.path());
    assert_eq!(Project::folder_of(&file), folder.path());
    assert_eq!(Project::folder_of(Path::new("one.js")), Path::new("."));
}

#[test]
fn what_a_host_says_itself_is_not_read_from_the_project() {
    let mut files = APP.to_vec();
    files.push(("project.config.json", r#"{"appid": ""}"#));
    files.push(("server-domains.json", "not read"));
    files.push(("lists.json", r#"{"socket": ["wss://ws.example.com"]}"#));
    let folder = folder(&files);
    let lists = folder.path().join("lists.json");
    let mut overrides = Overrides {
        domains_file: Some(lists.clone()),
        app_id: Some("wx2".to_owned()),
    };
    let project = Project::read(folder.path(), &overrides).unwrap();
    assert_eq!(project.config.identity.app_id.as_str(), "wx2");
    assert_eq!(project.config.domains.socket, ["wss://ws.example.com"]);
    assert!(!project.empty_app_id);
    overrides.app_id = None;
    let project = Project::read(folder.path(), &overrides).unwrap();
    assert_eq!(project.config.identity.app_id.as_str(), super::NO_APP_ID);
    assert!(project.empty_app_id);
    let expected = DomainLists {
        socket: vec!["wss://ws.example.com".to_owned()],
        ..DomainLists::default()
    };
    assert_eq!(read_domains(&lists).unwrap(), expected);
}

#[test]
fn a_mistake_is_told_with_its_file_its_place_and_what_would_be_right() {
    for (files, expected) in [
        (
            &[("app.json", "{\n  // pages\n}"), APP[1]][..],
            "app.json:2:3: JSON has no comments: take this one out\n  networkTimeout should be milliseconds by API",
        ),
        (
            &[("app.json", r#"{"networkTimeout": null}"#), APP[1]],
            "app.json:1:23: invalid type: null, expected networkTimeout as an object of milliseconds by API (or left out)",
        ),
        (
            &[
                APP[0],
                APP[1],
                ("server-domains.json", r#"{"socket": [5]}"#),
            ],
            "server-domains.json:1:13: invalid type: integer `5`, expected a string\n  it should be like {\"request\":",
        ),
        (
            &[APP[0], APP[1], ("server-domains.json", "\n []")],
            "server-domains.json:2:2: an array, where an object should be\n  it should be like {\"request\":",
        ),
        (
            &[APP[0], APP[1], ("project.config.json", r#"{"appid": 1}"#)],
            "project.config.json:1:11: invalid type: integer `1`, expected a string\n  it should be like {\"appid\":",
        ),
        (
            &[("project.config.json", r#"{"miniprogramRoot": "../x"}"#)],
            "project.config.json: miniprogramRoot is \"../x\", which leads out of the project",
        ),
        (
            &[("project.config.json", r#"{"miniprogramRoot": "nowhere/"}"#)],
            "project.config.json: miniprogramRoot is \"nowhere/\", and there is no folder nowhere: it should name",
        ),
        (
            &[APP[0]],
            "no app.js (or app.ts) beside app.json: it is the first file that runs",
        ),
        (&[("readme", "")], "no app.json (or game.json) in "),
    ] {
        let text = refused(files);
        assert!(text.starts_with(expected), "{text}");
    }
    let text = read(Path::new("nowhere")).unwrap_err().to_string();
    assert!(text.starts_with("no file or folder nowhere: "), "{text}");
}
