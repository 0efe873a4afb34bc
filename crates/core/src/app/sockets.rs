//! What an app does with its sockets, and what they do (section 8).

use appnet_policy::{Failure, socket::SocketMessage};

use super::AppCore;
use crate::{AskId, Instant, SocketIo, TaskId, event::SocketVerb};

impl AppCore {
    /// The app sends on a socket (W2, B3).
    pub fn handle_send(&mut self, task: TaskId, ask: AskId, message: SocketMessage, now: Instant) {
        let _ = (task, ask, message, now);
        todo!()
    }

    /// The app closes a socket (W3): with this code and reason, or what stands for them if they are not given.
    pub fn handle_close_socket(
        &mut self,
        task: TaskId,
        ask: AskId,
        code: Option<f64>,
        reason: Option<String>,
        now: Instant,
    ) {
        let _ = (task, ask, code, reason, now);
        todo!()
    }

    /// The app asked something of a socket in words that could not be read (R7).
    pub fn handle_unreadable_ask(
        &mut self,
        task: TaskId,
        ask: AskId,
        verb: SocketVerb,
        failure: Failure,
        now: Instant,
    ) {
        let _ = (task, ask, verb, failure, now);
        todo!()
    }

    pub(super) fn socket_said(&mut self, task: TaskId, event: SocketIo, now: Instant) {
        let _ = (task, event, now);
        todo!()
    }
}
