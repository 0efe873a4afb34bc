//! Whether the server is still there: nobody says that a path is gone.
//!
//! A phone leaves a network, a NAT forgets: nothing comes any more, and the kernel repeats what was sent for a quarter of an hour. So a server that is
//! silent while calls wait is asked for a sign of life (RFC 9113 §6.7), and left without one. Any byte is one.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

/// How long a server of HTTP/2 may be silent while calls wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilenceLimits {
    /// When nothing came for so long, the server is asked for a sign of life, by a PING.
    pub ask_after: Duration,
    /// When nothing comes for so long after that, the connection is closed. What was sent before the PING, which arrives after it, is allowed for.
    pub answer_within: Duration,
}

impl Default for SilenceLimits {
    /// 5 s, which few answers take; and 10 s, in which a mobile network is back from whatever it does. Chromium (`net/spdy/spdy_session.cc`) has 10 s for both.
    fn default() -> Self {
        Self {
            ask_after: Duration::from_secs(5),
            answer_within: Duration::from_secs(10),
        }
    }
}

/// What is known of a connection's life.
#[derive(Debug)]
pub(super) struct Pulse {
    limits: SilenceLimits,
    /// When the last byte came.
    last_heard: Instant,
    /// Bytes that were sent since then.
    unheard: u64,
    /// When the server was asked for a sign of life that has not come yet.
    asked: Option<Instant>,
    /// How long it may be silent before it is asked.
    pause: Duration,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// Ask for a sign of life.
    Ask,
    /// The server is not there any more.
    Gone,
}

/// The slowest path, in bytes a second, on which a PING is waited for behind an upload: EDGE.
const SLOWEST: u64 = 16 << 10;

impl Pulse {
    pub(super) const fn new(limits: SilenceLimits, now: Instant) -> Self {
        Self {
            limits,
            last_heard: now,
            unheard: 0,
            asked: None,
            pause: limits.ask_after,
        }
    }

    /// A call begins.
    pub(super) const fn begin(&mut self) {
        self.pause = self.limits.ask_after;
    }

    /// Nobody waits any more.
    pub(super) const fn rest(&mut self) {
        self.asked = None;
    }

    /// Bytes came. A server that answers and has nothing to say is asked half as often each time: gRPC's servers bear two PINGs that come within
    /// five minutes of the one before (grpc, `doc/keepalive.md`).
    pub(super) const fn hear(&mut self, now: Instant) {
        self.last_heard = now;
        self.unheard = 0;
        if self.asked.take().is_some() {
            self.pause = self.pause.saturating_mul(2);
        }
    }

    pub(super) const fn send(&mut self, bytes: usize) {
        self.unheard = self.unheard.saturating_add(bytes as u64);
    }

    pub(super) const fn last_heard(&self) -> Instant {
        self.last_heard
    }

    /// What the server is given to answer.
    pub(super) const fn answer_within(&self) -> Duration {
        self.limits.answer_within
    }

    /// When something is to be done if nothing comes until then.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.asked {
            None => self.last_heard.checked_add(self.pause),
            Some(asked) => {
                let before_it = Duration::from_millis(self.unheard.saturating_mul(1000) / SLOWEST);
                asked.checked_add(self.limits.answer_within.saturating_add(before_it))
            }
        }
    }

    /// What is due now.
    pub(super) fn beat(&mut self, now: Instant) -> Option<Beat> {
        if self.due()? > now {
            return None;
        }
        if self.asked.is_some() {
            return Some(Beat::Gone);
        }
        self.asked = Some(now);
        Some(Beat::Ask)
    }
}
