//! One case, in a process of its own.

use std::{
    error::Error,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use appnet::{DirectorySandbox, Network, NewApp, Policy, SystemRoots};
use tokio::time;

use super::{
    Settings,
    attacker::{self, Attack, Attacker, Tally},
    calls,
    case::{self, Case},
    quiet::Quiet,
    report::{Measured, Round, Sample},
    thread::NetworkThread,
};
use crate::{apps, machine, origin::Origin};

/// The neighbour's app; attackers have the numbers above.
const NEIGHBOUR: usize = 0;

/// Connections are made in this time, before anything is measured.
const WARM_UP: Duration = Duration::from_millis(300);

/// How long a close is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A file for uploads, in bytes.
pub(super) const FILE: u64 = 16 << 20;

pub(super) fn in_a_child(case: &Case, settings: &Settings) -> Result<Measured, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args(["neighbour-case", case.name])
        .args(settings.as_arguments())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("the process ended with {}", output.status).into());
    }
    Measured::read(&String::from_utf8(output.stdout)?)
}

/// What the child does.
pub(crate) fn run(name: &str, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let bench = Bench::start(case::by_name(name)?, settings)?;
    let mut rounds = Vec::new();
    while rounds.len() < settings.rounds && !rounds.last().is_some_and(Round::goes_on) {
        rounds.push(bench.round(rounds.len() + 1)?);
    }
    println!("{}", Measured::of(&rounds, machine::memory("VmHWM:")?));
    Ok(()) // and the network ends with the process, also if an attack goes on
}

struct Bench {
    case: &'static Case,
    time: Duration,
    /// Of the attacker; the neighbour's origin is kept beside it.
    target: Origin,
    _origin: Origin,
    /// The neighbour's; the attacker's too, unless they are to be apart.
    _network: Network,
    attacked: Network,
    quiet: Quiet,
    thread: NetworkThread,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn start(case: &'static Case, settings: &Settings) -> Result<Self, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (origin, target) = (Origin::start()?, Origin::start_attacker(case.name)?);
        let origins = [&origin, &target];
        let network = network(&origins, settings.slice)?;
        let thread = NetworkThread::find().ok_or("the network has no thread")?;
        let attacked = match settings.apart {
            true => self::network(&origins, settings.slice)?,
            false => network.clone(),
        };
        let port = runtime.block_on(network.launch(apps::config(NEIGHBOUR, &origin)?))?;
        let quiet = Quiet::start(port)?;
        thread::sleep(WARM_UP);
        quiet.next_window()?;
        Ok(Self {
            case,
            time: Duration::from_millis(settings.millis),
            target,
            _origin: origin,
            _network: network,
            attacked,
            quiet,
            thread,
            runtime,
        })
    }

    /// The neighbour alone, then beside the attacker until that is closed.
    fn round(&self, number: usize) -> Result<Round, Box<dyn Error>> {
        let ((), alone) = self.sampled(|| {
            thread::sleep(self.time);
            Ok(())
        })?;
        let ((closing, tally), beside) = self.sampled(|| self.attack(number))?;
        Ok(Round {
            alone,
            beside,
            closing,
            tally,
        })
    }

    fn sampled<T>(
        &self,
        work: impl FnOnce() -> Result<T, Box<dyn Error>>,
    ) -> Result<(T, Sample), Box<dyn Error>> {
        self.quiet.next_window()?;
        let (before, began) = (self.thread.used(), Instant::now());
        let done = work()?;
        let (used, time) = (self.thread.used().since(before), began.elapsed());
        let window = self.quiet.next_window()?;
        Ok((done, Sample::of(&window.times(), used, time)))
    }

    /// One attack, and how long the close of its app took.
    fn attack(&self, number: usize) -> Result<(Duration, Tally), Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let files = DirectorySandbox::open(directory.path(), Policy::seed().files)?;
        std::fs::File::create(directory.path().join("usr/large"))?.set_len(FILE)?;
        let mut config = apps::config(number, &self.target)?;
        calls::add_long_entries(&mut config);
        let network = self.attacked.clone();
        let launch = network.launch(NewApp::new(config.clone()).files(Arc::new(files)));
        let port = self.runtime.block_on(launch)?;
        let (until, attack) = (Instant::now() + self.time, self.case.attack);
        let attacking = attacker::on_a_thread(move || {
            attack_and_close(Attacker::new(network, config, port, until), attack)
                .map_err(|error| error.to_string())
        })?;
        let attacked = attacking.join().map_err(|_| "the attacker panicked")?;
        Ok(attacked?)
    }
}

type AnAttack = for<'a> fn(&'a mut Attacker) -> Attack<'a>;

fn attack_and_close(
    mut attacker: Attacker,
    attack: AnAttack,
) -> Result<(Duration, Tally), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        attack(&mut attacker).await;
        let began = Instant::now();
        let closing = time::timeout(PATIENCE, attacker.network.close(attacker.id()));
        if let Ok(closed) = closing.await {
            closed?;
        }
        Ok((began.elapsed(), attacker.tally))
    })
}

/// A network with one thread for all apps.
fn network(origins: &[&Origin], slice: Option<u64>) -> Result<Network, Box<dyn Error>> {
    let mut policy = Policy::seed();
    if let Some(micros) = slice {
        policy.slice = Duration::from_micros(micros);
    }
    let mut builder = Network::builder()
        .policy(policy)
        .threads(1)
        .system_roots(SystemRoots::Ignore);
    for origin in origins {
        builder = builder.extra_roots_pem(origin.ca_pem.as_bytes())?;
    }
    Ok(builder.start()?)
}
