//! What the workers of an app tell its actor.

use actix::{Message, Recipient};
use appnet_core::{IoEvent, JobId, effect::Finished};

use crate::transport::Keep;

/// Something that a worker tells.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum Report {
    /// Something happened to an exchange or a socket.
    Io {
        /// Which one.
        job: JobId,
        /// What.
        event: IoEvent,
    },
    /// An exchange has ended with a file, which is kept if the task still runs.
    Saved {
        /// Which one.
        job: JobId,
        /// How it ended.
        finished: Box<Finished>,
        /// Makes the file visible.
        keep: Keep,
    },
    /// The worker of exchanges with this number is gone.
    WorkerGone(u64),
}

/// Where reports go: the app's actor.
pub(crate) type Reports = Recipient<Report>;
