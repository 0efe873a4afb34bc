//! Load benches: calls and transfers through the whole subsystem, from an app's port to an HTTPS origin in another process and back.
//!
//! `cargo run --release -p appnet-benches` measures everything and prints the tables of `docs/performance.md`. Times on a shared machine are noisy:
//! look at the medians and at the ratios, which are taken in the same run, in turns.

#![expect(clippy::print_stdout, reason = "it prints tables")]

mod apps;
mod bodies;
mod crowd;
mod ffi;
mod files;
mod interruption;
mod machine;
mod memory;
mod neighbour;
mod origin;
mod soak;
mod sockets;
mod throughput;

use clap::Parser;

/// That of the binary `appnet`. The system's is measured without the feature.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What to measure.
#[derive(Debug, Parser)]
#[command(about = "Load benches of appnet")]
enum Bench {
    /// Everything, as in docs/performance.md
    All {
        /// Calls in each measurement of throughput
        #[arg(long, default_value_t = 20_000)]
        calls: usize,
        /// How often each measurement is repeated; the median is printed
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Calls by 1, 10, 100 and 1,000 apps, beside as many bare clients
    Throughput {
        /// Calls in each measurement
        #[arg(long, default_value_t = 20_000)]
        calls: usize,
        /// How often each measurement is repeated; the median is printed
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Lives of apps that use all four APIs, among 0 to 10,000 apps that do nothing (Linux)
    Crowd {
        /// Lives in each measurement
        #[arg(long, default_value_t = 2_000)]
        lives: usize,
        /// How often each measurement is repeated; the median is printed
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Bodies of 1 MiB, from `io` to the UI layer without a network
    Bodies {
        /// How often each is delivered
        #[arg(long, default_value_t = 301)]
        rounds: usize,
    },
    /// 1,000 apps with 10 running requests each, put into the background
    Interruption {
        /// How many apps
        #[arg(long, default_value_t = 1_000)]
        apps: usize,
        /// Requests that wait for a name and have no connection, of which there can be more
        #[arg(long)]
        without_connections: bool,
    },
    /// Calls of one app through its port, and through the C ABI
    Ffi {
        /// Calls in each measurement
        #[arg(long, default_value_t = 10_000)]
        calls: u64,
        /// How often each measurement is repeated; the median is printed
        #[arg(long, default_value_t = 9)]
        rounds: usize,
    },
    /// A file of 200 MB, uploaded and downloaded: memory and time (Linux)
    Files {
        /// How often each measurement is repeated; the worst memory and the median time are printed
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Launched apps, calls that wait, open sockets: what each holds (Linux)
    Memory {
        /// How many apps; a hundredth of them has calls that wait, a tenth has sockets
        #[arg(long, default_value_t = 10_000)]
        apps: usize,
    },
    /// The growth of the process, in one that `memory` starts for it
    #[command(hide = true)]
    Growth { what: memory::What, apps: usize },
    /// One transfer, in the process that `files` starts for it
    #[command(hide = true)]
    Transfer {
        transfer: files::Transfer,
        protocol: files::Protocol,
    },
    /// Sockets that exchange messages, without and with an app that takes none: latency and memory (Linux)
    Sockets {
        /// How many sockets, five of each app
        #[arg(long, default_value_t = 1_000)]
        sockets: usize,
        /// How long they exchange messages
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// One such exchange, in the process that `sockets` starts for it
    #[command(hide = true)]
    ExchangeMessages {
        sockets: usize,
        seconds: u64,
        #[arg(long)]
        stopped: bool,
    },
    /// A small app beside one that does its worst, on one thread: latency, timers, memory (Linux)
    Neighbour {
        /// Which cases; by default all
        cases: Vec<String>,
        #[command(flatten)]
        settings: neighbour::Settings,
        /// Say what the cases are, and measure nothing
        #[arg(long)]
        list: bool,
    },
    /// One such case, in the process that `neighbour` starts for it
    #[command(hide = true)]
    NeighbourCase {
        case: String,
        #[command(flatten)]
        settings: neighbour::Settings,
    },
    /// Apps that do anything at any time, for long, and what is left of them (Linux)
    Soak(soak::Settings),
    /// The origin that `soak` starts
    #[command(hide = true)]
    FaultyOrigin,
    /// The origin that the others start
    #[command(hide = true)]
    Origin,
    /// The origin of the app that does its worst
    #[command(hide = true)]
    AttackOrigin { case: String },
    /// The origin that `sockets` starts
    #[command(hide = true)]
    SocketOrigin,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bench = if std::env::args().len() == 1 {
        Bench::All {
            calls: 20_000,
            rounds: 5,
        }
    } else {
        Bench::parse()
    };
    match bench {
        Bench::Neighbour { list: true, .. } => {
            neighbour::list();
            Ok(())
        }
        Bench::Neighbour {
            cases, settings, ..
        } => neighbour::measure(&cases, settings),
        Bench::NeighbourCase { case, settings } => neighbour::run(&case, &settings),
        Bench::AttackOrigin { case } => neighbour::serve(&case),
        bench => run(bench),
    }
}

/// The benches whose apps all run on one thread beside the network.
fn run(bench: Bench) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        match bench {
            Bench::Origin => return origin::serve(),
            Bench::SocketOrigin => return origin::serve_sockets(),
            Bench::Throughput { calls, rounds } => throughput::measure(calls, rounds).await?,
            Bench::Crowd { lives, rounds } => crowd::measure(lives, rounds).await?,
            Bench::Bodies { rounds } => bodies::measure(rounds),
            Bench::Interruption {
                apps,
                without_connections: false,
            } => interruption::measure(apps).await?,
            Bench::Interruption {
                apps,
                without_connections: true,
            } => interruption::measure_without_connections(apps).await?,
            Bench::Ffi { calls, rounds } => ffi::measure(calls, rounds).await?,
            Bench::Files { rounds } => files::measure(rounds)?,
            Bench::Memory { apps } => memory::measure(apps)?,
            Bench::Growth { what, apps } => memory::growth(what, apps).await?,
            Bench::Soak(settings) => soak::measure(settings).await?,
            Bench::FaultyOrigin => return soak::serve(),
            Bench::Transfer { transfer, protocol } => files::transfer(transfer, protocol).await?,
            Bench::Sockets { sockets, seconds } => sockets::measure(sockets, seconds)?,
            Bench::ExchangeMessages {
                sockets,
                seconds,
                stopped,
            } => sockets::exchange(sockets, seconds, stopped).await?,
            Bench::All { calls, rounds } => {
                throughput::measure(calls, rounds).await?;
                crowd::measure(2_000, 3).await?;
                bodies::measure(301);
                interruption::measure(1_000).await?;
                interruption::measure_without_connections(10_000).await?;
                ffi::measure(10_000, 9).await?;
                files::measure(rounds)?;
                memory::measure(10_000)?;
                sockets::measure(1_000, 60)?;
            }
            Bench::Neighbour { .. } | Bench::NeighbourCase { .. } | Bench::AttackOrigin { .. } => {
                unreachable!("it has threads of its own")
            }
        }
        Ok(())
    })
}
