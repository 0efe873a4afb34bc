//! `--har` and `appnet har`.

use std::{fs, io::Write as _};

use appnet_testkit::{
    Ca,
    ws::{Act, WsOrigin},
};
use serde_json::{Value, json};

use crate::{
    network::{Server, server},
    run::Folder,
};

fn har(folder: &Folder) -> Value {
    let text = fs::read_to_string(folder.file("calls.har")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn ran(source: &str) -> (Server, Value) {
    let server = server(source);
    let run = server.run(&["--ca", "ca.pem", "--har", "calls.har"]);
    assert_eq!(run.status, 0, "{}", run.err);
    let har = har(&server.folder);
    (server, har)
}

#[test]
fn every_call_is_an_entry_with_what_went_out_and_what_came_back() {
    let (_server, har) = ran("
        const header = { Authorization: 'Bearer secret', 'X-Mine': '1' }
        wx.request({ url: 'https://api.example.com/echo?a=1', method: 'POST', data: { b: '你好' }, header, success: () =>
          wx.request({ url: 'https://api.example.com/cookies', success: () =>
            wx.request({ url: 'https://api.example.com/bytes/2000000', responseType: 'arraybuffer' }) }) })");
    let entries = har["log"]["entries"].as_array().unwrap();
    let [post, cookies, bytes] = &entries[..] else {
        panic!("three calls: {har}");
    };
    assert_eq!(post["request"]["method"], "POST");
    assert_eq!(
        post["request"]["queryString"],
        json!([{"name": "a", "value": "1"}])
    );
    assert_eq!(post["request"]["postData"]["text"], r#"{"b":"你好"}"#);
    let sent = post["request"]["headers"].as_array().unwrap();
    assert!(sent.contains(&json!({"name": "Authorization", "value": "(masked)"})));
    assert!(sent.contains(&json!({"name": "X-Mine", "value": "1"})));
    let text = post["response"]["content"]["text"].as_str().unwrap();
    assert!(text.contains("你好"), "{text}");
    assert_eq!(post["response"]["status"], 200);
    let set = cookies["response"]["cookies"].as_array().unwrap();
    assert!(
        set.len() == 3 && set.iter().all(|cookie| cookie["value"] == "(masked)"),
        "{set:?}"
    );
    let content = &bytes["response"]["content"];
    assert_eq!(content["size"], 2_000_000);
    assert_eq!(content["encoding"], "base64");
    assert_eq!(content["comment"], "1048576 of 2000000 bytes were kept");
    assert!(
        text.contains("Bearer secret"),
        "it went out, and its echo is no header"
    );
    assert!(!post["request"].to_string().contains("secret"));
}

#[test]
fn a_redirect_that_was_followed_is_an_entry_of_its_own() {
    let (_server, har) =
        ran("wx.request({ url: 'https://api.example.com/redirect?to=/json&code=302' })");
    let entries = har["log"]["entries"].as_array().unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|it| {
            let (request, response) = (&it["request"], &it["response"]);
            json!([request["url"], response["status"], response["redirectURL"]])
        })
        .collect();
    let api = "https://api.example.com";
    assert_eq!(
        told,
        [
            json!([format!("{api}/redirect?to=/json&code=302"), 302, "/json"]),
            json!([format!("{api}/json"), 200, ""]),
        ]
    );
    let waited = |at: usize| entries[at]["timings"]["blocked"].as_f64().unwrap();
    assert!(waited(0) >= 0.0 && waited(1) < 0.0, "one was in the queue");
    let connects = |at: usize| entries[at]["timings"]["connect"].as_f64().unwrap();
    assert!(connects(0) > 0.0 && connects(1) < 0.0, "one connected");
}

#[test]
fn times_add_up_and_a_reused_connection_has_no_phases_of_its_own() {
    let (_server, har) = ran("
        const url = 'https://api.example.com/json'
        wx.request({ url, success: () => wx.request({ url }) })");
    for (at, connects) in [(0, true), (1, false)] {
        let entry = &har["log"]["entries"][at];
        let timings = entry["timings"].as_object().unwrap();
        let sum: f64 = timings
            .iter()
            .filter(|(name, _)| *name != "ssl")
            .map(|(_, time)| time.as_f64().unwrap())
            .filter(|time| *time >= 0.0)
            .sum();
        assert!(
            (sum - entry["time"].as_f64().unwrap()).abs() < 0.001,
            "{entry}"
        );
        assert_eq!(timings["connect"].as_f64().unwrap() > 0.0, connects);
        assert_eq!(entry["serverIPAddress"], "127.0.0.1");
    }
}

#[test]
fn u5_a_refused_call_is_an_entry_with_its_rule_and_the_table_shows_it() {
    let (server, har) = ran("
        wx.request({ url: 'https://api.example.com:8443/' })
        wx.request({ url: 'not a url' })");
    let nowhere = &har["log"]["entries"][1]["request"];
    assert_eq!(
        (nowhere["url"].as_str(), nowhere["_url"].as_str()),
        (Some("about:invalid"), Some("not a url"))
    );
    let entry = &har["log"]["entries"][0];
    assert_eq!(entry["response"]["status"], 0);
    assert_eq!(entry["_blocked"]["rule"], "U3");
    assert_eq!(entry["_blocked"]["nearest"], "https://api.example.com");
    assert_eq!(
        entry["_error"]["errMsg"],
        "request:fail url not in domain list"
    );
    let shown = server.folder.appnet(&["har", "calls.har"], "");
    assert_eq!(shown.status, 0);
    for words in [
        "GET  api.example.com:8443/",
        "refused",
        "U3: ",
        "nearest entry: https://api.example.com",
    ] {
        assert!(shown.out.contains(words), "{words}: {}", shown.out);
    }
}

#[test]
fn a_sockets_messages_are_in_its_entry() {
    let ca = Ca::new();
    let origin = WsOrigin::tls(ca.issue(&["ws.example.com"]).http1())
        .start(|_| Act::Echo)
        .unwrap();
    let folder = Folder::new(&[
        ("t.js", "
          const s = wx.connectSocket({ url: 'wss://ws.example.com' }), bytes = new Uint8Array([0, 255]).buffer
          s.onOpen(() => s.send({ data: 'hello' }))
          s.onMessage(({ data }) => typeof data === 'string' ? s.send({ data: bytes }) : s.close(4000, 'done'))"),
        ("ca.pem", &ca.pem()),
        ("server-domains.json", r#"{"socket": ["wss://ws.example.com"]}"#),
    ]);
    let route = format!(":443:127.0.0.1:{}", origin.port());
    let args = "run t.js --ca ca.pem --max-time 20 --har calls.har --connect-to".split(' ');
    let run = folder.appnet(&args.chain([route.as_str()]).collect::<Vec<_>>(), "");
    assert_eq!(run.status, 0, "{}", run.err);
    let entry = &har(&folder)["log"]["entries"][0];
    assert_eq!(entry["response"]["status"], 101);
    let messages: Vec<_> = entry["_webSocketMessages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["type"].as_str().unwrap(),
                it["opcode"].as_u64().unwrap(),
                it["data"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        messages,
        [
            ("send", 1, "hello"),
            ("receive", 1, "hello"),
            ("send", 2, "AP8="),
            ("receive", 2, "AP8="),
        ]
    );
    assert_eq!(entry["_webSocketClosed"]["code"], 4000);
}

#[test]
fn a_program_that_is_stopped_leaves_its_calls_also_when_it_never_returns() {
    for (source, status) in [
        ("setTimeout(() => {}, 60000)", 124),
        // Some native functions never ask whether to stop: the process is cut off.
        (
            "setTimeout(() => Array.prototype.sort.call({ length: 2 ** 53 - 1 }), 200)",
            124,
        ),
    ] {
        let server = server(&format!(
            "wx.request({{ url: 'https://api.example.com/never' }}); {source}"
        ));
        let run = server.run_for("1", &["--ca", "ca.pem", "--har", "calls.har"]);
        assert_eq!(run.status, status, "{}", run.err);
        let entry = &har(&server.folder)["log"]["entries"][0];
        assert_eq!(entry["request"]["url"], "https://api.example.com/never");
    }
}

#[test]
fn another_programs_har_is_shown_too() {
    let folder = Folder::new(&[]);
    let har = json!({"log": {"entries": [{
        "request": {"method": "GET", "url": "https://a.test/x"},
        "response": {"status": 404},
        "timings": {"blocked": -1, "dns": 1.5, "wait": 2, "receive": 0, "send": 0},
    }]}});
    let mut file = fs::File::create(folder.file("other.har")).unwrap();
    write!(file, "\u{feff}{har}").unwrap();
    let shown = folder.appnet(&["har", "other.har"], "");
    assert!(
        shown.out.contains("GET  a.test/x") && shown.out.contains("404"),
        "{}",
        shown.out
    );
}
