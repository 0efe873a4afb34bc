//! What was measured, and the table.

use std::{error::Error, fmt, str::FromStr, time::Duration};

use super::{attacker::Tally, case::Case, quiet::Times, run::PATIENCE, thread::Used};

/// I1: p99 beside an attacker, as a multiple of p99 alone.
const MOST_P99: f64 = 2.0;

/// I1: how late a timer may be, in microseconds.
const MOST_LATE: u64 = 50_000;

/// The neighbour in one stretch of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Microseconds.
    p50: u64,
    p99: u64,
    worst: u64,
    /// The latest timer, in microseconds.
    late: u64,
    failed: u64,
    /// Per mille of the time.
    worked: u64,
    waited: u64,
}

/// The neighbour alone and beside an attacker.
pub(super) struct Round {
    pub(super) alone: Sample,
    pub(super) beside: Sample,
    /// How long the close of the attacker took.
    pub(super) closing: Duration,
    pub(super) tally: Tally,
}

impl Round {
    /// Whether the attacker could not be closed: a round after it would not be alone.
    pub(super) fn goes_on(&self) -> bool {
        self.closing >= PATIENCE
    }
}

/// Medians of the rounds of a case.
#[derive(Debug)]
pub(super) struct Measured {
    alone: Sample,
    beside: Sample,
    closing_millis: u64,
    served: u64,
    refused: u64,
    /// The process's peak, in KiB.
    peak: u64,
}

impl Sample {
    pub(super) fn of(times: &Times, used: Used, time: Duration) -> Self {
        let of_time = |part: Duration| (part.as_secs_f64() / time.as_secs_f64() * 1e3) as u64;
        Self {
            p50: times.calls.value_at_quantile(0.5),
            p99: times.calls.value_at_quantile(0.99),
            worst: times.calls.max(),
            late: times.late.max(),
            failed: times.failed,
            worked: of_time(used.worked),
            waited: of_time(used.waited),
        }
    }

    fn median(samples: &[Self]) -> Self {
        let median_of = |part: fn(&Self) -> u64| median(samples.iter().map(part));
        Self {
            p50: median_of(|sample| sample.p50),
            p99: median_of(|sample| sample.p99),
            worst: median_of(|sample| sample.worst),
            late: median_of(|sample| sample.late),
            failed: median_of(|sample| sample.failed),
            worked: median_of(|sample| sample.worked),
            waited: median_of(|sample| sample.waited),
        }
    }

    const fn numbers(&self) -> [u64; 7] {
        let Self {
            p50,
            p99,
            worst,
            late,
            failed,
            worked,
            waited,
        } = *self;
        [p50, p99, worst, late, failed, worked, waited]
    }

    const fn from_numbers([p50, p99, worst, late, failed, worked, waited]: [u64; 7]) -> Self {
        Self {
            p50,
            p99,
            worst,
            late,
            failed,
            worked,
            waited,
        }
    }
}

impl Measured {
    pub(super) fn of(rounds: &[Round], peak: u64) -> Self {
        let samples = |part: fn(&Round) -> Sample| rounds.iter().map(part).collect::<Vec<_>>();
        let median_of = |part: fn(&Round) -> u64| median(rounds.iter().map(part));
        Self {
            alone: Sample::median(&samples(|round| round.alone)),
            beside: Sample::median(&samples(|round| round.beside)),
            closing_millis: median_of(|round| round.closing.as_millis() as u64),
            served: median_of(|round| round.tally.served),
            refused: median_of(|round| round.tally.refused),
            peak,
        }
    }

    /// As it was [`Display`](fmt::Display)ed.
    pub(super) fn read(text: &str) -> Result<Self, Box<dyn Error>> {
        let numbers = text.split_whitespace().map(u64::from_str);
        let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
        let (Some((alone, rest)), true) = (numbers.split_first_chunk(), numbers.len() == 18) else {
            return Err("the case said nothing".into());
        };
        let (Some((beside, rest)), true) = (rest.split_first_chunk(), true) else {
            return Err("the case said too little".into());
        };
        Ok(Self {
            alone: Sample::from_numbers(*alone),
            beside: Sample::from_numbers(*beside),
            closing_millis: rest[0],
            served: rest[1],
            refused: rest[2],
            peak: rest[3],
        })
    }

    fn p99_times(&self) -> f64 {
        self.beside.p99 as f64 / self.alone.p99.max(1) as f64
    }

    /// Whether a target of I1 is missed.
    pub(super) fn is_over(&self) -> bool {
        let closed = self.closing_millis < PATIENCE.as_millis() as u64;
        let quick = self.p99_times() <= MOST_P99 && self.beside.late <= MOST_LATE;
        !(closed && quick && self.beside.failed == 0)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for number in [self.alone, self.beside].iter().flat_map(Sample::numbers) {
            write!(f, "{number} ")?;
        }
        let Self {
            closing_millis,
            served,
            refused,
            peak,
            ..
        } = self;
        write!(f, "{closing_millis} {served} {refused} {peak}")
    }
}

pub(super) fn print_head() {
    println!(
        "| case | p50 µs alone | beside | times | p99 µs alone | beside | times | worst ms | timers late ms alone | beside | peak MiB | close() ms | served | refused | thread busy % | without a core % |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
}

/// What is over a target is bold.
pub(super) fn print(case: &Case, measured: &Measured) {
    let Measured {
        alone,
        beside,
        closing_millis,
        served,
        refused,
        peak,
    } = measured;
    let failed = match beside.failed {
        0 => String::new(),
        failed => format!(" **{failed} failed**"),
    };
    let p50_times = beside.p50 as f64 / alone.p50.max(1) as f64;
    let p99_times = marked(
        format!("{:.1}", measured.p99_times()),
        measured.p99_times() > MOST_P99,
    );
    let late = marked(millis(beside.late), beside.late > MOST_LATE);
    println!(
        "| {}{failed} | {} | {} | {p50_times:.1} | {} | {} | {p99_times} | {} | {} | {late} | {} | {closing_millis} | {served} | {refused} | {} | {} |",
        case.name,
        alone.p50,
        beside.p50,
        alone.p99,
        beside.p99,
        millis(beside.worst),
        millis(alone.late),
        peak >> 10,
        beside.worked / 10,
        beside.waited / 10,
    );
}

fn marked(text: String, over: bool) -> String {
    match over {
        true => format!("**{text}**"),
        false => text,
    }
}

fn millis(micros: u64) -> String {
    format!("{:.1}", micros as f64 / 1e3)
}

fn median(numbers: impl Iterator<Item = u64>) -> u64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}
