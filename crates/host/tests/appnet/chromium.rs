//! `--inspect` in the real front end: the DevTools that Chromium has built in, in a Chromium without a screen.
//!
//! Where no Chromium is installed the test says so and tries nothing. `APPNET_SCREENSHOT=FILE.png` keeps a picture of the panel.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client::IntoClientRequest as _};

use crate::inspect::Program;

/// Of the window: high enough for all that is looked at.
const WIDTH: u32 = 1100;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// A Chromium, and one page of it.
struct Chromium {
    child: Child,
    _profile: tempfile::TempDir,
    socket: WebSocket<TcpStream>,
    id: u64,
    session: Value,
}

impl Chromium {
    /// Opens the page.
    fn open(program: &PathBuf, url: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
            .args(["--no-first-run", "--disable-background-networking"])
            .args([
                "--remote-debugging-port=0",
                &format!("--window-size={WIDTH},800"),
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let browser = said
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let url = line.strip_prefix("DevTools listening on ")?;
                Some(url.to_owned())
            })
            .expect("Chromium says where it listens");
        let request = browser.as_str().into_client_request().unwrap();
        let address = request.uri().authority().unwrap().as_str();
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let (socket, _) = tungstenite::client(request, stream).unwrap();
        let mut chromium = Self {
            child,
            _profile: profile,
            socket,
            id: 0,
            session: Value::Null,
        };
        let page = chromium.ask("Target.createTarget", json!({"url": url}))["targetId"].take();
        let attached = chromium.ask(
            "Target.attachToTarget",
            json!({"targetId": page, "flatten": true}),
        );
        chromium.session = attached["sessionId"].clone();
        chromium
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let mut command = json!({"id": self.id, "method": method, "params": params});
        if !self.session.is_null() {
            command["sessionId"] = self.session.clone();
        }
        self.socket
            .send(Message::text(command.to_string()))
            .unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else {
                continue;
            };
            let mut message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == self.id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
        }
    }

    /// The value of this expression, a promise's when it is there.
    fn value(&mut self, expression: &str) -> Value {
        let mut answer = self.ask(
            "Runtime.evaluate",
            json!({"expression": expression, "awaitPromise": true, "returnByValue": true}),
        );
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].take()
    }

    /// A picture of the page, if `APPNET_SCREENSHOT` names a file for it.
    fn picture(&mut self) {
        if let Some(file) = env::var_os("APPNET_SCREENSHOT") {
            let picture = self.ask("Page.captureScreenshot", json!({"format": "png", "clip": {"x": 0, "y": 0, "width": WIDTH, "height": 280, "scale": 1}}));
            let picture = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
            fs::write(file, picture).unwrap();
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const CALLS: &str = "
const go = (o) => new Promise((complete) => wx.request({ ...o, complete }))
const api = 'https://api.example.com'
console.log('hello from the program')
go({ url: api + '/echo', method: 'POST', data: { a: '你好' } })
  .then(() => go({ url: api + '/json', data: { q: 1 } }))
  .then(() => go({ url: api + ':8443/x' }))
  .then(() => {
    const s = wx.connectSocket({ url: 'wss://ws.example.com/chat' })
    s.onOpen(() => s.send({ data: 'hello' }))
    s.onMessage(() => s.close({ code: 4000 }))
  })
";

/// Elements are in shadow trees; what is looked for comes when the front end has drawn it.
const LOOK: &str = "
function all(selector, root = document, found = []) {
  found.push(...root.querySelectorAll(selector))
  for (const it of root.querySelectorAll('*')) if (it.shadowRoot) all(selector, it.shadowRoot, found)
  return found
}
function when(look) {
  return new Promise((done) => {
    const again = () => { const found = look(); found ? done(found) : requestAnimationFrame(again) }
    again()
  })
}
function press(it) {
  for (const type of ['mousedown', 'mouseup', 'click']) it.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true, cancelable: true }))
}
function rows() {
  return all('.network-log-grid tr.data-grid-data-grid-node').map((row) => ({
    cells: [...row.querySelectorAll('td')].map((td) => td.textContent.trim()),
    red: row.classList.contains('network-error-row'),
    row,
  })).filter((it) => it.cells.some((cell) => cell))
}
";

#[test]
fn the_front_end_of_chromium_shows_the_calls() {
    let Some(chromium) = installed() else {
        eprintln!("SKIPPED: no Chromium here: the front end of DevTools was not tried");
        return;
    };
    let program = Program::start(CALLS, &[]);
    let front_end = format!(
        "devtools://devtools/bundled/devtools_app.html?ws={}/app/1&panel=network",
        program.host
    );
    let mut chromium = Chromium::open(&chromium, &front_end);
    chromium.value(LOOK);
    // All of them have ended when the socket has a time.
    let rows = chromium.value(
        "when(() => {
          const found = rows()
          const ended = (it) => !it.cells.some((cell) => /pending/i.test(cell))
          return found.length === 4 && found.every(ended) && found.map(({ cells, red }) => [cells, red])
        })",
    );
    let row = |at: usize| {
        let cells: Vec<&str> = rows[at][0]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        (cells, rows[at][1].as_bool().unwrap())
    };
    for (at, name, status, red) in [
        (0, "echo", "200", false),
        (1, "json?q=1", "200", false),
        (2, "x", "(blocked:other)", true),
        (3, "chat", "101", false),
    ] {
        let (cells, is_red) = row(at);
        assert!(cells[0].contains(name), "{rows}");
        assert!(cells.iter().any(|it| it.starts_with(status)), "{rows}");
        assert_eq!(is_red, red, "{rows}");
        assert!(cells.iter().any(|it| it.contains("t.js:")), "{rows}");
    }
    chromium.picture();

    // A press on the place where a call was made shows it.
    chromium.value(
        "when(() => {
          const [first] = rows()
          const ends = first && all('*', first.row).filter((it) => !it.children.length)
          return ends && ends.find((it) => /^t\\.js:/.test(it.textContent.trim()))
        }).then(press)",
    );
    let lines = chromium
        .value(
            "when(() => {
          const found = all('.cm-line').map((it) => it.textContent)
          return found.some((line) => line.includes('hello')) && found
        })",
        )
        .to_string();
    assert!(lines.contains("hello from the program"), "{lines}");
    chromium.value("press(all('[role=tab]').find((it) => it.textContent.trim() === 'Network'))");

    // A press on the row of the socket, and on its tab of messages.
    chromium.value("when(() => rows()[3]?.row.querySelector('td')).then(press)");
    chromium.value("when(() => all('[role=tab]').find((it) => it.textContent.trim() === 'Messages')).then(press)");
    let frames = chromium.value(
        "when(() => {
          const found = all('tr[class*=view-row-] td.data-column').map((it) => it.textContent)
          return found.length >= 2 && found.slice(0, 2)
        })",
    );
    assert_eq!(frames, json!(["hello", "hello"]));

    chromium.value("press(all('[role=tab]').find((it) => it.textContent.trim() === 'Console'))");
    let said = chromium
        .value(
            "when(() => {
          const found = all('.console-message-text').map((it) => it.textContent)
          return found.length >= 2 && found
        })",
        )
        .to_string();
    assert!(said.contains("hello from the program"), "{said}");
    assert!(said.contains("U3: "), "{said}");
    drop(chromium);
    assert_eq!(program.end().0, 0);
}
