//! How long one piece of work may hold its thread (I1).

use std::{
    fmt,
    pin::pin,
    rc::Rc,
    task::Poll,
    time::{Duration, Instant},
};

/// Bytes of work after which the thread is given back, whatever the clock says.
const WORK_BYTES: usize = 256 << 10;

/// How long one piece of work may hold its thread, as its owner says at that moment: it knows who else waits for the thread.
#[derive(Clone)]
pub struct SliceLength(Rc<dyn Fn() -> Duration>);

impl SliceLength {
    /// As long as this function says.
    pub fn new(now: impl Fn() -> Duration + 'static) -> Self {
        Self(Rc::new(now))
    }
}

impl From<Duration> for SliceLength {
    /// Always as long.
    fn from(length: Duration) -> Self {
        Self::new(move || length)
    }
}

impl Default for SliceLength {
    /// A millisecond: nobody else waits for the thread.
    fn default() -> Self {
        Duration::from_millis(1).into()
    }
}

impl fmt::Debug for SliceLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliceLength").finish_non_exhaustive()
    }
}

/// The time that an exchange may hold its thread before the others on it have their turn. Every loop over what a server sends spends from it.
#[derive(Debug)]
pub(crate) struct Slice {
    lengths: SliceLength,
    /// Of this one.
    length: Duration,
    began: Instant,
    work: usize,
}

impl Slice {
    pub(crate) fn new(lengths: SliceLength) -> Self {
        Self {
            length: (lengths.0)(),
            lengths,
            began: Instant::now(),
            work: 0,
        }
    }

    /// Says that so many bytes were worked on. Gives the thread back if that is enough for one turn.
    pub(crate) async fn spend(&mut self, bytes: usize) {
        self.work = self.work.saturating_add(bytes);
        if self.work >= WORK_BYTES || self.began.elapsed() >= self.length {
            tokio::task::yield_now().await;
            self.begin();
        }
    }

    /// Waits for something else. A wait that gave the thread back begins a new slice.
    pub(crate) async fn wait<T>(&mut self, event: impl Future<Output = T>) -> T {
        let mut event = pin!(event);
        let mut waited = false;
        let outcome = std::future::poll_fn(|cx| match event.as_mut().poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => {
                waited = true;
                Poll::Pending
            }
        })
        .await;
        if waited {
            self.begin();
        }
        outcome
    }

    fn begin(&mut self) {
        self.length = (self.lengths.0)();
        self.began = Instant::now();
        self.work = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::FutureExt as _;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn of(length: Duration) -> Slice {
        Slice::new(length.into())
    }

    #[test]
    fn i1_the_thread_is_given_back_after_256_kib_of_work() {
        let mut slice = of(LONG);
        for _ in 0..3 {
            assert!(slice.spend(WORK_BYTES - 1).now_or_never().is_some());
            assert!(slice.spend(1).now_or_never().is_none());
            slice.begin();
        }
    }

    #[test]
    fn i1_the_thread_is_given_back_when_the_slice_is_over_however_little_was_done() {
        let mut slice = of(Duration::ZERO);
        assert!(slice.spend(1).now_or_never().is_none());
        let mut slice = of(LONG);
        assert!(slice.spend(1).now_or_never().is_some());
    }

    #[test]
    fn i1_each_slice_is_as_long_as_the_owner_says_when_it_begins() {
        let length = Rc::new(Cell::new(LONG));
        let said = Rc::clone(&length);
        let mut slice = Slice::new(SliceLength::new(move || said.get()));
        length.set(Duration::ZERO);
        assert!(slice.spend(1).now_or_never().is_some(), "it has begun");
        slice.begin();
        assert!(slice.spend(1).now_or_never().is_none());
    }

    #[tokio::test]
    async fn i1_a_wait_begins_a_new_slice_only_if_it_waited() {
        let mut slice = of(LONG);
        slice.spend(WORK_BYTES - 1).await;
        slice.wait(async {}).await;
        assert_eq!(slice.work, WORK_BYTES - 1);
        slice.wait(tokio::task::yield_now()).await;
        assert_eq!(slice.work, 0);
    }
}
