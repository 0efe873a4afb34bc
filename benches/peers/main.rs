//! The subsystem beside the clients that a user would take instead, and beside the floor: a fair comparison in one command.
//!
//! `cargo run --release -p appnet-benches --bin peers` measures everything and prints the tables of `docs/performance.md`. The origin is a
//! process of its own on one core; all of the clients are in this process on another, and take turns. Look at the ratios, which are of the same
//! rounds, and at the processor time, which other load disturbs least.

#[path = "../awc_tls.rs"]
mod awc_tls;
mod clients;
mod driven;
mod flow;
mod headers;
mod machine;
mod origin;
mod plot;
mod rounds;
mod sockets;
mod table;
mod tls;
mod turn;
mod work;

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use clap::{Parser, Subcommand};

use crate::{
    clients::{Client, Order, Place},
    origin::Origin,
    rounds::{Entry, Pace},
    turn::Failure,
    work::{Talk, Task, Version, What, Work},
};

/// That of the binary `appnet`, for all clients. The system's is measured without the feature.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What to measure.
#[derive(Debug, Parser)]
#[command(about = "appnet beside reqwest, hyper, libcurl, awc, tungstenite")]
struct Arguments {
    /// Which works, by their names or the start of them; by default all
    works: Vec<String>,
    /// Only these clients, beside the one that the others are compared with
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Say what the works and clients are, and measure nothing
    #[arg(long)]
    list: bool,
    /// Fewer and shorter rounds: about a minute
    #[arg(long)]
    short: bool,
    /// Just a few calls of each, to see that all of it works
    #[arg(long, conflicts_with = "short")]
    smoke: bool,
    /// Write plots (SVG) of the ratios into this directory
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
    /// Another number of rounds
    #[arg(long)]
    rounds: Option<usize>,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What a child does.
#[derive(Debug, Subcommand)]
enum Role {
    /// The origin that the bench starts
    #[command(hide = true)]
    Origin { core: usize },
}

impl Arguments {
    fn pace(&self) -> Pace {
        let (turn, rounds, transfer) = match (self.smoke, self.short) {
            (true, _) => (Duration::ZERO, 1, 1 << 20),
            (false, true) => (Duration::from_millis(100), 3, 64 << 20),
            (false, false) => (Duration::from_millis(500), 7, 256 << 20),
        };
        Pace {
            turn,
            rounds: self.rounds.unwrap_or(rounds).max(1),
            transfer,
        }
    }

    /// A name that is a work's own means no other work that begins with it.
    fn wants(&self, work: &Work) -> bool {
        let named = |name: &String| {
            let whole = work::ALL.iter().any(|work| work.name == name);
            work.name == name || !whole && work.name.starts_with(name.as_str())
        };
        self.works.is_empty() || self.works.iter().any(named)
    }

    fn wants_client(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    match arguments.role {
        Some(Role::Origin { core }) => block_on(origin::serve(core)),
        None if arguments.list => {
            list();
            Ok(())
        }
        None => {
            let (core, of_origin) = machine::cores()?;
            let origin = Origin::start(of_origin)?;
            machine::pin(core)?; // before there is any other thread
            measure_apart(arguments, origin)
        }
    }
}

/// Measures on a thread that is not the first one. The allocator gives that one another heap, which grows and shrinks otherwise, and the network has
/// threads of its own: bodies of a megabyte were slower by a seventh on those.
fn measure_apart(arguments: Arguments, origin: Origin) -> Result<(), Failure> {
    let measure = move || block_on(measure(&arguments, &origin)).map_err(|error| error.to_string());
    let measured = std::thread::spawn(measure).join();
    Ok(measured.map_err(|_| "the thread of the clients panicked")??)
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

#[expect(clippy::print_stdout, reason = "it is what was asked for")]
fn list() {
    for Work { name, about, .. } in work::ALL {
        println!("{name}: {about}");
    }
    let clients: Vec<&str> = Client::ALL.iter().map(|client| client.name()).collect();
    println!("clients: {}", clients.join(", "));
}

#[expect(clippy::print_stdout, reason = "it prints tables")]
async fn measure(arguments: &Arguments, origin: &Origin) -> Result<(), Failure> {
    let pace = arguments.pace();
    println!("{}\n", surroundings(pace));
    let mut results = Vec::new();
    for work in work::ALL.iter().filter(|work| arguments.wants(work)) {
        let mut entries = match work.task {
            Task::Http(version, what) => http(arguments, origin, pace, version, what).await?,
            Task::Socket(talk) => sockets(arguments, origin, talk).await?,
            Task::Refused => {
                let own = clients::refused(origin, Place::Own).await?;
                let apps = clients::refused(origin, Place::Apps).await?;
                vec![Entry::new("bus", own), Entry::new("bus-driven", apps)]
            }
        };
        rounds::measure(&mut entries, pace).await?;
        let (unit, calls) = table::unit(work, pace);
        let rows = table::rows(&entries, calls);
        table::print(work, unit, &rows);
        results.push((work, rows));
    }
    if let Some(directory) = &arguments.plots {
        plot::save(directory, &results)?;
    }
    Ok(())
}

/// When and beside what it is measured.
fn surroundings(pace: Pace) -> String {
    let day = httpdate::fmt_http_date(SystemTime::now());
    format!(
        "{day}, load average {}; {} rounds of {:?} for each client, large bodies of {} MiB; medians",
        machine::load(),
        pace.rounds,
        pace.turn,
        pace.transfer >> 20
    )
}

async fn http(
    arguments: &Arguments,
    origin: &Origin,
    pace: Pace,
    version: Version,
    what: What,
) -> Result<Vec<Entry>, Failure> {
    let order = Order {
        origin,
        version,
        what,
        transfer: pace.transfer,
    };
    let mut entries = Vec::new();
    for (place, client) in Client::ALL.iter().enumerate() {
        if place > 0 && !arguments.wants_client(client.name()) {
            continue;
        }
        if let Some(peer) = client.ready(order).await? {
            entries.push(Entry::new(client.name(), peer));
        }
    }
    Ok(entries)
}

async fn sockets(
    arguments: &Arguments,
    origin: &Origin,
    talk: Talk,
) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for (place, client) in sockets::Client::ALL.iter().enumerate() {
        if place == 0 || arguments.wants_client(client.name()) {
            let peer = client.ready(origin, talk).await?;
            entries.push(Entry::new(client.name(), peer));
        }
    }
    Ok(entries)
}
