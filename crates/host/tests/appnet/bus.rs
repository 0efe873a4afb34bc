//! `appnet bus`: a UI layer in another process.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdin, ChildStdout},
};

use serde_json::{Value, json};

use crate::{network::server, run::finish};

/// Both directions of a stream of messages.
struct Frames<W, R> {
    output: W,
    input: BufReader<R>,
}

impl<W: std::io::Write, R: std::io::Read> Frames<W, R> {
    fn send(&mut self, json: &Value) {
        writeln!(self.output, "{json}").unwrap();
    }

    fn send_with(&mut self, json: &str, attachment: &[u8]) {
        write!(self.output, "[{}]\n{json}\n", attachment.len()).unwrap();
        self.output.write_all(attachment).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.input.read_line(&mut line).unwrap();
        line
    }

    /// The next message and its attachment, if it has one.
    fn next(&mut self) -> (Value, Vec<u8>) {
        let first: Value = serde_json::from_str(&self.line()).unwrap();
        let Some(lengths) = first.as_array() else {
            return (first, Vec::new());
        };
        let message = serde_json::from_str(&self.line()).unwrap();
        let length = usize::try_from(lengths[0].as_u64().unwrap()).unwrap();
        let mut attachment = vec![0; length];
        self.input.read_exact(&mut attachment).unwrap();
        (message, attachment)
    }

    /// The next message of this type.
    fn heard(&mut self, kind: &str) -> (Value, Vec<u8>) {
        loop {
            let (message, attachment) = self.next();
            if message["type"] == kind {
                return (message, attachment);
            }
        }
    }
}

fn piped(child: &mut Child) -> Frames<ChildStdin, ChildStdout> {
    Frames {
        output: child.stdin.take().unwrap(),
        input: BufReader::new(child.stdout.take().unwrap()),
    }
}

fn get(task: u64, path: &str, more: &[(&str, Value)]) -> Value {
    let mut options = json!({"url": format!("https://api.example.com{path}")});
    for (name, value) in more {
        options[name] = value.clone();
    }
    json!({"type": "call", "task": task, "api": "request", "options": options})
}

#[test]
fn one_apps_bus_is_on_standard_input_and_output_and_ends_with_it() {
    let server = server("");
    let args = [
        "bus",
        "--domains",
        "server-domains.json",
        "--ca",
        "ca.pem",
        "--connect-to",
        server.route(),
        "--log",
        "off",
    ];
    let mut child = server.folder.start(&args);
    let mut bus = piped(&mut child);
    bus.send(&get(1, "/json", &[]));
    let (success, _) = bus.heard("success");
    assert_eq!(success["result"]["data"]["json"]["ok"], true, "{success}");
    bus.send(&get(2, "/json", &[("responseType", json!("arraybuffer"))]));
    let (success, bytes) = bus.heard("success");
    assert_eq!(success["result"]["data"], json!({"bytes": 0}));
    assert!(String::from_utf8(bytes).unwrap().contains("你好"));
    // What is refused, and what is not a command, are answered as on any bus.
    bus.send(&json!({"type": "call", "task": 3, "api": "request", "options": {"url": "https://other.example.com/"}}));
    assert_eq!(bus.heard("fail").0["result"]["errno"], 600_002);
    bus.send(&json!({"type": "dance"}));
    bus.heard("error");
    drop(bus);
    assert_eq!(finish(child).status, 0);
}

#[test]
fn the_ui_layer_has_the_apps_files() {
    let server = server("");
    let args = [
        "bus",
        "--domains",
        "server-domains.json",
        "--data-dir",
        "data",
        "--log",
        "off",
    ];
    let mut child = server.folder.start(&args);
    let mut bus = piped(&mut child);
    let content = b"one\n[2]\n\x00\xff";
    bus.send_with(
        r#"{"type":"writeFile","id":1,"path":"wxfile://usr/a.bin"}"#,
        content,
    );
    assert_eq!(bus.next().0, json!({"type": "done", "id": 1, "ok": true}));
    bus.send(&json!({"type": "readFile", "id": 2, "path": "wxfile://usr/a.bin"}));
    let (done, read) = bus.next();
    assert_eq!((&done["id"], read.as_slice()), (&json!(2), &content[..]));
    bus.send(&json!({"type": "readFile", "id": 3, "path": "wxfile://usr/../../ca.pem"}));
    let (refused, _) = bus.next();
    assert_eq!((&refused["id"], &refused["ok"]), (&json!(3), &json!(false)));
    drop(bus);
    assert_eq!(finish(child).status, 0);
}

