//! The message bus between an app's UI layer and its network: JSON with binary attachments, to and from typed commands and events.
//!
//! A [`Message`] is what crosses. [`parse_command`](command::parse) reads one from the UI; [`event::write`] makes one for it. What an app
//! hears as `errMsg` comes from the one table in [`errors`]. The messages are written down, with their JSON, in `docs/bus.md`.

pub mod message;

pub use message::Message;
