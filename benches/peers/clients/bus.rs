//! The whole subsystem: a command as JSON into the port, an event as JSON out of it, the port on a thread of its own.

use std::time::Instant;

use appnet::{Network, Port, SystemRoots};
use futures_util::future::{FutureExt as _, LocalBoxFuture};

use super::{
    Order,
    sandbox::{self, SOURCE, Sandbox, TARGET},
};
use crate::{
    origin::{HOST, Origin},
    turn::{self, Failure, Latencies, Peer},
    work::{Version, What},
};

/// One app with its port.
pub(crate) struct Bus {
    port: Port,
    /// The number of the last task.
    last: u64,
    options: Options,
    /// How the last event of a call begins.
    end: &'static str,
    lanes: usize,
    /// Ends its threads when it is dropped.
    _network: Network,
    _sandbox: Sandbox,
}

/// A command but for its number.
struct Options {
    api: &'static str,
    json: String,
}

/// A network that trusts the origin, with one thread for apps.
pub(crate) fn network(origin: &Origin) -> Result<Network, Failure> {
    let network = Network::builder()
        .policy(sandbox::policy())
        .extra_roots_pem(origin.ca_pem.as_bytes())?
        .system_roots(SystemRoots::Ignore)
        .threads(1);
    Ok(network.start()?)
}

impl Bus {
    pub(crate) async fn launch(order: Order<'_>) -> Result<Self, Failure> {
        let network = network(order.origin)?;
        let sandbox = Sandbox::new(order.transfer)?;
        let config = sandbox::app(0, order.origin.port(order.version))?;
        let files = std::sync::Arc::clone(&sandbox.files);
        Ok(Self {
            port: network.launch_with_files(config, files).await?,
            last: 0,
            options: Options::new(order),
            end: r#"{"type":"success""#,
            lanes: order.what.lanes(),
            _network: network,
            _sandbox: sandbox,
        })
    }

    /// One whose calls the list of domains refuses.
    pub(crate) async fn refused(origin: &Origin) -> Result<Self, Failure> {
        let order = Order {
            origin,
            version: Version::One,
            what: What::Small,
            transfer: 0,
        };
        Ok(Self {
            options: Options {
                api: "request",
                json: r#"{"url":"https://elsewhere.test/small"}"#.to_owned(),
            },
            end: r#"{"type":"fail""#,
            ..Self::launch(order).await?
        })
    }

    /// Sends the next call; gives when.
    fn send(&mut self) -> Result<Instant, Failure> {
        self.last += 1;
        let began = Instant::now();
        self.port.send(self.options.call(self.last))?;
        Ok(began)
    }

    async fn run(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let mut latencies = turn::latencies();
        let base = self.last + 1;
        let mut began = Vec::new();
        for _ in 0..self.lanes {
            began.push(self.send()?);
        }
        let mut under_way = self.lanes;
        while under_way > 0 {
            let event = self.port.next().await.ok_or("the app ended")?.json;
            if !event.starts_with(self.end) {
                check(&event)?;
                continue;
            }
            let now = Instant::now();
            let place = usize::try_from(task(&event)? - base)?;
            turn::note(&mut latencies, now - began[place]);
            if now < until {
                began.push(self.send()?);
            } else {
                under_way -= 1;
            }
        }
        Ok(latencies)
    }
}

impl Peer for Bus {
    fn work(&mut self, until: Instant) -> LocalBoxFuture<'_, Result<Latencies, Failure>> {
        self.run(until).boxed_local()
    }
}

impl Options {
    fn new(order: Order<'_>) -> Self {
        let (api, own) = match order.what {
            What::Small | What::Json => ("request", String::new()),
            What::Bytes => ("request", r#","responseType":"arraybuffer""#.to_owned()),
            What::Download => ("downloadFile", format!(r#","filePath":"{TARGET}""#)),
            What::Upload => (
                "uploadFile",
                format!(r#","name":"file","filePath":"{SOURCE}""#),
            ),
        };
        let path = order.what.path(order.transfer);
        let http2 = order.version == Version::Two;
        Self {
            api,
            json: format!(r#"{{"url":"https://{HOST}{path}","enableHttp2":{http2}{own}}}"#),
        }
    }

    fn call(&self, task: u64) -> String {
        let Self { api, json } = self;
        format!(r#"{{"type":"call","task":{task},"api":"{api}","options":{json}}}"#)
    }
}

/// An event that says nothing of a call's end, as long as all goes well.
fn check(event: &str) -> Result<(), Failure> {
    let usual = [
        r#"{"type":"headersReceived""#,
        r#"{"type":"progressUpdate""#,
    ];
    if usual.iter().any(|start| event.starts_with(start)) {
        Ok(())
    } else {
        Err(event.into())
    }
}

/// The task of an event, which stands second in it.
pub(crate) fn task(event: &str) -> Result<u64, Failure> {
    let (_, digits) = event
        .split_once(r#""task":"#)
        .ok_or("an event has a task")?;
    let end = digits.find(|c: char| !c.is_ascii_digit());
    Ok(digits[..end.unwrap_or(digits.len())].parse()?)
}
