//! The opening handshake (RFC 6455 §4.1), without I/O: our request, the server's answer, and whether both agree.

mod agreement;
mod reply;
mod request;

pub(super) use agreement::{Agreed, agreed};
pub(super) use reply::ReplyScan;
pub(super) use request::request;
