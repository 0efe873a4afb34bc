//! Lives of apps among many others: a few apps at a time are launched, use all four APIs, leave the screen, come back and are closed, while so many
//! others are launched and do nothing. What a life costs must not depend on how many there are.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use appnet::{
    CloseReport, DirectorySandbox, Network, NewApp, Pinned, Policy, Port, SystemRoots,
    policy::rules::AppConfig,
};
use hdrhistogram::Histogram;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{
    apps, machine,
    origin::{HOST, Origin},
};

/// Apps that are there and do nothing.
const CROWDS: [usize; 5] = [0, 10, 100, 1_000, 10_000];

/// Lives that go on at the same time.
const AT_ONCE: usize = 8;

/// Requests of one life, all at once.
const REQUESTS: u64 = 10;

/// Messages of one life, one after another.
const MESSAGES: u64 = 5;

/// The port of the socket's URL; the other APIs use the usual one.
const SOCKET_PORT: u16 = 8443;

/// What an uploaded file has, in bytes; a downloaded one has as many.
pub(crate) const FILE: usize = 64 << 10;

/// The parts of a life, in the order of the table.
const PARTS: [&str; 9] = [
    "launch", "request", "upload", "download", "socket", "message", "leave", "return", "close",
];

type Times = BTreeMap<&'static str, Histogram<u64>>;

/// What one crowd gave.
struct Sample {
    per_second: f64,
    /// Processor time of the process for one life.
    cpu: Duration,
    /// Bytes of one app that does nothing.
    memory: u64,
    times: Times,
}

pub(crate) async fn measure(lives: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
    let mut samples: Vec<Vec<Sample>> = CROWDS.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (crowd, samples) in CROWDS.iter().zip(&mut samples) {
            samples.push(among(*crowd, lives).await?);
        }
    }
    println!(
        "{lives} lives, {AT_ONCE} at once, over all cores; {REQUESTS} requests, an upload, a download and a socket with {MESSAGES} messages each:\n"
    );
    println!(
        "| other apps | lives/s | beside the first | CPU ms a life | beside the first | bytes an idle app |\n|---|---|---|---|---|---|"
    );
    let medians: Vec<Sample> = samples.into_iter().map(median).collect();
    let first = &medians[0];
    for (crowd, sample) in CROWDS.iter().zip(&medians) {
        // What few apps hold is lost in what the process keeps anyway.
        let memory = match crowd {
            0..1_000 => "".to_owned(),
            _ => sample.memory.to_string(),
        };
        println!(
            "| {crowd} | {:.0} | {:.2} | {:.2} | {:.2} | {memory} |",
            sample.per_second,
            sample.per_second / first.per_second,
            sample.cpu.as_secs_f64() * 1e3,
            sample.cpu.as_secs_f64() / first.cpu.as_secs_f64(),
        );
    }
    println!("\nHow long each part took, p50 / p99 / p99.9 in ms:\n");
    println!("| other apps | {} |", PARTS.join(" | "));
    println!("|---{}|", "|---".repeat(PARTS.len()));
    for (crowd, sample) in CROWDS.iter().zip(&medians) {
        let cells = PARTS.map(|part| quantiles(&sample.times[part]));
        println!("| {crowd} | {} |", cells.join(" | "));
    }
    println!();
    Ok(())
}

fn median(mut samples: Vec<Sample>) -> Sample {
    samples.sort_by_key(|sample| sample.cpu);
    samples.swap_remove(samples.len() / 2)
}

fn quantiles(micros: &Histogram<u64>) -> String {
    [0.5, 0.99, 0.999]
        .map(|quantile| format!("{:.1}", micros.value_at_quantile(quantile) as f64 / 1e3))
        .join(" / ")
}

/// So many lives among so many apps that do nothing.
async fn among(crowd: usize, lives: usize) -> Result<Sample, Box<dyn Error>> {
    let (origin, sockets) = (Origin::start()?, Origin::start_sockets()?);
    let network = Network::builder()
        .extra_roots_pem(origin.ca_pem.as_bytes())?
        .extra_roots_pem(sockets.ca_pem.as_bytes())?
        .system_roots(SystemRoots::Ignore)
        .start()?;
    let place = Arc::new(Place {
        network,
        origin: origin.port,
        sockets: sockets.port,
    });
    live(&place, usize::MAX, 2 * AT_ONCE).await?; // what is made once
    let before = machine::memory("VmRSS:")?;
    let idle = apps::launch(&place.network, crowd, &origin).await?;
    let grown = machine::memory("VmRSS:")?.saturating_sub(before) << 10;
    let (began, used) = (Instant::now(), machine::used()?);
    let times = live(&place, usize::MAX / 2, lives).await?;
    let sample = Sample {
        per_second: lives as f64 / began.elapsed().as_secs_f64(),
        cpu: (machine::used()? - used) / u32::try_from(lives)?,
        memory: grown / crowd.max(1) as u64,
        times,
    };
    drop(idle);
    let place = Arc::into_inner(place).ok_or("every life has ended")?;
    place.network.shut_down().await;
    Ok(sample)
}

