//! `wx.js` in a bare engine over a scripted bridge, and the engine's binding over a scripted port.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside test functions"
)]

mod bare;
mod changed;
mod encoding;
mod engine;
mod files;
mod memory;
mod modules;
mod network;
mod older_sockets;
mod sockets;
mod tasks;
mod timers;
