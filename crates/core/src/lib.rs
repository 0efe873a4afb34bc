//! One mini-program's network over time.
//!
//! [`AppCore`] is the whole of it: a state machine without sockets, clocks, tasks or locks. What happens goes in through its
//! `handle_*` verbs, always with the time; what is to be done comes out of `poll_effect`, what the app and the host are to hear out
//! of `poll_event` and `poll_record`, and `poll_timeout` says when it wants to be called again. A test can play an hour of an app's
//! life in a microsecond.
//!
//! Not here: rules over a single call (`appnet-policy`), JSON (`appnet-bus`), anything that acts (`appnet-io`, `appnet`).

pub mod app;
pub mod effect;
mod ending;
pub mod event;
pub mod ids;
pub mod instant;
pub mod lifecycle;
pub mod pool;
pub mod record;
mod socket;
mod task;
mod tasks;

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

pub use app::AppCore;
pub use effect::{Effect, HttpJob, IoEvent, SocketIo, SocketJob};
pub use event::{Event, SocketEvent};
pub use ids::{AskId, Epoch, JobId, TaskId};
pub use instant::Instant;
pub use record::CallRecord;
