//! How much a server may say that brings no answer nearer (H5).

use std::time::Instant;

/// Frames beyond what a call needs: SETTINGS, PING, RST_STREAM, small WINDOW_UPDATEs, empty DATA and the like. A server has so many at
/// first, and earns more by getting work done; one that has spent them is cut off.
#[derive(Debug)]
pub(super) struct Allowance {
    left: u32,
    /// Bytes that passed and did not make a whole frame's worth yet.
    bytes: u64,
    last: Instant,
    /// Frames since the last call ended, if none is under way.
    idle: Option<u32>,
}

/// What a server has at first, and never more.
const MOST: u32 = 1000;

/// Bytes of bodies, either way, that go with one more frame: a server that gives back its window in small steps is no flood.
const BYTES_PER_FRAME: u64 = 256;

/// What a call brings.
const PER_CALL: u32 = 20;

/// What a second brings: some keep-alive.
const PER_SECOND: u32 = 10;

/// An idle connection has to answer a few frames; one that goes on talking is not worth keeping.
const MOST_WHILE_IDLE: u32 = 50;

impl Allowance {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            left: MOST,
            bytes: 0,
            last: now,
            idle: None,
        }
    }

    /// A call begins.
    pub(super) fn begin_call(&mut self) {
        self.idle = None;
        self.earn(PER_CALL);
    }

    /// No call is under way any more.
    pub(super) const fn rest(&mut self) {
        self.idle = Some(0);
    }

    /// Bytes of a body passed.
    pub(super) fn pass(&mut self, bytes: u64) {
        self.bytes += bytes;
        let frames = self.bytes / BYTES_PER_FRAME;
        self.bytes %= BYTES_PER_FRAME;
        self.earn(u32::try_from(frames).unwrap_or(MOST));
    }

    /// A frame came that none of this covers; whether it is still within the allowance.
    pub(super) fn spend(&mut self, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.last).as_secs();
        if seconds > 0 {
            self.last = now;
            self.earn(
                u32::try_from(seconds)
                    .unwrap_or(MOST)
                    .saturating_mul(PER_SECOND),
            );
        }
        let idle = match &mut self.idle {
            Some(frames) => {
                *frames += 1;
                *frames <= MOST_WHILE_IDLE
            }
            None => true,
        };
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        idle
    }

    fn earn(&mut self, frames: u32) {
        self.left = self.left.saturating_add(frames).min(MOST);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spent(allowance: &mut Allowance, now: Instant) -> u32 {
        (0..)
            .take_while(|_| allowance.spend(now))
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn h5_a_flood_is_cut_off_and_work_earns_more() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        assert_eq!(spent(&mut allowance, now), MOST);
        allowance.pass(10 * BYTES_PER_FRAME + 1);
        assert_eq!(spent(&mut allowance, now), 10);
        allowance.pass(BYTES_PER_FRAME - 1);
        assert_eq!(spent(&mut allowance, now), 1);
        allowance.begin_call();
        assert_eq!(spent(&mut allowance, now), PER_CALL);
        assert_eq!(
            spent(&mut allowance, now + Duration::from_secs(3)),
            3 * PER_SECOND
        );
        allowance.pass(u64::MAX / 2);
        assert_eq!(spent(&mut allowance, now), MOST);
    }

    #[test]
    fn h5_an_idle_connection_that_talks_is_cut_off() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        allowance.rest();
        assert_eq!(spent(&mut allowance, now), MOST_WHILE_IDLE);
        allowance.begin_call();
        assert!(allowance.spend(now));
    }
}
