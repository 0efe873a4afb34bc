//! Many apps over one Unix socket, or over WebSockets. Whoever connects says first for whom it speaks, by a token: the host, whose token is printed when the socket is
//! there, or an app, whose token the host got when it launched it.
//!
//! An app lives as long as its connection, once it has one: a UI process that is killed leaves nothing. All of it lives as long as the host's.

use std::{
    cell::RefCell, collections::BTreeMap, fmt::Display, path::PathBuf, rc::Rc, sync::Arc,
    time::Duration,
};

use appnet::{CloseReport, DirectorySandbox, Message, Network, Port, UnknownApp};
use appnet_policy::{
    connectivity::{ConnectivityJson, LocalAddress},
    identity::AppId,
    rules::AppConfigJson,
};
use rand::RngExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufRead, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, split},
    sync::{
        Notify,
        mpsc::{self, UnboundedReceiver as Receiver, UnboundedSender as Sender},
    },
    task::{JoinSet, LocalSet},
    time::timeout,
};

use super::{
    PATIENCE,
    app::{self, End},
    frame::{self, FrameError, FrameReader},
    launched,
    listener::{Arrival, Listener},
    refused, web,
};
use crate::{
    cli::Listen,
    ending::{Ending, print_line},
    stop::Stop,
};

/// Bytes of what it says first.
const HELLO: usize = 4 << 10;

/// Connections that have not said it yet, and those of apps together.
const MOST_CONNECTIONS: usize = 4096;

struct Door {
    network: Network,
    limit: usize,
    token: String,
    apps: RefCell<BTreeMap<String, Launched>>,
    /// What happened without a command of the host's.
    news: Sender<Value>,
    news_for_host: RefCell<Option<Receiver<Value>>>,
    host_is_gone: Notify,
}

