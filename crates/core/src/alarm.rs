//! When the one timer of an app is to ring.

use std::time::Duration;

use crate::Instant;

/// How long it sleeps at most. The system's timers stand still while the device sleeps and the network's clock does not (B6): after a
/// wake-up, what became due meanwhile is found within this time, or at the next message if that is sooner. Looking often costs
/// something only while a deadline is [`NEAR`].
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A deadline this near is looked at every [`LOOK_AGAIN`]; one further away once in [`FAR_LOOK_AGAIN`].
const NEAR: Duration = Duration::from_secs(10);

/// See [`NEAR`].
const FAR_LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a timer is set to. It never rings later than asked while the device is awake. It may ring earlier, which is harmless and spares a new
/// timer for each new deadline.
#[derive(Debug, Default)]
pub struct Alarm {
    rings: Option<Instant>,
}

/// What to do with the timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: it rings in time.
    Keep,
    /// Stop it.
    Stop,
    /// Let it ring after this time instead.
    RingAfter(Duration),
}

impl Alarm {
    /// A deadline is wanted at `next`, or none.
    #[must_use]
    pub fn set(&mut self, next: Option<Instant>, now: Instant) -> Change {
        let Some(next) = next else {
            return if self.rings.take().is_some() {
                Change::Stop
            } else {
                Change::Keep
            };
        };
        let away = next - now;
        let sleep = away.min(if away <= NEAR {
            LOOK_AGAIN
        } else {
            FAR_LOOK_AGAIN
        });
        let rings = now + sleep;
        if self.rings.is_some_and(|earlier| earlier <= rings) {
            return Change::Keep;
        }
        self.rings = Some(rings);
        Change::RingAfter(sleep)
    }

    /// The timer rang.
    pub const fn rang(&mut self) {
        self.rings = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Alarm, Change};
    use crate::Instant;

    fn at(milliseconds: u64) -> Instant {
        Instant::at(Duration::from_millis(milliseconds))
    }

    fn after(milliseconds: u64) -> Change {
        Change::RingAfter(Duration::from_millis(milliseconds))
    }

    #[test]
    fn it_rings_in_time_for_a_deadline_that_is_close() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.set(Some(at(130)), at(100)), after(30));
    }

    #[test]
    fn b6_it_looks_again_while_a_deadline_is_away() {
        assert_eq!(Alarm::default().set(Some(at(9_000)), at(0)), after(500));
        assert_eq!(Alarm::default().set(Some(at(60_000)), at(0)), after(5_000));
    }

    #[test]
    fn a_later_deadline_needs_no_other_timer_and_an_earlier_one_does() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.set(Some(at(400)), at(0)), after(400));
        assert_eq!(alarm.set(Some(at(450)), at(10)), Change::Keep);
        assert_eq!(alarm.set(Some(at(300)), at(20)), after(280));
        alarm.rang();
        assert_eq!(alarm.set(Some(at(450)), at(300)), after(150));
    }

    #[test]
    fn without_a_deadline_it_is_stopped_once() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.set(None, at(0)), Change::Keep);
        let _ = alarm.set(Some(at(400)), at(0));
        assert_eq!(alarm.set(None, at(1)), Change::Stop);
        assert_eq!(alarm.set(None, at(2)), Change::Keep);
    }
}
