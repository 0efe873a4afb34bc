//! Weak networks by name.

use std::{num::NonZeroU64, time::Duration};

use super::{Chance, Paid, Shape};
use crate::connectivity::NetworkType;

/// A weak network with a name.
///
/// Those of DevTools are in its front end's `core/sdk/NetworkManager.ts`. The speeds are as they stand there, with the factor that its authors found; the
/// latencies are its `targetLatency`, the round trip, for here each round trip is delayed and not, as there, a whole request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// `2g`: 250 kbit/s down, 50 up, 300 ms: "Regular 2G" of Chrome DevTools until 2017.
    Type2G,
    /// `slow-3g`: 400 kbit/s down and up, 400 ms: "3G" of DevTools, which was "Slow 3G" until 2024.
    Slow3G,
    /// `3g`: 1,440 kbit/s down, 675 up, 150 ms: "Slow 4G" of DevTools, which was "Fast 3G" until 2024.
    Type3G,
    /// `4g`: 8.1 Mbit/s down, 1.35 up, 60 ms: "Fast 4G" of DevTools.
    Type4G,
    /// `lossy`: 1,440 kbit/s down, 675 up, 150 ms and up to 100 ms more, one segment in fifty lost: a train. The numbers are our own: DevTools loses
    /// no packets of HTTP.
    Lossy,
    /// `offline`: no network, as DevTools' "Offline".
    Offline,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Type2G,
        Self::Slow3G,
        Self::Type3G,
        Self::Type4G,
        Self::Lossy,
        Self::Offline,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Type2G => "2g",
            Self::Slow3G => "slow-3g",
            Self::Type3G => "3g",
            Self::Type4G => "4g",
            Self::Lossy => "lossy",
            Self::Offline => "offline",
        }
    }

    /// What it is like.
    #[must_use]
    pub const fn shape(self) -> Shape {
        const PLAIN: Shape = Shape {
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            paid: Paid::EachRoundTrip,
            down: None,
            up: None,
            loss: Chance(0),
            reset: Chance(0),
            network_type: None,
            offline: false,
        };
        const fn cellular(millis: u64, down: u64, up: u64, kind: NetworkType) -> Shape {
            Shape {
                latency: Duration::from_millis(millis),
                down: NonZeroU64::new(down),
                up: NonZeroU64::new(up),
                network_type: Some(kind),
                ..PLAIN
            }
        }
        match self {
            Self::Type2G => cellular(300, 31_250, 6_250, NetworkType::Cellular2G),
            Self::Slow3G => cellular(400, 50_000, 50_000, NetworkType::Cellular3G),
            Self::Type3G => cellular(150, 180_000, 84_375, NetworkType::Cellular3G),
            Self::Type4G => cellular(60, 1_012_500, 168_750, NetworkType::Cellular4G),
            Self::Lossy => Shape {
                jitter: Duration::from_millis(100),
                loss: Chance(20_000),
                network_type: None,
                ..Self::Type3G.shape()
            },
            Self::Offline => Shape {
                offline: true,
                ..PLAIN
            },
        }
    }
}
