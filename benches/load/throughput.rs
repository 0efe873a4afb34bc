//! Calls by 1, 10, 100 and 1,000 apps, each with at most ten under way, beside as many bare clients of `appnet-io`.

use std::{
    error::Error,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use appnet::{
    Port,
    policy::{
        Rules,
        prepare::{self, RequestOptions},
    },
};
use appnet_io::{HttpClient, SystemRoots, TlsTrust, roots_from_pem};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::{apps, machine, origin::Origin};

/// Calls that one app has under way: its permits.
const UNDER_WAY: usize = 10;

/// One measurement.
struct Sample {
    per_second: f64,
    /// Processor time of this process for a call.
    cpu: Duration,
    micros: Histogram<u64>,
}

/// Apps whose calls are measured, in the order of the table.
const APPS: [usize; 4] = [1, 10, 100, 1_000];

pub(crate) async fn measure(calls: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
    let mut samples: Vec<[Vec<Sample>; 2]> = APPS.iter().map(|_| [vec![], vec![]]).collect();
    for _ in 0..rounds {
        for (apps, [bare_ones, ours]) in APPS.iter().zip(&mut samples) {
            bare_ones.push(bare(*apps, calls, &Origin::start()?).await?);
            ours.push(through_the_bus(*apps, calls, &Origin::start()?).await?);
        }
    }
    println!(
        "| apps | calls/s | beside bare | CPU µs a call | bare | p50 µs | p99 µs |\n|---|---|---|---|---|---|---|"
    );
    for (apps, samples) in APPS.iter().zip(samples) {
        let [bare, ours] = samples.map(median);
        let micros = |quantile| ours.micros.value_at_quantile(quantile);
        println!(
            "| {apps} | {:.0} | {:.2} | {:.1} | {:.1} | {} | {} |",
            ours.per_second,
            ours.per_second / bare.per_second,
            ours.cpu.as_secs_f64() * 1e6,
            bare.cpu.as_secs_f64() * 1e6,
            micros(0.5),
            micros(0.99),
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
    let (began, used) = (Instant::now(), machine::used()?);
    let mut apps = JoinSet::new();
    for port in ports {
        apps.spawn_local(drive(port, (calls / count).max(UNDER_WAY), 1_000_000));
    }
    let mut micros = histogram();
    for (_, one) in apps.join_all().await {
        micros.add(one)?;
    }
    let sample = sample(micros, began, used);
    network.shut_down().await;
    sample
}

/// What was measured since then.
fn sample(
    micros: Histogram<u64>,
    began: Instant,
    used: Duration,
) -> Result<Sample, Box<dyn Error>> {
    Ok(Sample {
        per_second: micros.len() as f64 / began.elapsed().as_secs_f64(),
        cpu: (machine::used()? - used).div_f64(micros.len() as f64),
        micros,
    })
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
            // So many handshakes at once make the network weak, and the app is told.
            let usual = ["headersReceived", "networkWeakChange"];
            let is_usual = |kind: &&str| event.starts_with(&format!(r#"{{"type":"{kind}""#));
            assert!(usual.iter().any(is_usual), "{event}");
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

/// The same calls by as many bare clients: no bus, no actors, no queue; policy's checks are made.
async fn bare(apps: usize, calls: usize, origin: &Origin) -> Result<Sample, Box<dyn Error>> {
    let rules = apps::rules(origin)?;
    let trust = TlsTrust::new(
        roots_from_pem(origin.ca_pem.as_bytes())?,
        SystemRoots::Ignore,
    )?;
    let clients: Vec<Rc<HttpClient>> = (0..apps)
        .map(|_| Rc::new(HttpClient::new(&trust)))
        .collect();
    let run = |calls: usize| {
        let mut lanes = JoinSet::new();
        for client in clients.iter().flat_map(|client| [client; UNDER_WAY]) {
            lanes.spawn_local(lane(Rc::clone(client), Arc::clone(&rules), calls));
        }
        lanes.join_all()
    };
    run(1).await; // connections are made here, not in what is measured
    let (began, used) = (Instant::now(), machine::used()?);
    let mut micros = histogram();
    for one in run((calls / apps / UNDER_WAY).max(1)).await {
        micros.add(one)?;
    }
    sample(micros, began, used)
}

/// So many calls of a bare client, one after another.
async fn lane(client: Rc<HttpClient>, rules: Arc<Rules>, calls: usize) -> Histogram<u64> {
    let mut micros = histogram();
    for _ in 0..calls {
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
}
