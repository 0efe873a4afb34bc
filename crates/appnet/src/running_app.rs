//! What a host sees of an app that runs.

use appnet_core::{AppState, Holdings};
use appnet_policy::identity::AppId;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// An app that runs, and what it has, see [`Network::apps`](crate::Network::apps).
///
/// As JSON it is `{"appId", "state", "graceLeft", "running", "queued", "sockets", "waitingBytes", "untakenBytes"}`: `state` is the name of the state, `graceLeft` is
/// in milliseconds and is null where no grace runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunningApp {
    /// Its id.
    pub app: AppId,
    /// Where it is, by the host's last word.
    pub state: AppState,
    /// Tasks that have left the queue: exchanges, and handshakes of sockets.
    pub running: usize,
    /// Tasks that wait for a permit, or to be looked at.
    pub queued: usize,
    /// Sockets that are open or closing.
    pub sockets: usize,
    /// Bytes of its calls and socket messages that have not ended, and of answers to commands that it has not taken (I2, `Policy::waiting_bytes`).
    pub waiting_bytes: usize,
    /// Bytes of bodies, chunks and messages that were received for it and that it has not taken (I2, `Policy::untaken_bytes`).
    pub untaken_bytes: usize,
}

impl RunningApp {
    pub(crate) const fn new(app: AppId, holdings: Holdings, untaken_bytes: usize) -> Self {
        Self {
            app,
            state: holdings.state,
            running: holdings.running,
            queued: holdings.queued,
            sockets: holdings.sockets,
            waiting_bytes: holdings.waiting_bytes,
            untaken_bytes,
        }
    }
}

impl Serialize for RunningApp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let grace_left = self.state.grace_left().map(|left| left.as_millis());
        let mut app = serializer.serialize_struct("RunningApp", 8)?;
        app.serialize_field("appId", self.app.as_str())?;
        app.serialize_field("state", self.state.name())?;
        app.serialize_field("graceLeft", &grace_left)?;
        app.serialize_field("running", &self.running)?;
        app.serialize_field("queued", &self.queued)?;
        app.serialize_field("sockets", &self.sockets)?;
        app.serialize_field("waitingBytes", &self.waiting_bytes)?;
        app.serialize_field("untakenBytes", &self.untaken_bytes)?;
        app.end()
    }
}
