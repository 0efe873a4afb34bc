//! When bytes are there that pass over a weak network.

#[cfg(test)]
mod tests;

use std::{num::NonZeroU64, time::Duration};

use rand::{RngExt as _, SeedableRng as _, rngs::Xoshiro256PlusPlus};

use super::{Chance, Paid, Shape};

/// What TCP carries at once over Ethernet and most mobile networks, in bytes.
pub const SEGMENT: usize = 1_460;

/// The least time after which TCP sends again what was lost, beside the round trip: Linux's `TCP_RTO_MIN`.
const LEAST_TIMEOUT: Duration = Duration::from_millis(200);

/// The most that passes at once: one TLS record.
const LARGEST_PIECE: usize = 16 << 10;

/// So many pieces a second pass at the least, so that a slow transfer goes on evenly.
const PIECES_A_SECOND: u64 = 20;

/// What becomes of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It passes.
    Passes {
        /// When its last byte has left the link, which the same connection may use again then.
        sent: Duration,
        /// When it is there.
        there: Duration,
        /// How many of its segments were lost on the way, and sent again.
        lost: u32,
    },
    /// Its connection is reset.
    Reset,
}

/// The weak network of one app, which all its connections share. Times count from any moment, the same for all calls.
#[derive(Debug, Clone)]
pub struct Shaper {
    shape: Shape,
    chance: Xoshiro256PlusPlus,
    down: Lane,
    up: Lane,
}

/// One direction: a bucket of tokens with room for one piece.
#[derive(Debug, Clone, Copy)]
struct Lane {
    rate: Option<NonZeroU64>,
    free_at: Duration,
}

impl Shaper {
    /// A network of this shape. The same seed and the same calls give the same fates.
    #[must_use]
    pub fn new(shape: Shape, seed: u64) -> Self {
        let lane = |rate| Lane {
            rate,
            free_at: Duration::ZERO,
        };
        Self {
            shape,
            chance: Xoshiro256PlusPlus::seed_from_u64(seed),
            down: lane(shape.down),
            up: lane(shape.up),
        }
    }

    /// What it is like.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How long a connection takes longer that is begun now: one round trip.
    pub fn connect(&mut self) -> Duration {
        match self.shape.paid {
            Paid::EachRoundTrip => self.latency(),
            Paid::EachAnswer => Duration::ZERO,
        }
    }

    /// The most bytes that may be received at once.
    #[must_use]
    pub fn piece_down(&self) -> usize {
        self.down.piece()
    }

    /// The most bytes that may be sent at once.
    #[must_use]
    pub fn piece_up(&self) -> usize {
        self.up.piece()
    }

    /// Bytes of a server are here, and go on to the app. Nothing of one connection overtakes: `earlier` is when what came before is there. Of a
    /// handshake the latency is paid as [`Paid`] says.
    pub fn receive(
        &mut self,
        bytes: usize,
        now: Duration,
        earlier: Duration,
        handshake: bool,
    ) -> Fate {
        let Some(lost) = self.lost(bytes) else {
            return Fate::Reset;
        };
        let sent = self.down.pass(bytes, now);
        let latency = match (self.shape.paid, handshake) {
            (Paid::EachAnswer, true) => Duration::ZERO,
            (Paid::EachRoundTrip | Paid::EachAnswer, _) => self.latency(),
        };
        let there = (sent + latency + self.stall(lost)).max(earlier);
        Fate::Passes { sent, there, lost }
    }

    /// Bytes of the app go out. The round trip is paid by what comes back.
    pub fn send(&mut self, bytes: usize, now: Duration) -> Fate {
        let Some(lost) = self.lost(bytes) else {
            return Fate::Reset;
        };
        let sent = self.up.pass(bytes, now) + self.stall(lost);
        Fate::Passes {
            sent,
            there: sent,
            lost,
        }
    }

    fn latency(&mut self) -> Duration {
        let jitter = u64::try_from(self.shape.jitter.as_micros()).unwrap_or(u64::MAX);
        let more = match jitter {
            0 => 0,
            most => self.chance.random_range(0..=most),
        };
        self.shape.latency + Duration::from_micros(more)
    }

    /// How many segments of so many bytes are lost; `None`: one of them found a reset.
    fn lost(&mut self, bytes: usize) -> Option<u32> {
        let (loss, reset) = (self.shape.loss, self.shape.reset);
        if loss == Chance::default() && reset == Chance::default() {
            return Some(0); // most shapes: nothing is drawn
        }
        let mut lost = 0;
        for _ in 0..bytes.div_ceil(SEGMENT) {
            if self.happens(reset) {
                return None;
            }
            lost += u32::from(self.happens(loss));
        }
        Some(lost)
    }

    fn happens(&mut self, chance: Chance) -> bool {
        self.chance.random_range(0..1_000_000) < chance.millionths()
    }

    /// Each lost segment waits for its timeout: short bursts, as those of a call, have nothing behind them that would tell earlier.
    fn stall(&self, lost: u32) -> Duration {
        (self.shape.latency + LEAST_TIMEOUT) * lost
    }
}

impl Lane {
    fn piece(&self) -> usize {
        let even = self
            .rate
            .and_then(|rate| usize::try_from(rate.get() / PIECES_A_SECOND).ok());
        even.map_or(LARGEST_PIECE, |even| even.clamp(SEGMENT, LARGEST_PIECE))
    }

    /// Behind what passes already.
    fn pass(&mut self, bytes: usize, now: Duration) -> Duration {
        let Some(rate) = self.rate else {
            return now;
        };
        let micros = (bytes as u64).saturating_mul(1_000_000) / rate;
        self.free_at = self.free_at.max(now) + Duration::from_micros(micros);
        self.free_at
    }
}
