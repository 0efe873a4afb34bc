//! The message bus between an app's UI layer and its network: JSON with binary attachments, to and from typed commands and events.
//!
//! A [`Message`] is what crosses. [`command::read`] understands one from the UI layer; [`event::write`] makes one for it. What an app
//! hears as `errMsg` comes from the one table in [`errors`]. The messages are written down, with their JSON, in `docs/bus.md`.
//!
//! Nothing here panics, whatever the text: what cannot be understood is a [`Malformed`] that says where and what
//! would be right.

mod ask;
pub mod command;
#[cfg(test)]
mod documented;
pub mod errors;
pub mod event;
mod fields;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod json;
mod malformed;
pub mod message;
mod options;
mod profile;
mod progress;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod samples;
mod strings;

pub use appnet_core::Malformed;
pub use command::{Command, CommandKind};
pub use message::Message;