#[test]
fn what_is_not_the_bus_ends_it_with_what_would_be_right() {
    let server = server("");
    let run = |input| {
        let args = ["bus", "--domains", "server-domains.json"];
        let run = server.folder.appnet(&args, input);
        (run.status, run.err)
    };
    let (status, said) = run("[1,x]\n{}\n");
    assert!(status == 1 && said.contains("[12,3]"), "{status}: {said}");
    assert_eq!(run(""), (0, String::new()));
    let bare = server.folder.appnet(&["bus"], "");
    assert!(
        bare.status == 2 && bare.err.contains("--domains"),
        "{bare:?}"
    );
}

#[test]
fn wx_js_is_printed_for_other_engines() {
    let run = server("").folder.appnet(&["bus", "--print-wx"], "");
    assert_eq!(run.status, 0);
    assert!(run.out.contains("bridge.post") && run.out.contains("bridge.receive"));
}

mod over_web_sockets {
    use std::net::TcpStream;

    use tungstenite::{Message, WebSocket, stream::MaybeTlsStream};

    use super::*;

    struct Web(WebSocket<MaybeTlsStream<TcpStream>>);

    impl Web {
        fn connect(url: &str, token: &str) -> Self {
            let (socket, _) = tungstenite::connect(url).unwrap();
            let mut web = Self(socket);
            web.send(format!(
                "{{\n  \"type\": \"hello\",\n  \"token\": \"{token}\"\n}}"
            ));
            web
        }

        fn send(&mut self, text: impl ToString) {
            self.0.send(Message::text(text.to_string())).unwrap();
        }

        /// The next message of the bus: its JSON, and what it says as a frame of a pipe if it has attachments.
        fn next(&mut self) -> (Value, Option<String>) {
            match self.0.read().unwrap() {
                Message::Text(json) => (serde_json::from_str(&json).unwrap(), None),
                Message::Binary(frame) => {
                    let frame = String::from_utf8(frame.to_vec()).unwrap();
                    let json = frame.lines().nth(1).unwrap();
                    (serde_json::from_str(json).unwrap(), Some(frame))
                }
                other => panic!("{other:?}"),
            }
        }

        fn heard(&mut self, kind: &str) -> (Value, Option<String>) {
            loop {
                let (event, frame) = self.next();
                if event["type"] == kind {
                    return (event, frame);
                }
            }
        }
    }

