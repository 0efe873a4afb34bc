//! What was received and the app has not taken, bounded.

use appnet_io::Account;
use appnet_policy::socket::{SocketMessage, Text};

/// Room for the messages of one socket on their way to the app: its own, and its part of the app's account (I2). A message holds both until
/// nobody has it any more; over one of them the socket is not read, so that the server waits for this app, and nobody else does.
pub(super) struct Credit {
    socket: Account,
    app: Account,
}

impl Credit {
    pub(super) fn new(bytes: usize, app: Account) -> Self {
        let socket = Account::new(bytes);
        Self { socket, app }
    }

    /// Waits until there is room for this message. One that is larger than all the room waits until it has it alone.
    pub(super) async fn lend(&self, message: SocketMessage) -> SocketMessage {
        let cost = message.cost();
        let of_socket = self.socket.acquire(cost).await;
        let of_app = self.app.acquire(cost).await;
        match message {
            SocketMessage::Text(text) => {
                SocketMessage::Text(Text::lent(text.into_string(), (of_socket, of_app)))
            }
            SocketMessage::Binary(data) => SocketMessage::Binary(of_app.lend(of_socket.lend(data))),
        }
    }
}
