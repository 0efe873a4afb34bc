//! A weak network, made on purpose: what a host, a developer or a front end of DevTools asks of the network of one app.
//!
//! Plain data and arithmetic. [`Shaper`] decides when bytes that pass are there, and which are not; whoever holds the connections makes them wait.

mod preset;
mod shaper;
mod text;

use std::{num::NonZeroU64, time::Duration};

pub use preset::Preset;
pub use shaper::{Fate, SEGMENT, Shaper};
pub use text::ShapeError;

use crate::connectivity::{Connectivity, NetworkType};

/// What an app's network is like. The default changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// What each round trip takes longer.
    pub latency: Duration,
    /// Up to so much more, by chance.
    pub jitter: Duration,
    /// Where the latency is paid.
    pub paid: Paid,
    /// What all connections of the app together receive, in bytes a second; `None`: as fast as it comes.
    pub down: Option<NonZeroU64>,
    /// What they send.
    pub up: Option<NonZeroU64>,
    /// The chance of each segment of [`SEGMENT`] bytes, in either direction, to be lost. TCP sends it again, so that what follows it stalls.
    pub loss: Chance,
    /// The chance of each segment to find its connection reset.
    pub reset: Chance,
    /// What the app is told that it is connected by; `None`: what the host says.
    pub network_type: Option<NetworkType>,
    /// There is no network: calls fail as they do when a device has lost it.
    pub offline: bool,
}

/// Where the latency of a [`Shape`] is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paid {
    /// In every round trip, those of TCP's and TLS's handshakes too, as on a network.
    #[default]
    EachRoundTrip,
    /// From a request to its answer only, as the DevTools protocol means it: the latencies of its front end have the handshakes in them.
    EachAnswer,
}

/// A chance, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Chance(u32);

impl Chance {
    /// One in a hundred is 1; `None` for what is not from 0 to 100.
    #[must_use]
    pub fn percent(percent: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 1,000,000"
        )]
        let millionths = || (percent * 1e4).round() as u32;
        (0.0..=100.0).contains(&percent).then(|| Self(millionths()))
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

impl Shape {
    /// What the app is told of the device's network. Whether the network is weak is judged by the app's own calls, which the shape is seen in.
    #[must_use]
    pub fn over(&self, connectivity: Connectivity) -> Connectivity {
        let network_type = match self.offline {
            true => NetworkType::None,
            false => self.network_type.unwrap_or(connectivity.network_type),
        };
        Connectivity {
            network_type,
            weak: None,
            ..connectivity
        }
    }
}
