//! One socket as its worker sees it: `appnet-io`'s in a network, a script in a test of the actors.

use std::{future::Future, pin::Pin, rc::Rc};

use appnet_core::{SocketIo, effect::Opened};
use appnet_policy::{
    Failure,
    socket::{CloseFrame, SocketMessage},
};

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
