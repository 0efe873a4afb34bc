//! Exchanges with origins on loopback: real sockets, real TLS, real time.
#![cfg(test)]

mod basics;
mod support;
