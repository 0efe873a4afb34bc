//! `--record`, `--replay` and `--replay-or-record`.

use std::fs;

use appnet_testkit::{
    Ca,
    ws::{Act, WsOrigin},
};
use serde_json::{Value, json};

use crate::{
    network::{Server, server},
    run::Folder,
};

/// One call after the other, so that the files have known names.
const CALLS: &str = "
    const url = 'https://api.example.com';
    const call = (name, options) => () => new Promise((done) => wx.request({
        ...options,
        complete: (r) => { host.print([name, r.errMsg, r.statusCode, JSON.stringify(r.data)].join(' ')); done(); },
    }));
    const calls = [
        call('get', { url: url + '/json', header: { Authorization: 'Bearer secret' } }),
        call('post', { url: url + '/echo', method: 'POST', data: { a: 1 } }),
        call('lost', { url: url + '/nowhere' }),
    ];
    if (host.args[0] === 'backwards') calls.reverse();
    calls.reduce((before, next) => before.then(next), Promise.resolve());
";

fn tapes(server: &Server) -> Vec<(String, Value)> {
    let files = fs::read_dir(server.folder.file("tapes")).unwrap();
    let mut tapes: Vec<_> = files
        .map(|file| {
            let file = file.unwrap();
            let text = fs::read_to_string(file.path()).unwrap();
            let name = file.file_name().into_string().unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    tapes.sort_by(|a, b| a.0.cmp(&b.0));
    tapes
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_recorded_server_is_played_back_without_a_network_and_in_any_order() {
    let server = server(CALLS);
    let recorded = server.run(&["--ca", "ca.pem", "--record", "tapes"]);
    assert_eq!(recorded.status, 0, "{}", recorded.err);
    let tapes = tapes(&server);
    let names: Vec<_> = tapes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "0001-GET-api.example.com-json.json",
            "0002-POST-api.example.com-echo.json",
            "0003-GET-api.example.com-nowhere.json"
        ]
    );
    let request = &tapes[0].1["request"];
    assert_eq!(request["url"], "https://api.example.com/json");
    assert!(
        request["headers"]
            .as_array()
            .unwrap()
            .contains(&json!(["Authorization", "(masked)"]))
    );
    assert_eq!(tapes[1].1["request"]["body"], json!({"json": {"a": 1}}));
    // Neither roots nor a way to the server.
    let args = ["run", "t.js", "--replay", "tapes", "--", "backwards"];
    let played = server.folder.appnet(&args, "");
    assert_eq!(
        (played.status, sorted(&played.out)),
        (0, sorted(&recorded.out)),
        "{}",
        played.err
    );
    // What is not recorded is told.
    fs::remove_file(
        server
            .folder
            .file("tapes/0001-GET-api.example.com-json.json"),
    )
    .unwrap();
    let args = ["run", "t.js", "--replay", "tapes"];
    let played = server.folder.appnet(&args, "");
    assert!(
        played.out.contains("get request:fail network unreachable"),
        "{}",
        played.out
    );
    let why = "tapes has no recording of GET https://api.example.com/json; to mend it: record it by --record, or let it go out by --replay-or-record";
    assert!(played.err.contains(why), "{}", played.err);
    // Or goes out.
    let again = server.run(&["--ca", "ca.pem", "--replay-or-record", "tapes"]);
    assert_eq!(sorted(&again.out), sorted(&recorded.out), "{}", again.err);
    assert_eq!(self::tapes(&server).len(), 3);
}

const DOWNLOAD: &str = "
    wx.downloadFile({
        url: 'https://api.example.com/json',
        success: (r) => host.print(r.statusCode + ' ' + wx.getFileSystemManager().readFileSync(r.tempFilePath, 'utf8')),
        fail: (r) => host.print(r.errMsg),
    });
";

#[test]
fn a_recorded_download_is_played_back_with_what_it_wrote() {
    let server = server(DOWNLOAD);
    let recorded = server.run(&["--ca", "ca.pem", "--record", "tapes"]);
    assert!(recorded.out.starts_with("200 {"), "{}", recorded.err);
    let played = server
        .folder
        .appnet(&["run", "t.js", "--replay", "tapes"], "");
    assert_eq!(
        (played.status, &played.out),
        (0, &recorded.out),
        "{}",
        played.err
    );
}

#[test]
fn a_call_is_checked_before_a_recording_answers_it() {
    let server = server(CALLS);
    server.run(&["--ca", "ca.pem", "--record", "tapes"]);
    fs::write(
        server.folder.file("server-domains.json"),
        r#"{"request": ["https://other.example.com"]}"#,
    )
    .unwrap();
    let played = server
        .folder
        .appnet(&["run", "t.js", "--replay", "tapes"], "");
    assert!(
        played
            .out
            .contains("get request:fail url not in domain list"),
        "{}",
        played.out
    );
}

#[test]
fn a_folder_that_cannot_be_used_is_told_with_what_would_be_right() {
    let folder = Folder::new(&[
        ("t.js", ""),
        ("broken/1.json", r#"{"request": {"method": "GET"}}"#),
        (
            "full/1.json",
            r#"{"request": {"method": "GET", "url": "https://a.test/"}, "response": {"status": 200}}"#,
        ),
    ]);
    for (flag, dir, words) in [
        ("--replay", "nowhere", "--replay: nowhere: "),
        (
            "--replay",
            "broken",
            "--replay: broken/1.json: is no recording: missing field `url` at line 1 column 29",
        ),
        (
            "--record",
            "full",
            "--record: full has recordings: take another folder, or add to them what is missing by --replay-or-record",
        ),
    ] {
        let run = folder.appnet(&["run", "t.js", flag, dir], "");
        assert_eq!(run.status, 2);
        assert!(run.err.contains(words), "{}", run.err);
    }
    let both = folder.appnet(&["run", "t.js", "--record", "a", "--replay", "b"], "");
    assert_eq!(both.status, 2);
}

const CHAT: &str = "
    const socket = wx.connectSocket({ url: 'wss://ws.example.com/', success() {}, fail(r) { host.print(r.errMsg); } });
    socket.onOpen(() => { host.print('open'); socket.send({ data: 'hello' }); });
    socket.onMessage((m) => {
        if (typeof m.data === 'string') { host.print('heard ' + m.data); socket.send({ data: new Uint8Array([1, 2, 255]).buffer }); }
        else { host.print('heard ' + m.data.byteLength); socket.close({ code: 3001, reason: 'bye' }); }
    });
    socket.onClose((c) => host.print('closed ' + c.code + ' ' + c.reason));
    socket.onError((e) => host.print('error ' + e.errMsg));
";

#[test]
fn a_recorded_socket_is_played_back_without_a_network() {
    let ca = Ca::new();
    let origin = WsOrigin::tls(ca.issue(&["ws.example.com"]).http1())
        .start(|_| Act::Echo)
        .unwrap();
    let folder = Folder::new(&[
        ("t.js", CHAT),
        ("ca.pem", &ca.pem()),
        (
            "server-domains.json",
            r#"{"socket": ["wss://ws.example.com"]}"#,
        ),
    ]);
    let route = format!("ws.example.com::127.0.0.1:{}", origin.port());
    let way = ["--ca", "ca.pem", "--connect-to", &route, "--max-time", "20"];
    let recorded = folder.appnet(
        &[&["run", "t.js", "--record", "tapes"], &way[..]].concat(),
        "",
    );
    let heard = "open\nheard hello\nheard 3\nclosed 3001 bye\n";
    assert_eq!(
        (recorded.status, recorded.out.as_str()),
        (0, heard),
        "{}",
        recorded.err
    );
    let text = fs::read_to_string(folder.file("tapes/0001-SOCKET-ws.example.com.json")).unwrap();
    let tape: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        tape["socket"]["lines"],
        json!([
            {"app": {"text": "hello"}},
            {"server": {"text": "hello"}},
            {"app": {"base64": "AQL/"}},
            {"server": {"base64": "AQL/"}},
        ])
    );
    drop(origin);
    let played = folder.appnet(
        &["run", "t.js", "--replay", "tapes", "--max-time", "20"],
        "",
    );
    assert_eq!(
        (played.status, played.out.as_str()),
        (0, heard),
        "{}",
        played.err
    );
}
