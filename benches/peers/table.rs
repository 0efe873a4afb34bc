//! The medians of a work, as a table.

use crate::{
    rounds::{Entry, Pace},
    turn::Sample,
    work::{Task, What, Work},
};

/// The medians of one client, beside the first's.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Calls, messages or MB.
    per_second: f64,
    /// Of the first's, round by round.
    pub(crate) ratio: f64,
    cpu: f64,
    p50: f64,
    p99: f64,
    p99_ratio: f64,
    switches: f64,
}

/// The rows of a work. What a second has is counted in `unit` calls.
pub(crate) fn rows(entries: &[Entry], unit: f64) -> Vec<Row> {
    let Some(first) = entries.first() else {
        return Vec::new();
    };
    entries
        .iter()
        .map(|entry| row(entry, first, unit))
        .collect()
}

fn row(entry: &Entry, first: &Entry, unit: f64) -> Row {
    let of = |figure: fn(&Sample) -> f64| median(entry.samples.iter().map(figure).collect());
    let beside = |figure: fn(&Sample) -> f64| {
        let pairs = entry.samples.iter().zip(&first.samples);
        median(
            pairs
                .map(|(one, first)| figure(one) / figure(first))
                .collect(),
        )
    };
    Row {
        name: entry.name,
        per_second: of(|sample| sample.per_second) * unit,
        ratio: beside(|sample| sample.per_second),
        cpu: of(|sample| sample.cpu),
        p50: of(|sample| sample.p50),
        p99: of(|sample| sample.p99),
        p99_ratio: beside(|sample| sample.p99),
        switches: of(|sample| sample.switches),
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// What is counted in a second, and how much of it one call is.
pub(crate) fn unit(work: &Work, pace: Pace) -> (&'static str, f64) {
    match work.task {
        Task::Http(_, What::Download | What::Upload) => ("MB", pace.transfer as f64 / 1e6),
        Task::Http(_, What::Small | What::Json | What::Bytes) | Task::Refused => ("calls", 1.0),
        Task::Socket(_) => ("messages", 1.0),
    }
}

/// Prints the table of one work.
#[expect(clippy::print_stdout, reason = "it prints tables")]
pub(crate) fn print(work: &Work, unit: &str, rows: &[Row]) {
    println!("### {}: {}\n", work.name, work.about);
    println!(
        "| client | {unit} a second | ratio | CPU µs | p50 µs | p99 µs | p99 ratio | switches |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {} | {:.2} | {} | {} | {} | {:.2} | {:.2} |",
            row.name,
            short(row.per_second),
            row.ratio,
            short(row.cpu),
            short(row.p50),
            short(row.p99),
            row.p99_ratio,
            row.switches,
        );
    }
    println!();
}

/// As many digits as mean something.
fn short(figure: f64) -> String {
    if figure < 100.0 {
        format!("{figure:.1}")
    } else {
        format!("{figure:.0}")
    }
}
