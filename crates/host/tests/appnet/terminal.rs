//! What a person sees in the terminal: `--console`, `-v`, `--log-format`, where a refused call was made, names that are nearly right, `--watch`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStderr, Command},
    sync::mpsc,
    thread,
    time::Duration,
};

use appnet_testkit::{
    Ca,
    ws::{Act, WsOrigin},
};
use serde_json::Value;

use crate::{
    network::server,
    run::{Folder, Run, finish, script},
};

#[test]
fn console_goes_to_standard_output_if_it_is_told_to_and_errors_stay() {
    let source = "console.log('l', { b: [1] }); console.info('i'); console.debug('d'); console.warn('w'); console.error('e')";
    let folder = Folder::new(&[("t.js", source)]);
    let told = folder.appnet(&["run", "t.js", "--console", "stdout"], "");
    assert_eq!(
        (told.status, told.out.as_str(), told.err.as_str()),
        (0, "l { b: [1] }\ni\nd\n", "w\ne\n")
    );
    let as_ever = folder.appnet(&["run", "t.js", "--console=stderr"], "");
    assert_eq!(as_ever.out, "");
    assert_eq!(script(source).err, as_ever.err);
}

#[test]
#[cfg(unix)]
fn a_reader_of_the_console_who_goes_away_ends_the_program() {
    let folder = Folder::new(&[("t.js", "for (;;) console.log('y'.repeat(1000))")]);
    let args = ["run", "t.js", "--console", "stdout", "--max-time", "20"];
    let mut child = folder.start(&args);
    drop(child.stdout.take());
    assert_eq!(finish(child).status, 0);
}

/// The lines of `-v`, without times and ports.
fn verbose(run: &Run) -> Vec<String> {
    let lines = run.err.lines();
    let shown = lines.filter(|line| line.starts_with(['*', '<', '>']));
    shown.map(str::to_owned).collect()
}

#[test]
fn v_shows_a_call_as_curl_does_and_masks_what_lets_in() {
    let run = server(
        "
        const url = 'https://api.example.com/cookies?a=1', header = { Authorization: 'Bearer secret', 'X-Mine': '1' }
        wx.request({ url, method: 'POST', data: {}, header, success: () => wx.request({ url: 'https://api.example.com/redirect?to=/json&code=302' }) })",
    )
    .run(&["--ca", "ca.pem", "-v"]);
    let lines = verbose(&run);
    let at = |words: &str| {
        let found = lines.iter().position(|line| line.starts_with(words));
        found.unwrap_or_else(|| panic!("{words}: {}", run.err))
    };
    let order = [
        "* Host api.example.com:443 was resolved in ",
        "* Connected to api.example.com (127.0.0.1) port ",
        "* TLS connection with TLSv1.3, ALPN http/1.1 in ",
        "> POST /cookies?a=1",
        "> Host: api.example.com",
        "> Authorization: (masked)",
        "> X-Mine: 1",
        "< HTTP/1.1 200",
        "< ",
        "* Re-using the connection to api.example.com (127.0.0.1) port ",
        "> GET /redirect?to=/json&code=302",
        "< HTTP/1.1 302",
        "> GET /json",
    ];
    let places: Vec<_> = order.iter().map(|words| at(words)).collect();
    assert!(places.is_sorted(), "{places:?}: {}", run.err);
    assert!(run.err.contains("et-cookie: (masked)") || run.err.contains("et-Cookie: (masked)"));
    assert!(!run.err.contains("secret"), "{}", run.err);
    assert_eq!(verbose(&server("").run(&["-v"])), [""; 0]);
}

#[test]
fn v_shows_a_call_that_never_left_and_one_that_failed() {
    let run = server(
        "
        wx.request({ url: 'https://other.example.com/?token=secret' })
        wx.request({ url: 'https://api.example.com/never', timeout: 50 })",
    )
    .run(&["--ca", "ca.pem", "--verbose", "--log", "off"]);
    let lines = verbose(&run);
    assert!(lines[0].starts_with("* request #1 https://other.example.com/ failed: U"));
    let out = lines.iter().position(|line| line == "> GET /never");
    let failed = lines.last().unwrap();
    assert!(out.is_some(), "{}", run.err);
    assert!(failed.starts_with("* request #2 https://api.example.com/never failed: "));
    assert!(!run.err.contains("secret"), "{}", run.err);
}

#[test]
fn v_shows_the_handshake_of_a_socket_when_it_is_open() {
    let ca = Ca::new();
    let origin = WsOrigin::tls(ca.issue(&["ws.example.com"]).http1())
        .start(|_| Act::Echo)
        .unwrap();
    let folder = Folder::new(&[
        (
            "t.js",
            "const s = wx.connectSocket({ url: 'wss://ws.example.com/a' }); s.onOpen(() => s.close())",
        ),
        ("ca.pem", &ca.pem()),
        (
            "server-domains.json",
            r#"{"socket": ["wss://ws.example.com"]}"#,
        ),
    ]);
    let route = format!(":443:127.0.0.1:{}", origin.port());
    let args = "run t.js --ca ca.pem --max-time 20 -v --connect-to".split(' ');
    let run = folder.appnet(&args.chain([route.as_str()]).collect::<Vec<_>>(), "");
    let lines = verbose(&run);
    let has = |words: &str| lines.iter().any(|line| line.starts_with(words));
    assert!(has("> GET /a") && has("< HTTP/1.1 101"), "{}", run.err);
}

