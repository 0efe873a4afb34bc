//! What an app's own calls say of the network: the estimates in a profile, and whether the network is weak.
//!
//! Nothing is sent to find it out. The estimates are medians over the last calls, so that one slow server does not decide.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Duration};

use crate::{
    Failure,
    exchange::{Profile, Span},
    failure::NetworkFault,
};

/// How many calls count: as many as the platform judges by (its page on network tuning).
const WINDOW: usize = 8;

/// How many of them have to be bad, in one way, for a network to be weak (the same page).
const BAD_OF_WINDOW: usize = 3;

/// A round trip that is longer is bad (the same page).
const LONG_ROUND_TRIP: Duration = Duration::from_millis(400);

/// Of fewer bytes no speed can be told: they came in one piece. As in Chromium, which the platform's clients are built on.
const MEASURABLE_BYTES: u64 = 32_000;

/// Chromium's bounds on the time to the first byte, from the slowest type on.
const TYPES: [(Duration, EffectiveType); 3] = [
    (Duration::from_millis(2010), EffectiveType::Slow2G),
    (Duration::from_millis(1420), EffectiveType::Type2G),
    (Duration::from_millis(273), EffectiveType::Type3G),
];

/// What the last calls of one app were like.
#[derive(Debug, Clone, Default)]
pub struct Quality {
    calls: VecDeque<Sample>,
}

/// What is to be learnt from one call.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    http_rtt: Option<Duration>,
    transport_rtt: Option<Duration>,
    kbps: Option<u64>,
    timed_out: bool,
    lost: bool,
}

/// Estimates at one moment; `None`: no call of late has shown it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimates {
    /// What kind of network it feels like.
    pub effective_type: EffectiveType,
    /// From the last byte of a request to the first of its answer.
    pub http_rtt: Option<Duration>,
    /// A round trip below HTTP.
    pub transport_rtt: Option<Duration>,
    /// Speed of bodies, in kilobits a second.
    pub downstream_kbps: Option<u64>,
}

/// `estimate_nettype`, whose numbers are Chromium's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum EffectiveType {
    #[default]
    Unknown,
    Offline,
    Slow2G,
    Type2G,
    Type3G,
    Type4G,
}

impl EffectiveType {
    /// The platform's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Offline => 1,
            Self::Slow2G => 2,
            Self::Type2G => 3,
            Self::Type3G => 4,
            Self::Type4G => 5,
        }
    }
}

impl Quality {
    /// A call has ended. What never left the device says nothing of the network.
    pub fn observe(&mut self, profile: Option<&Profile>, failure: Option<&Failure>) {
        let timed_out = failure == Some(&Failure::Network(NetworkFault::TimedOut));
        let measured = profile.map(Sample::of).unwrap_or_default();
        if !timed_out && !measured.shows_something() {
            return;
        }
        if self.calls.len() == WINDOW {
            self.calls.pop_front();
        }
        self.calls.push_back(Sample {
            timed_out,
            ..measured
        });
    }

    /// What the last calls show together.
    #[must_use]
    pub fn estimates(&self) -> Estimates {
        let http_rtt = self.median(|call| call.http_rtt);
        Estimates {
            effective_type: http_rtt.map_or(EffectiveType::Unknown, effective_type),
            http_rtt,
            transport_rtt: self.median(|call| call.transport_rtt),
            downstream_kbps: self.median(|call| call.kbps),
        }
    }

    /// The platform's rule: of the last eight calls three timed out, or had a round trip over 400 ms, or lost packets.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        let is_slow = |call: &Sample| call.transport_rtt.is_some_and(|rtt| rtt > LONG_ROUND_TRIP);
        [
            |call: &Sample| call.timed_out,
            is_slow,
            |call: &Sample| call.lost,
        ]
        .into_iter()
        .any(|is_bad| self.calls.iter().filter(|call| is_bad(call)).count() >= BAD_OF_WINDOW)
    }

    /// Of each call that has a profile: nothing is allocated for it.
    fn median<T: Ord + Copy + Default>(&self, of: impl Fn(&Sample) -> Option<T>) -> Option<T> {
        let mut room = [T::default(); WINDOW];
        let mut count = 0;
        for (place, value) in room.iter_mut().zip(self.calls.iter().filter_map(of)) {
            *place = value;
            count += 1;
        }
        let values = &mut room[..count];
        values.sort_unstable();
        values.get(count / 2).copied()
    }
}

impl Sample {
    fn of(profile: &Profile) -> Self {
        let answered = profile.request.zip(profile.response);
        Self {
            http_rtt: answered.map(|(sent, came)| came.start.saturating_sub(sent.end)),
            transport_rtt: profile.rtt,
            kbps: throughput_kbps(profile),
            timed_out: false,
            lost: profile.lost_packets,
        }
    }

    const fn shows_something(&self) -> bool {
        self.http_rtt.is_some() || self.transport_rtt.is_some()
    }
}

/// How fast an answer came, in kilobits a second; `None` where it was too small to tell.
#[must_use]
pub fn throughput_kbps(profile: &Profile) -> Option<u64> {
    let Span { start, end } = profile.response?;
    let micros = u64::try_from(end.saturating_sub(start).as_micros()).ok()?;
    if profile.received_bytes < MEASURABLE_BYTES {
        return None;
    }
    profile
        .received_bytes
        .saturating_mul(8_000)
        .checked_div(micros)
}

fn effective_type(http_rtt: Duration) -> EffectiveType {
    let slow = TYPES.into_iter().find(|(least, _)| http_rtt >= *least);
    slow.map_or(EffectiveType::Type4G, |(_, kind)| kind)
}
