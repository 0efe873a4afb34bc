//! A call through the whole subsystem: from an app's port over real sockets to an HTTPS origin and back.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; its helpers are no test functions"
)]

mod clock;
mod dialects;
mod embedding;
mod faults;
mod faults_http3;
mod files;
mod isolation;
mod leaving;
mod request;
mod socket;
mod tls;
mod world;
