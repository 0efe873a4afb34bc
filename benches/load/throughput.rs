//! Calls by 1, 10, 100 and 1,000 apps, each with at most ten under way, beside the bare client of `appnet-io` with ten under way.

use std::{error::Error, rc::Rc, time::Instant};

use appnet::{
    Port,
    policy::prepare::{self, RequestOptions},
};
use appnet_io::{HttpClient, SystemRoots, TlsTrust, roots_from_pem};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::{apps, origin::Origin};

/// Calls that one app has under way: its permits.
const UNDER_WAY: usize = 10;

/// One measurement.
struct Sample {
    per_second: f64,
    micros: Histogram<u64>,
}

pub(crate) async fn measure(calls: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
    let kinds = [None, Some(1), Some(10), Some(100), Some(1_000)];
    let mut samples: Vec<Vec<Sample>> = kinds.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (kind, samples) in kinds.iter().zip(&mut samples) {
            let origin = Origin::start()?;
            samples.push(match kind {
                None => bare(calls, &origin).await?,
                Some(apps) => through_the_bus(*apps, calls, &origin).await?,
            });
        }
    }
    println!("| apps | calls/s | beside bare | p50 µs | p99 µs |\n|---|---|---|---|---|");
    let medians: Vec<Sample> = samples.into_iter().map(median).collect();
    let bare = medians[0].per_second;
    for (kind, Sample { per_second, micros }) in kinds.iter().zip(&medians) {
        let name = kind.map_or_else(|| "bare client".to_owned(), |apps| apps.to_string());
        let (p50, p99) = (
            micros.value_at_quantile(0.5),
            micros.value_at_quantile(0.99),
        );
        println!(
            "| {name} | {per_second:.0} | {:.2} | {p50} | {p99} |",
            per_second / bare
        );
    }
    println!();
    Ok(())
}

/// The sample with the median throughput.
fn median(mut samples: Vec<Sample>) -> Sample {
    samples.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    samples.swap_remove(samples.len() / 2)
}

fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("3 digits are in range")
}

async fn through_the_bus(
    count: usize,
    calls: usize,
    origin: &Origin,
) -> Result<Sample, Box<dyn Error>> {
    let network = apps::network(origin)?;
    let ports = apps::launch(&network, count, origin).await?;
    let mut warm = JoinSet::new();
    for port in ports {
        warm.spawn_local(drive(port, UNDER_WAY, 0)); // connections are made here, not in what is measured
    }
    let ports: Vec<Port> = warm
        .join_all()
        .await
        .into_iter()
        .map(|(port, _)| port)
        .collect();
    let began = Instant::now();
    let mut apps = JoinSet::new();
    for port in ports {
        apps.spawn_local(drive(port, (calls / count).max(UNDER_WAY), 1_000_000));
    }
    let mut micros = histogram();
    for (_, one) in apps.join_all().await {
        micros.add(one)?;
    }
    let per_second = micros.len() as f64 / began.elapsed().as_secs_f64();
    network.shut_down().await;
    Ok(Sample { per_second, micros })
}

/// Makes so many calls, ten at a time, with tasks numbered above `base`; gives the port back with what each call took.
async fn drive(mut port: Port, calls: usize, base: u64) -> (Port, Histogram<u64>) {
    let mut micros = histogram();
    let mut began = vec![Instant::now(); calls];
    let mut sent = 0;
    let mut send = |port: &Port, began: &mut Vec<Instant>| {
        if let Some(slot) = began.get_mut(sent) {
            *slot = Instant::now();
            sent += 1;
            port.send(apps::call(base + sent as u64, "/json"))
                .expect("the app runs");
        }
    };
    for _ in 0..UNDER_WAY {
        send(&port, &mut began);
    }
    let mut ended = 0;
    while ended < calls {
        let event = port.next().await.expect("the app runs").json;
        if event.starts_with(r#"{"type":"success""#) {
            let task = task_of(&event);
            let took = began[(task - base - 1) as usize].elapsed().as_micros();
            micros
                .record(u64::try_from(took).unwrap_or(u64::MAX))
                .expect("it resizes itself");
            ended += 1;
            send(&port, &mut began);
        } else {
            assert!(event.starts_with(r#"{"type":"headersReceived""#), "{event}");
        }
    }
    (port, micros)
}

fn task_of(event: &str) -> u64 {
    let digits = event.split(r#""task":"#).nth(1).unwrap_or_default();
    digits
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|n| n.parse().ok())
        .expect("an event has a task")
}

/// The same calls by the client alone: no bus, no actors, no queue; policy's checks are made.
async fn bare(calls: usize, origin: &Origin) -> Result<Sample, Box<dyn Error>> {
    let rules = apps::rules(origin)?;
    let trust = TlsTrust::new(
        roots_from_pem(origin.ca_pem.as_bytes())?,
        SystemRoots::Ignore,
    )?;
    let client = Rc::new(HttpClient::new(&trust));
    let run = |calls: usize| {
        let mut lanes = JoinSet::new();
        for _ in 0..UNDER_WAY {
            let (client, rules) = (Rc::clone(&client), rules.clone());
            lanes.spawn_local(async move {
                let mut micros = histogram();
                for _ in 0..calls / UNDER_WAY {
                    let began = Instant::now();
                    let options = RequestOptions {
                        url: format!("https://{}/json", crate::origin::HOST),
                        ..RequestOptions::default()
                    };
                    let prepared = prepare::request(&rules, options).expect("the rules allow it");
                    let exchanged = client
                        .exchange(prepared.request, prepared.receive, &mut ())
                        .await;
                    exchanged.outcome.expect("the origin answers");
                    micros
                        .record(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX))
                        .expect("it resizes itself");
                }
                micros
            });
        }
        lanes.join_all()
    };
    run(UNDER_WAY).await;
    let began = Instant::now();
    let mut micros = histogram();
    for one in run(calls).await {
        micros.add(one)?;
    }
    Ok(Sample {
        per_second: micros.len() as f64 / began.elapsed().as_secs_f64(),
        micros,
    })
}
