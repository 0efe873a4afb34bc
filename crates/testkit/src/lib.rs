//! What tests, benches and the demo run against: certificates, scripted origins, a fast origin, faults.
//!
//! Everything listens on loopback, on threads of its own, and ends when it is dropped. Server threads never panic on what a
//! peer does; starting one, and waiting in vain for an event, may.
//!
//! Not here: anything that a shipped network needs.

mod body;
pub mod ca;
mod conn;
pub mod datagrams;
pub mod fault;
pub mod gate;
pub mod http;
pub mod leaf;
mod peer;
pub mod proxy;
pub mod raw;
pub mod routes;
mod signal;
mod thread;
pub mod ws;

pub use ca::{Ca, Flaw};
pub use datagrams::{DatagramFault, DatagramProxy};
pub use fault::{Fault, FaultProxy, Side};
pub use gate::Gate;
pub use http::{HttpOrigin, Reply, Request};
pub use leaf::Leaf;
pub use proxy::{Conduct, Speaks, TestProxy};
pub use raw::{RawOrigin, Script};
pub use routes::demo_routes;
pub use ws::WsOrigin;
