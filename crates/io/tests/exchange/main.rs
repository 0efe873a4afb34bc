//! Exchanges with origins on loopback: real sockets, real TLS, real time.
#![cfg(test)]

mod abort;
mod addresses;
mod basics;
mod chunks;
mod codings;
mod downloads;
mod files;
mod framing;
mod http2;
mod http2_ends;
mod profile;
mod redirects;
mod reuse;
mod support;
mod tls;
mod tls_openssl;
mod tls_reasons;
mod uploads;