    #[test]
    fn each_message_is_one_of_the_web_socket_and_an_app_ends_with_its_own() {
        let server = server("");
        let args = ["bus", "--listen", "ws://127.0.0.1:0", "--ca", "ca.pem"];
        let mut child = server.folder.start(&args);
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let url = said["listening"].as_str().unwrap();
        let mut host = Web::connect(url, said["token"].as_str().unwrap());
        assert_eq!(Web::connect(url, "wrong").next().0["type"], "refused");
        let folder = server.folder.path().join("wx1");
        host.send(
            json!({"type": "launch", "id": 1, "app": app("wx1", &server), "dataDir": folder}),
        );
        let token = host.next().0["result"]["token"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut ui = Web::connect(url, &token);
        ui.send(get(1, "/json", &[]));
        assert_eq!(ui.heard("success").0["result"]["statusCode"], 200);
        let call = json!({"type": "call", "task": 2, "api": "request", "options": {
            "url": "https://api.example.com/echo", "method": "POST", "data": {"bytes": 0},
            "header": {"content-type": "text/plain"}, "responseType": "arraybuffer",
        }});
        let frame = format!("[5]\n{call}\nhello");
        ui.0.send(Message::binary(frame.into_bytes())).unwrap();
        let (event, frame) = ui.heard("success");
        assert_eq!(event["result"]["data"], json!({"bytes": 0}));
        assert!(frame.unwrap().contains("hello"));
        drop(ui);
        let closed = host.next().0;
        assert_eq!(
            (&closed["type"], &closed["appId"]),
            (&json!("closed"), &json!("wx1"))
        );
        host.0.close(None).unwrap();
        assert_eq!(finish(child).status, 0);
    }

    #[test]
    fn it_listens_on_loopback_alone() {
        let args = ["bus", "--listen", "ws://0.0.0.0:0"];
        let run = server("").folder.appnet(&args, "");
        assert!(
            run.status == 2 && run.err.contains("ws://127.0.0.1:0"),
            "{run:?}"
        );
    }
}

fn app(id: &str, server: &crate::network::Server) -> Value {
    json!({
        "appId": id, "domains": {"request": ["https://api.example.com"]},
        "allowPrivate": true, "connectTo": [server.route()],
    })
}

#[cfg(unix)]
mod over_a_socket {
    use std::{os::unix::net::UnixStream, path::Path};

    use super::*;

    type Connection = Frames<UnixStream, UnixStream>;

    /// The process, and what it said of its socket.
    fn listening(server: &crate::network::Server) -> (Child, String) {
        let args = [
            "bus",
            "--listen",
            "unix:door",
            "--ca",
            "ca.pem",
            "--log",
            "off",
        ];
        let mut child = server.folder.start(&args);
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["listening"], "unix:door");
        (child, said["token"].as_str().unwrap().to_owned())
    }

    fn connection(folder: &Path, token: &str) -> Connection {
        let stream = UnixStream::connect(folder.join("door")).unwrap();
        let mut frames = Frames {
            output: stream.try_clone().unwrap(),
            input: BufReader::new(stream),
        };
        frames.send(&json!({"type": "hello", "token": token}));
        frames
    }

    #[test]
    fn each_connection_speaks_for_one_app_and_the_hosts_for_all() {
        let server = server("");
        let folder = server.folder.path();
        let (child, token) = listening(&server);
        let mut host = connection(folder, &token);
        let mut launch = |id: u64, app_id: &str| {
            host.send(&json!({"type": "launch", "id": id, "app": app(app_id, &server), "dataDir": folder.join(app_id)}));
            let (done, _) = host.next();
            assert_eq!(
                (&done["id"], &done["ok"]),
                (&json!(id), &json!(true)),
                "{done}"
            );
            done["result"]["token"].as_str().unwrap().to_owned()
        };
        let tokens = [launch(1, "wx1"), launch(2, "wx2")];
        let mut first = connection(folder, &tokens[0]);
        let mut second = connection(folder, &tokens[1]);
        for app in [&mut first, &mut second] {
            app.send(&get(1, "/json", &[]));
            assert_eq!(app.heard("success").0["result"]["statusCode"], 200);
        }
        let address = json!({"ip": "192.0.2.7", "netmask": "255.255.255.0"});
        host.send(&json!({"type": "connectivity", "id": 7, "networkType": "wifi", "localAddress": address}));
        assert_eq!(host.next().0["ok"], true);
        first.send(&json!({"type": "query", "task": 9, "name": "getLocalIPAddress"}));
        assert_eq!(first.heard("answer").0["result"]["localip"], "192.0.2.7");
        host.send(&json!({"type": "background", "id": 8, "appId": "wx2", "pinned": true}));
        assert_eq!(host.next().0["ok"], true);
        host.send(&json!({"type": "apps", "id": 9}));
        let shown = host.next().0["result"]["apps"].clone();
        let has = |app: &str, state: &str| json!({"appId": app, "state": state, "graceLeft": null, "running": 0, "queued": 0, "sockets": 0, "waitingBytes": 0, "untakenBytes": 0});
        assert_eq!(
            shown,
            json!([has("wx1", "foreground"), has("wx2", "pinned")])
        );
        // The host moves one of them; the other feels nothing.
        host.send(&json!({"type": "configure", "id": 3, "app": {"appId": "wx1"}}));
        assert_eq!(host.next().0["ok"], true);
        first.send(&get(2, "/json", &[]));
        assert_eq!(first.heard("fail").0["result"]["errno"], 600_002);
        second.send(&get(2, "/json", &[]));
        second.heard("success");
        host.send(&json!({"type": "close", "id": 4, "appId": "wx1"}));
        assert_eq!(host.next().0["result"]["running"], 0);
        assert_eq!(first.line(), "");
        drop(host);
        assert_eq!(second.line(), "");
        assert_eq!(finish(child).status, 0);
        assert!(!folder.join("door").exists());
    }

