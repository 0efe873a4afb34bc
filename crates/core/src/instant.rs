//! Time as the core sees it: an argument, never a clock.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

/// A point in time, counted from a zero that the caller chooses once for a network. It must go on while the device sleeps (B6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Instant(Duration);

impl Instant {
    /// The point this long after zero.
    #[must_use]
    pub const fn at(since_zero: Duration) -> Self {
        Self(since_zero)
    }

    /// How long after zero.
    #[must_use]
    pub const fn since_zero(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// How long after `earlier`; zero if it is not after.
    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Instant;

    #[test]
    fn time_stops_at_its_ends_instead_of_panicking() {
        let [first, last] = [Duration::ZERO, Duration::MAX].map(Instant::at);
        assert_eq!(last + Duration::from_secs(1), last);
        assert_eq!(first - last, Duration::ZERO);
    }
}
