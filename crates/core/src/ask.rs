//! What an app asks of a socket.

use appnet_policy::{
    Failure,
    socket::{CloseFrame, SocketMessage},
};

use crate::event::SocketVerb;

/// Something asked of a socket; `Err` says why it cannot be asked like that (R7, W3).
#[derive(Debug, Clone)]
pub enum SocketAsk {
    /// `SocketTask.send`
    Send(Result<SocketMessage, Failure>),
    /// `SocketTask.close`
    Close(Result<CloseFrame, Failure>),
}

impl SocketAsk {
    /// Which one it is.
    #[must_use]
    pub const fn verb(&self) -> SocketVerb {
        match self {
            Self::Send(_) => SocketVerb::Send,
            Self::Close(_) => SocketVerb::Close,
        }
    }

    /// Bytes that it holds until it is answered (I2).
    #[must_use]
    pub fn cost(&self) -> usize {
        match self {
            Self::Send(Ok(message)) => message.cost(),
            Self::Send(Err(_)) | Self::Close(_) => 0,
        }
    }
}
