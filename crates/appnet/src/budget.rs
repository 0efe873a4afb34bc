//! How the apps of a thread share its time (I1).
//!
//! The thread works in rounds. In each round an app may use a slice of time, for all that it has there together: its actor, its exchanges, its
//! sockets. An app that has used up its slice waits for the next round, which begins when everything else that was ready has had its
//! turn and the system was asked for news of sockets. So an app is never held up by more than a slice of each other app.
//! A step that took longer than the slice is paid back in the rounds that follow: this is deficit round robin, with time for bytes.
//!
//! Each round costs a look at the sockets and a wake of every task that waits. An app that has its thread to itself holds nobody up, so its slice is
//! longer.

use std::{
    cell::Cell,
    future::Future,
    pin::pin,
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use crate::stride::Stride;

/// The rounds of one thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rounds(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// The round that runs.
    number: AtomicU64,
    /// Tasks that wait for the next one.
    waiting: Mutex<Vec<Waker>>,
    /// How many apps live on the thread.
    residents: AtomicUsize,
}

/// An app that lives on a thread, as long as this lives.
#[derive(Debug)]
pub(crate) struct Resident(Rounds);

impl Drop for Resident {
    fn drop(&mut self) {
        self.0.0.residents.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Rounds {
    /// Another app lives on the thread.
    pub(crate) fn settle(&self) -> Resident {
        self.0.residents.fetch_add(1, Ordering::Relaxed);
        Resident(self.clone())
    }

    /// Whether an app of this thread has neighbours.
    fn is_shared(&self) -> bool {
        self.0.residents.load(Ordering::Relaxed) > 1
    }

    fn number(&self) -> u64 {
        self.0.number.load(Ordering::Relaxed)
    }

    /// Wakes the task when the next round begins. To be called on the thread that the rounds are of.
    fn wake_in_next(&self, waker: &Waker) {
        let mut waiting = self.waiting();
        waiting.push(waker.clone());
        if waiting.len() == 1 {
            actix_rt::spawn(self.clone().begin_next());
        }
    }

    /// Yielding puts this task behind all that is ready, and behind a look at the sockets.
    async fn begin_next(self) {
        tokio::task::yield_now().await;
        self.0.number.fetch_add(1, Ordering::Relaxed);
        let waiting = std::mem::take(&mut *self.waiting());
        waiting.into_iter().for_each(Waker::wake);
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waker>> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many rounds at most an app pays for one long step: it may have been the machine that was slow.
const MOST_OWED: u32 = 8;

/// How many slices an app may use of a round when no other app lives on its thread.
const SLICES_ALONE: u32 = 40;

/// No slice is shorter, so that work is always carried through.
const SHORTEST: Duration = Duration::from_nanos(1);

/// One app's share of its thread's rounds.
#[derive(Debug)]
pub(crate) struct Budget {
    rounds: Rounds,
    /// What the app may use of each round beside others.
    shared_slice: Duration,
    /// The round in which it worked last, and what it has used by then of that round and, if it is more than a slice, of those to come.
    spent: Cell<(u64, Duration)>,
    /// How far the last future of the app went in its last step: what comes next of this app is taken to be like it.
    stride: Cell<Stride>,
}

impl Budget {
    pub(crate) fn new(rounds: Rounds, slice: Duration) -> Rc<Self> {
        Rc::new(Self {
            rounds,
            shared_slice: slice.max(SHORTEST),
            spent: Cell::default(),
            stride: Cell::default(),
        })
    }

    /// What the app may use of each round.
    pub(crate) fn slice(&self) -> Duration {
        if self.rounds.is_shared() {
            self.shared_slice
        } else {
            self.shared_slice.saturating_mul(SLICES_ALONE)
        }
    }

    /// Whether the slice of this round is used up.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent_by_now() >= self.slice()
    }

    /// Each round that has begun since pays a slice back.
    fn spent_by_now(&self) -> Duration {
        let (round, spent) = self.spent.get();
        let since = u32::try_from(self.rounds.number() - round).unwrap_or(u32::MAX);
        spent.saturating_sub(self.slice().saturating_mul(since))
    }

    /// Does some work on this app's account.
    pub(crate) fn charge<T>(&self, work: impl FnOnce() -> T) -> T {
        self.charge_timed(work).0
    }

    /// The same; and how long it took.
    fn charge_timed<T>(&self, work: impl FnOnce() -> T) -> (T, Duration) {
        let began = Instant::now();
        let done = work();
        let took = began.elapsed();
        let spent = self.spent_by_now().saturating_add(took);
        let most = self.slice().saturating_mul(MOST_OWED);
        self.spent.set((self.rounds.number(), spent.min(most)));
        (done, took)
    }

    /// Returns when the next round has begun.
    pub(crate) fn next_round(&self) -> impl Future<Output = ()> + use<> {
        let rounds = self.rounds.clone();
        let asked_in = rounds.number();
        std::future::poll_fn(move |cx| {
            if rounds.number() != asked_in {
                return Poll::Ready(());
            }
            rounds.wake_in_next(cx.waker());
            Poll::Pending
        })
    }

    /// Drops things on this app's account. Each may be little; all of them, at once, would hold up the thread.
    pub(crate) async fn drop_all<T>(&self, all: impl IntoIterator<Item = T>) {
        for one in all {
            if self.is_spent() {
                self.next_round().await;
            }
            self.charge(|| drop(one));
        }
    }

    /// Carries out a future, with every step on this app's account: it waits for the next round when the slice is used up, and its steps
    /// are as short as the slice asks for.
    pub(crate) async fn metered<F: Future>(self: Rc<Self>, inner: F) -> F::Output {
        let mut inner = pin!(inner);
        let (mut stride, mut waits_for) = (self.stride.get(), None);
        std::future::poll_fn(|cx| {
            if self.is_spent() {
                let round = self.rounds.number();
                if waits_for.replace(round) != Some(round) {
                    self.rounds.wake_in_next(cx.waker());
                }
                return Poll::Pending;
            }
            let (polled, took) = self.charge_timed(|| {
                stride.begin_step(cx);
                inner.as_mut().poll(cx)
            });
            stride = stride.after(took, self.slice());
            self.stride.set(stride);
            polled
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works for ever, a slice at a time, and counts.
    async fn busy(count: Rc<Cell<u32>>) {
        loop {
            let until = Instant::now() + Duration::from_millis(1);
            while Instant::now() < until {}
            count.set(count.get() + 1);
            tokio::task::yield_now().await;
        }
    }

    #[actix_rt::test]
    async fn i1_an_app_with_many_tasks_gets_no_more_of_a_round_than_one_with_one() {
        let rounds = Rounds::default();
        let _residents = [rounds.settle(), rounds.settle()];
        let slice = Duration::from_micros(500);
        let greedy = Budget::new(rounds.clone(), slice);
        let modest = Budget::new(rounds, slice);
        let counts = [0, 1].map(|_| Rc::new(Cell::new(0)));
        for _ in 0..10 {
            actix_rt::spawn(Rc::clone(&greedy).metered(busy(Rc::clone(&counts[0]))));
        }
        actix_rt::spawn(modest.metered(busy(Rc::clone(&counts[1]))));
        while counts[1].get() < 50 {
            tokio::task::yield_now().await;
        }
        let greedy = counts[0].get();
        assert!((25..=75).contains(&greedy), "{greedy} beside 50");
    }

    #[actix_rt::test]
    async fn i1_what_a_long_step_took_is_paid_back_in_the_rounds_to_come() {
        let slice = Duration::from_millis(1);
        let rounds = Rounds::default();
        let _residents = [rounds.settle(), rounds.settle()];
        let budget = Budget::new(rounds, slice);
        budget.spent.set((0, slice * 5 / 2));
        for _ in 0..2 {
            assert!(budget.is_spent());
            budget.next_round().await;
        }
        assert!(!budget.is_spent(), "half a slice is left to pay");
    }

    #[test]
    fn i1_an_app_alone_on_its_thread_has_a_longer_slice_until_another_comes() {
        let rounds = Rounds::default();
        let _resident = rounds.settle();
        let slice = Duration::from_millis(1);
        let budget = Budget::new(rounds.clone(), slice);
        budget.spent.set((0, slice));
        assert!(!budget.is_spent());
        let neighbour = rounds.settle();
        assert!(budget.is_spent());
        drop(neighbour);
        assert!(!budget.is_spent());
        budget.spent.set((0, slice * SLICES_ALONE));
        assert!(budget.is_spent());
    }

    #[actix_rt::test]
    async fn i1_even_the_longest_step_is_paid_back_soon() {
        let budget = Budget::new(Rounds::default(), Duration::from_nanos(1));
        budget.charge(|| std::thread::sleep(Duration::from_micros(1)));
        let mut rounds = 0;
        while budget.is_spent() {
            budget.next_round().await;
            rounds += 1;
        }
        assert_eq!(rounds, MOST_OWED);
    }

    #[actix_rt::test]
    async fn i1_even_without_any_slice_work_is_carried_through() {
        let work = async {
            tokio::task::yield_now().await;
            7
        };
        let budget = Budget::new(Rounds::default(), Duration::ZERO);
        assert_eq!(budget.metered(work).await, 7);
    }
}
