//! The clients that are measured with messages over sockets.

mod bus;
mod fast;
mod talk;
mod text;
mod tungstenite;

use std::sync::Arc;

use crate::{
    origin::Origin,
    tls,
    turn::{Failure, Peer, Runners},
    work::{Talk, Version},
};

/// A client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// What the others are compared with.
    Tungstenite,
    /// Another library.
    Fast,
    /// The whole subsystem, from JSON to JSON, the port on a thread of its own.
    Bus,
    /// The same, the port on the app's thread.
    BusDriven,
}

impl Client {
    /// In the order of the tables; the first is what the others are compared with.
    pub(crate) const ALL: &[Self] = &[Self::Tungstenite, Self::Fast, Self::Bus, Self::BusDriven];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tungstenite => "tokio-tungstenite",
            Self::Fast => "fastwebsockets",
            Self::Bus => "bus",
            Self::BusDriven => "bus-driven",
        }
    }

    /// Connects it.
    pub(crate) async fn ready(self, origin: &Origin, talk: Talk) -> Result<Box<dyn Peer>, Failure> {
        let config = Arc::new(tls::config(origin, Version::One)?);
        Ok(match self {
            Self::Tungstenite => {
                let mut sockets = Vec::new();
                for _ in 0..talk.connections {
                    let tls = tls::connect(&config, origin.echo).await?;
                    sockets.push(tungstenite::Socket::connect(tls, talk).await?);
                }
                Box::new(Runners(sockets))
            }
            Self::Fast => {
                let mut sockets = Vec::new();
                for _ in 0..talk.connections {
                    let tls = tls::connect(&config, origin.echo).await?;
                    sockets.push(fast::Socket::connect(tls, talk).await?);
                }
                Box::new(Runners(sockets))
            }
            Self::Bus => Box::new(bus::connect(origin, talk).await?),
            Self::BusDriven => Box::new(bus::connect_driven(origin, talk).await?),
        })
    }
}
