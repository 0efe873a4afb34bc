//! How a socket ends that was accepted (W1).

use appnet_policy::failure::{AppFault, NetworkFault};
use appnet_policy::{Failure, exchange::Profile, identity::AppId};

use super::{Cause, EndedCall, Verdict};
use crate::{AskId, CallRecord, event::SocketEnd};

/// Why it ends.
pub(crate) enum SocketEnding {
    /// By close frames, or because the peer did not answer ours.
    Closed { code: u16, reason: String },
    /// By a decision of ours, or of the app.
    Stopped(Failure),
    /// By what happened to it.
    Failed(Cause),
}

/// One that was taken out.
pub(crate) struct GoneSocket {
    pub(crate) call: EndedCall,
    /// Where the time of its handshake went; `None` if it never opened.
    pub(crate) profile: Option<Profile>,
    /// What was asked of it and has no answer.
    pub(crate) unanswered: Vec<AskId>,
}

/// What is said of an end.
pub(crate) struct Told {
    /// To those who wait for an answer.
    pub(crate) unsent: Failure,
    /// Before the terminal event.
    pub(crate) error: Option<Failure>,
    /// The terminal event.
    pub(crate) end: SocketEnd,
    /// To the host.
    pub(crate) outcome: Result<(), Cause>,
}

impl SocketEnding {
    pub(crate) fn told(self, was_open: bool) -> Told {
        match self {
            Self::Closed { code, reason } if was_open => Told {
                unsent: Failure::App(AppFault::SocketNotOpen),
                error: None,
                end: SocketEnd::Closed { code, reason },
                outcome: Ok(()),
            },
            Self::Closed { .. } => Told::broken(closed_too_early(), true),
            Self::Stopped(failure) => {
                // W1, B2: what never opened has failed, unless the app itself does not want it any more.
                let is_error = !was_open && failure != Failure::App(AppFault::Aborted);
                Told::broken(failure.into(), is_error)
            }
            Self::Failed(cause) => Told::broken(cause, true),
        }
    }
}

impl Told {
    fn broken(cause: Cause, is_error: bool) -> Self {
        let failure = cause.failure.clone();
        Self {
            unsent: failure.clone(),
            error: is_error.then(|| failure.clone()),
            end: SocketEnd::Broken(failure),
            outcome: Err(cause),
        }
    }
}

fn closed_too_early() -> Cause {
    Cause {
        reason: Some("the socket was closed before it was open".to_owned()),
        ..Failure::Network(NetworkFault::ConnectionReset).into()
    }
}

impl EndedCall {
    /// The record of a socket: of its handshake and its life together.
    pub(crate) fn socket_record(
        self,
        outcome: Result<(), Cause>,
        handshake: Option<Profile>,
        app: AppId,
    ) -> CallRecord {
        const SWITCHING_PROTOCOLS: u16 = 101;
        let verdict = match outcome {
            Ok(()) => Verdict::answered(SWITCHING_PROTOCOLS, handshake),
            Err(cause) => Verdict::failed(cause, handshake),
        };
        self.record(verdict, app)
    }
}
