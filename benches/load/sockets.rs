//! Many sockets that exchange messages, without and with an app among them that takes none: how late the others' messages come, and what
//! memory it costs.

use std::{
    error::Error,
    process::{Command, Stdio},
    rc::Rc,
    str::FromStr,
    time::{Duration, Instant},
};

use appnet::{
    Delivery, Event, Events, Port, PortSender, SocketEvent, TaskEvent,
    policy::socket::SocketMessage,
};
use hdrhistogram::Histogram;
use tokio::{task::JoinSet, time};

use crate::{
    apps, machine,
    origin::{HOST, Origin},
};

/// Sockets of one app: as many as it may have (C3).
const OF_AN_APP: usize = 5;

/// Between two messages of a socket.
const INTERVAL: Duration = Duration::from_millis(200);

/// What a chat or a game says at once, in bytes.
const LENGTH: usize = 128;

/// How long the last echoes are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one process has measured; times in microseconds, memory in KiB.
struct Measured {
    messages: u64,
    p50: u64,
    p99: u64,
    resident: u64,
    peak: u64,
}

pub(crate) fn measure(sockets: usize, seconds: u64) -> Result<(), Box<dyn Error>> {
    println!(
        "{sockets} sockets for {seconds} s, a message of {LENGTH} bytes every {INTERVAL:?} each:\n"
    );
    println!(
        "| one app | messages | p50 µs | p99 µs | RSS KiB | peak KiB |\n|---|---|---|---|---|---|"
    );
    let taking = in_a_child(sockets, seconds, false)?;
    taking.print("takes its messages");
    let stopped = in_a_child(sockets, seconds, true)?;
    stopped.print("takes none");
    let ratio = |with: u64, without: u64| with as f64 / without.max(1) as f64;
    println!(
        "\nthe others' times with it, beside those without: p50 {:.2}, p99 {:.2}\n",
        ratio(stopped.p50, taking.p50),
        ratio(stopped.p99, taking.p99)
    );
    Ok(())
}

impl Measured {
    fn print(&self, app: &str) {
        let Self {
            messages,
            p50,
            p99,
            resident,
            peak,
        } = self;
        println!("| {app} | {messages} | {p50} | {p99} | {resident} | {peak} |");
    }
}

fn in_a_child(sockets: usize, seconds: u64, stopped: bool) -> Result<Measured, Box<dyn Error>> {
    let (sockets, seconds) = (sockets.to_string(), seconds.to_string());
    let stopped = stopped.then_some("--stopped");
    let output = Command::new(std::env::current_exe()?)
        .args(["exchange-messages", &sockets, &seconds])
        .args(stopped)
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers = text.split_whitespace().map(u64::from_str);
    let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    let [messages, p50, p99, resident, peak] = numbers[..] else {
        return Err("the exchange of messages failed".into());
    };
    Ok(Measured {
        messages,
        p50,
        p99,
        resident,
        peak,
    })
}

/// What a child does. The first app is measured in neither case, so that the same apps are compared.
pub(crate) async fn exchange(
    sockets: usize,
    seconds: u64,
    stopped: bool,
) -> Result<(), Box<dyn Error>> {
    let origin = Origin::start_sockets()?;
    let network = apps::network(&origin)?;
    let ports = apps::launch(&network, sockets.div_ceil(OF_AN_APP), &origin).await?;
    let mut talking = Vec::new();
    for (number, port) in ports.into_iter().enumerate() {
        let first_stops = stopped && number == 0;
        let path = if first_stops { "/flood" } else { "/" };
        talking.push((open(port, path).await?, first_stops));
    }
    let clock = Rc::new(Instant::now());
    let mut apps = JoinSet::new();
    let count = talking.len() as u32;
    for (number, ((sender, events), stops)) in (0..).zip(talking) {
        let talk = Talk {
            clock: Rc::clone(&clock),
            sender,
            first: INTERVAL * number / count, // evenly over the interval
            until: Duration::from_secs(seconds),
        };
        apps.spawn_local(async move {
            let micros = match stops {
                true => talk.alone(&events).await,
                false => talk.with_echoes(events).await,
            };
            micros.map(|micros| (number, micros))
        });
    }
    let mut all = Histogram::<u64>::new(3)?;
    while let Some(app) = apps.join_next().await {
        let (number, micros) = app?.map_err(|error| error.to_string())?;
        if number > 0 {
            all.add(micros)?;
        }
    }
    println!(
        "{} {} {} {} {}",
        all.len(),
        all.value_at_quantile(0.5),
        all.value_at_quantile(0.99),
        machine::memory("VmRSS:")?,
        machine::memory("VmHWM:")?
    );
    network.shut_down().await;
    Ok(())
}

