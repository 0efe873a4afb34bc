//! Sockets by `appnet-io`.

use std::rc::Rc;

use appnet_core::{SocketIo, effect::Opened};
use appnet_io::{HttpClient, Socket, SocketEvent, SocketSender};
use appnet_policy::{
    Failure,
    failure::AppFault,
    socket::{CloseFrame, SocketLimits, SocketMessage, SocketRequest},
};

use super::failed;
use crate::socket_transport::{Connected, Connecting, Heard, Later, OpenSocket, SendingHalf};

/// Connects by `appnet-io`, with the app's own trust and TLS sessions (K3).
pub(super) fn connect(
    client: Rc<HttpClient>,
    request: Box<SocketRequest>,
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
                would_refuse: opened.would_refuse,
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
        SocketEvent::Message(message) => Heard::Message(message),
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
        let sending = self.0.send(message);
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
