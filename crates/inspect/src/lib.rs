//! What an inspector makes of the calls that it sees: a log of calls with their bodies, bounded, HAR files of it,
//! and with the feature `devtools` a server that Chrome DevTools can attach to.
//!
//! Everything comes from [`appnet::Sight`]s, which are the values that the network decides with; nothing here changes a call.

#[cfg(feature = "devtools")]
mod cdp;
mod each;
mod har;
mod log;
mod mask;

#[cfg(feature = "devtools")]
pub use cdp::{Address, DevTools};
pub use each::Each;
pub use har::har;
pub use log::{Body, CallLog, Entry, Frame, Limits};
pub use mask::Secrets;
