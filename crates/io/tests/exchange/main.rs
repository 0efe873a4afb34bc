//! Exchanges with origins on loopback: real sockets, real TLS, real time.
#![cfg(test)]

mod abort;
mod basics;
mod framing;
mod reuse;
mod support;
