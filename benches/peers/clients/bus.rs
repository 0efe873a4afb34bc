//! The whole subsystem: a command as JSON into the port, an event as JSON out of it, the port on a thread of its own or on the app's.

use std::{sync::Arc, time::Instant};

use appnet::{Network, NewApp, Port, SystemRoots};
use futures_util::future::FutureExt as _;

use super::{
    Order,
    sandbox::{self, SOURCE, Sandbox, TARGET},
};
use crate::{
    driven,
    origin::{HOST, Origin},
    turn::{self, Failure, Latencies, Peer, Runner, Runners},
    work::{Version, What},
};

/// Where an app's port is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On a thread of its own.
    Own,
    /// On the thread that the app lives on.
    Apps,
}

/// One app with its port.
struct Bus {
    port: Port,
    /// The number of the last task.
    last: u64,
    calls: Calls,
    /// Ends its threads when the last one is dropped.
    _network: Option<Network>,
    _sandbox: Arc<Sandbox>,
}

/// What is called.
struct Calls {
    options: Options,
    /// How the last event of a call begins.
    end: &'static str,
    lanes: usize,
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

/// An app that makes these calls.
pub(crate) async fn ready(order: Order<'_>, place: Place) -> Result<Box<dyn Peer>, Failure> {
    launch(order, place, Calls::new(order)).await
}

/// An app whose calls the list of domains refuses.
pub(crate) async fn refused(origin: &Origin, place: Place) -> Result<Box<dyn Peer>, Failure> {
    let order = Order {
        origin,
        version: Version::One,
        what: What::Small,
        transfer: 0,
    };
    launch(order, place, Calls::refused(order)).await
}

async fn launch(order: Order<'_>, place: Place, calls: Calls) -> Result<Box<dyn Peer>, Failure> {
    let network = network(order.origin)?;
    let sandbox = Arc::new(Sandbox::new(order.transfer)?);
    let config = sandbox::app(0, order.origin.port(order.version))?;
    let files = Arc::clone(&sandbox.files);
    let bus = |port, network| Bus {
        port,
        last: 0,
        calls,
        _network: network,
        _sandbox: sandbox,
    };
    Ok(match place {
        Place::Own => {
            let port = network.launch(NewApp::new(config).files(files)).await?;
            Box::new(Runners(vec![bus(port, Some(network))]))
        }
        Place::Apps => {
            let make = move |port| async move { Ok(bus(port, None)) }.boxed_local();
            let driven = driven::launch(network, config, Some(files), make).await?;
            Box::new(Runners(vec![driven]))
        }
    })
}

impl Calls {
    fn new(order: Order<'_>) -> Self {
        Self {
            options: Options::new(order),
            end: r#"{"type":"success""#,
            lanes: order.what.lanes(),
        }
    }

    fn refused(order: Order<'_>) -> Self {
        Self {
            options: Options {
                api: "request",
                json: r#"{"url":"https://elsewhere.test/small"}"#.to_owned(),
            },
            end: r#"{"type":"fail""#,
            ..Self::new(order)
        }
    }
}

impl Bus {
    /// Sends the next call; gives when.
    fn send(&mut self) -> Result<Instant, Failure> {
        self.last += 1;
        let began = Instant::now();
        self.port.send(self.calls.options.call(self.last))?;
        Ok(began)
    }
}

impl Runner for Bus {
    async fn run(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let mut latencies = turn::latencies();
        let base = self.last + 1;
        let mut began = Vec::new();
        for _ in 0..self.calls.lanes {
            began.push(self.send()?);
        }
        let mut under_way = self.calls.lanes;
        while under_way > 0 {
            let event = self.port.next().await.ok_or("the app ended")?.json;
            if !event.starts_with(self.calls.end) {
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
        r#"{"type":"networkWeakChange""#, // a disk that is busy makes the round trip long
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
