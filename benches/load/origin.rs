//! The origin, in a process of its own: its CPU time is not ours, and neither are its file descriptors.

use std::{
    error::Error,
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use appnet_testkit::{Ca, Gate, HttpOrigin, Reply, WsOrigin, ws::Act};

use crate::{neighbour::ONLY_IDLE, soak::Ports};

/// The name it has a certificate for.
pub(crate) const HOST: &str = "api.bench.test";

/// 200 bytes.
pub(crate) const SMALL: &str = r#"{"code":0,"message":"ok","data":{"id":12345678,"name":"a mini-program","price":1999,"list":[1,2,3,4,5,6,7,8,9,10],"tags":["small","new","sale"],"text":"a small answer as most are, in one record now"}}"#;

/// A running origin; it ends when this is dropped.
pub(crate) struct Origin {
    pub(crate) port: u16,
    pub(crate) ca_pem: String,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    child: Child,
}

/// What the child does: serves until its standard input ends, and answers each line of it with the number of requests that it has and
/// has not answered.
pub(crate) fn serve() -> Result<(), Box<dyn Error>> {
    let ca = Ca::new();
    let gate = Gate::new();
    let origin = HttpOrigin::tls(ca.issue(&[HOST]).http2()).start(move |request| match request
        .path()
    {
        "/small" => Reply::json(SMALL),
        "/hold" => Reply::json("{}").hold(&gate),
        "/file" => Reply::status(200).filler(crate::crowd::FILE as u64),
        "/large" if request.method == "GET" => Reply::status(200).filler(crate::files::LENGTH),
        _ => Reply::json(r#"{"code":0,"message":"ok","data":{"list":[1,2,3],"name":"小程序"}}"#),
    })?;
    introduce(origin.port(), &ca)?;
    for line in io::stdin().lines() {
        line?;
        println!("{}", origin.counts().in_flight);
        io::stdout().flush()?;
    }
    Ok(())
}

/// What the child of sockets does: echoes, or sends without end, until its standard input ends.
pub(crate) fn serve_sockets() -> Result<(), Box<dyn Error>> {
    let ca = Ca::new();
    let origin = WsOrigin::tls(ca.issue(&[HOST]).http1()).start(|path| match path {
        "/flood" => Act::Flood {
            count: usize::MAX,
            bytes: 16 << 10,
        },
        _ => Act::Echo,
    })?;
    introduce(origin.port(), &ca)?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

pub(crate) fn introduce(port: u16, ca: &Ca) -> io::Result<()> {
    println!("{port}\n{}", ca.pem().trim());
    io::stdout().flush()
}

impl Origin {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        Self::start_as(&mut ourselves()?, &["origin"])
    }

    pub(crate) fn start_sockets() -> Result<Self, Box<dyn Error>> {
        Self::start_as(&mut ourselves()?, &["socket-origin"])
    }

    /// The server of an app that does its worst: it steps aside when cores are short.
    pub(crate) fn start_attacker(case: &str) -> Result<Self, Box<dyn Error>> {
        let [program, policy, priority] = ONLY_IDLE;
        let mut aside = Command::new(program);
        aside.args([policy, priority]).arg(std::env::current_exe()?);
        Self::start_as(&mut aside, &["attack-origin", case])
    }

    /// The servers of a soak, and where they are.
    pub(crate) fn start_faulty() -> Result<(Self, Ports), Box<dyn Error>> {
        let mut origin = Self::start_as(&mut ourselves()?, &["faulty-origin"])?;
        let ports = Ports::read(&read_line(&mut origin.answers)?);
        Ok((origin, ports.ok_or("the origin does not say its ports")?))
    }

    fn start_as(program: &mut Command, what: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut child = program
            .args(what)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let asks = child.stdin.take();
        let mut answers = BufReader::new(
            child
                .stdout
                .take()
                .ok_or("the origin has no standard output")?,
        );
        let port = read_line(&mut answers)?.trim().parse()?;
        let mut ca_pem = String::new();
        while !ca_pem.contains("-----END") {
            ca_pem.push_str(&read_line(&mut answers)?);
        }
        Ok(Self {
            port,
            ca_pem,
            asks,
            answers,
            child,
        })
    }

    /// Waits until it has so many requests that it has not answered.
    pub(crate) fn until_in_flight(&mut self, count: usize) -> Result<(), Box<dyn Error>> {
        while self.in_flight()? < count {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// How many requests it has and has not answered.
    pub(crate) fn in_flight(&mut self) -> Result<usize, Box<dyn Error>> {
        let asks = self
            .asks
            .as_mut()
            .ok_or("the origin has no standard input")?;
        writeln!(asks)?;
        asks.flush()?;
        Ok(read_line(&mut self.answers)?.trim().parse()?)
    }
}

fn ourselves() -> io::Result<Command> {
    std::env::current_exe().map(Command::new)
}

fn read_line(from: &mut impl BufRead) -> Result<String, Box<dyn Error>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err("the origin ended".into());
    }
    Ok(line)
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.asks.take());
        let _ = self.child.wait(); // it ends with its standard input
    }
}
