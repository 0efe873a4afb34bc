//! Foreground, background, closed (section 4).
//!
//! ```text
//!                    enter_background                grace ends
//!   ┌────────────┐ ──────────────────▶ ┌───────┐ ──────────────▶ ┌─────────────┐
//!   │ Foreground │                     │ Grace │  (B2: all tasks │ Interrupted │
//!   └────────────┘ ◀────────────────── └───────┘   interrupted)  └─────────────┘
//!      ▲      │     enter_foreground       │                        │   │
//!      │      │ pinned                     │ pinned                 │   │ pinned
//!      │      ▼                            ▼                        │   ▼
//!      │  ┌────────┐ ◀─────────────────────────────────────────────────┘
//!      ├──│ Pinned │   enter_background(pinned: false) ▶ Grace      │
//!      │  └────────┘                                                │
//!      └────────────────────────────────────────────────────────────┘
//!   any ──close──▶ Closed
//! ```

#[cfg(test)]
mod tests;

use std::time::Duration;

use appnet_policy::preset::BackgroundCalls;

use crate::Instant;

/// Where an app is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// On the screen.
    Foreground,
    /// In the background and pinned: nothing is taken from it (B5).
    Pinned,
    /// In the background; its tasks go on until then (B1).
    Grace {
        /// When they are interrupted (B2).
        ends: Instant,
    },
    /// In the background, with its tasks interrupted (B2).
    Interrupted,
    /// Closed (B7).
    Closed,
}

/// Whether a new call may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Open,
    /// It fails, in the words of the policy (B3).
    Interrupted,
    /// The app is closed (B7).
    Closed,
}

impl Lifecycle {
    /// The state after the app left the screen. Being told twice does not lengthen a grace that runs (B4).
    #[must_use]
    pub fn entered_background(self, pinned: bool, now: Instant, grace: Duration) -> Self {
        match (self, pinned) {
            (Self::Closed, _) => Self::Closed,
            (_, true) => Self::Pinned,
            (Self::Foreground | Self::Pinned, false) => Self::Grace { ends: now + grace },
            (Self::Grace { .. } | Self::Interrupted, false) => self,
        }
    }

    /// The state after the app came back to the screen (B4).
    #[must_use]
    pub const fn entered_foreground(self) -> Self {
        match self {
            Self::Closed => Self::Closed,
            Self::Foreground | Self::Pinned | Self::Grace { .. } | Self::Interrupted => {
                Self::Foreground
            }
        }
    }

    /// Whether a new call may start (B3, B5).
    #[must_use]
    pub const fn admission(self, background_calls: BackgroundCalls) -> Admission {
        match (self, background_calls) {
            (Self::Foreground | Self::Pinned, _)
            | (Self::Grace { .. }, BackgroundCalls::DuringGrace) => Admission::Open,
            (Self::Grace { .. }, BackgroundCalls::Refused) | (Self::Interrupted, _) => {
                Admission::Interrupted
            }
            (Self::Closed, _) => Admission::Closed,
        }
    }

    /// When its tasks are interrupted, if a grace runs (B2).
    #[must_use]
    pub const fn interrupts_at(self) -> Option<Instant> {
        match self {
            Self::Grace { ends } => Some(ends),
            Self::Foreground | Self::Pinned | Self::Interrupted | Self::Closed => None,
        }
    }
}
