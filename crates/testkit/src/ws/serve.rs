//! One socket of an origin. What a peer does wrong ends its own socket.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderValue;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Error, Message,
        handshake::server::{Callback, ErrorResponse, Request, Response},
        protocol::CloseFrame,
    },
};

use super::{Act, Stage, journal::Handshake};
use crate::{conn::Conn, peer::Peer};

type Socket = WebSocketStream<Conn>;

pub(super) async fn serve(tcp: TcpStream, stage: Arc<Stage>) {
    let _connection = stage.journal.count(|counts| &mut counts.connections);
    let conn = match &stage.tls {
        None => Conn::Plain(tcp),
        // A handshake that fails is the client's to report.
        Some(tls) => match tls.accept(tcp).await {
            Ok(stream) => Conn::Tls(Box::new(stream)),
            Err(_) => return,
        },
    };
    let mut path = String::new();
    let greeting = Greeting {
        stage: &stage,
        path: &mut path,
    };
    let Ok(socket) = accept_hdr_async(conn, greeting).await else {
        return;
    };
    let _open = stage.journal.count(|counts| &mut counts.open);
    // An error is the peer's end of the socket, which the guards show.
    drop(act(socket, (stage.acts)(&path), &stage).await);
}

/// Answers one handshake.
struct Greeting<'a> {
    stage: &'a Stage,
    path: &'a mut String,
}

impl Callback for Greeting<'_> {
    fn on_request(
        self,
        request: &Request,
        mut response: Response,
    ) -> Result<Response, ErrorResponse> {
        const PROTOCOL: &str = "sec-websocket-protocol";
        const EXTENSIONS: &str = "sec-websocket-extensions";
        *self.path = request.uri().to_string();
        let headers = request.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        });
        let handshake = Handshake {
            path: self.path.clone(),
            headers: headers.collect(),
        };
        let asked = handshake.header(PROTOCOL).unwrap_or_default();
        let first = asked.split(',').next().unwrap_or_default().trim();
        if let Some(first) = first.parse().ok().filter(|_| !first.is_empty()) {
            response.headers_mut().insert(PROTOCOL, first);
        }
        if let Some(extension) = self.stage.extension {
            let value = HeaderValue::from_static(extension);
            response.headers_mut().insert(EXTENSIONS, value);
        }
        self.stage
            .journal
            .note(|pages| pages.handshakes.push(handshake));
        Ok(response)
    }
}

async fn act(mut socket: Socket, act: Act, stage: &Stage) -> Result<(), Error> {
    match act {
        Act::Echo => echo(socket, stage).await,
        Act::Chat => chat(socket, stage).await,
        Act::Flood { count, bytes } => {
            let message = Bytes::from(vec![b'x'; bytes]);
            for _ in 0..count {
                socket.send(Message::Binary(message.clone())).await?;
            }
            echo(socket, stage).await
        }
        Act::Hold(gate) => {
            gate.wait().await;
            echo(socket, stage).await
        }
        Act::Close(code, reason) => {
            let frame = CloseFrame {
                code: code.into(),
                reason: reason.into(),
            };
            socket.close(Some(frame)).await?;
            echo(socket, stage).await
        }
        Act::Raw { bytes, reset } => raw(socket.into_inner(), &bytes, reset).await,
    }
}

/// Until the peer closes; its close frame is answered while the next message is awaited.
async fn echo(mut socket: Socket, stage: &Stage) -> Result<(), Error> {
    while let Some(message) = socket.next().await {
        let message = message?;
        note(stage, &message);
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn chat(mut socket: Socket, stage: &Stage) -> Result<(), Error> {
    let mut heard = stage.chat.subscribe();
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(message) = message.transpose()? else { return Ok(()) };
                note(stage, &message);
                if message.is_text() || message.is_binary() {
                    // Somebody listens: this very socket.
                    drop(stage.chat.send(message));
                }
            }
            // An error: this one was too slow and has missed some.
            Ok(message) = heard.recv() => socket.send(message).await?,
        }
    }
}

async fn raw(mut conn: Conn, bytes: &[u8], reset: bool) -> Result<(), Error> {
    conn.write_all(bytes).await?;
    conn.flush().await?;
    if reset {
        conn.reset();
    } else {
        Peer::new(conn).drain().await;
    }
    Ok(())
}

fn note(stage: &Stage, message: &Message) {
    stage.journal.note(|pages| match message {
        Message::Text(_) | Message::Binary(_) => pages.counts.messages += 1,
        Message::Close(frame) => pages.closes.push(
            frame
                .as_ref()
                .map(|frame| (frame.code.into(), frame.reason.to_string())),
        ),
        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
    });
}
