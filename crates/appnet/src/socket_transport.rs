//! One socket as its worker sees it: `appnet-io`'s in a network, a script in a test of the actors.

use appnet_policy::failure::AppFault;
use std::{future::Future, pin::Pin, rc::Rc};

use appnet_core::{SocketIo, effect::Opened};
use appnet_io::{HttpClient, Socket, SocketEvent, SocketSender};
use appnet_policy::{
    Failure,
    socket::{CloseFrame, SocketLimits, SocketMessage, SocketRequest, Text},
};

use crate::transport::{certificate, failed};

/// What is known later, to be awaited on the thread where it was asked.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A socket that is being connected, and what becomes of it. Dropped, its connection is closed.
pub(crate) type Connecting = Later<'static, Result<Connected, appnet_core::effect::IoFailure>>;

/// A socket that has shaken hands.
pub(crate) struct Connected {
    pub(crate) opened: Opened,
    pub(crate) socket: Box<dyn OpenSocket>,
}

/// The receiving half. Dropped, the connection is closed at once.
pub(crate) trait OpenSocket {
    /// The sending half.
    fn sender(&self) -> Rc<dyn SendingHalf>;

    /// What happens next. The future may be dropped without losing anything; after an end it is asked for no more.
    fn next(&mut self) -> Later<'_, Heard>;
}

/// The sending half; it does not keep the socket open.
pub(crate) trait SendingHalf {
    /// Takes the message's place in the order of these calls at once; the future tells when it is with the transport, or why never.
    fn send(&self, message: SocketMessage) -> Later<'static, Result<(), Failure>>;

    /// Starts the close handshake behind what waits. Without effect if it has begun.
    fn close(&self, frame: CloseFrame);
}

/// What a socket has to say.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A whole message.
    Message(SocketMessage),
    /// How it ended: `Closed` or `Failed`.
    End(SocketIo),
}

/// Connects by `appnet-io`, with the app's own trust and TLS sessions (K3).
pub(crate) fn connect(
    client: Rc<HttpClient>,
    request: SocketRequest,
    limits: SocketLimits,
) -> Connecting {
    Box::pin(async move {
        let connected = client.connect_socket(request, limits).await;
        let (socket, opened) = connected.map_err(failed)?;
        Ok(Connected {
            opened: Opened {
                head: opened.head,
                protocol: opened.protocol,
                profile: opened.profile,
                would_refuse: opened.would_refuse.into_iter().map(certificate).collect(),
            },
            socket: Box::new(IoSocket(socket)),
        })
    })
}

struct IoSocket(Socket);

impl OpenSocket for IoSocket {
    fn sender(&self) -> Rc<dyn SendingHalf> {
        Rc::new(IoSender(self.0.sender()))
    }

    fn next(&mut self) -> Later<'_, Heard> {
        Box::pin(async move {
            let event = self.0.next().await;
            heard(event.expect("it is asked for no more after its end"))
        })
    }
}

fn heard(event: SocketEvent) -> Heard {
    match event {
        SocketEvent::Message(message) => Heard::Message(received(message)),
        SocketEvent::Closed(closed) => Heard::End(SocketIo::Closed {
            code: closed.code,
            reason: closed.reason,
        }),
        SocketEvent::Failed(failure) => Heard::End(SocketIo::Failed(failed(failure))),
    }
}

struct IoSender(SocketSender);

impl SendingHalf for IoSender {
    fn send(&self, message: SocketMessage) -> Later<'static, Result<(), Failure>> {
        let sending = self.0.send(outgoing(message));
        Box::pin(async move { sending.await.map_err(not_sent) })
    }

    fn close(&self, frame: CloseFrame) {
        // The core lets an app close once, with what a frame can hold (W3); what is left is a peer that was faster.
        let _ = self.0.close(Some(frame.code), &frame.reason);
    }
}

const fn not_sent(error: appnet_io::SendError) -> Failure {
    match error {
        appnet_io::SendError::NotOpen | appnet_io::SendError::UnsendableClose => {
            Failure::App(AppFault::SocketNotOpen)
        }
        appnet_io::SendError::TooMuchUnsent => Failure::App(AppFault::TooMuchUnsent),
    }
}

fn received(message: appnet_io::Message) -> SocketMessage {
    match message {
        appnet_io::Message::Text(text) => SocketMessage::Text(Text::from(text)),
        appnet_io::Message::Binary(bytes) => SocketMessage::Binary(bytes),
    }
}

fn outgoing(message: SocketMessage) -> appnet_io::Message {
    match message {
        SocketMessage::Text(text) => appnet_io::Message::Text(text.into_string()),
        SocketMessage::Binary(bytes) => appnet_io::Message::Binary(bytes),
    }
}
