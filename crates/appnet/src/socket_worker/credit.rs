//! What was received and the app has not taken, bounded.

use std::sync::Arc;

use appnet_policy::socket::{SocketMessage, Text};
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for the messages of one socket on their way to the app. A message holds its part until nobody has it any more; over it the
/// socket is not read, so that the server waits for this app, and nobody else does.
pub(super) struct Credit {
    room: Arc<Semaphore>,
    most: usize,
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

impl Credit {
    pub(super) fn new(bytes: usize) -> Self {
        let most = bytes.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self {
            room: Arc::new(Semaphore::new(most)),
            most,
        }
    }

    /// Waits until there is room for this message. One that is larger than all the room waits until it has it alone.
    pub(super) async fn lend(&self, message: SocketMessage) -> SocketMessage {
        let cost = u32::try_from(message.cost().min(self.most)).expect("it was clamped to 32 bits");
        let room = Arc::clone(&self.room).acquire_many_owned(cost).await;
        let room = room.expect("nobody closes it");
        match message {
            SocketMessage::Text(text) => SocketMessage::Text(Text::lent(text.into_string(), room)),
            SocketMessage::Binary(data) => {
                SocketMessage::Binary(Bytes::from_owner(Lent { data, _room: room }))
            }
        }
    }
}
