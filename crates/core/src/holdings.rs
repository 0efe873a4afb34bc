//! What an app has at a moment, for a host that looks on.

use std::time::Duration;

use crate::{Instant, inbox::Move};

/// Where an app is, as the host has said (section 4), whether its actor has heard of it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppState {
    /// On the screen.
    Foreground,
    /// In the background and pinned (B5).
    Pinned,
    /// In the background; what it has is interrupted in so long (B1).
    Grace {
        /// More than zero.
        left: Duration,
    },
    /// In the background, and the grace is over (B2). What it had ends in these moments, if it has not ended.
    Interrupted,
    /// It is being closed (B7).
    Closing,
}

/// What an app has. All of it is of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holdings {
    /// Where it is.
    pub state: AppState,
    /// Tasks that have left the queue: exchanges, and handshakes of sockets.
    pub running: usize,
    /// Tasks that wait for a permit, or to be looked at.
    pub queued: usize,
    /// Sockets that are open or closing.
    pub sockets: usize,
    /// Bytes of calls and socket messages that have not ended, and of answers to commands that the app has not taken (I2).
    pub waiting_bytes: usize,
}

/// Open tasks by how far they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct OpenTasks {
    pub(crate) running: usize,
    pub(crate) queued: usize,
    pub(crate) sockets: usize,
}

impl AppState {
    /// Its name for hosts in other languages: `foreground`, `pinned`, `grace`, `interrupted` or `closing`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Foreground => "foreground",
            Self::Pinned => "pinned",
            Self::Grace { .. } => "grace",
            Self::Interrupted => "interrupted",
            Self::Closing => "closing",
        }
    }

    /// How long what it has goes on, if it is in the background and not pinned.
    #[must_use]
    pub const fn grace_left(self) -> Option<Duration> {
        match self {
            Self::Grace { left } => Some(left),
            Self::Foreground | Self::Pinned | Self::Interrupted | Self::Closing => None,
        }
    }

    /// After the host's last move.
    pub(crate) fn after(last_move: Option<Move>, now: Instant, grace: Duration) -> Self {
        match last_move {
            None | Some(Move::Foreground { .. }) => Self::Foreground,
            Some(Move::Background { pinned: true, .. }) => Self::Pinned,
            Some(Move::Background { pinned: false, at }) => {
                let left = grace.saturating_sub(now - at);
                match left.is_zero() {
                    true => Self::Interrupted,
                    false => Self::Grace { left },
                }
            }
        }
    }
}
