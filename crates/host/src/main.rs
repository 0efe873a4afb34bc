//! The binary `appnet`: runs mini-programs, checks their configuration, shows what the network subsystem does.

mod bus;
mod callers;
mod check;
mod cli;
#[cfg(feature = "compiler")]
mod compile;
mod configured;
mod connectivity;
mod demo;
mod ending;
mod fixture;
mod har;
mod inspect;
mod load;
mod loaded;
mod log;
mod lookers;
#[cfg(feature = "metrics")]
mod metrics;
mod modules;
mod named_file;
mod package;
mod permissions;
mod places;
mod platform;
mod probe;
mod program;
mod record;
mod run;
mod stdin;
mod stop;
mod table;
mod verbose;
mod watch;
mod wxml;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    ending::Ending,
};

/// To free memory of another thread takes no lock with it, so a thread that has lost its core inside the allocator holds up nobody (I1, `docs/embedding.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// JavaScript that recurses needs more than a main thread may have: this, and more than the engine is given in `program`.
const STACK: usize = 24 << 20;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let worker = std::thread::Builder::new()
        .name("appnet".to_owned())
        .stack_size(STACK)
        .spawn(move || command(cli.command));
    let ending = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(ending)) => ending,
        Ok(Err(_panic)) => Ending::Crashed,
        Err(error) => Ending::Misused(format!("cannot start a thread: {error}")),
    };
    ending.tell();
    ExitCode::from(ending.status())
}

fn command(command: Command) -> Ending {
    match command {
        Command::Demo => demo::demo(),
        Command::Run(args) => run::run(*args),
        Command::Check(args) => check::check(&args),
        Command::Probe(args) => probe::probe(&args),
        Command::Bus(args) => bus::bus(&args),
        Command::Har(args) => har::show(&args),
    }
}
