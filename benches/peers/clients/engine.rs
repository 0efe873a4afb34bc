//! The whole program: a mini-program in `appnet run` that calls `wx.request`, in a process of its own on the client's core.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use futures_util::future::{FutureExt as _, LocalBoxFuture};
use tempfile::TempDir;

use super::Order;
use crate::{
    machine::Used,
    origin::HOST,
    turn::{self, Failure, Latencies, Peer},
    work::{UNDER_WAY, Version, What},
};

/// For each line of its standard input it works so many milliseconds, and prints how many nanoseconds each call took.
const PROGRAM: &str = "
const [url, lanes, enableHttp2] = [host.args[0], Number(host.args[1]), host.args[2] === 'true']
host.onLine((line) => {
  const until = host.now() + Number(line), took = []
  let left = lanes
  const lane = () => {
    const began = host.now()
    wx.request({
      url, enableHttp2,
      success: () => {
        const now = host.now()
        took.push(Math.round((now - began) * 1e6))
        if (now < until) lane()
        else if (--left === 0) host.print(took.join())
      },
      fail: ({ errMsg }) => host.print(errMsg),
    })
  }
  for (let i = 0; i < lanes; i++) lane()
})
";

/// A program that waits for its turns; it ends when this is dropped.
pub(crate) struct Engine {
    child: Child,
    turns: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
    _project: TempDir,
}

impl Engine {
    /// `None`: the binary was not built, or this is not what it is measured with.
    pub(crate) fn start(order: Order<'_>, flags: &[&str]) -> Result<Option<Self>, Failure> {
        let binary = env::current_exe()?.with_file_name("appnet");
        if order.what != What::Small || !binary.exists() {
            return Ok(None);
        }
        let project = tempfile::tempdir()?;
        let (program, ca) = (project.path().join("app.js"), project.path().join("ca.pem"));
        let domains = format!(r#"{{"request": ["https://{HOST}"]}}"#);
        fs::write(&program, PROGRAM)?;
        fs::write(&ca, &order.origin.ca_pem)?;
        fs::write(project.path().join("server-domains.json"), domains)?;
        let port = order.origin.port(order.version);
        let http2 = order.version == Version::Two;
        let mut child = Command::new(binary)
            .arg("run")
            .arg(&program)
            .arg("--ca")
            .arg(&ca)
            .args(flags)
            .args(["--connect-to", &format!("{HOST}::127.0.0.1:{port}"), "--"])
            .arg(format!("https://{HOST}{}", order.what.path(0)))
            .args([UNDER_WAY.to_string(), http2.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let told = child.stdout.take().ok_or("it has a standard output")?;
        Ok(Some(Self {
            turns: child.stdin.take(),
            told: BufReader::new(told),
            child,
            _project: project,
        }))
    }

    fn turn(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let millis = until.saturating_duration_since(Instant::now()).as_millis();
        let turns = self.turns.as_mut().ok_or("it has a standard input")?;
        writeln!(turns, "{millis}")?;
        let mut line = String::new();
        self.told.read_line(&mut line)?;
        let mut latencies = turn::latencies();
        for nanos in line.trim_end().split(',') {
            let nanos = nanos.parse().map_err(|_| format!("appnet run: {line}"))?;
            latencies.record(nanos)?;
        }
        Ok(latencies)
    }
}

impl Peer for Engine {
    fn work(&mut self, until: Instant) -> LocalBoxFuture<'_, Result<Latencies, Failure>> {
        // Nothing else is to be done in this process meanwhile.
        async move { self.turn(until) }.boxed_local()
    }

    fn used(&self) -> Result<Used, Failure> {
        Used::of(self.child.id())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.turns.take());
        let _ = self.child.wait(); // it ends with its standard input
    }
}
