//! How a socket ends that was accepted (W1).

use std::sync::Arc;

use appnet_policy::{
    Failure,
    exchange::Profile,
    failure::{AppFault, NetworkFault},
    identity::AppId,
};

use super::{Cause, EndedCall, Verdict};
use crate::{
    AskId, Event, SocketEvent,
    event::{Notice, SocketEnd, SocketVerb, TaskEvent},
};

/// Why it ends.
pub(crate) enum SocketEnding {
    /// By close frames, or because the peer did not answer ours.
    Closed { code: u16, reason: String },
    /// Without them.
    Broken(Cause),
}

/// One that was taken out.
pub(crate) struct GoneSocket {
    pub(crate) call: EndedCall,
    /// Whether the app heard that it is open.
    pub(crate) was_open: bool,
    /// Where the time of its handshake went, if that is known.
    pub(crate) handshake: Option<Arc<Profile>>,
    /// Messages that were given to send and have no answer.
    pub(crate) unanswered: Vec<AskId>,
}

impl GoneSocket {
    /// What is said of its end: what was asked of it is answered, an error comes before the end if something went wrong, then the end.
    pub(crate) fn notices(self, ending: SocketEnding, app: AppId) -> Vec<Notice> {
        let ending = self.or_too_early(ending);
        let task = self.call.task;
        let unsent = match &ending {
            SocketEnding::Closed { .. } => Failure::App(AppFault::SocketNotOpen),
            SocketEnding::Broken(cause) => cause.failure.clone(),
        };
        let answers = self.unanswered.iter();
        let mut notices: Vec<Notice> = answers
            .map(|ask| Event::not_done(task, *ask, SocketVerb::Send, unsent.clone()).into())
            .collect();
        if let SocketEnding::Broken(cause) = &ending
            && is_error(&cause.failure, self.was_open)
        {
            let error = SocketEvent::Error(cause.failure.clone());
            notices.push(Event::socket(task, error).into());
        }
        notices.push(self.end(ending, app));
        notices
    }

    /// A socket that never opened cannot be closed by close frames.
    fn or_too_early(&self, ending: SocketEnding) -> SocketEnding {
        match ending {
            SocketEnding::Closed { .. } if !self.was_open => SocketEnding::Broken(Cause::new(
                Failure::Network(NetworkFault::ConnectionReset),
                "the socket was closed before it was open",
            )),
            other => other,
        }
    }

    fn end(self, ending: SocketEnding, app: AppId) -> Notice {
        const SWITCHING_PROTOCOLS: u16 = 101;
        let (end, verdict) = match ending {
            SocketEnding::Closed { code, reason } => (
                SocketEnd::Closed { code, reason },
                Verdict::answered(SWITCHING_PROTOCOLS, self.handshake),
            ),
            SocketEnding::Broken(cause) => (
                SocketEnd::Broken(cause.failure.clone()),
                Verdict::failed(cause, self.handshake),
            ),
        };
        let what = TaskEvent::Socket(SocketEvent::Closed(end));
        self.call.ends_with(what, verdict, app)
    }
}

/// Whether the app hears an error before the end (W1, B2, B7). It does not if it ended the socket itself. An open socket that the host ends,
/// or whose peer did not answer the close frame in time, is only closed.
const fn is_error(failure: &Failure, was_open: bool) -> bool {
    match failure {
        Failure::App(AppFault::Aborted) => false,
        Failure::Host(_) | Failure::Network(NetworkFault::TimedOut) => !was_open,
        _ => true,
    }
}
