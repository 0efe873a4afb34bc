//! tokio-tungstenite, used as well as it can be: what is to be sent is flushed once, when nothing more has come.

use std::time::Instant;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::{WebSocketStream, client_async};
use tungstenite::{Bytes, Message, Utf8Bytes};

use super::{talk, text};
use crate::{
    origin::HOST,
    turn::{Failure, Latencies, Runner},
    work::Talk,
};

type Received = Result<Message, tungstenite::Error>;

/// One connection.
pub(crate) struct Socket {
    stream: WebSocketStream<TlsStream<TcpStream>>,
    message: Message,
    talk: Talk,
}

impl Socket {
    pub(crate) async fn connect(tls: TlsStream<TcpStream>, talk: Talk) -> Result<Self, Failure> {
        let (stream, _) = client_async(format!("wss://{HOST}/"), tls).await?;
        let text = text::text(talk.length);
        let message = match talk.text {
            true => Message::Text(Utf8Bytes::from(text)),
            false => Message::Binary(Bytes::from(text)),
        };
        Ok(Self {
            stream,
            message,
            talk,
        })
    }

    /// The next message. Only if it has not come yet, what was given is sent.
    async fn next_or_flush(&mut self) -> Result<Option<Received>, Failure> {
        if let Some(message) = self.stream.next().now_or_never() {
            return Ok(message);
        }
        self.stream.flush().await?;
        Ok(self.stream.next().await)
    }

    /// The connection, after its handshake.
    pub(crate) fn into_inner(self) -> TlsStream<TcpStream> {
        self.stream.into_inner()
    }
}

impl talk::Socket for Socket {
    async fn send(&mut self) -> Result<(), Failure> {
        let message = self.message.clone();
        match self.talk.in_flight {
            1 => self.stream.send(message).await?,
            _ => self.stream.feed(message).await?,
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<usize, Failure> {
        let message = match self.talk.in_flight {
            1 => self.stream.next().await,
            _ => self.next_or_flush().await?,
        };
        Ok(message.ok_or("the origin closed")??.len())
    }
}

impl Runner for Socket {
    async fn run(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let talk = self.talk;
        talk::run(self, talk, until).await
    }
}