    #[test]
    fn b7_a_ui_process_that_goes_in_the_middle_of_calls_leaves_nothing() {
        let server = server("");
        let folder = server.folder.path();
        let (child, token) = listening(&server);
        let mut host = connection(folder, &token);
        for _ in 0..2 {
            host.send(&json!({"type": "launch", "id": 1, "app": app("wx1", &server), "dataDir": folder.join("wx1")}));
            let (done, _) = host.next();
            assert_eq!(done["ok"], true, "its files are free, and its id: {done}");
            let mut ui = connection(folder, done["result"]["token"].as_str().unwrap());
            ui.send(&get(1, "/hold", &[]));
            server.until_open(1);
            drop(ui);
            server.until_open(0);
            let closed =
                json!({"type": "closed", "appId": "wx1", "running": 1, "queued": 0, "sockets": 0});
            assert_eq!(host.next().0, closed, "the host is told");
        }
        drop(host);
        assert_eq!(finish(child).status, 0);
    }

    #[test]
    fn nobody_speaks_for_an_app_without_its_token() {
        let server = server("");
        let folder = server.folder.path();
        let (child, token) = listening(&server);
        let mut host = connection(folder, &token);
        for stranger in ["", "0000", &token[1..], &token] {
            let (said, _) = connection(folder, stranger).next();
            assert_eq!(said["type"], "refused", "{said}");
        }
        host.send(&json!({"type": "launch", "id": 1, "app": app("wx1", &server), "dataDir": folder.join("wx1")}));
        let app_token = host.next().0["result"]["token"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut ui = connection(folder, &app_token);
        assert_eq!(connection(folder, &app_token).next().0["type"], "refused");
        // An app cannot say what the host says.
        ui.send(&json!({"type": "close", "id": 1, "appId": "wx1"}));
        ui.heard("error");
        for (wrong, said) in [
            (
                json!({"type": "launch", "id": 2, "app": {"appId": "wx2", "domains": {"request": ["http://a"]}}, "dataDir": folder.join("wx2")}),
                "request[0]",
            ),
            (
                json!({"type": "launch", "id": 5, "app": {"appId": "wx2", "env": "prod"}, "dataDir": folder.join("wx2")}),
                "devtools",
            ),
            (
                json!({"type": "configure", "id": 6, "app": {"appId": "wx1", "domain": {}}}),
                "unknown field `domain`",
            ),
            (
                json!({"type": "configure", "id": 7, "app": {"appId": "wx1", "connectTo": ["a"]}}),
                "connectTo: ",
            ),
            (
                json!({"type": "connectivity", "id": 3, "networkType": "pigeon"}),
                "wifi",
            ),
            (
                json!({"type": "background", "id": 4, "appId": "wx9"}),
                "wx9",
            ),
        ] {
            host.send(&wrong);
            let (done, _) = host.next();
            let reason = done["reason"].as_str().unwrap();
            assert_eq!(done["id"], wrong["id"], "{done}");
            assert!(done["ok"] == false && reason.contains(said), "{done}");
        }
        drop((ui, host));
        assert_eq!(finish(child).status, 0);
    }
}
