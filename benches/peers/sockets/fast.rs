//! fastwebsockets. It writes each message at once.

use std::time::Instant;

use fastwebsockets::{Frame, Payload, Role, WebSocket};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::{talk, text, tungstenite};
use crate::{
    turn::{Failure, Latencies, Runner},
    work::Talk,
};

/// One connection.
pub(crate) struct Socket {
    stream: WebSocket<TlsStream<TcpStream>>,
    message: String,
    talk: Talk,
}

impl Socket {
    pub(crate) async fn connect(tls: TlsStream<TcpStream>, talk: Talk) -> Result<Self, Failure> {
        // Its own handshake would need hyper; the one of tungstenite leaves nothing behind.
        let tls = tungstenite::Socket::connect(tls, talk).await?.into_inner();
        Ok(Self {
            stream: WebSocket::after_handshake(tls, Role::Client),
            message: text::text(talk.length),
            talk,
        })
    }
}

impl talk::Socket for Socket {
    async fn send(&mut self) -> Result<(), Failure> {
        let payload = Payload::Owned(self.message.as_bytes().to_vec());
        let frame = match self.talk.text {
            true => Frame::text(payload),
            false => Frame::binary(payload),
        };
        self.stream.write_frame(frame).await?;
        Ok(self.stream.flush().await?)
    }

    async fn receive(&mut self) -> Result<usize, Failure> {
        Ok(self.stream.read_frame().await?.payload.len())
    }
}

impl Runner for Socket {
    async fn run(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let talk = self.talk;
        talk::run(self, talk, until).await
    }
}