/// So many lives, some at a time; their apps have numbers below `first`.
async fn live(place: &Arc<Place>, first: usize, lives: usize) -> Result<Times, Box<dyn Error>> {
    let mut lanes = JoinSet::new();
    for lane in 0..AT_ONCE {
        let place = Arc::clone(place);
        lanes.spawn_local(async move {
            let mut times = times();
            for number in (lane..lives).step_by(AT_ONCE) {
                let life = Life::begin(&place, first - number, &mut times).await;
                let ended = match life {
                    Ok(life) => life.go_on(&place, &mut times).await,
                    Err(error) => Err(error),
                };
                ended.map_err(|error| error.to_string())?;
            }
            Ok::<_, String>(times)
        });
    }
    let mut all = times();
    while let Some(lane) = lanes.join_next().await {
        for (part, micros) in lane?? {
            if let Some(all) = all.get_mut(part) {
                all.add(micros)?;
            }
        }
    }
    Ok(all)
}

fn times() -> Times {
    let empty = || Histogram::new(3).expect("3 digits are in range");
    PARTS.iter().map(|part| (*part, empty())).collect()
}

fn note(times: &mut Times, part: &'static str, began: Instant) -> Result<(), Box<dyn Error>> {
    let micros = times.get_mut(part).ok_or("not a part of a life")?;
    Ok(micros.record(u64::try_from(began.elapsed().as_micros())?)?)
}

/// Where apps live.
struct Place {
    network: Network,
    origin: u16,
    sockets: u16,
}

impl Place {
    fn config(&self, number: usize) -> Result<AppConfig, Box<dyn Error>> {
        let mut config = apps::config_at(number, self.origin)?;
        config.domains.socket = vec![format!("wss://{HOST}:{SOCKET_PORT}")];
        let to_sockets = format!("{HOST}:{SOCKET_PORT}:127.0.0.1:{}", self.sockets);
        config.connect_to.insert(0, to_sockets.parse()?);
        Ok(config)
    }
}

/// An app that is used.
struct Life {
    number: usize,
    port: Port,
    /// The number of the last task.
    last: u64,
    _directory: TempDir,
}

impl Life {
    async fn begin(
        place: &Place,
        number: usize,
        times: &mut Times,
    ) -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let files = DirectorySandbox::open(directory.path(), Policy::seed().files)?;
        fs::write(directory.path().join("usr/file"), vec![b'x'; FILE])?;
        let began = Instant::now();
        let launched = place
            .network
            .launch(NewApp::new(place.config(number)?).files(Arc::new(files)));
        let port = launched.await?;
        note(times, "launch", began)?;
        Ok(Self {
            number,
            port,
            last: 0,
            _directory: directory,
        })
    }

    async fn go_on(mut self, place: &Place, times: &mut Times) -> Result<(), Box<dyn Error>> {
        let began = Instant::now();
        for _ in 0..REQUESTS {
            self.call("request", "https", "/json", "")?;
        }
        for _ in 0..REQUESTS {
            self.until("success").await?;
            note(times, "request", began)?;
        }
        let began = Instant::now();
        let file = r#","name":"file","filePath":"wxfile://usr/file""#;
        self.call("uploadFile", "https", "/json", file)?;
        self.until("success").await?;
        note(times, "upload", began)?;
        let began = Instant::now();
        self.call("downloadFile", "https", "/file", "")?;
        self.until("success").await?;
        note(times, "download", began)?;
        self.talk(times).await?;
        let (network, id) = (&place.network, apps::app_id(self.number));
        let began = Instant::now();
        network.enter_background(&id, Pinned::No)?;
        note(times, "leave", began)?;
        let began = Instant::now();
        network.enter_foreground(&id)?;
        self.call("request", "https", "/json", "")?;
        self.until("success").await?;
        note(times, "return", began)?;
        let began = Instant::now();
        let left = network.close(&id).await?;
        note(times, "close", began)?;
        if left == CloseReport::default() {
            Ok(())
        } else {
            Err(format!("an app that had ended all it began left {left:?}").into())
        }
    }

    /// A socket, from its handshake to its end.
    async fn talk(&mut self, times: &mut Times) -> Result<(), Box<dyn Error>> {
        let began = Instant::now();
        let authority = format!(":{SOCKET_PORT}/");
        self.call("connectSocket", "wss", &authority, "")?;
        let task = self.last;
        self.until("open").await?;
        note(times, "socket", began)?;
        for id in 1..=MESSAGES {
            let began = Instant::now();
            self.port.send(format!(
                r#"{{"type":"send","task":{task},"id":{id},"data":{{"text":"a message"}}}}"#
            ))?;
            self.until("message").await?;
            note(times, "message", began)?;
        }
        let id = MESSAGES + 1;
        self.port.send(format!(
            r#"{{"type":"closeSocket","task":{task},"id":{id}}}"#
        ))?;
        self.until("close").await
    }

    fn call(
        &mut self,
        api: &str,
        scheme: &str,
        path: &str,
        more: &str,
    ) -> Result<(), Box<dyn Error>> {
        self.last += 1;
        let task = self.last;
        Ok(self.port.send(format!(
            r#"{{"type":"call","task":{task},"api":"{api}","options":{{"url":"{scheme}://{HOST}{path}"{more}}}}}"#
        ))?)
    }

    /// The next event of this type; a failure ends the bench.
    async fn until(&mut self, wanted: &str) -> Result<(), Box<dyn Error>> {
        loop {
            let event = self.port.next().await.ok_or("the app ended")?.json;
            let kind = event
                .strip_prefix(r#"{"type":""#)
                .and_then(|event| event.split('"').next());
            match kind {
                Some(kind) if kind == wanted => return Ok(()),
                Some("fail" | "error") | None => return Err(event.into()),
                Some(_) => {}
            }
        }
    }
}
