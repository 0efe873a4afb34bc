//! The network subsystem of a mini-program host.
//!
//! A host makes one [`Network`], launches its apps in it and moves them between foreground and background. Each launch gives
//! the app's [`Port`]: the app's end of the message bus, which speaks for that app alone.

mod network;
mod port;

pub use appnet_bus::Message;
pub use appnet_policy as policy;
pub use network::{CallRecord, CloseReport, LaunchError, Network, NetworkBuilder, StartError, UnknownApp};
pub use port::{Events, Port, PortSender, Refused};
