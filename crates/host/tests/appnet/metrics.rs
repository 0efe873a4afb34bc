//! `--metrics`: what Prometheus reads, and the spans of calls.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::Child,
};

use serde_json::Value;

use crate::{
    network::{Server, server},
    run::finish,
};

/// A program that has made its calls and waits for a line.
struct Measured {
    child: Child,
    host: String,
    _server: Server,
}

impl Measured {
    fn start(calls: &str) -> Self {
        let source = format!(
            "host.onLine(() => host.exit(0)); let open = 0
             const done = () => {{ if (!--open) host.print('done') }}
             const call = (url, more) => {{ open++; wx.request({{ url, ...more, complete: done }}) }}
             {calls}"
        );
        let server = server(&source);
        let mut child = server.start(&["--ca", "ca.pem", "--log=off", "--metrics", "0"]);
        let mut line = String::new();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        err.read_line(&mut line).unwrap();
        let host = line
            .trim_end()
            .strip_prefix("Metrics at http://")
            .unwrap()
            .strip_suffix("/metrics")
            .unwrap();
        let host = host.to_owned();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert!(line.ends_with("done\n"), "{line}");
        Self {
            child,
            host,
            _server: server,
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The page, when it has these lines: a call is counted a moment after the program has heard of its end.
    fn page(&self, lines: &[&str]) -> String {
        loop {
            let page = self.get("/metrics"); // refused when the program's time is over
            if lines.iter().all(|line| page.lines().any(|it| it == *line)) {
                return page;
            }
        }
    }

    fn end(mut self) {
        drop(self.child.stdin.take().map(|mut it| it.write_all(b"\n")));
        assert_eq!(finish(self.child).status, 0);
    }
}

const CALLS: &str = "
    call('https://api.example.com/json?token=secret')
    call('https://api.example.com/status/404', { method: 'POST', data: 'x' })
    call('https://nobody.example.com/')";

/// The table's first two columns, with the names as the page has them.
fn documented() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (name, rest) = row.split_once("` | ").unwrap();
        let kind: String = rest.chars().take_while(|it| it.is_alphabetic()).collect();
        (name.replace('.', "_"), kind)
    })
    .collect()
}

#[test]
fn the_page_has_the_numbers_that_are_documented_and_no_others() {
    let program = Measured::start(CALLS);
    let page = program.page(&[
        r#"appnet_calls{api="request",outcome="answered"} 2"#,
        r#"appnet_calls{api="request",outcome="refused"} 1"#,
        r#"appnet_interruptions{api="request"} 0"#,
        r#"appnet_call_queued_count{api="request"} 3"#,
        "appnet_permits_used 0",
    ]);
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    let kinds = page.lines().filter_map(|it| it.strip_prefix("# TYPE "));
    let named: BTreeMap<_, _> = kinds
        .map(|it| it.split_once(' ').unwrap())
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect();
    assert_eq!(named, documented(), "{page}");
    for status in ["200", "404"] {
        let count = page.lines().find(|it| {
            it.starts_with("http_client_request_duration_count")
                && it.contains(&format!(r#"http_response_status_code="{status}""#))
        });
        assert!(count.is_some_and(|it| it.ends_with(" 1")), "{page}");
    }
    for secret in ["secret", "example.com", "wx0000"] {
        assert!(!page.contains(secret), "{secret}: {page}");
    }
    assert!(program.get("/").starts_with("HTTP/1.1 404 "));
    program.end();
}

#[test]
fn c1_a_permit_is_counted_while_it_is_in_use() {
    let program = Measured::start(
        "wx.request({ url: 'https://api.example.com/never' })
         call('https://api.example.com/json')",
    );
    program.page(&[
        "appnet_permits_used 1",
        r#"appnet_calls{api="request",outcome="answered"} 1"#,
    ]);
    program.end();
}

#[test]
fn the_log_of_a_call_is_in_its_span_which_has_no_query() {
    let url = "https://api.example.com/json?token=secret";
    let run = server(&format!("wx.request({{ url: '{url}', method: 'PUT' }})")).run(&[
        "--ca",
        "ca.pem",
        "--metrics=0",
        "--log=info",
        "--log-format=json",
    ]);
    let lines = run
        .err
        .lines()
        .filter_map(|it| serde_json::from_str(it).ok());
    let lines: Vec<Value> = lines.collect();
    let answered = lines
        .iter()
        .find(|it| it["fields"]["message"] == "answered");
    let span = &answered.unwrap_or_else(|| panic!("{}", run.err))["span"];
    for (name, value) in [
        ("name", "call"),
        ("http.request.method", "PUT"),
        ("url.full", "https://api.example.com/json"),
        ("server.address", "api.example.com"),
        ("network.peer.address", "127.0.0.1"),
        ("network.protocol.version", "1.1"),
    ] {
        assert_eq!(span[name], value, "{span}");
    }
    assert_eq!(span["http.response.status_code"], 200, "{span}");
    assert!(!run.err.contains("secret"), "{}", run.err);
}

#[test]
fn an_address_that_is_none_is_told() {
    let run = server("").run(&["--metrics", "everywhere"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("should be ADDRESS:PORT"), "{}", run.err);
}
