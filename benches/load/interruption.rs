//! B2 at scale: many apps with ten running requests each go into the background at once.

use std::{
    error::Error,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use appnet::{
    Delivery, Event, Network, Port, TaskEvent,
    policy::{Failure, failure::HostFault},
};
use appnet_io::{Lookup, Resolver};
use tokio::task::JoinSet;

use crate::{apps, origin::Origin};

const REQUESTS: u64 = 10;
const GRACE: Duration = Duration::from_secs(5);

/// Over TLS: each request has a connection of its own, and waits for its answer.
pub(crate) async fn measure(count: usize) -> Result<(), Box<dyn Error>> {
    let mut origin = Origin::start()?;
    let network = apps::network(&origin)?;
    let ports = apps::launch(&network, count, &origin).await?;
    call(&ports)?;
    origin.until_in_flight(count * REQUESTS as usize)?;
    interrupt(network, ports).await
}

/// Without connections, of which so many would not fit into one machine: each request waits for a resolver that never answers.
pub(crate) async fn measure_without_connections(count: usize) -> Result<(), Box<dyn Error>> {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let network = Network::builder()
        .resolver(move || Rc::new(Silent(Arc::clone(&counted))))
        .start()?;
    let mut ports = Vec::with_capacity(count);
    for number in 0..count {
        let mut config = apps::config_at(number, 443)?;
        config.connect_to.clear();
        ports.push(network.launch(config).await?);
    }
    call(&ports)?;
    while asked.load(Ordering::Relaxed) < count * REQUESTS as usize {
        thread::sleep(Duration::from_millis(20));
    }
    interrupt(network, ports).await
}

/// Counts what it is asked, and answers nothing.
struct Silent(Arc<AtomicUsize>);

impl Resolver for Silent {
    fn resolve<'a>(&'a self, _: &'a str) -> Lookup<'a> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::pending())
    }
}

fn call(ports: &[Port]) -> Result<(), Box<dyn Error>> {
    for port in ports {
        for task in 1..=REQUESTS {
            port.send(apps::call(task, "/hold"))?;
        }
    }
    Ok(())
}

/// Puts all apps into the background, and waits for the ends of their calls.
async fn interrupt(network: Network, ports: Vec<Port>) -> Result<(), Box<dyn Error>> {
    let count = ports.len();
    let began = Instant::now();
    let mut entered = Vec::with_capacity(count);
    for number in 0..count {
        entered.push(Instant::now());
        network.enter_background(&apps::app_id(number), appnet::Pinned::No)?;
    }
    let told = began.elapsed();
    let last_entered = *entered.last().ok_or("there are no apps")?;
    let mut waiting = JoinSet::new();
    for (port, entered) in ports.into_iter().zip(entered) {
        waiting.spawn_local(interrupted(port, entered));
    }
    let ends: Vec<End> = waiting.join_all().await;
    let earliest = ends
        .iter()
        .map(|end| end.first_after_entering)
        .min()
        .ok_or("there are no apps")?;
    let last = ends
        .iter()
        .map(|end| end.last)
        .max()
        .ok_or("there are no apps")?;
    let late = last.saturating_duration_since(last_entered + GRACE);
    println!(
        "{count} apps with {REQUESTS} running requests each, put into the background within {told:.1?}:"
    );
    println!(
        "- `fail interrupted`, one for each of {} tasks, and nothing else",
        ends.len() as u64 * REQUESTS
    );
    println!(
        "- the earliest {:.4} s after its app entered the background",
        earliest.as_secs_f64()
    );
    println!(
        "- the last {:.1} ms after the last app's five seconds",
        late.as_secs_f64() * 1e3
    );
    assert!(earliest >= GRACE, "B2: none before 5.000 s");
    network.shut_down().await;
    Ok(())
}

struct End {
    first_after_entering: Duration,
    last: Instant,
}

/// Waits for the ten terminal events of one app.
async fn interrupted(port: Port, entered: Instant) -> End {
    let (_sender, mut events) = port.split();
    let mut open: Vec<u64> = (1..=REQUESTS).collect();
    let mut first = None;
    while !open.is_empty() {
        match events.next_delivery().await {
            Some(Delivery::Event(Event {
                task,
                what:
                    TaskEvent::Fail {
                        failure: Failure::Host(HostFault::Interrupted),
                        ..
                    },
            })) => {
                first.get_or_insert_with(|| entered.elapsed());
                let place = open
                    .iter()
                    .position(|number| *number == task.number())
                    .expect("one terminal event a task");
                open.swap_remove(place);
            }
            other => panic!("not an interruption: {other:?}"),
        }
    }
    End {
        first_after_entering: first.unwrap_or_default(),
        last: Instant::now(),
    }
}
