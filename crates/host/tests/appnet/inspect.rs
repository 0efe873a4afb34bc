//! `--inspect`: a front end of DevTools looks at a program.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStderr},
    time::Duration,
};

use appnet_testkit::{
    Ca, Gate, HttpOrigin,
    routes::demo_routes,
    ws::{Act, WsOrigin},
};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client::IntoClientRequest as _};

use crate::run::Folder;

/// A program that waits for a front end, and its origins: <https://api.example.com>, <wss://ws.example.com>, and <https://down.example.com>, where
/// nobody listens.
pub(crate) struct Program {
    child: Child,
    err: BufReader<ChildStderr>,
    /// `127.0.0.1:PORT`
    pub(crate) host: String,
    folder: Folder,
    _origins: (HttpOrigin, WsOrigin),
}

impl Program {
    pub(crate) fn start(source: &str, more: &[&str]) -> Self {
        let ca = Ca::new();
        let http = HttpOrigin::tls(ca.issue(&["api.example.com"]).http1())
            .start(demo_routes(&Gate::new()))
            .unwrap();
        let ws = WsOrigin::tls(ca.issue(&["ws.example.com"]).http1())
            .start(|_| Act::Echo)
            .unwrap();
        let folder = Folder::new(&[
            ("t.js", source),
            ("ca.pem", &ca.pem()),
            (
                "server-domains.json",
                r#"{"request": ["https://api.example.com", "https://down.example.com"], "socket": ["wss://ws.example.com"]}"#,
            ),
        ]);
        let api = format!("api.example.com::127.0.0.1:{}", http.port());
        let socket = format!("ws.example.com::127.0.0.1:{}", ws.port());
        let mut args = vec!["run", "t.js", "--ca", "ca.pem", "--max-time", "60"];
        args.extend(["--log", "off", "--inspect=127.0.0.1:0", "--inspect-wait"]);
        args.extend(["--connect-to", &api, "--connect-to", &socket]);
        args.extend(["--connect-to", "down.example.com::127.0.0.1:1"]);
        args.extend(more);
        let mut child = folder.start(&args);
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        let url = line.strip_prefix("DevTools listening on ws://").unwrap();
        let host = url.split('/').next().unwrap().to_owned();
        Self {
            child,
            err,
            host,
            folder,
            _origins: (http, ws),
        }
    }

