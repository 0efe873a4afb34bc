//! An app that is driven on its own thread, as [`appnet::Network::launch_driven`] offers it: the runner lives there, and is told of its turns.

use std::{sync::Arc, time::Instant};

use appnet::{FileSandbox, Network, NewApp, Port, policy::rules::AppConfig};
use futures_util::future::LocalBoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::turn::{Failure, Latencies, Runner};

/// One app, and the way to its runner.
pub(crate) struct Driven {
    turns: mpsc::UnboundedSender<Turn>,
    /// Ends its threads when the last one is dropped.
    _network: Network,
}

/// Until when, and where what it took is told.
type Turn = (Instant, oneshot::Sender<Result<Latencies, String>>);

/// Launches an app whose runner is made of its port, on its thread.
pub(crate) async fn launch<R: Runner>(
    network: Network,
    config: AppConfig,
    files: Option<Arc<dyn FileSandbox>>,
    make: impl FnOnce(Port) -> LocalBoxFuture<'static, Result<R, Failure>> + Send + 'static,
) -> Result<Driven, Failure> {
    let (turns, mut asked) = mpsc::unbounded_channel::<Turn>();
    let drive = async move |port| {
        let mut runner = make(port).await;
        while let Some((until, tell)) = asked.recv().await {
            let latencies = match &mut runner {
                Ok(runner) => runner.run(until).await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            let _ = tell.send(latencies); // nobody waits any more: the bench ends
        }
    };
    let app = NewApp::new(config);
    let app = match files {
        Some(files) => app.files(files),
        None => app,
    };
    network.launch_driven(app, drive).await?;
    Ok(Driven {
        turns,
        _network: network,
    })
}

impl Runner for Driven {
    async fn run(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let (tell, told) = oneshot::channel();
        self.turns.send((until, tell))?;
        Ok(told.await??)
    }
}