/// Opens the sockets of one app.
pub(crate) async fn open(port: Port, path: &str) -> Result<(PortSender, Events), Box<dyn Error>> {
    let (sender, mut events) = port.split();
    for task in 1..=OF_AN_APP {
        sender.send(format!(
            r#"{{"type":"call","task":{task},"api":"connectSocket","options":{{"url":"wss://{HOST}{path}","tcpNoDelay":true}}}}"#
        ))?;
    }
    let mut opened = 0;
    while opened < OF_AN_APP {
        match socket_event(&mut events).await? {
            SocketEvent::Opened(_) => opened += 1,
            SocketEvent::Accepted | SocketEvent::Message(_) => {}
            other => return Err(format!("a socket did not open: {other:?}").into()),
        }
    }
    Ok((sender, events))
}

async fn socket_event(events: &mut Events) -> Result<SocketEvent, Box<dyn Error>> {
    match events.next_delivery().await {
        Some(Delivery::Event(Event {
            what: TaskEvent::Socket(event),
            ..
        })) => Ok(event),
        other => Err(format!("not of a socket: {other:?}").into()),
    }
}

/// One app that talks.
struct Talk {
    clock: Rc<Instant>,
    sender: PortSender,
    first: Duration,
    until: Duration,
}

impl Talk {
    fn ticks(&self) -> time::Interval {
        time::interval_at(time::Instant::from_std(*self.clock + self.first), INTERVAL)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Sends one message on each socket, which says when.
    fn send(&self, id: usize) -> Result<(), Box<dyn Error>> {
        for task in 1..=OF_AN_APP {
            let text = format!("{:<LENGTH$}", self.now());
            self.sender.send(format!(
                r#"{{"type":"send","task":{task},"id":{id},"data":{{"text":"{text}"}}}}"#
            ))?;
        }
        Ok(())
    }

    /// Sends and times the echoes.
    async fn with_echoes(&self, mut events: Events) -> Result<Histogram<u64>, Box<dyn Error>> {
        let mut micros = Histogram::new(3)?;
        let mut ticks = self.ticks();
        let (mut round, mut sent) = (0, 0);
        while self.clock.elapsed() < self.until {
            tokio::select! {
                _ = ticks.tick() => {
                    round += 1;
                    self.send(round)?;
                    sent += OF_AN_APP as u64;
                }
                event = socket_event(&mut events) => self.note(&event?, &mut micros)?,
            }
        }
        while micros.len() < sent {
            let event = time::timeout(PATIENCE, socket_event(&mut events)).await??;
            self.note(&event, &mut micros)?;
        }
        Ok(micros)
    }

    fn note(&self, event: &SocketEvent, micros: &mut Histogram<u64>) -> Result<(), Box<dyn Error>> {
        match event {
            SocketEvent::Message(SocketMessage::Text(text)) => {
                let sent: u64 = text.as_str().trim_end().parse()?;
                Ok(micros.record(self.now() - sent)?)
            }
            SocketEvent::Answered {
                outcome: Ok(()), ..
            } => Ok(()),
            other => Err(format!("neither an echo nor an answer: {other:?}").into()),
        }
    }

    /// Sends and takes nothing, though the server never stops to send.
    async fn alone(&self, _events: &Events) -> Result<Histogram<u64>, Box<dyn Error>> {
        let mut ticks = self.ticks();
        let mut round = 0;
        while self.clock.elapsed() < self.until {
            ticks.tick().await;
            round += 1;
            drop(self.send(round)); // refused, once too much waits
        }
        Ok(Histogram::new(3)?)
    }
}
