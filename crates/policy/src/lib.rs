//! Rules over one network call of a mini-program.
//!
//! Everything here decides and nothing acts: no socket, clock, task or lock. A host's configuration becomes [`Rules`];
//! an app's call becomes an [`OutgoingRequest`](exchange::OutgoingRequest) or a [`Failure`]; a response becomes an
//! [`Answer`](exchange::Answer). Ids in the docs (`U3`, `R1` …) are those of the behaviour contract, `docs/policy.md`.
//!
//! Not here: what happens over time (queue, background, tasks), which is `appnet-core`, and anything that touches the
//! network, which is `appnet-io`.

pub mod addresses;
pub mod alt_svc;
pub mod api;
pub mod body;
pub mod charset;
pub mod connect;
pub mod connectivity;
pub mod dialects;
pub mod domains;
pub mod exchange;
pub mod failure;
pub mod files;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod headers;
pub mod icp;
pub mod identity;
pub mod lan;
pub mod matching;
pub mod method;
pub mod multipart;
pub mod prepare;
pub mod preset;
pub mod progress;
pub mod proxy;
pub mod quality;
pub mod redirect;
pub mod response;
pub mod rules;
pub mod shape;
pub mod socket;
pub mod target;
pub mod template;
pub mod timeouts;
pub mod tls;

#[cfg(test)]
mod testing;

pub use api::Api;
pub use dialects::Dialect;
pub use failure::Failure;
pub use preset::Policy;
pub use rules::{Permitted, Rules};
pub use target::Target;