/// An app without a connection yet.
struct Launched {
    app: AppId,
    port: Port,
    files: Arc<DirectorySandbox>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
enum Hello {
    Hello { token: String },
}

/// What the host asks for.
#[derive(Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
enum HostCommand {
    Launch {
        id: u64,
        app: AppConfigJson,
        data_dir: PathBuf,
    },
    Configure {
        id: u64,
        app: AppConfigJson,
    },
    Background {
        id: u64,
        app_id: String,
        #[serde(default)]
        pinned: bool,
    },
    Foreground {
        id: u64,
        app_id: String,
    },
    Connectivity {
        id: u64,
        network_type: String,
        signal_strength: Option<i32>,
        system_proxy: Option<bool>,
        weak_net: Option<bool>,
        local_address: Option<LocalAddress>,
    },
    Close {
        id: u64,
        app_id: String,
    },
    Apps {
        id: u64,
    },
}

/// A command that cannot be read is answered by its id all the same, if it has one.
#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

/// Serves until the host's connection ends.
///
/// # Errors
/// A text that says why there can be no such socket.
pub(super) async fn serve(
    network: &Network,
    listen: &Listen,
    limit: usize,
    stop: &Stop,
) -> Result<Ending, String> {
    let listener = Listener::bind(listen).await?;
    let name = listener
        .name()
        .map_err(|error| format!("--listen: {error}"))?;
    // No more than there are apps, and the host launched each of them.
    let (news, news_for_host) = mpsc::unbounded_channel();
    let door = Rc::new(Door {
        network: network.clone(),
        limit,
        token: new_token(),
        apps: RefCell::default(),
        news,
        news_for_host: RefCell::new(Some(news_for_host)),
        host_is_gone: Notify::new(),
    });
    let listening = json!({"listening": name, "token": door.token});
    if print_line(&listening.to_string()).is_err() {
        return Ok(Ending::Unread);
    }
    let local = LocalSet::new();
    Ok(local
        .run_until(async {
            tokio::select! {
                () = accept(&door, &listener) => Ending::Crashed,
                () = door.host_is_gone.notified() => Ending::Done,
                () = stop.wait() => stop.why().unwrap_or(Ending::Done),
            }
        })
        .await)
}

async fn accept(door: &Rc<Door>, listener: &Listener) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok(arrival) => {
                let door = Rc::clone(door);
                match arrival {
                    #[cfg(unix)]
                    Arrival::Unix(stream) => connections.spawn_local(greet(door, stream)),
                    Arrival::Web(stream) => {
                        let limit = door.limit;
                        connections.spawn_local(web::serve(stream, limit, |it| greet(door, it)))
                    }
                };
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await; // there may be no descriptor left
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn greet(door: Rc<Door>, stream: impl AsyncRead + AsyncWrite) {
    let (input, mut output) = split(stream);
    let mut input = BufReader::new(input);
    let hello = timeout(PATIENCE, FrameReader::new(&mut input, HELLO).next()).await;
    let token = match hello {
        Ok(Ok(Some(message))) => match serde_json::from_str(&message.json) {
            Ok(Hello::Hello { token }) => token,
            Err(error) => {
                let reason = format!("{error}; say {{\"type\":\"hello\",\"token\":\"…\"}} first");
                return turn_away(&mut output, &reason).await;
            }
        },
        Ok(Ok(None) | Err(_)) | Err(_) => {
            return turn_away(
                &mut output,
                "say {\"type\":\"hello\",\"token\":\"…\"} first",
            )
            .await;
        }
    };
    if is_same(&token, &door.token) {
        let news = door.news_for_host.take();
        let Some(news) = news else {
            return turn_away(&mut output, "the host has a connection already").await;
        };
        speak_for_host(&door, input, output, news).await;
        return door.host_is_gone.notify_one();
    }
    let launched = door.apps.borrow_mut().remove(&token);
    let Some(Launched { app, port, files }) = launched else {
        return turn_away(&mut output, "this token is none, or was used").await;
    };
    let end = app::serve(input, output, door.limit, port, files).await;
    if let End::Broken(error) = end {
        tracing::warn!(%app, %error, "the app's connection is not the bus, and was closed");
    }
    // An error: the host has closed it.
    if let Ok(report) = door.network.close(&app).await {
        let mut closed = counts(&report);
        closed["type"] = "closed".into();
        closed["appId"] = app.as_str().into();
        drop(door.news.send(closed)); // the host has gone
    }
}

async fn turn_away(output: &mut (impl AsyncWrite + Unpin), reason: &str) {
    let refused = json!({"type": "refused", "reason": reason}).to_string();
    drop(output.write_all(&frame::write(&refused.into())).await);
}

async fn speak_for_host(
    door: &Door,
    input: impl AsyncBufRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
    mut news: Receiver<Value>,
) {
    let frames = FrameReader::new(input, door.limit);
    let mut read = Box::pin(read(frames));
    loop {
        let said = tokio::select! {
            (message, frames) = &mut read => {
                read.set(self::read(frames));
                match message {
                    Ok(Some(message)) => match serde_json::from_str(&message.json) {
                        Ok(command) => door.answer(command).await,
                        Err(error) => not_understood(&message.json, &error),
                    },
                    Ok(None) => return,
                    Err(error) => return turn_away(&mut output, &error.to_string()).await,
                }
            }
            Some(news) = news.recv() => news,
        };
        let written = output
            .write_all(&frame::write(&said.to_string().into()))
            .await;
        if written.is_err() {
            return;
        }
    }
}

/// The next frame. A read that was begun has to be finished.
async fn read<R: AsyncBufRead + Unpin>(
    mut frames: FrameReader<R>,
) -> (Result<Option<Message>, FrameError>, FrameReader<R>) {
    (frames.next().await, frames)
}

impl Door {
    async fn answer(&self, command: HostCommand) -> Value {
        let network = &self.network;
        match command {
            HostCommand::Launch { id, app, data_dir } => done(id, self.launch(app, data_dir).await),
            HostCommand::Configure { id, app } => done(id, self.configure(app)),
            HostCommand::Background { id, app_id, pinned } => {
                let moved = network.enter_background(&AppId::new(app_id), pinned.into());
                done(id, moved.map(|()| Value::Null))
            }
            HostCommand::Foreground { id, app_id } => {
                let moved = network.enter_foreground(&AppId::new(app_id));
                done(id, moved.map(|()| Value::Null))
            }
            HostCommand::Connectivity {
                id,
                network_type,
                signal_strength,
                system_proxy,
                weak_net,
                local_address,
            } => {
                let said = ConnectivityJson {
                    network_type,
                    signal_strength,
                    system_proxy,
                    weak: weak_net,
                    local_address,
                };
                let known = said.into_connectivity();
                done(
                    id,
                    known.map(|connectivity| {
                        network.set_connectivity(connectivity);
                        Value::Null
                    }),
                )
            }
            HostCommand::Close { id, app_id } => done(id, self.close(AppId::new(app_id)).await),
            HostCommand::Apps { id } => {
                done(id, Ok::<_, UnknownApp>(json!({"apps": network.apps()})))
            }
        }
    }

    async fn launch(&self, app: AppConfigJson, data_dir: PathBuf) -> Result<Value, String> {
        let config = app.into_config().map_err(|error| error.to_string())?;
        let app = config.identity.app_id.clone();
        let (port, files) = launched(&self.network, config, &data_dir).await?;
        let token = new_token();
        let launched = Launched { app, port, files };
        self.apps.borrow_mut().insert(token.clone(), launched);
        Ok(json!({"token": token}))
    }

    fn configure(&self, app: AppConfigJson) -> Result<Value, String> {
        let config = app.into_config().map_err(|error| error.to_string())?;
        let configured = self.network.configure(config);
        configured
            .map(|()| Value::Null)
            .map_err(|error| refused(&error))
    }

    async fn close(&self, app: AppId) -> Result<Value, UnknownApp> {
        let report = self.network.close(&app).await?;
        self.apps
            .borrow_mut()
            .retain(|_, launched| launched.app != app);
        Ok(counts(&report))
    }
}

/// How much was ended with an app.
fn counts(report: &CloseReport) -> Value {
    json!({
        "running": report.running.len(),
        "queued": report.queued.len(),
        "sockets": report.sockets.len(),
    })
}

/// The answer to a command.
fn done(id: u64, done: Result<Value, impl Display>) -> Value {
    match done {
        Ok(Value::Null) => json!({"type": "done", "id": id, "ok": true}),
        Ok(result) => json!({"type": "done", "id": id, "ok": true, "result": result}),
        Err(reason) => json!({"type": "done", "id": id, "ok": false, "reason": reason.to_string()}),
    }
}

/// The answer to what is no command.
fn not_understood(json: &str, error: &serde_json::Error) -> Value {
    match serde_json::from_str(json) {
        Ok(Numbered { id }) => done(id, Err(error)),
        Err(_) => json!({"type": "error", "reason": error.to_string()}),
    }
}

/// Nobody guesses it, and nobody measures how much of it was right.
fn new_token() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_same(one: &str, other: &str) -> bool {
    let differ = one
        .bytes()
        .zip(other.bytes())
        .fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differ == 0
}
