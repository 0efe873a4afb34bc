//! Calls of one app through its port, and the same through the C ABI: what pointers, texts and handles cost.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use appnet::Port;
use appnet_ffi::client;

use crate::{apps, origin::Origin};

/// Calls that the app has under way: its permits.
const UNDER_WAY: u64 = 10;

/// Calls that are made before the clock starts, so that connections are there.
const WARM: u64 = 100;

const SUCCESS: &str = r#"{"type":"success""#;

pub(crate) async fn measure(calls: u64, rounds: usize) -> Result<(), Box<dyn Error>> {
    let (mut ports, mut abis, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        // Whoever is second finds a warmer machine: they take turns.
        let (port, abi) = if round % 2 == 0 {
            let port = through_the_port(calls).await?;
            (port, through_the_abi(calls)?)
        } else {
            let abi = through_the_abi(calls)?;
            (through_the_port(calls).await?, abi)
        };
        ports.push(port.as_secs_f64());
        abis.push(abi.as_secs_f64());
        ratios.push(abi.as_secs_f64() / port.as_secs_f64());
    }
    let each = |times: Vec<f64>| median(times) / calls as f64 * 1e6;
    println!(
        "| calls | port, µs a call | C ABI, µs a call | ratio, median of {rounds} |\n|---|---|---|---|"
    );
    println!(
        "| {calls} | {:.1} | {:.1} | {:.3} |\n",
        each(ports),
        each(abis),
        median(ratios)
    );
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn through_the_port(calls: u64) -> Result<Duration, Box<dyn Error>> {
    let origin = Origin::start()?;
    let network = apps::network(&origin)?;
    let mut port = network.launch(apps::config(0, &origin)?).await?;
    let mut last = 0;
    for count in [WARM, calls] {
        let began = Instant::now();
        let (first, end) = (last, last + count);
        for _ in 0..UNDER_WAY {
            send(&port, &mut last)?;
        }
        let mut ended = first;
        while ended < end {
            let event = port.next().await.ok_or("the app was closed")?;
            if event.json.starts_with(SUCCESS) {
                ended += 1;
                if last < end {
                    send(&port, &mut last)?;
                }
            }
        }
        if count == calls {
            let took = began.elapsed();
            network.shut_down().await;
            return Ok(took);
        }
    }
    Err("nothing was measured".into())
}

fn send(port: &Port, last: &mut u64) -> Result<(), Box<dyn Error>> {
    *last += 1;
    Ok(port.send(apps::call(*last, "/json"))?)
}

/// The thread is blocked while it waits, as a host's would be: the network has threads of its own.
fn through_the_abi(calls: u64) -> Result<Duration, Box<dyn Error>> {
    let origin = Origin::start()?;
    let pem = origin.ca_pem.replace('\n', "\\n");
    let said = |fault: appnet_ffi::fault::Fault| fault.text;
    let network = client::start(&format!(
        r#"{{"systemRoots": false, "extraRootsPem": "{pem}"}}"#
    ))
    .map_err(said)?;
    let host = crate::origin::HOST;
    let config = format!(
        r#"{{"appId": "wxbench0", "domains": {{"request": ["https://{host}"]}}, "connectTo": ["{host}::127.0.0.1:{}"]}}"#,
        origin.port
    );
    let app = client::launch(network, &config, "").map_err(said)?;
    let send = |last: &mut u64| {
        *last += 1;
        client::send(app, &apps::call(*last, "/json"), &[]).map_err(|(fault, _)| fault.text)
    };
    let mut last = 0;
    for count in [WARM, calls] {
        let began = Instant::now();
        let (first, end) = (last, last + count);
        for _ in 0..UNDER_WAY {
            send(&mut last)?;
        }
        let mut ended = first;
        while ended < end {
            let look = |json: &str, _: &[&[u8]]| json.starts_with(SUCCESS);
            if client::next_event(app, u64::MAX, look).map_err(said)? {
                ended += 1;
                if last < end {
                    send(&mut last)?;
                }
            }
        }
        if count == calls {
            let took = began.elapsed();
            client::shut_down(network).map_err(said)?;
            return Ok(took);
        }
    }
    Err("nothing was measured".into())
}
