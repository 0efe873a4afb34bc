//! A soak: many apps that do anything at any time, with a network that does the same, and what is left when they are gone (B7, P8, I1, I2).
//!
//! Each app makes random calls of all four APIs, aborts them, goes into the background and comes back, is closed with calls under way and launched
//! again. Half of its connections go through proxies that spoil them. Its files and its resolver crash now and then. One more app, the neighbour, makes
//! small calls and keeps a short timeout running.
//!
//! Not here: whether each call ends as it should; that is what `tests/blackbox/faults.rs` is for.

mod dice;
mod faults;
mod files;
mod life;
mod tally;

use std::{
    error::Error,
    fs,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use appnet::{CloseReport, Lookup, Network, Port, Resolver, SystemRoots};
use clap::Args;
use tempfile::TempDir;
use tokio::task::JoinSet;

pub(crate) use faults::{Ports, serve};

use self::{dice::Dice, files::Shaky, life::Life, tally::Tally};
use crate::{
    apps, machine,
    neighbour::{Quiet, Times},
    origin::Origin,
};

/// How it is done.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Settings {
    /// How long the apps go on
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// How many apps, beside the neighbour
    #[arg(long, default_value_t = 200)]
    apps: usize,
    /// Where the dice begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What is compared with the end: what is made once is made by then.
const FIRST: Duration = Duration::from_secs(60);

/// How long what was ended may take to be gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// C1: the permits of an app for `wx.request`.
const PERMITS: u64 = 10;

/// Where everything is.
struct Place {
    network: Network,
    ports: Ports,
    until: Instant,
    tally: Rc<Tally>,
}

pub(crate) async fn measure(settings: Settings) -> Result<(), Box<dyn Error>> {
    files::silence_wanted_panics();
    let (mut origin, ports) = Origin::start_faulty()?;
    let (descriptors, threads) = (count("fd")?, count("task")?);
    let network = Network::builder()
        .extra_roots_pem(origin.ca_pem.as_bytes())?
        .system_roots(SystemRoots::Ignore)
        .resolver(|| Rc::new(Crashes))
        .start()?;
    let quiet = Quiet::start(network.launch(apps::config(usize::MAX, &origin)?).await?)?;
    let place = Rc::new(Place {
        network,
        ports,
        until: Instant::now() + Duration::from_secs(settings.seconds),
        tally: Rc::default(),
    });
    let memory = tokio::task::spawn_local(watch(place.until));
    let directories = live(&place, settings).await?;
    let memory = memory.await??;
    let window = quiet.next_window()?;
    let Place { network, tally, .. } = Rc::into_inner(place).ok_or("an app has not ended")?;
    network.close(&apps::app_id(usize::MAX)).await?;

    println!(
        "{} apps for {} s, seed {}:\n",
        settings.apps, settings.seconds, settings.seed
    );
    tally.print();
    print_neighbour(&window.times());
    memory.print(settings.seconds);
    println!("| files behind closed apps | {} |", files_in(&directories)?);
    println!(
        "| permits that were not free again | {} |",
        permits_lost(&network, &mut origin, settings.apps).await?
    );
    network.shut_down().await;
    let descriptors = left(descriptors, "fd")?;
    let threads = left(threads, "task")?;
    println!("| descriptors left | {descriptors} |\n| threads left | {threads} |");
    Ok(())
}

/// Every app until the end; the directories of their files.
async fn live(place: &Rc<Place>, settings: Settings) -> Result<Vec<TempDir>, Box<dyn Error>> {
    let mut apps = JoinSet::new();
    for number in 0..settings.apps {
        let place = Rc::clone(place);
        let mut dice = Dice::new(settings.seed, number);
        apps.spawn_local(async move {
            let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
            while Instant::now() < place.until {
                let life = Life::begin(&place, number, &directory, &mut dice);
                let ended = match life.await {
                    Ok(life) => life.go_on(&place, &mut dice).await,
                    Err(error) => Err(error),
                };
                ended.map_err(|error| format!("app {number}: {error}"))?;
            }
            Ok::<_, String>(directory)
        });
    }
    let mut directories = Vec::new();
    while let Some(directory) = apps.join_next().await {
        directories.push(directory??);
    }
    Ok(directories)
}

/// Panics at every lookup: the names of the origin are led elsewhere, so only calls that want a crash get here.
struct Crashes;

impl Resolver for Crashes {
    fn resolve<'a>(&'a self, _: &'a str) -> Lookup<'a> {
        files::crash()
    }
}

/// Resident memory in KiB: the most within the first minute and within the last.
#[derive(Debug, Default)]
struct Memory {
    first: u64,
    last: u64,
}

impl Memory {
    fn print(&self, seconds: u64) {
        let ratio = self.last as f64 / self.first.max(1) as f64;
        println!(
            "| memory, most within the first minute | {} KiB |",
            self.first
        );
        println!(
            "| memory, most within the last minute of {seconds} s | {} KiB, {ratio:.3} of it |",
            self.last
        );
    }
}

async fn watch(until: Instant) -> Result<Memory, String> {
    let began = Instant::now();
    let mut memory = Memory::default();
    while Instant::now() < until {
        let now = machine::memory("VmRSS:").map_err(|error| error.to_string())?;
        if began.elapsed() <= FIRST {
            memory.first = memory.first.max(now);
        }
        if until.saturating_duration_since(Instant::now()) <= FIRST {
            memory.last = memory.last.max(now);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(memory)
}

fn print_neighbour(times: &Times) {
    for (what, micros) in [
        ("a call", &times.calls),
        ("lateness of a timeout", &times.late),
    ] {
        let [half, most, worst] = [
            micros.value_at_quantile(0.5),
            micros.value_at_quantile(0.99),
            micros.max(),
        ]
        .map(|micros| micros as f64 / 1e3);
        println!(
            "| the neighbour: {what}, p50 / p99 / latest of {} | {half:.1} / {most:.1} / {worst:.1} ms |",
            micros.len()
        );
    }
    println!("| the neighbour: calls that failed | {} |", times.failed);
}

/// What is left in the apps' directories, but for what they had from the start.
fn files_in(directories: &[TempDir]) -> Result<usize, Box<dyn Error>> {
    let mut left = 0;
    for directory in directories {
        for place in ["part", "tmp", "usr"] {
            left += fs::read_dir(directory.path().join(place))?.count();
        }
        left -= 1; // the file that is uploaded
    }
    Ok(left)
}

/// Lets every app, in a new life, have as many requests as it has permits, none of which is answered: of these so many do not reach the origin.
async fn permits_lost(
    network: &Network,
    origin: &mut Origin,
    apps: usize,
) -> Result<usize, Box<dyn Error>> {
    until(|| Ok(origin.in_flight()? == 0))?;
    let ports: Vec<Port> = apps::launch(network, apps, origin).await?;
    for port in &ports {
        for task in 1..=PERMITS {
            port.send(apps::call(task, "/hold"))?;
        }
    }
    let wanted = apps * PERMITS as usize;
    until(|| Ok(origin.in_flight()? >= wanted))?;
    let lost = wanted.saturating_sub(origin.in_flight()?);
    for number in 0..apps {
        let report: CloseReport = network.close(&apps::app_id(number)).await?;
        assert!(report.queued.is_empty() || lost > 0, "{report:?}");
    }
    Ok(lost)
}

fn left(before: usize, what: &str) -> Result<usize, Box<dyn Error>> {
    until(|| Ok(count(what)? <= before))?;
    Ok(count(what)?.saturating_sub(before))
}

/// Waits until it is so, but not for ever.
fn until(mut so: impl FnMut() -> Result<bool, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    while !so()? && began.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// How many descriptors (`fd`) or threads (`task`) this process has.
fn count(what: &str) -> Result<usize, Box<dyn Error>> {
    Ok(fs::read_dir(format!("/proc/self/{what}"))?.count())
}
