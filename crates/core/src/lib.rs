//! One mini-program's network over time.
//!
//! [`AppCore`] is the whole of it: a state machine without sockets, clocks, tasks or locks. What happens goes in through its
//! `handle_*` verbs, always with the time; what is to be done comes out of `poll_effect`, what the app and the host are to hear out
//! of `poll_notice`, and `poll_timeout` says when it wants to be called again. A test can play an hour of an app's
//! life in a microsecond.
//!
//! Not here: rules over a single call (`appnet-policy`), JSON (`appnet-bus`), anything that acts (`appnet-io`, `appnet`).

mod alarm;
pub mod app;
mod ask;
mod call;
pub mod effect;
mod ending;
pub mod event;
mod holdings;
mod idle;
pub mod ids;
mod inbox;
pub mod instant;
mod ledger;
pub mod lifecycle;
pub mod link;
mod malformed;
mod outbox;
pub mod pool;
pub mod record;
mod restarts;
pub mod sight;
mod socket;
pub mod surroundings;
mod task;
mod tasks;

#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
#[cfg(any(test, feature = "fuzz"))]
mod model_tests;
#[cfg(any(test, feature = "fuzz"))]
mod test_support;
#[cfg(test)]
mod tests;

pub use alarm::{Alarm, Change};
pub use app::AppCore;
pub use ask::SocketAsk;
pub use call::CheckedCall;
pub use effect::{Effect, HttpJob, IoEvent, SocketIo, SocketJob};
pub use event::{Event, Notice, SocketEvent, Success, TaskEvent};
pub use holdings::{AppState, Holdings};
pub use ids::{AskId, Epoch, JobId, TaskId};
pub use inbox::{Inbound, Move};
pub use instant::Instant;
pub use link::Link;
pub use malformed::Malformed;
pub use outbox::Delivery;
pub use record::CallRecord;
pub use restarts::Restarts;
pub use sight::Sight;