    fn attach(&self) -> FrontEnd {
        let stream = self.connect();
        let request = format!("ws://{}/app/1", self.host)
            .into_client_request()
            .unwrap();
        let (socket, _) = tungstenite::client(request, stream).unwrap();
        FrontEnd {
            socket,
            id: 0,
            events: Vec::new(),
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.host).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    /// Status and body.
    fn get(&self, path: &str, fields: &str) -> (u16, String) {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\n{fields}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// What it said until its end; it waits until the front end goes.
    fn until_it_waits(&mut self) -> String {
        let mut said = String::new();
        while !said.contains("Waiting for DevTools to detach") {
            assert_ne!(self.err.read_line(&mut said).unwrap(), 0, "{said}");
        }
        said
    }

    /// The front end has gone. Its status and what it said.
    pub(crate) fn end(mut self) -> (i32, String, Folder) {
        let status = self.child.wait().unwrap().code().unwrap_or(-1);
        let mut err = String::new();
        self.err.read_to_string(&mut err).unwrap();
        (status, err, self.folder)
    }
}

struct FrontEnd {
    socket: WebSocket<TcpStream>,
    id: u64,
    events: Vec<Value>,
}

impl FrontEnd {
    fn read(&mut self) -> Value {
        let Message::Text(text) = self.socket.read().unwrap() else {
            panic!("a text");
        };
        serde_json::from_str(&text).unwrap()
    }

    /// Sends a command; events that come before its reply are kept.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let command = json!({"id": self.id, "method": method, "params": params});
        self.socket
            .send(Message::text(command.to_string()))
            .unwrap();
        loop {
            let message = self.read();
            if message["id"] == self.id {
                return message;
            }
            self.events.push(message);
        }
    }

    /// Reads events until so many calls and sockets have ended.
    fn until_ended(&mut self, calls: usize) {
        while self.events.iter().filter(|it| ends(it)).count() < calls {
            let event = self.read();
            self.events.push(event);
        }
    }

    fn close(mut self) {
        self.socket.close(None).unwrap();
        while self.socket.read().is_ok() {}
    }

    /// What came of this method for the call of this id.
    fn one(&self, method: &str, id: &str) -> &Value {
        let mut found = self
            .events
            .iter()
            .filter(|it| it["method"] == method && it["params"]["requestId"] == id);
        let (Some(event), None) = (found.next(), found.next()) else {
            panic!("one {method} of {id}: {:#?}", self.events);
        };
        &event["params"]
    }

    /// The methods of each call's events, in order.
    fn methods(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut calls: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for event in &self.events {
            if let Some(id) = event["params"]["requestId"].as_str() {
                let method = event["method"].as_str().unwrap();
                let method = method.strip_prefix("Network.").unwrap();
                calls.entry(id).or_default().push(method);
            }
        }
        calls
    }
}

fn ends(event: &Value) -> bool {
    [
        "Network.loadingFinished",
        "Network.loadingFailed",
        "Network.webSocketClosed",
    ]
    .contains(&event["method"].as_str().unwrap())
}

const CALLS: &str = "
    const go = (o) => new Promise((complete) => wx.request({ ...o, complete }))
    const api = 'https://api.example.com'
    go({ url: api + '/echo', method: 'POST', data: { a: '你好' } })
      .then(() => go({ url: api + '/json', data: { q: 1 } }))
      .then(() => go({ url: api + ':8443/x?secret=1' }))
      .then(() => go({ url: 'https://down.example.com/' }))
      .then(() => {
        const s = wx.connectSocket({ url: 'wss://ws.example.com' })
        s.onOpen(() => s.send({ data: 'hello' }))
        s.onMessage(() => s.close({ code: 4000 }))
      })";

const GOOD: [&str; 4] = [
    "requestWillBeSent",
    "responseReceived",
    "dataReceived",
    "loadingFinished",
];
const BAD: [&str; 2] = ["requestWillBeSent", "loadingFailed"];

fn expected() -> BTreeMap<&'static str, Vec<&'static str>> {
    let socket = vec![
        "webSocketCreated",
        "webSocketWillSendHandshakeRequest",
        "webSocketHandshakeResponseReceived",
        "webSocketFrameSent",
        "webSocketFrameReceived",
        "webSocketClosed",
    ];
    BTreeMap::from([
        ("1", GOOD.to_vec()),
        ("2", GOOD.to_vec()),
        ("3", BAD.to_vec()),
        ("4", BAD.to_vec()),
        ("5", socket),
    ])
}

#[test]
fn a_front_end_sees_every_call_begin_and_end_once_and_reads_its_body() {
    let mut program = Program::start(CALLS, &["--har", "calls.har"]);
    let mut front_end = program.attach();
    front_end.ask("Log.enable", json!({}));
    front_end.ask("Network.enable", json!({}));
    front_end.until_ended(5);
    assert_eq!(front_end.methods(), expected());

    let post = &front_end.one("Network.requestWillBeSent", "1")["request"];
    assert_eq!(post["method"], "POST");
    assert_eq!(post["postData"], r#"{"a":"你好"}"#);
    let get = &front_end.one("Network.requestWillBeSent", "2")["request"];
    assert_eq!(get["url"], "https://api.example.com/json?q=1");
    let response = &front_end.one("Network.responseReceived", "2")["response"];
    assert_eq!(response["status"], 200);
    assert_eq!(response["protocol"], "http/1.1");
    assert_eq!(response["remoteIPAddress"], "127.0.0.1");
    assert_eq!(response["mimeType"], "application/json");
    let frame = &front_end.one("Network.webSocketFrameReceived", "5")["response"];
    assert_eq!(
        (&frame["opcode"], &frame["payloadData"]),
        (&json!(1), &json!("hello"))
    );

    let body = front_end.ask("Network.getResponseBody", json!({"requestId": "2"}));
    assert_eq!(body["result"]["base64Encoded"], false);
    assert!(
        body["result"]["body"].as_str().unwrap().contains("你好"),
        "{body}"
    );
    let data = front_end.ask("Network.getRequestPostData", json!({"requestId": "1"}));
    assert_eq!(data["result"]["postData"], r#"{"a":"你好"}"#);
    let none = front_end.ask("Network.getResponseBody", json!({"requestId": "9"}));
    assert_eq!(none["error"]["code"], -32000);

    program.until_it_waits();
    front_end.close();
    let (status, err, folder) = program.end();
    assert_eq!(status, 0, "{err}");
    let har = std::fs::read_to_string(folder.file("calls.har")).unwrap();
    let har: Value = serde_json::from_str(&har).unwrap();
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 5);
}

#[test]
fn u5_a_refused_call_says_its_rule_and_the_nearest_entry_also_in_the_console() {
    let program = Program::start(CALLS, &[]);
    let mut front_end = program.attach();
    front_end.ask("Log.enable", json!({}));
    front_end.ask("Network.enable", json!({}));
    front_end.until_ended(5);
    let refused = front_end.one("Network.loadingFailed", "3");
    assert_eq!(refused["blockedReason"], "other");
    let down = front_end.one("Network.loadingFailed", "4");
    assert_eq!(down.get("blockedReason"), None);
    assert!(
        down["errorText"]
            .as_str()
            .unwrap()
            .starts_with("request:fail ")
    );
    let logged: Vec<&Value> = front_end
        .events
        .iter()
        .filter(|it| it["method"] == "Log.entryAdded")
        .map(|it| &it["params"]["entry"])
        .collect();
    let [logged] = &logged[..] else {
        panic!("one entry: {logged:?}");
    };
    assert_eq!(
        (&logged["level"], &logged["networkRequestId"]),
        (&json!("error"), &json!("3"))
    );
    for text in [&refused["errorText"], &logged["text"]] {
        let text = text.as_str().unwrap();
        for words in ["U3: ", "nearest entry: https://api.example.com"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }
    front_end.close();
    assert_eq!(program.end().0, 0);
}

#[test]
fn phases_are_in_order_and_a_reused_connection_has_none_of_its_own() {
    let program = Program::start(CALLS, &[]);
    let mut front_end = program.attach();
    front_end.ask("Network.enable", json!({}));
    front_end.until_ended(5);
    for (id, reused) in [("1", false), ("2", true)] {
        let sent = front_end.one("Network.requestWillBeSent", id);
        let response = &front_end.one("Network.responseReceived", id)["response"];
        let timing = &response["timing"];
        let at = |name: &str| timing[name].as_f64().unwrap();
        assert_eq!(response["connectionReused"], reused);
        assert_eq!(at("connectStart") < 0.0, reused, "{timing}");
        if !reused {
            assert!(at("connectStart") <= at("sslStart"), "{timing}");
            assert!(at("sslStart") < at("sslEnd"), "{timing}");
            assert!(at("sslEnd") <= at("sendStart"), "{timing}");
        }
        assert!(at("sendStart") <= at("sendEnd"), "{timing}");
        assert!(at("sendEnd") <= at("receiveHeadersEnd"), "{timing}");
        assert!(sent["timestamp"].as_f64().unwrap() <= at("requestTime"));
        let finished = front_end.one("Network.loadingFinished", id)["timestamp"].as_f64();
        let headers = at("requestTime") + at("receiveHeadersEnd") / 1e3;
        assert!(
            headers <= finished.unwrap() + 0.001,
            "{headers} {finished:?}"
        );
    }
    front_end.close();
    assert_eq!(program.end().0, 0);
}

#[test]
fn a_front_end_that_comes_late_is_told_what_happened_before() {
    let program = Program::start(CALLS, &[]);
    let mut first = program.attach();
    first.ask("Network.enable", json!({}));
    first.until_ended(5);
    let mut late = program.attach();
    let before = late.ask("Network.enable", json!({}));
    assert_eq!(before["result"], json!({}));
    late.until_ended(5);
    assert_eq!(late.methods(), first.methods());
    assert_eq!(
        late.one("Network.responseReceived", "1"),
        first.one("Network.responseReceived", "1")
    );
    first.close();
    late.close();
    assert_eq!(program.end().0, 0);
}

#[test]
fn events_go_only_to_those_who_asked_and_what_is_not_there_is_an_error() {
    let program = Program::start(CALLS, &[]);
    let mut deaf = program.attach();
    deaf.ask("Runtime.enable", json!({}));
    let mut front_end = program.attach();
    front_end.ask("Network.enable", json!({}));
    front_end.until_ended(5);
    let unknown = deaf.ask("DOM.enable", json!({}));
    assert_eq!(unknown["error"]["code"], -32601);
    assert_eq!(deaf.events, [json!(null); 0]);
    for (text, code) in [("{", -32700), ("{}", -32600), (r#"{"id":"x"}"#, -32600)] {
        deaf.socket.send(Message::text(text)).unwrap();
        assert_eq!(deaf.read()["error"]["code"], code, "{text}");
    }
    deaf.close();
    front_end.close();
    assert_eq!(program.end().0, 0);
}

#[test]
fn a_call_says_where_it_was_made_and_the_console_is_shown() {
    let source = "function load() {
  wx.request({ url: 'https://api.example.com/json' })
}
console.log('before', { a: 1 })
load()
console.warn('after')
const s = wx.connectSocket({ url: 'wss://ws.example.com' }); s.onOpen(() => s.close())";
    let program = Program::start(source, &["--har", "calls.har"]);
    let mut front_end = program.attach();
    front_end.ask("Runtime.enable", json!({}));
    front_end.ask("Network.enable", json!({}));
    front_end.until_ended(2);
    let sent = front_end.one("Network.requestWillBeSent", "1");
    let frames = json!([
        {"functionName": "load", "scriptId": "t.js", "url": "t.js", "lineNumber": 1, "columnNumber": 5},
        {"functionName": "", "scriptId": "t.js", "url": "t.js", "lineNumber": 4, "columnNumber": 0},
    ]);
    let initiator = json!({"type": "script", "stack": {"callFrames": frames}});
    assert_eq!(sent["initiator"], initiator);
    let created = front_end.one("Network.webSocketCreated", "2");
    assert_eq!(
        created["initiator"]["stack"]["callFrames"][0]["lineNumber"],
        6
    );
    let mut late = program.attach();
    late.ask("Runtime.enable", json!({}));
    late.ask("Runtime.disable", json!({})); // by then what was before has come
    for front_end in [&front_end, &late] {
        let said: Vec<_> = front_end
            .events
            .iter()
            .filter(|it| it["method"] == "Runtime.consoleAPICalled")
            .map(|it| {
                (
                    it["params"]["type"].as_str().unwrap(),
                    it["params"]["args"][0]["value"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(said, [("log", "before { a: 1 }"), ("warning", "after")]);
    }
    late.close();
    front_end.close();
    let (status, err, folder) = program.end();
    assert_eq!(status, 0, "{err}");
    let har = std::fs::read_to_string(folder.file("calls.har")).unwrap();
    let har: Value = serde_json::from_str(&har).unwrap();
    assert_eq!(har["log"]["entries"][0]["_initiator"], initiator);
}

#[test]
fn a_program_that_failed_says_so_before_it_waits_for_the_front_end_to_go() {
    let mut program = Program::start("throw new Error('oh no')", &[]);
    let mut front_end = program.attach();
    front_end.ask("Runtime.runIfWaitingForDebugger", json!({}));
    let said = program.until_it_waits();
    assert!(said.contains("oh no"), "{said}");
    front_end.close();
    let (status, rest, _folder) = program.end();
    assert_eq!((status, rest.as_str()), (1, ""));
}

#[test]
fn no_web_page_reaches_it() {
    let program = Program::start("", &[]);
    let local = format!("Host: {}\r\n", program.host);
    let (status, list) = program.get("/json/list", &local);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        list[0]["webSocketDebuggerUrl"],
        format!("ws://{}/app/1", program.host)
    );
    assert_eq!(program.get("/json/version", &local).0, 200);
    assert_eq!(program.get("/nothing", &local).0, 404);
    // A page's own name that leads here.
    assert_eq!(program.get("/json/list", "Host: evil.test:9229\r\n").0, 403);
    let handshake = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let page = format!("{local}{handshake}Origin: https://evil.test\r\n");
    assert_eq!(program.get("/app/1", &page).0, 403);
    assert_eq!(program.get("/app/9", &format!("{local}{handshake}")).0, 404);
    let mut front_end = program.attach();
    front_end.ask("Runtime.runIfWaitingForDebugger", json!({}));
    front_end.close();
    assert_eq!(program.end().0, 0);
}

#[test]
fn a_redirect_is_told_with_its_answer_under_the_id_of_its_call() {
    let program = Program::start(
        "wx.request({ url: 'https://api.example.com/redirect?to=/json&code=302' })",
        &[],
    );
    let mut front_end = program.attach();
    front_end.ask("Network.enable", json!({}));
    front_end.until_ended(1);
    let expected = [
        "requestWillBeSent",
        "requestWillBeSent",
        "responseReceived",
        "dataReceived",
        "loadingFinished",
    ];
    assert_eq!(front_end.methods()["1"], expected);
    let sent = front_end.events.iter().map(|it| &it["params"]);
    let sent: Vec<_> = sent.filter(|it| it["request"].is_object()).collect();
    assert_eq!(sent[0].get("redirectResponse"), None);
    let answer = &sent[1]["redirectResponse"];
    assert_eq!(
        (&answer["status"], &answer["url"]),
        (&json!(302), &sent[0]["request"]["url"])
    );
    assert_eq!(sent[1]["request"]["url"], "https://api.example.com/json");
    // One that comes late is told the same.
    let mut late = program.attach();
    late.ask("Network.enable", json!({}));
    late.until_ended(1);
    assert_eq!(late.methods()["1"], expected);
    front_end.close();
    late.close();
    program.end();
}

#[test]
fn a_front_end_takes_the_network_away_and_gives_it_back() {
    let program = Program::start(
        "const ask = () => wx.request({ url: 'https://api.example.com/json', complete: (r) => host.print(r.errMsg) });
         wx.onNetworkStatusChange((now) => { if (now.isConnected) ask() });
         ask();
         setInterval(() => {}, 1000);",
        &[],
    );
    let mut front_end = program.attach();
    let conditions = |offline: bool| json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    let done = front_end.ask("Network.emulateNetworkConditions", conditions(true));
    assert!(done["result"].is_object(), "{done}");
    front_end.ask("Network.enable", json!({})); // the program begins
    front_end.until_ended(1);
    let failed = front_end.one("Network.loadingFailed", "1")["errorText"].as_str();
    let why = "network unreachable (the app was taken off the network";
    assert!(failed.is_some_and(|it| it.contains(why)), "{failed:?}");
    front_end.ask("Network.emulateNetworkConditions", conditions(false));
    front_end.until_ended(2);
    front_end.one("Network.loadingFinished", "2");
    let rule = json!({"offline": false, "matchedNetworkConditions": [{"urlPattern": "https://*", "latency": 1}]});
    let refused = front_end.ask("Network.emulateNetworkConditionsByRule", rule);
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("as a whole"),
        "{refused}"
    );
    front_end.close();
    let Program { mut child, .. } = program;
    child.kill().unwrap();
    child.wait().unwrap();
}
