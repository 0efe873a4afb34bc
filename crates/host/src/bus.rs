//! `appnet bus`: the message bus for a UI layer in another process: one app over standard input and output, or many over a Unix socket or WebSockets, where
//! each connection speaks for one app and one speaks for the host.

mod app;
mod door;
mod frame;
mod listener;
mod web;

use std::{path::Path, sync::Arc, time::Duration};

use appnet::{DirectorySandbox, LaunchError, Network, NewApp, Port};
use appnet_js::WX_SOURCE;
use appnet_policy::rules::{AppConfig, ConfigError};
use tokio::io::BufReader;

use self::app::End;
use crate::{
    cli::{BusArgs, LogFormat},
    configured, connectivity,
    ending::{Ending, print_line},
    log,
    run::{Data, started},
    stop::Stop,
};

/// How long a connection may take to say for whom it speaks.
const PATIENCE: Duration = Duration::from_secs(5);

/// Speaks it.
pub(crate) fn bus(args: &BusArgs) -> Ending {
    log::start(args.log, LogFormat::Text);
    if args.print_wx {
        return match print_line(WX_SOURCE) {
            Ok(()) => Ending::Done,
            Err(_) => Ending::Unread,
        };
    }
    prepared(args).unwrap_or_else(Ending::Misused)
}

fn prepared(args: &BusArgs) -> Result<Ending, String> {
    let policy = args.app.dialect.policy();
    // Of one message, and of its attachments: an app may not hold more than that anyway (I2).
    let limit = policy.waiting_bytes;
    let stop = Stop::watch(None).map_err(|error| format!("cannot watch for signals: {error}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let builder = Network::builder().policy(policy);
    let network = started(builder, &args.network, Vec::new(), None)?;
    network.set_connectivity(connectivity::of_this_machine());
    let ending = match &args.listen {
        None => {
            let config = config(args)?;
            let data = Data::of(args.data_dir.as_deref())?;
            if let Data::Fresh(folder) = &data {
                stop.remove_at_end(folder.path());
            }
            runtime.block_on(over_pipes(&network, config, data.path(), limit, &stop))
        }
        Some(listen) => runtime.block_on(door::serve(&network, listen, limit, &stop)),
    };
    runtime.block_on(network.shut_down());
    // A read of standard input may still be under way.
    runtime.shutdown_background();
    ending
}

fn config(args: &BusArgs) -> Result<AppConfig, String> {
    let mut config = match &args.project {
        Some(folder) => configured::project(folder, &args.app)?.config,
        None => configured::without_files(&args.app)?,
    };
    configured::connecting(&mut config, &args.network);
    configured::warn_of_idle_switches(&config);
    Ok(config)
}

async fn over_pipes(
    network: &Network,
    config: AppConfig,
    data: &Path,
    limit: usize,
    stop: &Stop,
) -> Result<Ending, String> {
    let (port, files) = launched(network, config, data).await?;
    let (input, output) = (BufReader::new(tokio::io::stdin()), tokio::io::stdout());
    let end = tokio::select! {
        end = app::serve(input, output, limit, port, files) => end,
        () = stop.wait() => return Ok(stop.why().unwrap_or(Ending::Done)),
    };
    Ok(match end {
        End::Closed => Ending::Done,
        End::Unread => Ending::Unread,
        End::Broken(error) => {
            Ending::Failed(format!("appnet: standard input is not the bus: {error}"))
        }
    })
}

/// An app with files in this folder.
///
/// # Errors
/// A text that says what is wrong, and what would be right.
async fn launched(
    network: &Network,
    config: AppConfig,
    data: &Path,
) -> Result<(Port, Arc<DirectorySandbox>), String> {
    let files = network
        .open_files(data)
        .map_err(|error| error.to_string())?;
    let sandbox = Arc::<DirectorySandbox>::clone(&files);
    let port = network
        .launch(NewApp::new(config).files(sandbox))
        .await
        .map_err(|error| refused(&error))?;
    Ok((port, files))
}

/// Why an app cannot be launched or configured so, whole.
fn refused(error: &LaunchError) -> String {
    match error {
        LaunchError::Config(ConfigError::Domains(report)) => {
            format!(
                "the list of server domains is refused: {}",
                report.lines().join("; ")
            )
        }
        error => error.to_string(),
    }
}
