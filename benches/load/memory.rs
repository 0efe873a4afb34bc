//! What those hold that do nothing: launched apps, calls that wait, open sockets.

use std::{
    error::Error,
    process::{Command, Stdio},
    time::Duration,
};

use appnet::Port;
use clap::ValueEnum;

use crate::{apps, machine, origin::Origin, sockets};

/// Sockets that one app opens: as many as it may have (C3).
const OF_AN_APP: usize = 5;

/// Calls that one app has waiting for a permit, beside ten that have one.
const WAITING: usize = 1_000;

/// When an app that does nothing more has given up its connections, and a little more.
const GIVEN_UP: Duration = Duration::from_secs(32);

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum What {
    Launched,
    Used,
    Waiting,
    Open,
}

/// Prints what one of each holds, in bytes: the growth of a process of its own over so many of them. In one process for all, an allocator would give the next
/// what it kept of the last.
pub(crate) fn measure(apps: usize) -> Result<(), Box<dyn Error>> {
    println!("| what | how many | bytes each |\n|---|---|---|");
    for what in What::value_variants() {
        let status = Command::new(std::env::current_exe()?)
            .args(["growth", &format!("{what:?}").to_lowercase()])
            .arg(apps.to_string())
            .stderr(Stdio::inherit())
            .status()?;
        if !status.success() {
            return Err("the measurement failed".into());
        }
    }
    println!();
    Ok(())
}

/// What a child does.
pub(crate) async fn growth(what: What, apps: usize) -> Result<(), Box<dyn Error>> {
    match what {
        What::Launched => launched(apps).await,
        What::Used => used(apps / 10).await,
        What::Waiting => waiting(apps / 100).await,
        What::Open => open(apps / 10).await,
    }
}

async fn launched(count: usize) -> Result<(), Box<dyn Error>> {
    let origin = Origin::start()?;
    let network = apps::network(&origin)?;
    drop(apps::launch(&network, 1, &origin).await?); // what is made once
    let before = resident()?;
    let ports = apps::launch_from(1, &network, count, &origin).await?;
    print("a launched app", count, before)?;
    drop(ports);
    network.shut_down().await;
    Ok(())
}

async fn used(count: usize) -> Result<(), Box<dyn Error>> {
    let origin = Origin::start()?;
    let network = apps::network(&origin)?;
    call_and_rest(apps::launch(&network, 10, &origin).await?).await?; // what is made once
    let before = resident()?;
    let ports = apps::launch_from(10, &network, count, &origin).await?;
    let ports = call_and_rest(ports).await?;
    print("an app that has called, half a minute later", count, before)?;
    drop(ports);
    network.shut_down().await;
    Ok(())
}

/// One app after another makes a call and takes what comes of it; then all of them rest.
async fn call_and_rest(mut ports: Vec<Port>) -> Result<Vec<Port>, Box<dyn Error>> {
    for port in &mut ports {
        port.send(apps::call(1, "/json"))?;
        let mut event = port.next().await.ok_or("the app is closed")?;
        while event.json.contains("headersReceived") {
            event = port.next().await.ok_or("the app is closed")?;
        }
        if !event.json.contains("\"success\"") {
            return Err(event.json.into());
        }
    }
    tokio::time::sleep(GIVEN_UP).await;
    Ok(ports)
}

async fn waiting(count: usize) -> Result<(), Box<dyn Error>> {
    let mut origin = Origin::start()?;
    let network = apps::network(&origin)?;
    let ports = apps::launch(&network, count, &origin).await?;
    for port in &ports {
        for task in 1..=10 {
            port.send(apps::call(task, "/hold"))?;
        }
    }
    origin.until_in_flight(10 * count)?;
    let before = resident()?;
    for port in &ports {
        for task in 11..11 + WAITING as u64 {
            port.send(apps::call(task, "/hold"))?;
        }
    }
    print("a call that waits", count * WAITING, before)?;
    network.shut_down().await;
    Ok(())
}

async fn open(count: usize) -> Result<(), Box<dyn Error>> {
    let origin = Origin::start_sockets()?;
    let network = apps::network(&origin)?;
    let ports = apps::launch(&network, count, &origin).await?;
    let before = resident()?;
    let mut open = Vec::new();
    for port in ports {
        open.push(sockets::open(port, "/").await?);
    }
    print("an open socket, over TLS", count * OF_AN_APP, before)?;
    network.shut_down().await;
    Ok(())
}

fn print(what: &str, count: usize, before: u64) -> Result<(), Box<dyn Error>> {
    let each = (resident()?.saturating_sub(before) << 10) / count.max(1) as u64;
    println!("| {what} | {count} | {each} |");
    Ok(())
}

/// Memory of this process, in KiB.
fn resident() -> Result<u64, Box<dyn Error>> {
    machine::memory("VmRSS:")
}
