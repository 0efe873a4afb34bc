//! One turn of one client, and what it took.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use futures_util::future::{FutureExt as _, LocalBoxFuture};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::machine::Used;

/// What goes wrong ends the bench.
pub(crate) type Failure = Box<dyn Error>;

/// How long calls took, in nanoseconds.
pub(crate) type Latencies = Histogram<u64>;

pub(crate) fn latencies() -> Latencies {
    Histogram::new(3).expect("3 digits are in range")
}

/// Notes how long one call took.
pub(crate) fn note(latencies: &mut Latencies, took: Duration) {
    let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    latencies.record(nanos).expect("it resizes itself");
}

/// A client that was made ready for one work.
pub(crate) trait Peer {
    /// Works until then; makes at least as many calls as are under way at once.
    fn work(&mut self, until: Instant) -> LocalBoxFuture<'_, Result<Latencies, Failure>>;

    /// What the process that works has used so far.
    fn used(&self) -> Result<Used, Failure> {
        Used::now()
    }
}

/// What one turn gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Calls.
    pub(crate) per_second: f64,
    /// Processor time of the whole process for a call, in microseconds.
    pub(crate) cpu: f64,
    /// The median call, in microseconds.
    pub(crate) p50: f64,
    /// In microseconds.
    pub(crate) p99: f64,
    /// Switches between threads for a call.
    pub(crate) switches: f64,
}

/// Measures a client for so long. What it makes once, it makes before: connections above all, which some close after a while.
pub(crate) async fn take(peer: &mut dyn Peer, time: Duration) -> Result<Sample, Failure> {
    peer.work(Instant::now()).await?;
    let (before, began) = (peer.used()?, Instant::now());
    let latencies = peer.work(began + time).await?;
    let (took, after) = (began.elapsed(), peer.used()?);
    let calls = latencies.len() as f64;
    let micros = |quantile| latencies.value_at_quantile(quantile) as f64 / 1e3;
    Ok(Sample {
        per_second: calls / took.as_secs_f64(),
        cpu: (after.cpu - before.cpu).as_secs_f64() * 1e6 / calls,
        p50: micros(0.5),
        p99: micros(0.99),
        switches: (after.switches - before.switches) as f64 / calls,
    })
}

/// Works by itself for a while.
pub(crate) trait Runner: 'static {
    /// Works until then.
    async fn run(&mut self, until: Instant) -> Result<Latencies, Failure>;
}

/// Runners side by side, each in a task of its own.
#[derive(Debug)]
pub(crate) struct Runners<R>(pub(crate) Vec<R>);

impl<R: Runner> Peer for Runners<R> {
    fn work(&mut self, until: Instant) -> LocalBoxFuture<'_, Result<Latencies, Failure>> {
        async move {
            let mut running = JoinSet::new();
            for mut runner in self.0.drain(..) {
                running.spawn_local(async move {
                    let latencies = runner.run(until).await;
                    latencies.map(|latencies| (runner, latencies))
                });
            }
            let mut all = latencies();
            while let Some(ended) = running.join_next().await {
                let (runner, latencies) = ended??;
                all.add(latencies)?;
                self.0.push(runner);
            }
            Ok(all)
        }
        .boxed_local()
    }
}

/// One call after another.
pub(crate) trait Lane: 'static {
    /// Makes one call.
    async fn call(&mut self) -> Result<(), Failure>;
}

impl<L: Lane> Runner for L {
    async fn run(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let mut latencies = latencies();
        let mut began = Instant::now();
        loop {
            self.call().await?;
            let now = Instant::now();
            note(&mut latencies, now - began);
            began = now;
            if now >= until {
                return Ok(latencies);
            }
        }
    }
}
