//! appnet for hosts in other languages: a C ABI. Its header is `include/appnet.h`.
//!
//! [`facade`] is the whole of it in safe Rust: handles are numbers, configurations are JSON, and every failure has a code and a text. [`c_abi`]
//! puts pointers around it. Not here: what crosses the bus, which is `docs/bus.md`.
//!
//! A handle is a number and not a pointer, so that one that is used after its end is an error and not a crash.

pub mod buffers;
pub mod c_abi;
#[doc(hidden)]
pub mod client;
mod config;
pub mod facade;
pub mod fault;
mod handles;
mod listeners;
mod record;
mod wait;