#[test]
fn the_log_can_be_one_json_object_a_line() {
    let folder = Folder::new(&[("t.js", "wx.request({ url: 'https://api.example.com/' })")]);
    let run = folder.appnet(&["run", "t.js", "--log-format", "json"], "");
    let lines: Vec<Value> = run
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["level"], "WARN");
    assert_eq!(lines[0]["fields"]["url"], "https://api.example.com/");
    assert!(lines[0]["timestamp"].is_string(), "{}", run.err);
}

#[test]
fn a_refusal_names_the_file_and_line_of_the_call_and_who_called_that() {
    let folder = Folder::new(&[
        ("app.json", "{}"),
        ("app.js", "const get = require('./api')\n\nget('/a')\n"),
        (
            "api.js",
            "module.exports = (path) =>\n  wx.request({ url: 'https://api.example.com' + path })\n",
        ),
    ]);
    let run = folder.appnet(&["run", "."], "");
    let told = run.err.lines().find(|line| line.contains("was made at"));
    let told = told.unwrap_or_else(|| panic!("{}", run.err));
    assert!(told.contains("task=1"), "{told}");
    assert!(told.contains("was made at api.js:2:"), "{told}");
    assert!(told.contains(", from app.js:3:"), "{told}");
    let off = folder.appnet(&["run", ".", "--log", "off"], "");
    assert_eq!(off.err, "");
}

#[test]
fn a_call_that_reaches_its_server_says_nothing_of_where_it_was_made() {
    let run =
        server("wx.request({ url: 'https://api.example.com/json' })").run(&["--ca", "ca.pem"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}

#[test]
fn an_option_that_is_nearly_known_is_warned_of_in_the_developer_tools() {
    let source = "
        wx.request({ url: 'https://a.test', metod: 'POST', sucess() {}, header: {}, mine: 1 })
        wx.connectSocket({ url: 'wss://a.test', headers: {} })
        wx.request(new Proxy({ url: 'https://a.test' }, { ownKeys() { throw 1 } }))";
    let folder = Folder::new(&[("t.js", source)]);
    let args = ["run", "t.js", "--log", "off", "--env"];
    let run = folder.appnet(&[&args[..], &["devtools"]].concat(), "");
    assert_eq!(
        run.err,
        "wx.request #1: there is no option metod; did you mean method?\n\
         wx.request #1: there is no option sucess; did you mean success?\n\
         wx.connectSocket #2: there is no option headers; did you mean header?\n"
    );
    let run = folder.appnet(&[&args[..], &["release"]].concat(), "");
    assert_eq!(run.err, "");
}

/// A program under `--watch`, which does not end by itself.
struct Watched {
    child: Child,
    err: BufReader<ChildStderr>,
    /// Ends the guard.
    _done: mpsc::Sender<()>,
}

impl Watched {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let mut child = folder.start(args);
        let err = BufReader::new(child.stderr.take().unwrap());
        let (done, guard) = mpsc::channel::<()>();
        let id = child.id();
        thread::spawn(move || {
            let waited = guard.recv_timeout(Duration::from_secs(60));
            if waited == Err(mpsc::RecvTimeoutError::Timeout) {
                signal("TERM", id); // and the test fails
            }
        });
        Self {
            child,
            err,
            _done: done,
        }
    }

    /// Reads on until a line has these words, or the end.
    fn hears(&mut self, words: &str) -> bool {
        let mut line = String::new();
        while self.err.read_line(&mut line).unwrap() > 0 {
            if line.contains(words) {
                return true;
            }
            line.clear();
        }
        false
    }
}

fn signal(name: &str, process: u32) {
    let kill = format!("kill -{name} {process}");
    let sent = Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.unwrap().success());
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
#[cfg(unix)]
fn a_watched_program_runs_again_when_a_file_changes_and_not_when_it_writes_one() {
    let folder = Folder::new(&[
        ("app.json", "{}"),
        ("app.js", "console.log('first: ' + host.args[0])"),
    ]);
    let args = "run . --watch --har calls.json --max-time 20 -- --watch".split(' ');
    let mut program = Watched::start(&folder, &args.collect::<Vec<_>>());
    assert!(program.hears("first: --watch"));
    assert!(program.hears("ended with status 0. Waiting for a change"));
    let endless = "console.log('second'); setInterval(() => {}, 1000)";
    fs::write(folder.file("app.js"), endless).unwrap();
    assert!(program.hears("app.js has changed"), "and not calls.json");
    assert!(program.hears("second"));
    fs::write(folder.file("new.js"), "").unwrap();
    assert!(program.hears("new.js has changed"), "it was ended");
    assert!(program.hears("second"));
    let kill = format!("kill -TERM {}", program.child.id());
    let sent = std::process::Command::new("sh")
        .args(["-c", &kill])
        .status();
    assert!(sent.unwrap().success());
    assert!(!program.hears("second"), "the last one has ended too");
    assert_eq!(program.child.wait().unwrap().code(), Some(143));
}
