//! What an app hears of a transfer's progress, and how often (F1, F5).

use std::time::Duration;

use crate::exchange::Progress;

impl Progress {
    /// Whole percents, rounded down so that 100 means all; 0 while the total is not known, 100 of nothing.
    #[must_use]
    pub fn percent(self) -> u8 {
        match self.total {
            None => 0,
            Some(total) if self.done >= total => 100,
            Some(total) => {
                let percent = u128::from(self.done) * 100 / u128::from(total);
                u8::try_from(percent).expect("a part is less than the whole")
            }
        }
    }

    /// Whether an app that heard of `earlier` would take it for a step back (F5): a body that is sent again (U6) starts at nothing.
    #[must_use]
    pub fn is_less_than(self, earlier: Self) -> bool {
        self.done < earlier.done || self.percent() < earlier.percent()
    }

    /// Whether nothing is missing any more, as far as the total is known.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.total.is_some_and(|total| self.done >= total)
    }
}

/// Thins out one transfer's progress: at most one in an interval, never less than before, nothing twice. The complete one is always let
/// through, once.
#[derive(Debug, Clone)]
pub struct Throttle {
    interval: Duration,
    last: Option<Told>,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    progress: Progress,
    at: Duration,
}

impl Throttle {
    /// One that has let nothing through yet. The interval is [`FileLimits::progress_interval`](crate::preset::FileLimits).
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self {
            interval,
            last: None,
        }
    }

    /// Whether the app hears of this progress. `now` is counted from any zero, and does not go back.
    #[must_use]
    pub fn admits(&mut self, progress: Progress, now: Duration) -> bool {
        let admitted = self
            .last
            .is_none_or(|last| self.follows(last, progress, now));
        if admitted {
            self.last = Some(Told { progress, at: now });
        }
        admitted
    }

    fn follows(&self, last: Told, progress: Progress, now: Duration) -> bool {
        let in_time = now.saturating_sub(last.at) >= self.interval;
        let grows = progress.done > last.progress.done;
        !last.progress.is_complete()
            && !progress.is_less_than(last.progress)
            && (progress.is_complete() || grows && in_time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    const fn of(done: u64, total: Option<u64>) -> Progress {
        Progress { done, total }
    }

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn f5_a_step_back_is_fewer_bytes_or_a_smaller_part() {
        let earlier = of(10, Some(100));
        for (now, is_less) in [
            (of(10, Some(100)), false),
            (of(11, Some(100)), false),
            (of(9, Some(100)), true),
            (of(10, Some(1000)), true),
            (of(10, Some(50)), false),
        ] {
            assert_eq!(now.is_less_than(earlier), is_less, "{now:?}");
        }
    }

    /// What is let through of these, which come at these milliseconds.
    fn admitted(progress: &[(u64, Progress)]) -> Vec<u64> {
        let mut throttle = Throttle::new(ms(50));
        let admitted = progress
            .iter()
            .filter(|(at, progress)| throttle.admits(*progress, ms(*at)));
        admitted.map(|(_, progress)| progress.done).collect()
    }

    #[test]
    fn f5_percents_are_rounded_down_so_that_100_means_all() {
        let table = [
            (of(0, Some(3)), 0),
            (of(1, Some(3)), 33),
            (of(2, Some(3)), 66),
            (of(3, Some(3)), 100),
            (of(4, Some(3)), 100),
            (of(999_999, Some(1_000_000)), 99),
            (of(u64::MAX - 1, Some(u64::MAX)), 99),
            (of(u64::MAX, Some(u64::MAX)), 100),
            (of(0, Some(0)), 100),
            (of(7, None), 0),
        ];
        for (progress, percent) in table {
            assert_eq!(progress.percent(), percent, "{progress:?}");
            assert_eq!(progress.is_complete(), percent == 100, "{progress:?}");
        }
    }

    #[test]
    fn f5_at_most_one_in_an_interval_is_heard() {
        let of = |done| of(done, Some(100));
        let heard = admitted(&[
            (0, of(1)),
            (49, of(2)),
            (50, of(3)),
            (99, of(4)),
            (300, of(5)),
            (310, of(6)),
        ]);
        assert_eq!(heard, [1, 3, 5]);
    }

    #[test]
    fn f5_the_complete_one_is_heard_at_once_and_once() {
        let whole = of(100, Some(100));
        let heard = admitted(&[(0, of(1, Some(100))), (1, whole), (2, whole), (99, whole)]);
        assert_eq!(heard, [1, 100]);
        assert_eq!(admitted(&[(0, of(0, Some(0))), (99, of(0, Some(0)))]), [0]);
    }

    #[test]
    fn f5_less_than_before_and_the_same_again_are_not_heard() {
        let of = |done| of(done, Some(100));
        assert_eq!(
            admitted(&[
                (0, of(40)),
                (60, of(40)),
                (120, of(39)),
                (180, of(0)),
                (240, of(41))
            ]),
            [40, 41]
        );
    }

    #[test]
    fn f5_a_body_that_is_sent_again_from_its_start_is_not_heard_twice() {
        let of = |done| of(done, Some(10));
        assert_eq!(
            admitted(&[(0, of(10)), (100, of(0)), (200, of(5)), (300, of(10))]),
            [10]
        );
    }

    #[test]
    fn f5_another_total_takes_nothing_back() {
        assert_eq!(
            admitted(&[
                (0, of(10, None)),
                (60, of(5, Some(5))),
                (120, of(12, Some(20))),
                (180, of(13, Some(99)))
            ]),
            [10, 12]
        );
    }

    #[test]
    fn f5_without_a_total_there_is_no_last_one_to_let_through() {
        assert_eq!(
            admitted(&[(0, of(1, None)), (10, of(2, None)), (60, of(3, None))]),
            [1, 3]
        );
    }

    proptest! {
        #[test]
        fn f5_whatever_comes_is_thinned_out_and_grows(
            interval in 0..100_u64,
            total in option::of(0..50_u64),
            comes in vec((0..60_u64, 0..60_u64), 0..40),
        ) {
            let mut throttle = Throttle::new(ms(interval));
            let mut now = 0;
            let mut heard: Vec<(u64, Progress)> = Vec::new();
            let mut complete = false;
            for (pause, done) in comes {
                now += pause;
                let progress = of(done, total);
                complete |= progress.is_complete();
                if throttle.admits(progress, ms(now)) {
                    heard.push((now, progress));
                }
            }
            for pair in heard.windows(2) {
                let [(before, last), (at, next)] = pair else { unreachable!() };
                prop_assert!(next.done > last.done && next.percent() >= last.percent());
                prop_assert!(!last.is_complete());
                prop_assert!(at - before >= interval || next.is_complete());
            }
            prop_assert_eq!(heard.iter().filter(|(_, progress)| progress.is_complete()).count(), usize::from(complete));
        }
    }
}
