//! Sockets to servers on loopback: real connections, real TLS, real time.
#![cfg(test)]

mod broken;
mod closing;
mod compression;
mod floods;
mod flow;
mod handshake;
mod handshake_refused;
mod messages;
mod secure;
mod support;
