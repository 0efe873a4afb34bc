//! Exchanges with origins on loopback: real sockets, real TLS, real time.
#![cfg(test)]

mod abort;
mod addresses;
mod basics;
mod codings;
mod framing;
mod http2;
mod http2_ends;
mod profile;
mod redirects;
mod reuse;
mod support;
mod tls;
