//! What an inspector sees of a call while it goes on: the same values that decide, not copies of them.

use appnet_policy::prepare::Call;

use crate::{
    CallRecord,
    effect::{Effect, IoEvent},
};

/// One thing that happened to a task. Of each task there is one `Ended` and nothing after it; a call whose port is full or closed is not seen at all,
/// since nothing was begun.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Sight<'a> {
    /// The app called. What becomes of it, a refusal too, is in the end's record.
    Called(&'a Call),
    /// The network is asked to do something for it.
    Asked(&'a Effect),
    /// The network has done something for it. Bytes in it may give room back to I/O when the last copy is dropped, so copy what is to be kept.
    Told(&'a IoEvent),
    /// It has ended.
    Ended(&'a CallRecord),
}
