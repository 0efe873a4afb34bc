//! The network functions of `wx` for a JavaScript engine.
//!
//! Two halves. [`WX_SOURCE`] is `wx.js` with `sockets.js` and `network.js`: it runs in any engine over a bridge of two functions and knows nothing of this crate.
//! [`Engine`] is the binding to one engine, QuickJS: it runs a program with `wx`, `console` and timers, and hands messages
//! over between the program and an app's port.
//!
//! Not here: what else a program finds (files, storage, modules), which is `appnet-host`, and what a call means, which is
//! decided behind the bus.

mod bridge;
mod buffer;
mod engine;
mod error;
mod hints;
mod install;
mod rejections;
mod script;
mod shared;
mod timers;

pub use buffer::{bytes_of, to_buffer};
pub use engine::{Engine, EngineOptions, Jobs};
pub use error::ScriptError;
/// The engine this crate binds to: what a host needs to put functions of its own beside `wx`.
pub use rquickjs;
pub use script::{MODULE_OFFSET, module, script};
pub use shared::{Caller, Console, Level, Trace};

/// What the names of this crate's own scripts begin with, in stacks: `at start (appnet:wx.js:274:9)`.
pub const OWN_FILES: &str = "appnet:";

/// The text of `wx.js`: an expression whose value is `(bridge) => wx`.
pub const WX_SOURCE: &str = concat!(
    "(bridge) => (",
    include_str!("wx.js"),
    ")(bridge, ",
    include_str!("sockets.js"),
    ", ",
    include_str!("network.js"),
    ")",
);
