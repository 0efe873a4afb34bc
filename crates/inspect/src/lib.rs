//! What an inspector makes of the calls that it sees: a log of calls with their bodies, bounded, HAR files of it, recordings that can be played back,
//! and with the feature `devtools` a server that Chrome DevTools can attach to.
//!
//! Everything comes from [`appnet::Sight`]s, which are the values that the network decides with; nothing here changes a call.

#[cfg(feature = "devtools")]
mod cdp;
mod each;
mod har;
#[cfg(test)]
#[cfg(feature = "devtools")]
mod histories;
mod initiator;
mod log;
mod mask;
mod record;
mod replay;
mod tape;

#[cfg(feature = "devtools")]
pub use cdp::{Address, ConsoleLevel, DevTools};
pub use each::Each;
pub use har::har;
pub use log::{Body, CallFrame, CallLog, Entry, Frame, Hop, Limits, SentRequest, Stack};
pub use mask::Secrets;
pub use record::Recorder;
pub use replay::{Replay, Unknown};
pub use tape::TapeError;
