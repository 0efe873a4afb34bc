//! A call through the whole subsystem: from an app's port over real sockets to an HTTPS origin and back.

mod isolation;
mod leaving;
mod request;
mod tls;
mod world;
