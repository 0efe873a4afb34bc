//! Exchanges with origins on loopback: real sockets, real TLS, real time.
#![cfg(test)]

mod abort;
mod account;
mod addresses;
mod basics;
mod caching;
mod chunks;
mod codings;
mod crashes;
#[cfg(feature = "doh")]
mod doh;
mod downloads;
mod files;
mod framing;
mod histories;
mod http2;
mod http2_answers;
mod http2_ends;
mod http2_floods;
mod http2_silence;
#[cfg(feature = "http3")]
mod http3;
mod names;
mod probing;
mod profile;
mod proxy;
mod raw_http2;
mod rebinding;
mod redirects;
mod reuse;
mod scripted;
mod server_keys;
mod support;
mod tls;
mod tls_openssl;
mod tls_reasons;
mod uploads;
