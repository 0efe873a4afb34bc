//! I1 and I2: what the app beside it feels when an app, or its server, does its worst.
//!
//! Two apps share the one thread of a network. The *neighbour* makes one small call after another and keeps one short timeout running. The
//! *attacker* does what its case says, on a thread of its own, against a server in a process of its own. Both are measured in turns: the
//! neighbour alone, then beside the attacker, then alone again. Each case runs in a process of its own, so that its memory is its own.
//!
//! Not here: whether the attacker gets the right answers; that is what tests are for.

mod attacker;
mod bodies;
mod calls;
mod case;
mod http2;
mod lives;
mod payloads;
mod quiet;
mod report;
mod run;
mod sockets;
mod thread;
mod wire;

use std::{error::Error, time::Instant};

use clap::Args;

pub(crate) use case::serve;
pub(crate) use quiet::{Quiet, Times};
pub(crate) use run::run;
pub(crate) use thread::ONLY_IDLE;

/// How it is measured.
#[derive(Debug, Clone, Args)]
pub(crate) struct Settings {
    /// How often the neighbour is measured alone and beside the attacker, in turns; medians are printed
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each of these measurements takes, in milliseconds
    #[arg(long, default_value_t = 3_000)]
    millis: u64,
    /// What an app may use of each round of its thread, in microseconds; by default the policy's
    #[arg(long)]
    slice: Option<u64>,
    /// Give the attacker a network, and so a thread, of its own: what is left is what the machine costs, not the sharing of a thread
    #[arg(long)]
    apart: bool,
    /// Three rounds of 700 ms: what is far over its target still shows
    #[arg(long)]
    short: bool,
}

impl Settings {
    fn shortened(self) -> Self {
        match self.short {
            true => Self {
                rounds: 3,
                millis: 700,
                ..self
            },
            false => self,
        }
    }

    fn as_arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--rounds={}", self.rounds),
            format!("--millis={}", self.millis),
        ];
        arguments.extend(self.apart.then(|| "--apart".to_owned()));
        arguments.extend(self.slice.map(|slice| format!("--slice={slice}")));
        arguments
    }
}

/// Measures these cases, or all, and prints the table.
pub(crate) fn measure(names: &[String], settings: Settings) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let settings = settings.shortened();
    let cases = case::named(names)?;
    report::print_head();
    let mut over = Vec::new();
    for case in cases {
        match run::in_a_child(case, &settings) {
            Ok(measured) => {
                report::print(case, &measured);
                over.extend(measured.is_over().then_some(case.name));
            }
            Err(error) => {
                println!("| {} | {error} |", case.name);
                over.push(case.name);
            }
        }
    }
    println!("\nover a target: {}", over.join(", "));
    println!("measured in {:.0?}\n", began.elapsed());
    Ok(())
}

/// Prints what each case is.
pub(crate) fn list() {
    for case in case::all() {
        println!("{:<22} {}", case.name, case.what);
    }
}
