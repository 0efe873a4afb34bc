//! What was received and the app has not taken, bounded.

use std::sync::Arc;

use appnet_io::Account;
use appnet_policy::socket::{SocketMessage, Text};
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for the messages of one socket on their way to the app: its own, and its part of the app's account (I2). A message holds both until
/// nobody has it any more; over one of them the socket is not read, so that the server waits for this app, and nobody else does.
pub(super) struct Credit {
    room: Arc<Semaphore>,
    most: usize,
    account: Account,
}

impl Credit {
    pub(super) fn new(bytes: usize, account: Account) -> Self {
        let most = bytes.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self {
            room: Arc::new(Semaphore::new(most)),
            most,
            account,
        }
    }

    /// Waits until there is room for this message. One that is larger than all the room waits until it has it alone.
    pub(super) async fn lend(&self, message: SocketMessage) -> SocketMessage {
        let cost = message.cost();
        let part = u32::try_from(cost.min(self.most)).expect("it was clamped to 32 bits");
        let room = Arc::clone(&self.room).acquire_many_owned(part).await;
        let room = room.expect("nobody closes it");
        let credit = self.account.acquire(cost).await;
        match message {
            SocketMessage::Text(text) => {
                SocketMessage::Text(Text::lent(text.into_string(), (room, credit)))
            }
            SocketMessage::Binary(data) => {
                SocketMessage::Binary(credit.lend(Bytes::from_owner(Lent { data, _room: room })))
            }
        }
    }
}

/// A binary message, and the room it holds.
struct Lent {
    data: Bytes,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}
