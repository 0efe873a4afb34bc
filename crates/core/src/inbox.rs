//! What an app and its host asked for and the core has not heard yet, in order.

use std::collections::VecDeque;

use crate::{AskId, CheckedCall, Instant, SocketAsk, TaskId};

/// Something that the app or the host asked for.
#[derive(Debug)]
pub enum Inbound {
    /// The app called, at `at`.
    Call {
        /// The task.
        task: TaskId,
        /// The call.
        call: Box<CheckedCall>,
        /// When.
        at: Instant,
    },
    /// The app aborts a task (C4).
    Abort {
        /// The task.
        task: TaskId,
    },
    /// The app asks something of a socket (W2, W3).
    Ask {
        /// The socket.
        task: TaskId,
        /// What the answer names.
        ask: AskId,
        /// What it asks.
        what: SocketAsk,
    },
    /// The host moved the app.
    Move(Move),
}

/// The app moves on the screen or off it. What counts is when the host said it (B4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// On the screen (B4).
    Foreground {
        /// When.
        at: Instant,
    },
    /// Off the screen (B1).
    Background {
        /// Whether it is exempt (B5).
        pinned: bool,
        /// When.
        at: Instant,
    },
}

impl Move {
    /// When the host said it.
    #[must_use]
    pub const fn at(self) -> Instant {
        match self {
            Self::Foreground { at } | Self::Background { at, .. } => at,
        }
    }

    /// What the successor of a crashed core should hear: a second `Background` does not begin a second grace (B4).
    #[must_use]
    pub(crate) const fn continuing(self, last: Option<Self>) -> Self {
        match (self, last) {
            (
                Self::Background { pinned: false, .. },
                Some(Self::Background { pinned: false, at }),
            ) => Self::Background { pinned: false, at },
            (to, _) => to,
        }
    }
}

/// First in, first out.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    waiting: VecDeque<Inbound>,
    /// When the moves among them were made, in their order.
    moves: VecDeque<Instant>,
}

impl Inbox {
    pub(crate) fn push(&mut self, inbound: Inbound) {
        if let Inbound::Move(to) = &inbound {
            self.moves.push_back(to.at());
        }
        self.waiting.push_back(inbound);
    }

    pub(crate) fn pop(&mut self) -> Option<Inbound> {
        let inbound = self.waiting.pop_front()?;
        if let Inbound::Move(_) = inbound {
            self.moves.pop_front();
        }
        Some(inbound)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The time for the core. It stands still at the first move that the core has not heard: a grace that ended while the host's word was
    /// waiting did not end (B4).
    pub(crate) fn time(&self, now: Instant) -> Instant {
        self.moves.front().map_or(now, |first| now.min(*first))
    }
}
