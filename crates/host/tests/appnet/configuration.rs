//! Projects, flags, and what is said when they are wrong.

use crate::run::{Folder, Run};

const DOMAINS: &str =
    r#"{"request": ["https://api.example.com"], "socket": ["wss://ws.example.com:8443"]}"#;

fn project(extra: &[(&str, &str)]) -> Folder {
    let files = [
        ("app.json", "{}"),
        ("app.js", "App({})"),
        ("server-domains.json", DOMAINS),
    ];
    let mut all: Vec<(&str, &str)> = files
        .into_iter()
        .filter(|(name, _)| extra.iter().all(|(other, _)| other != name))
        .collect();
    all.extend(extra);
    Folder::new(&all)
}

fn refused(folder: &Folder, args: &[&str]) -> String {
    let Run { status, out, err } = folder.appnet(args, "");
    assert_eq!((status, out.as_str()), (2, ""), "{err}");
    err
}

#[test]
fn a_project_runs_with_its_modules_and_launches_its_app() {
    let folder = project(&[
        (
            "app.js",
            "const { name } = require('./lib/a'); const data = require('data'); App({ name, onLaunch({ scene }) { host.print([this.name, data.n, scene, getApp().name].join()) }, onShow() { host.print('shown') } })",
        ),
        (
            "lib/a.js",
            "exports.early = true; const b = require('./b'); exports.name = b.seen ? 'cycle' : 'no'",
        ),
        (
            "lib/b.js",
            "exports.seen = require('./a.js').early === true && require('/lib/a').name === undefined",
        ),
        ("miniprogram_npm/data/index.json", r#"{"n": 5}"#),
    ]);
    let run = folder.appnet(&["run", "."], "");
    assert_eq!(
        (run.status, run.out.as_str()),
        (0, "cycle,5,1001,cycle\nshown\n"),
        "{}",
        run.err
    );
}

#[test]
fn a_module_that_is_missing_or_outside_is_an_error_with_the_line_that_requires_it() {
    for name in ["./nowhere", "../outside", "nopackage"] {
        let run = project(&[("app.js", &format!("\nrequire('{name}')"))]).appnet(&["run", "."], "");
        assert_eq!(run.status, 1);
        assert!(
            run.err.contains(&format!("cannot find module '{name}'"))
                && run.err.contains("app.js:2:"),
            "{}",
            run.err
        );
    }
}

#[test]
fn a_game_and_a_project_with_a_root_of_its_own_run_too() {
    let game = Folder::new(&[
        ("game.json", r#"{"networktimeout": {"request": 1}}"#),
        ("game.js", "host.print('game')"),
    ]);
    assert_eq!(game.appnet(&["run", "."], "").out, "game\n");
    let nested = Folder::new(&[
        (
            "project.config.json",
            "\u{feff}{\"miniprogramRoot\": \"mini/\"}",
        ),
        ("mini/app.json", "{}"),
        ("mini/app.js", "host.print('nested')"),
    ]);
    assert_eq!(nested.appnet(&["run", "."], "").out, "nested\n");
}

#[test]
fn the_app_knows_its_id_version_and_environment() {
    let print = "const { miniProgram: m } = wx.getAccountInfoSync(); host.print([m.appId, m.envVersion, m.version].join())";
    let folder = project(&[
        ("app.js", print),
        ("project.config.json", r#"{"appid": "wx1"}"#),
    ]);
    assert_eq!(folder.appnet(&["run", "."], "").out, "wx1,release,1\n");
    assert_eq!(
        folder
            .appnet(&["run", ".", "--app-id", "wx2", "--app-version", "42"], "")
            .out,
        "wx2,release,42\n"
    );
    assert_eq!(
        folder.appnet(&["run", ".", "--env", "devtools"], "").out,
        "wx1,develop,\n"
    );
    assert_eq!(
        Folder::new(&[("t.js", print)])
            .appnet(&["run", "t.js"], "")
            .out,
        "wx0000000000000000,release,1\n"
    );
}

#[test]
fn mistakes_in_files_are_named_with_file_line_column_and_remedy() {
    let empty = Folder::new(&[("x.txt", "")]);
    assert!(
        refused(&empty, &["run", "."]).contains("no app.json (or game.json) in ."),
        "without app.json"
    );
    assert!(
        refused(&empty, &["run", "nowhere.js"]).contains("no file or folder nowhere.js"),
        "without a file"
    );
    let table = [
        (
            "app.json",
            "{\n  \"networkTimeout\": {\"request\": \"fast\"}\n}",
            "app.json:2:",
            "networkTimeout should be milliseconds",
        ),
        ("app.json", "{\n", "app.json:2:0", "EOF while parsing"),
        (
            "project.config.json",
            "{\"setting\": {\"urlCheck\": 1}}",
            "project.config.json:1:",
            r#"{"setting": {"urlCheck": true}}"#,
        ),
        (
            "server-domains.json",
            "{\"requests\": []}",
            "server-domains.json:1:",
            "unknown field `requests`",
        ),
        ("app.js", "function (", "app.js:1:", "SyntaxError"),
    ];
    for (file, text, place, what) in table {
        for command in ["run", "check"] {
            let err = refused(&project(&[(file, text)]), &[command, "."]);
            assert!(
                err.contains(place) && (err.contains(what) || what.starts_with('{')),
                "{command} {file}: {err}"
            );
        }
    }
}

#[test]
fn d7_a_wrong_list_is_refused_with_every_bad_entry() {
    let wrong = r#"{"request": ["http://a.example.com", "https://127.0.0.1", "https://ok.example.com", "https://api.weixin.qq.com"], "socket": ["https://ws.example.com"]}"#;
    for command in ["run", "check"] {
        let err = refused(&project(&[("server-domains.json", wrong)]), &[command, "."]);
        for part in [
            "server-domains.json",
            "http://a.example.com",
            "https://127.0.0.1",
            "https://api.weixin.qq.com",
            "https://ws.example.com",
        ] {
            assert!(err.contains(part), "{part}: {err}");
        }
        assert!(!err.contains("ok.example.com"), "{err}");
    }
}

#[test]
fn wrong_flags_are_refused_with_what_would_be_right() {
    let folder = project(&[]);
    for (args, what) in [
        (&["run", ".", "--env", "prod"][..], "release"),
        (&["run", ".", "--max-time", "0"], "more than 0 seconds"),
        (&["run", ".", "--connect-to", "x"], "HOST:PORT:ADDR:PORT"),
        (
            &["run", ".", "--doh", "https://192.0.2.1/q"],
            "https://NAME",
        ),
        (&["run", ".", "--http-dns", "wx1"], "ID=URL"),
        (
            &["run", ".", "--http-dns", "wx1=http://a.com"],
            "--http-dns",
        ),
        (&["run", ".", "--ca", "app.js"], "PEM"),
        (&["run", ".", "--ca", "none.pem"], "none.pem"),
        (&["run", ".", "--har", "no/x.har"], "no/x.har"),
        (&["har", "app.js"], "not a HAR file"),
        (&["har", "none.har"], "none.har"),
        (&["run", ".", "--app-id", "a/b"], "a/b"),
        (&["run", ".", "--domains", "none.json"], "none.json"),
        (&["probe"], "<URL>"),
        (&["probe", "example.com"], "not an absolute URL"),
        (&["probe", "http://example.com"], "scheme should be https"),
        (&["probe", "https://127.0.0.1"], "no IP address"),
        (&["probe", "https://a.com", "--ca", "app.js"], "PEM"),
        (&[], "Usage"),
    ] {
        let err = refused(&folder, args);
        assert!(err.contains(what), "{args:?}: {err}");
    }
}

#[test]
fn check_prints_what_is_configured() {
    let folder = project(&[("app.json", r#"{"networkTimeout": {"request": 7000}}"#)]);
    let run = folder.appnet(&["check", "."], "");
    assert_eq!(run.status, 0);
    for line in [
        "https://api.example.com",
        "wss://ws.example.com:8443",
        "request        7000 ms",
        "uploadFile    (none)",
        "ICP: not checked",
    ] {
        assert!(run.out.contains(line), "{line}: {}", run.out);
    }
}

#[test]
fn help_says_the_exit_statuses_and_the_flags() {
    let help = Folder::new(&[]).appnet(&["run", "--help"], "").out;
    for word in [
        "124",
        "130",
        "--domains",
        "--connect-to",
        "--allow-private",
        "--doh",
        "--http-dns",
        "--cellular-interface",
        "--polyfill",
        "--har",
        "host.onLine",
        "host.args",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}
