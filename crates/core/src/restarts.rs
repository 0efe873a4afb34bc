//! When an app is started again after a crash (P8).

use std::time::Duration;

use crate::Instant;

/// The lives of one app so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restarts {
    /// When this life began.
    born: Instant,
    /// Crashes in a row.
    crashes: u32,
}

/// A life this long makes earlier crashes forgotten.
const GOOD_LIFE: Duration = Duration::from_secs(60);

/// How long the second restart in a row waits. The first does not wait.
const SECOND: Duration = Duration::from_millis(100);

/// How long a restart waits at most.
const LONGEST: Duration = Duration::from_secs(5);

impl Restarts {
    /// An app that is launched.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            born: now,
            crashes: 0,
        }
    }

    /// The app crashed: how long its restart waits. The first restart is immediate, the second comes after 100 ms, then twice as long
    /// each time up to 5 s.
    #[must_use]
    pub fn crashed(&mut self, now: Instant) -> Duration {
        let forgotten = now - self.born >= GOOD_LIFE;
        self.crashes = if forgotten { 1 } else { self.crashes + 1 };
        match self.crashes {
            0 | 1 => Duration::ZERO,
            more => SECOND.saturating_mul(1 << (more - 2).min(16)).min(LONGEST),
        }
    }

    /// The app begins another life.
    pub const fn reborn(&mut self, now: Instant) {
        self.born = now;
    }

    /// Crashes in a row.
    #[must_use]
    pub const fn crashes(&self) -> u32 {
        self.crashes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Restarts;
    use crate::Instant;

    fn at(milliseconds: u64) -> Instant {
        Instant::at(Duration::from_millis(milliseconds))
    }

    #[test]
    fn p8_each_crash_in_a_row_waits_twice_as_long_up_to_five_seconds() {
        let mut restarts = Restarts::new(at(0));
        let waits: Vec<_> = (0..9)
            .map(|_| restarts.crashed(at(1)).as_millis())
            .collect();
        assert_eq!(waits, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(restarts.crashes(), 9);
    }

    #[test]
    fn p8_a_minute_without_a_crash_makes_earlier_ones_forgotten() {
        let mut restarts = Restarts::new(at(0));
        let _ = restarts.crashed(at(1));
        restarts.reborn(at(2));
        assert_eq!(restarts.crashed(at(60_001)).as_millis(), 100);
        restarts.reborn(at(61_000));
        assert_eq!(restarts.crashed(at(121_000)).as_millis(), 0);
    }
}
