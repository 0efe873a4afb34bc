//! What the actors tell each other.

use std::sync::Arc;

use actix::Message;
use appnet_bus::Command;
use appnet_core::{
    AskId, HttpJob, Instant, IoEvent, JobId, SocketJob, app::CloseReport, effect::Finished,
};
use appnet_policy::{
    Rules,
    identity::AppId,
    socket::{CloseFrame, SocketMessage},
};

use crate::{
    link::Link,
    network::LaunchError,
    port::Events,
    transport::{Files, Keep},
};

// ---- to AppNet ------------------------------------------------------------------------------------------------------------------

/// The app's own command.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct FromPort(pub(crate) Command);

/// The app moves on the screen or off it; `at` is when.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub(crate) enum Move {
    Foreground { at: Instant },
    Background { pinned: bool, at: Instant },
}

/// Other rules for the calls to come.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Configure(pub(crate) Arc<Rules>);

/// Answered once the actor has started.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Started;

/// End everything; answered when nothing is left.
#[derive(Message)]
#[rtype(result = "CloseReport")]
pub(crate) struct Close;

/// The time that was asked for has come.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Tick;

/// An exchange has something to say.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct FromIo {
    pub(crate) job: JobId,
    pub(crate) event: IoEvent,
}

/// An exchange has ended with a file, which is kept if the task still runs.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Saved {
    pub(crate) job: JobId,
    pub(crate) finished: Box<Finished>,
    pub(crate) keep: Keep,
}

/// A worker is gone; which one, by its number.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct WorkerGone(pub(crate) u64);

// ---- to HttpWorker --------------------------------------------------------------------------------------------------------------

/// Make an exchange.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Start(pub(crate) Box<HttpJob>);

/// Stop exchanges. One alone stops at once; many, which is an app's interruption, each in its turn, see
/// [`Teardown`](crate::teardown::Teardown).
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Cancel(pub(crate) Vec<JobId>);

/// Stop all exchanges and close all connections; answered when that is done.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ShutDownWorker;

// ---- to SocketWorker ------------------------------------------------------------------------------------------------------------

/// Connect the worker's one socket.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Connect(pub(crate) Box<SocketJob>);

/// Send on it, behind what was sent before.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct SendOnSocket {
    pub(crate) ask: AskId,
    pub(crate) message: SocketMessage,
}

/// Start its close handshake, behind what was sent before.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseOnSocket(pub(crate) CloseFrame);

/// Close its connection without a word, in the thread's order of [`Teardown`](crate::teardown::Teardown).
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct DropSocket;

// ---- to NetworkSupervisor -------------------------------------------------------------------------------------------------------

/// Launch an app, with its files.
#[derive(Message)]
#[rtype(result = "Result<(Arc<Link>, Events), LaunchError>")]
pub(crate) struct Launch(pub(crate) Arc<Rules>, pub(crate) Files);

/// Change an app's rules; `false` if it does not run.
#[derive(Message)]
#[rtype(result = "bool")]
pub(crate) struct Reconfigure(pub(crate) Arc<Rules>);

/// Close an app; `None` if it does not run.
#[derive(Message)]
#[rtype(result = "Option<CloseReport>")]
pub(crate) struct CloseApp(pub(crate) AppId);

/// Close every app.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseAll;

/// An app's actor ended without being told to.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Crashed {
    pub(crate) app: AppId,
    pub(crate) epoch: appnet_core::Epoch,
}
