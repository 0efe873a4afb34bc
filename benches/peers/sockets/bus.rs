//! The whole subsystem: `connectSocket`, then a `send` as JSON for each `message` as JSON, through the port of an app.

use std::{collections::VecDeque, time::Instant};

use appnet::{Message, Network, Port};
use bytes::Bytes;
use futures_util::future::FutureExt as _;

use super::text;
use crate::{
    clients::{app, network, task},
    driven::{self, Driven},
    origin::{HOST, Origin},
    turn::{self, Failure, Latencies, Runner, Runners},
    work::Talk,
};

/// Sockets that an app may have (C3).
const OF_AN_APP: usize = 5;

/// One app with its sockets, whose tasks are numbered from 1.
pub(crate) struct App {
    port: Port,
    sockets: usize,
    talk: Talk,
    content: Content,
    /// The number of the last `send`.
    last: u64,
    /// Ends its threads when the last one is dropped.
    _network: Option<Network>,
}

/// What is sent.
enum Content {
    /// As it stands in JSON.
    Text(String),
    Bytes(Bytes),
}

/// As many apps as the sockets need.
pub(crate) async fn connect(origin: &Origin, talk: Talk) -> Result<Runners<App>, Failure> {
    let network = network(origin)?;
    let mut apps = Vec::new();
    for (number, sockets) in sockets_of_apps(talk).enumerate() {
        let port = network.launch(app(number, origin.echo)?).await?;
        apps.push(App::open(port, sockets, talk, Some(network.clone())).await?);
    }
    Ok(Runners(apps))
}

/// The same, each app driven on its own thread.
pub(crate) async fn connect_driven(
    origin: &Origin,
    talk: Talk,
) -> Result<Runners<Driven>, Failure> {
    let network = network(origin)?;
    let mut apps = Vec::new();
    for (number, sockets) in sockets_of_apps(talk).enumerate() {
        let config = app(number, origin.echo)?;
        let make = move |port| App::open(port, sockets, talk, None).boxed_local();
        apps.push(driven::launch(network.clone(), config, None, make).await?);
    }
    Ok(Runners(apps))
}

/// How many each app has.
fn sockets_of_apps(talk: Talk) -> impl Iterator<Item = usize> {
    let starts = (0..talk.connections).step_by(OF_AN_APP);
    starts.map(move |start| (talk.connections - start).min(OF_AN_APP))
}

impl Content {
    fn new(talk: Talk) -> Result<Self, Failure> {
        let text = text::text(talk.length);
        Ok(match talk.text {
            true => Self::Text(serde_json::to_string(&text)?),
            false => Self::Bytes(text.into()),
        })
    }

    /// A command that sends it.
    fn send(&self, task: usize, id: u64) -> Message {
        let head = format!(r#"{{"type":"send","task":{task},"id":{id},"data":"#);
        match self {
            Self::Text(text) => Message::from(format!(r#"{head}{{"text":{text}}}}}"#)),
            Self::Bytes(bytes) => Message {
                json: format!(r#"{head}{{"bytes":0}}}}"#),
                attachments: vec![bytes.clone()],
            },
        }
    }
}

impl App {
    async fn open(
        port: Port,
        sockets: usize,
        talk: Talk,
        network: Option<Network>,
    ) -> Result<Self, Failure> {
        let mut app = Self {
            port,
            sockets,
            talk,
            content: Content::new(talk)?,
            last: 0,
            _network: network,
        };
        app.open_sockets().await?;
        Ok(app)
    }

    async fn open_sockets(&mut self) -> Result<(), Failure> {
        for task in 1..=self.sockets {
            self.port.send(format!(
                r#"{{"type":"call","task":{task},"api":"connectSocket","options":{{"url":"wss://{HOST}/","tcpNoDelay":true}}}}"#
            ))?;
        }
        let mut opened = 0;
        while opened < self.sockets {
            let event = self.next().await?;
            if event.starts_with(r#"{"type":"open""#) {
                opened += 1;
            } else if !event.starts_with(r#"{"type":"success""#) {
                return Err(event.into());
            }
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<String, Failure> {
        Ok(self.port.next().await.ok_or("the app ended")?.json)
    }

    fn send(&mut self, task: usize) -> Result<(), Failure> {
        self.last += 1;
        Ok(self.port.send(self.content.send(task, self.last))?)
    }
}

impl Runner for App {
    async fn run(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let mut latencies = turn::latencies();
        let mut under_way = vec![VecDeque::with_capacity(self.talk.in_flight); self.sockets];
        for _ in 0..self.talk.in_flight {
            for task in 1..=self.sockets {
                under_way[task - 1].push_back(Instant::now());
                self.send(task)?;
            }
        }
        // Each `send` is answered by a `done` and an echo; neither is left for the next turn.
        let (mut echoes, mut answers) = (0, 0);
        let mut sent = self.talk.in_flight * self.sockets;
        while echoes < sent || answers < sent {
            let event = self.next().await?;
            if event.starts_with(r#"{"type":"message""#) {
                echoes += 1;
                let task = usize::try_from(task(&event)?)?;
                let began = under_way[task - 1].pop_front();
                let now = Instant::now();
                turn::note(&mut latencies, now - began.ok_or("an echo of nothing")?);
                if now < until {
                    under_way[task - 1].push_back(now);
                    self.send(task)?;
                    sent += 1;
                }
            } else if is_done(&event) {
                answers += 1;
            } else {
                return Err(event.into());
            }
        }
        Ok(latencies)
    }
}

fn is_done(event: &str) -> bool {
    event.starts_with(r#"{"type":"done""#) && event.contains(r#""ok":true"#)
}
