//! The server: what targets there are, and a WebSocket for each.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use crate::cdp::{
    Address, Hub,
    head::{self, Asked, HEAD_BYTES, Refused},
    session::Session,
    target::{Outlet, Target},
};

/// Front ends and other clients at one time; a further one is closed.
const CONNECTIONS: usize = 32;

/// How long a client may take to send a head, and to take an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Before the next connection is taken when the system has none to give.
const PAUSE: Duration = Duration::from_millis(100);

/// A command, in bytes.
const COMMAND_BYTES: usize = 1 << 20;

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, hub: &Arc<Hub>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return; // a runtime that has no I/O, which it has
    };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if let Ok(place) = Arc::clone(&room).try_acquire_owned() {
                        let hub = Arc::clone(hub);
                        clients.spawn(async move {
                            drop(client(stream, &hub).await); // a client that went away
                            drop(place);
                        });
                    }
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            Some(_) = clients.join_next() => {}
        }
    }
}

async fn client(mut stream: TcpStream, hub: &Arc<Hub>) -> io::Result<()> {
    let mut bytes = Vec::new();
    let asked = tokio::time::timeout(PATIENCE, read_head(&mut stream, &mut bytes)).await??;
    let target = match asked {
        Ok(Asked {
            key: Some(key),
            path,
            length,
            ..
        }) => match target(hub, &path) {
            Some(target) => {
                let session = upgraded(stream, &key, bytes.split_off(length)).await?;
                attend(session, target, hub).await;
                return Ok(());
            }
            None => Err(Refused(
                404,
                format!("no such target: {path}; see /json/list"),
            )),
        },
        Ok(asked) => page(hub, &asked),
        Err(refused) => Err(refused),
    };
    let (status, kind, text) = match target {
        Ok(json) => (200, "application/json; charset=UTF-8", json.to_string()),
        Err(Refused(status, words)) => (status, "text/plain; charset=UTF-8", format!("{words}\n")),
    };
    let reason = http::StatusCode::from_u16(status).ok();
    let reason = reason
        .and_then(|it| it.canonical_reason())
        .unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nCache-Control: no-cache\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    tokio::time::timeout(PATIENCE, stream.write_all(answer.as_bytes())).await??;
    stream.shutdown().await
}

/// Bytes behind the head stay in `bytes`.
async fn read_head(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
) -> io::Result<Result<Asked, Refused>> {
    loop {
        match head::read(bytes) {
            Ok(Some(asked)) => return Ok(Ok(asked)),
            Ok(None) => {}
            Err(refused) => return Ok(Err(refused)),
        }
        let room = HEAD_BYTES.saturating_sub(bytes.len()) as u64;
        if stream.take(room).read_buf(bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn target(hub: &Hub, path: &str) -> Option<Arc<Target>> {
    let id: u64 = path.strip_prefix("/app/")?.parse().ok()?;
    hub.targets().into_iter().find(|target| target.id() == id)
}

fn page(hub: &Hub, asked: &Asked) -> Result<Value, Refused> {
    match asked.path.trim_end_matches('/') {
        "/json" | "/json/list" => {
            let targets = hub.targets();
            Ok(targets.iter().map(|it| listed(it, &asked.host)).collect())
        }
        "/json/version" => Ok(json!({
            "Browser": concat!("appnet/", env!("CARGO_PKG_VERSION")),
            "Protocol-Version": "1.3",
        })),
        path => Err(Refused(
            404,
            format!("{path:?} is not here; /json/list and /json/version are"),
        )),
    }
}

/// The client is told of this server by the name that it knows it by.
fn listed(target: &Target, host: &str) -> Value {
    let address = Address {
        host: host.to_owned(),
        id: target.id(),
    };
    json!({
        "id": target.id().to_string(),
        "type": "page", // what the front end shows a console for
        "title": target.app().to_string(),
        "description": "the network of a mini-program",
        "url": format!("appnet://{}/", target.app()),
        "devtoolsFrontendUrl": address.front_end(),
        "webSocketDebuggerUrl": address.web_socket(),
    })
}

async fn upgraded(
    mut stream: TcpStream,
    key: &str,
    rest: Vec<u8>,
) -> io::Result<WebSocketStream<TcpStream>> {
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    );
    stream.set_nodelay(true)?;
    tokio::time::timeout(PATIENCE, stream.write_all(answer.as_bytes())).await??;
    let config = WebSocketConfig::default()
        .max_message_size(Some(COMMAND_BYTES))
        .max_frame_size(Some(COMMAND_BYTES));
    Ok(WebSocketStream::from_partially_read(stream, rest, Role::Server, Some(config)).await)
}

/// Until the front end goes away, or is too slow.
async fn attend(socket: WebSocketStream<TcpStream>, target: Arc<Target>, hub: &Hub) {
    let _counted = Counted::new(hub);
    let (outlet, events) = Outlet::new();
    let session = Session::new(target, Arc::clone(&outlet), hub.control.clone());
    tokio::select! {
        () = outlet.overflow() => tracing::warn!("a DevTools front end read too slowly and was dropped"),
        _gone = talk(socket, &session, &outlet, events, hub) => {}
    }
}

type Gone = tokio_tungstenite::tungstenite::Error;

async fn talk(
    mut socket: WebSocketStream<TcpStream>,
    session: &Session,
    outlet: &Outlet,
    mut events: tokio::sync::mpsc::UnboundedReceiver<tokio_tungstenite::tungstenite::Utf8Bytes>,
    hub: &Hub,
) -> Result<(), Gone> {
    loop {
        tokio::select! {
            // No command is read while something is being sent, so a front end that only asks has to read too.
            command = socket.next() => match command.transpose()? {
                Some(Message::Text(text)) => {
                    let answer = session.answer(&text);
                    socket.send(Message::text(answer.reply.to_string())).await?;
                    for event in answer.before {
                        socket.feed(Message::text(event.text())).await?;
                    }
                    socket.flush().await?;
                    if answer.go_on {
                        hub.attached.send_replace(true);
                    }
                }
                Some(Message::Close(_)) | None => {
                    socket.flush().await?;
                    return Ok(());
                }
                Some(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            },
            Some(event) = events.recv() => {
                socket.send(Message::Text(event.clone())).await?;
                outlet.sent(&event);
            }
        }
    }
}

/// One more front end, until it is dropped.
struct Counted<'a>(&'a Hub);

impl<'a> Counted<'a> {
    fn new(hub: &'a Hub) -> Self {
        hub.sessions.send_modify(|sessions| *sessions += 1);
        Self(hub)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.sessions.send_modify(|sessions| *sessions -= 1);
    }
}
