//! The clock of a network.

#[cfg(feature = "manual-clock")]
pub(crate) mod manual;

use std::time::{Duration, SystemTime};

use appnet_core::Instant;
use tokio::runtime::{Builder, Runtime};

/// What time it is. One for a network; a test brings its own.
pub(crate) trait Clock: Send + Sync {
    /// Now. Never goes back, and goes on while the device sleeps (B6).
    fn now(&self) -> Instant;

    /// The wall-clock time of this clock's zero, counted from the Unix epoch.
    fn unix_zero(&self) -> Duration;

    /// A runtime for one thread of the network, whose timers go by this clock.
    fn runtime(&self) -> std::io::Result<Runtime> {
        Builder::new_current_thread().enable_all().build()
    }
}

/// Counts from its making by the clock that does not stop while the device sleeps (`CLOCK_BOOTTIME` and its like).
#[derive(Debug)]
pub(crate) struct BootClock {
    zero: boot_time::Instant,
    unix_zero: Duration,
}

impl BootClock {
    pub(crate) fn start() -> Self {
        let unix_zero = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            zero: boot_time::Instant::now(),
            unix_zero,
        }
    }
}

impl Clock for BootClock {
    fn now(&self) -> Instant {
        Instant::at(self.zero.elapsed())
    }

    fn unix_zero(&self) -> Duration {
        self.unix_zero
    }
}
