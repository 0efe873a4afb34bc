//! The binary, as a person and a test suite use it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside test functions"
)]

mod bus;
mod changed;
mod chromium;
mod components;
mod configuration;
mod data;
mod demo;
mod dialects;
mod endings;
mod files;
mod har;
mod inspect;
#[cfg(feature = "metrics")]
mod metrics;
mod names;
mod network;
mod pages;
mod platform;
mod probe;
mod projects;
mod recordings;
mod run;
mod sockets;
mod stops;
mod terminal;
