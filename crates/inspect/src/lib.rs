//! What an inspector makes of the calls that it sees: a log of calls with their bodies, bounded, and HAR files of it.
//!
//! Everything comes from [`appnet::Sight`]s, which are the values that the network decides with; nothing here changes a call.

mod har;
mod log;
mod mask;

pub use har::har;
pub use log::{Body, CallLog, Entry, Frame, Limits};
pub use mask::Secrets;
