//! Memory and time of one large upload and one large download, each in a process of its own.

use std::{
    error::Error,
    fs,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use appnet::{DirectorySandbox, NewApp, Policy};
use clap::ValueEnum;

use crate::{
    apps,
    machine::memory,
    origin::{HOST, Origin},
};

/// Bytes of a transfer: 200 MB, the longest that the seed's policy lets pass.
pub(crate) const LENGTH: u64 = 200 << 20;

/// What is transferred.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Transfer {
    Upload,
    Download,
}

/// A way to transfer it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

pub(crate) fn measure(rounds: usize) -> Result<(), Box<dyn Error>> {
    println!("| 200 MB | over | growth of the process, KiB | MB/s |\n|---|---|---|---|");
    for transfer in Transfer::value_variants() {
        for protocol in Protocol::value_variants() {
            let mut samples = (0..rounds)
                .map(|_| in_a_child(*transfer, *protocol))
                .collect::<Result<Vec<_>, _>>()?;
            samples.sort_unstable();
            let worst = samples.last().map_or(0, |(growth, _)| *growth);
            let (_, millis) = samples[samples.len() / 2];
            let per_second = LENGTH / 1000 / millis.max(1);
            println!("| {transfer:?} | {protocol:?} | {worst} | {per_second} |");
        }
    }
    println!();
    Ok(())
}

/// KiB and milliseconds.
fn in_a_child(transfer: Transfer, protocol: Protocol) -> Result<(u64, u64), Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args([
            "transfer",
            &format!("{transfer:?}").to_lowercase(),
            &format!("{protocol:?}").to_lowercase(),
        ])
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let (growth, millis) = text.trim().split_once(' ').ok_or("the transfer failed")?;
    Ok((growth.parse()?, millis.parse()?))
}

/// What a child does: one transfer through the whole subsystem, after a small one that makes the connection; prints growth and time.
pub(crate) async fn transfer(transfer: Transfer, protocol: Protocol) -> Result<(), Box<dyn Error>> {
    let origin = Origin::start()?;
    let directory = tempfile::tempdir()?;
    let files = DirectorySandbox::open(directory.path(), Policy::seed().files)?;
    fs::File::create(directory.path().join("usr/small"))?;
    fs::File::create(directory.path().join("usr/large"))?.set_len(LENGTH)?;
    let network = apps::network(&origin)?;
    let mut port = network
        .launch(NewApp::new(apps::config(0, &origin)?).files(Arc::new(files)))
        .await?;
    let mut large = async |task: u64, size: &str| -> Result<(), Box<dyn Error>> {
        port.send(call(task, transfer, protocol, size))?;
        loop {
            let event = port.next().await.ok_or("the app ended")?.json;
            if event.starts_with(r#"{"type":"success""#) {
                return Ok(());
            }
            if event.starts_with(r#"{"type":"fail""#) {
                return Err(event.into());
            }
        }
    };
    large(1, "small").await?;
    let before = memory("VmRSS:")?;
    fs::write("/proc/self/clear_refs", "5")?; // the peak is counted from here
    let began = Instant::now();
    large(2, "large").await?;
    let millis = began.elapsed().as_millis();
    println!("{} {millis}", memory("VmHWM:")?.saturating_sub(before));
    network.shut_down().await;
    Ok(())
}

fn call(task: u64, transfer: Transfer, protocol: Protocol, size: &str) -> String {
    let http2 = matches!(protocol, Protocol::Http2);
    let (api, file) = match transfer {
        Transfer::Upload => (
            "uploadFile",
            format!(r#","name":"file","filePath":"wxfile://usr/{size}""#),
        ),
        Transfer::Download => ("downloadFile", String::new()),
    };
    format!(
        r#"{{"type":"call","task":{task},"api":"{api}","options":{{"url":"https://{HOST}/{size}","enableHttp2":{http2}{file}}}}}"#
    )
}
