//! The C ABI against an HTTPS origin, from Rust and from the languages that this machine has.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; its helpers are no test functions"
)]

mod examples;
mod facade;
mod header;
mod world;
